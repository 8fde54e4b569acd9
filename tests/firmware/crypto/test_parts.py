"""Transforms, samplers and roundings, each against its definition in the standard."""

import random
from hashlib import shake_128, shake_256
from struct import pack, unpack

import pytest

DSA_Q, KEM_Q = 8380417, 3329
GAMMA1, GAMMA2 = 1 << 19, (DSA_Q - 1) // 32


def reversed_bits(number, width):
    return int(f"{number:0{width}b}"[::-1], 2)


def packed(f):
    return pack(f"<{len(f)}i", *f)


def unpacked(data):
    return list(unpack(f"<{len(data) // 4}i", data))


def value(f, x, q):
    """f(x) modulo q."""
    result = 0
    for coefficient in reversed(f):
        result = (result * x + coefficient) % q
    return result


def polynomials(q, count):
    rng = random.Random(q)
    yield from ([0] * 256, [q - 1] * 256, [1] + [0] * 255, [0] * 255 + [q - 1])
    for _ in range(count):
        yield [rng.randrange(q) for _ in range(256)]


# ML-DSA: f under the NTT is f at the odd powers of 1753 (FIPS 204, section 2.5).
DSA_ROOTS = [pow(1753, 2 * reversed_bits(i, 8) + 1, DSA_Q) for i in range(256)]


def test_the_ntt_of_mldsa_is_its_definition_and_the_inverse_undoes_it(library):
    for f in polynomials(DSA_Q, 6):
        there = library.get("mldsa_ntt", packed(f))
        assert unpacked(there) == [value(f, root, DSA_Q) for root in DSA_ROOTS]
        assert unpacked(library.get("mldsa_ntt_inverse", there)) == f


def test_products_of_mldsa_are_exact(library):
    every = list(polynomials(DSA_Q, 4))
    for total, a, b in zip(every, every[1:], every[2:], strict=False):
        got = library.get("mldsa_multiply_add", packed(total), packed(a), packed(b))
        assert unpacked(got) == [(s + x * y) % DSA_Q for s, x, y in zip(total, a, b, strict=True)]


def test_uniform_sampling_of_mldsa_is_its_definition(library):
    for row, column in [(0, 0), (7, 6), (3, 5), (1, 0), (0, 1)]:
        rho = bytes(range(row, row + 32))
        stream = shake_128(rho + bytes([column, row])).digest(3000)
        numbers = [
            stream[i] | stream[i + 1] << 8 | (stream[i + 2] & 127) << 16 for i in range(0, 3000, 3)
        ]
        expected = [a for a in numbers if a < DSA_Q][:256]
        got = library.get("mldsa_sample_uniform", rho, row, column, packed([1] * 256))
        assert unpacked(got) == expected


def test_eta_sampling_is_its_definition(library):
    for counter in (0, 6, 14, 300):
        seed = bytes(range(64))
        stream = shake_256(seed + counter.to_bytes(2, "little")).digest(1000)
        halves = [half for byte in stream for half in (byte & 15, byte >> 4)]
        expected = [(2 - half % 5) % DSA_Q for half in halves if half < 15][:256]
        assert unpacked(library.get("mldsa_sample_eta", seed, counter)) == expected


def test_mask_sampling_is_its_definition(library):
    for counter in (0, 1, 257, 65535):
        seed = bytes(range(64))
        stream = shake_256(seed + counter.to_bytes(2, "little")).digest(640)
        bits = int.from_bytes(stream, "little")
        expected = [(GAMMA1 - (bits >> 20 * i & 0xFFFFF)) % DSA_Q for i in range(256)]
        assert unpacked(library.get("mldsa_sample_mask", seed, counter)) == expected


def test_challenge_sampling_is_its_definition(library):
    for number in range(20):
        seed = bytes([number]) * 64
        stream = shake_256(seed).digest(1000)
        signs, rest = int.from_bytes(stream[:8], "little"), iter(stream[8:])
        expected = [0] * 256
        for bit, i in enumerate(range(196, 256)):
            j = next(byte for byte in rest if byte <= i)
            expected[i] = expected[j]
            expected[j] = DSA_Q - 1 if signs >> bit & 1 else 1
        assert unpacked(library.get("mldsa_sample_challenge", seed)) == expected


def centred(r, modulus):
    """r mod+- modulus: above -modulus / 2, up to modulus / 2."""
    r %= modulus
    return r - modulus if r > modulus // 2 else r


def power2_round(r):
    r0 = centred(r, 1 << 13)
    return (r - r0) >> 13, r0


def decompose(r):
    r0 = centred(r, 2 * GAMMA2)
    if r - r0 == DSA_Q - 1:
        return 0, r0 - 1
    return (r - r0) // (2 * GAMMA2), r0


def test_roundings_are_their_definitions_on_both_sides_of_every_step(library):
    steps = [k * 2 * GAMMA2 + GAMMA2 for k in range(16)] + [k * 2 * GAMMA2 for k in range(17)]
    steps += [k * 8192 + 4096 for k in range(1023)] + [0, DSA_Q - 1]
    numbers = {step + near for step in steps for near in range(-3, 4)}
    numbers |= {random.Random(5).randrange(DSA_Q) for _ in range(2000)}
    numbers = sorted(r for r in numbers if 0 <= r < DSA_Q)
    expected = [x for r in numbers for x in (*power2_round(r), *decompose(r))]
    assert unpacked(library.get("mldsa_round", packed(numbers))) == expected


def unpack_hint(y):
    """HintBitUnpack (FIPS 204, algorithm 21) with omega = 75, k = 8; None where it refuses."""
    h = [[0] * 256 for _ in range(8)]
    index = 0
    for i in range(8):
        if y[75 + i] < index or y[75 + i] > 75:
            return None
        first = index
        while index < y[75 + i]:
            if index > first and y[index - 1] >= y[index]:
                return None
            h[i][y[index]] = 1
            index += 1
    if any(y[index:75]):
        return None
    return bytes(bit for row in h for bit in row)


def hint(rng):
    """A well-formed hint, or one with up to two bytes changed."""
    total = rng.choice([0, 1, 8, 40, 74, 75])
    ends = [*sorted(rng.randint(0, total) for _ in range(7)), total]
    rows = [rng.sample(range(256), b - a) for a, b in zip([0, *ends], ends, strict=False)]
    y = bytearray(place for row in rows for place in sorted(row)) + bytes(75 - total) + bytes(ends)
    for _ in range(rng.randrange(3)):
        at = rng.choice([rng.randrange(75), rng.randrange(75, 83)])
        y[at] = max(0, min(255, rng.choice([y[at] - 1, y[at] + 1, 0, 75, 76, 255])))
    return bytes(y)


def test_hints_unpack_by_their_definition(library):
    rng = random.Random(7)
    hints = [hint(rng) for _ in range(4000)] + [bytes(83), bytes(75) + b"\x4c" * 8]
    expected = [unpack_hint(y) for y in hints]
    assert 1000 < expected.count(None) < 3000
    for y, rows in zip(hints, expected, strict=True):
        result, outputs = library.call("mldsa_unpack_hint", y)
        assert (result, outputs) == ((-1, []) if rows is None else (0, [rows])), y.hex()


# ML-KEM: pairs of coefficients modulo X^2 - root (FIPS 203, section 4.3).
KEM_ROOTS = [pow(17, 2 * reversed_bits(i, 7) + 1, KEM_Q) for i in range(128)]


def kem_ntt(f):
    return [value(f[odd::2], root, KEM_Q) for root in KEM_ROOTS for odd in (0, 1)]


def test_the_ntt_of_mlkem_is_its_definition_and_the_inverse_undoes_it(library):
    for f in polynomials(KEM_Q, 6):
        there = library.get("mlkem_ntt", packed(f))
        assert unpacked(there) == kem_ntt(f)
        assert unpacked(library.get("mlkem_ntt_inverse", there)) == f


def test_products_of_mlkem_are_their_definition(library):
    every = list(polynomials(KEM_Q, 4))
    for total, a, b in zip(every, every[1:], every[2:], strict=False):
        expected = []
        for i, root in enumerate(KEM_ROOTS):
            a0, a1, b0, b1 = *a[2 * i : 2 * i + 2], *b[2 * i : 2 * i + 2]
            expected.append((total[2 * i] + a0 * b0 + a1 * b1 * root) % KEM_Q)
            expected.append((total[2 * i + 1] + a0 * b1 + a1 * b0) % KEM_Q)
        got = library.get("mlkem_multiply_add", packed(total), packed(a), packed(b))
        assert unpacked(got) == expected


def test_noise_of_mlkem_is_its_definition(library):
    for counter in range(9):
        seed = bytes(range(32))
        bits = int.from_bytes(shake_256(seed + bytes([counter])).digest(128), "little")
        expected = [
            ((bits >> 4 * i & 3).bit_count() - (bits >> 4 * i + 2 & 3).bit_count()) % KEM_Q
            for i in range(256)
        ]
        assert unpacked(library.get("mlkem_sample_noise", seed, counter)) == expected


def test_division_by_q_is_exact_about_its_multiples(library):
    rng = random.Random(6)
    multiples = [KEM_Q * rng.randrange((1 << 32) // KEM_Q) for _ in range(5000)]
    numbers = {0, 1, (1 << 32) - 1}
    numbers |= {number + near for number in multiples for near in (-1, 0, 1)} - {-1}
    ordered = sorted(numbers)
    got = library.get("mlkem_divided", pack(f"<{len(ordered)}I", *ordered))
    expected = [part for number in ordered for part in divmod(number, KEM_Q)]
    assert list(unpack(f"<{len(expected)}I", got)) == expected


@pytest.mark.parametrize("width", [1, 5, 11])
def test_compression_of_every_coefficient_is_its_definition(width, library):
    for first in range(0, KEM_Q, 256):
        f = [(first + i) % KEM_Q for i in range(256)]
        expected = [(2 * (c << width) + KEM_Q) // (2 * KEM_Q) % (1 << width) for c in f]
        data = library.get("mlkem_compress", packed(f), width)
        bits = int.from_bytes(data, "little")
        assert [bits >> width * i & ((1 << width) - 1) for i in range(256)] == expected
        back = [(2 * KEM_Q * c + (1 << width)) >> (width + 1) for c in expected]
        assert unpacked(library.get("mlkem_decompress", data, width)) == back

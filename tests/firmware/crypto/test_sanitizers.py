"""Hostile inputs under AddressSanitizer and UndefinedBehaviorSanitizer."""

import random
from struct import pack

import pytest

from firmware.crypto.build import SANITIZED
from tests.firmware.crypto.material import around, record, some
from tests.firmware.crypto.native import Process

ROUNDS = 200


def changed(rng, data):
    """The same with a few bytes changed, cut off or added."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        kind = rng.randrange(8)
        if kind == 0:
            del data[rng.randrange(len(data) + 1) :]
        elif kind == 1:
            data += rng.randbytes(rng.randint(1, 9))
        elif data:
            data[rng.randrange(len(data))] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
    return bytes(data)


def test_hostile_signatures_and_keys_do_no_harm(sanitized, library):
    rng = random.Random(1)
    public = library.get("mldsa_keygen", bytes(32))
    good = library.get("mldsa_sign", bytes(32), bytes(32), b"", b"")
    hostile = [(public, (good * 2)[:size]) for size in around(len(good))]
    hostile += [((public * 2)[:size], good) for size in around(len(public))]
    hostile += [(rng.randbytes(len(public)), rng.randbytes(len(good))) for _ in range(ROUNDS)]
    hostile += [(changed(rng, public), good) for _ in range(ROUNDS)]
    hostile += [(public, changed(rng, good)) for _ in range(ROUNDS)]
    # The hint is where lengths and positions are.
    hostile += [(public, good[:-83] + changed(rng, good[-83:])[:83]) for _ in range(ROUNDS)]
    hostile += [(public, good[:-83] + rng.randbytes(83)) for _ in range(ROUNDS)]
    hostile += [(public, bytes(len(good))), (public, b"\xff" * len(good))]
    for key, signature in hostile:
        if (key, signature) != (public, good):
            assert not sanitized.accepts("mldsa_verify", key, signature, b"", b"")


def test_hostile_long_keys_sign_or_give_up_but_do_no_harm(sanitized, library):
    """The standard trusts these; nobody else's come here, so harm is all that is excluded."""
    rng = random.Random(2)
    _, (_, secret) = library.call("mldsa_expand", bytes(32))
    for _ in range(5):
        damaged = bytearray(secret)
        for _ in range(3):
            damaged[rng.randrange(128, len(secret))] ^= 1 << rng.randrange(8)
        sanitized.accepts("mldsa_sign_mu", damaged, bytes(64), bytes(32))
    for filled in (b"\xff", b"\x00"):
        sanitized.accepts("mldsa_sign_mu", filled * len(secret), bytes(64), bytes(32))


def test_hostile_ciphertexts_and_keys_do_no_harm(sanitized, library):
    rng = random.Random(3)
    public = library.get("mlkem_keygen", bytes(64))
    _, (good, _) = library.call("mlkem_encaps", public, bytes(32))
    _, (_, secret) = library.call("mlkem_expand", bytes(64))
    for _ in range(ROUNDS):
        sanitized.accepts("mlkem_decaps", bytes(64), changed(rng, good))
        sanitized.accepts("mlkem_encaps", changed(rng, public), bytes(32))
        sanitized.accepts("mlkem_encaps", rng.randbytes(len(public)), bytes(32))
        assert not sanitized.accepts("mlkem_check_secret", rng.randbytes(len(secret)))
    for filled in (b"\xff", b"\x00"):
        assert sanitized.accepts("mlkem_decaps", bytes(64), filled * len(good))


def test_hostile_records_do_no_harm(sanitized):
    rng = random.Random(4)
    for _ in range(ROUNDS):
        data = record(rng, rng.randint(0, 30), 20)
        sanitized.accepts("redact", changed(rng, data), rng.randbytes(32))
        sanitized.accepts("redact", rng.randbytes(rng.randint(0, 300)), rng.randbytes(32))
    for size in (65535, 65536):
        sanitized.accepts("redact", bytes(size), b"\xff" * 32)


def test_hostile_shares_do_no_harm(sanitized):
    rng = random.Random(5)
    for _ in range(ROUNDS):
        shares = pack("<4H", *(rng.getrandbits(16) for _ in range(4)))
        assert not sanitized.accepts("split", rng.randbytes(8), shares, rng.randbytes(2))
    sanitized.get("split", b"\xff" * 8, pack("<4H", 0, 0, 0, 10000), b"\x00\x00")


def test_sizes_of_all_kinds_do_no_harm_to_hashes_and_sealing(sanitized):
    for size in [*range(40), 135, 136, 137, 168, 300]:
        data = some("data", size, size)
        for name in ("sha3_256", "sha3_512"):
            sanitized.get(name, data)
        sanitized.get("shake128", data, 5, size)
        sanitized.get("hmac", data, data)
        sanitized.get("hkdf", data, data, data, size)
        _, (ciphertext, tag) = sanitized.call("seal", bytes(32), bytes(12), data, data)
        assert sanitized.get("open", bytes(32), bytes(12), data, ciphertext, tag) == data
        assert not sanitized.accepts("open", bytes(32), bytes(12), b"x", ciphertext, tag)


@pytest.mark.parametrize(
    ("fault", "argument", "found"),
    [("fault_read", b"abc", "heap-buffer-overflow"), ("fault_shift", b"\x40", "shift exponent")],
)
def test_one_byte_too_many_and_an_undefined_shift_are_found(fault, argument, found):
    process = Process(SANITIZED)
    with pytest.raises(AssertionError, match=found):
        process.call(fault, argument)

"""Malformed keys, signatures and ciphertexts, refused by ours and by `cryptography` alike."""

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PrivateKey, MLDSA87PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM1024PrivateKey, MLKEM1024PublicKey

from firmware.crypto.build import FOLDER, LIBRARY, build
from tests.firmware.crypto.material import around, some
from tests.firmware.crypto.native import DRIVER, EXCHANGE, Library

SEED = bytes(range(32))
KEY = MLDSA87PrivateKey.from_seed_bytes(SEED)
PUBLIC = KEY.public_key().public_bytes_raw()
MESSAGE, CONTEXT = b"message", b"context"
Z, HINT, ENDS = 64, 64 + 7 * 640, 64 + 7 * 640 + 75
BOUND = (1 << 19) - 120  # gamma1 - beta

KEM_SEED = bytes(range(64))
KEM_KEY = MLKEM1024PrivateKey.from_seed_bytes(KEM_SEED)
KEM_PUBLIC = KEM_KEY.public_key().public_bytes_raw()


def verdicts(library, public, signature):
    """What ours and theirs say."""
    ours = library.accepts("mldsa_verify", public, signature, CONTEXT, MESSAGE)
    try:
        MLDSA87PublicKey.from_public_bytes(public).verify(signature, MESSAGE, CONTEXT)
    except (InvalidSignature, ValueError):
        return ours, False
    return ours, True


def refused(library, signature):
    return verdicts(library, PUBLIC, bytes(signature)) == (False, False)


@pytest.fixture(scope="module")
def signature(library):
    """One with two hints and more in some row, and hints to spare."""
    for number in range(100):
        made = library.get("mldsa_sign", SEED, some("rnd", number, 32), CONTEXT, MESSAGE)
        if made[ENDS] >= 2 and made[-1] <= 72:
            assert verdicts(library, PUBLIC, made) == (True, True)
            return made
    raise AssertionError("no such signature")


def test_keys_and_signatures_of_every_other_length_are_refused(library, signature):
    for size in around(len(signature)):
        assert refused(library, (signature * 2)[:size]), size
    for size in around(len(PUBLIC)):
        assert verdicts(library, (PUBLIC * 3)[:size], signature) == (False, False), size


def test_a_change_of_any_byte_of_a_signature_is_refused(library, signature):
    rng = random.Random(7)
    places = [*range(Z), *range(HINT, len(signature)), *rng.sample(range(Z, HINT), 200)]
    for place in places:
        changed = bytearray(signature)
        changed[place] ^= 1 << rng.randrange(8)
        assert refused(library, changed), place


def test_a_change_of_any_part_of_the_key_is_refused(library, signature):
    for place in range(0, len(PUBLIC), 37):
        changed = bytearray(PUBLIC)
        changed[place] ^= 1
        assert verdicts(library, bytes(changed), signature) == (False, False), place


# The hints of these are the same set as before: only the rule of the encoding refuses them.


def test_hints_that_are_not_in_order_are_refused(library, signature):
    begin = 0
    for row in range(8):
        end = signature[ENDS + row]
        for place in range(begin, end - 1):
            changed = bytearray(signature)
            changed[HINT + place], changed[HINT + place + 1] = (
                changed[HINT + place + 1],
                changed[HINT + place],
            )
            assert refused(library, changed), (row, place)
        begin = end


def test_a_hint_that_is_there_twice_is_refused(library, signature):
    for row in range(8):
        begin = signature[ENDS + row - 1] if row else 0
        end, total = signature[ENDS + row], signature[-1]
        if begin == end:
            continue
        changed = bytearray(signature)
        changed[HINT + end : HINT + total + 1] = (
            bytes([signature[HINT + end - 1]]) + signature[HINT + end : HINT + total]
        )
        for later in range(row, 8):
            changed[ENDS + later] += 1
        assert refused(library, changed), row


def test_what_is_not_zero_behind_the_hints_is_refused(library, signature):
    for place in range(signature[-1], 75):
        for value in (1, 255):
            changed = bytearray(signature)
            changed[HINT + place] = value
            assert refused(library, changed), place


def test_rows_that_end_before_they_begin_or_beyond_omega_are_refused(library, signature):
    for row in range(8):
        begin = signature[ENDS + row - 1] if row else 0
        for end in {0, 1, max(begin - 1, 0), 75, 76, 77, 128, 255} - {signature[ENDS + row]}:
            changed = bytearray(signature)
            changed[ENDS + row] = end
            assert refused(library, changed), (row, end)


def signer(tmp_path, rule):
    """Our library with another rule for the norm of z, so that nothing else is wrong."""
    text = (FOLDER / "mldsa/sign.c").read_text()
    for old, new in [
        ("#define ATTEMPTS 814", "#define ATTEMPTS 9000"),
        ("    return rejects(bad);\n}\n\n/* LowBits", f"    {rule}\n}}\n\n/* LowBits"),
        ('#include "../', f'#include "{FOLDER}/'),
    ]:
        assert text.count(old) >= 1
        text = text.replace(old, new)
    for header in ("mldsa", "pack", "round", "sample", "secret_key", "slots"):
        text = text.replace(f'#include "{header}.h"', f'#include "{FOLDER}/mldsa/{header}.h"')
    changed = tmp_path / "sign_with_another_norm.c"
    changed.write_text(text)
    return Library(build("libdriver.so", LIBRARY, [DRIVER, EXCHANGE, changed]))


def signed(library, rnd):
    """A signature as it is before it is verified."""
    _, secret = library.call("mldsa_expand", SEED)[1]
    mu = library.get("mldsa_mu", secret[64:128], CONTEXT, MESSAGE)
    return library.get("mldsa_sign_mu", secret, mu, rnd)


def largest(signature):
    bits = int.from_bytes(signature[Z:HINT], "little")
    return max(abs((1 << 19) - (bits >> 20 * i & 0xFFFFF)) for i in range(7 * 256))


def test_a_z_at_the_very_bound_is_refused_though_all_else_is_right(library, tmp_path):
    rule = (
        "uint32_t most = 0; for (int i = 0; i < MLDSA_L; i++) for (int n = 0; n < MLDSA_N; n++)"
        " { int32_t z = mldsa_centred(m->slots.at[i].at[n]);"
        " uint32_t size = (uint32_t)(z < 0 ? -z : z);"
        " if (size > most) most = size; }"
        f" (void)bad; return most != {BOUND};"
    )
    made = signed(signer(tmp_path, rule), bytes(32))
    assert largest(made) == BOUND
    assert refused(library, made)


def test_a_z_beyond_the_bound_is_refused_and_does_not_leave_the_signer(library, tmp_path):
    forger = signer(tmp_path, "return !rejects(bad);")
    for number in range(10):
        rnd = some("rnd", number, 32)
        made = signed(forger, rnd)
        assert largest(made) >= BOUND
        assert refused(library, made)
        assert not forger.accepts("mldsa_sign", SEED, rnd, CONTEXT, MESSAGE)


def test_encapsulation_keys_of_every_other_length_are_refused(library):
    for size in around(len(KEM_PUBLIC)):
        wrong = (KEM_PUBLIC * 2)[:size]
        assert not library.accepts("mlkem_encaps", wrong, bytes(32))
        assert not library.accepts("mlkem_check_public", wrong)
        with pytest.raises(ValueError):
            MLKEM1024PublicKey.from_public_bytes(wrong)


@pytest.mark.parametrize("coefficient", [3329, 3330, 4095])
def test_encapsulation_keys_with_a_coefficient_above_q_are_refused(coefficient, library):
    for place in [0, 1, 2, 255, 256, 511, 1022, 1023, *random.Random(8).sample(range(1024), 30)]:
        bits = int.from_bytes(KEM_PUBLIC[:1536], "little")
        bits = bits & ~(0xFFF << 12 * place) | coefficient << 12 * place
        wrong = bits.to_bytes(1536, "little") + KEM_PUBLIC[1536:]
        assert not library.accepts("mlkem_encaps", wrong, bytes(32))
        with pytest.raises(ValueError):
            MLKEM1024PublicKey.from_public_bytes(wrong).encapsulate()


def test_the_greatest_coefficient_is_accepted_everywhere(library):
    bits = sum(3328 << 12 * place for place in range(1024))
    key = bits.to_bytes(1536, "little") + KEM_PUBLIC[1536:]
    assert library.accepts("mlkem_encaps", key, bytes(32))
    MLKEM1024PublicKey.from_public_bytes(key).encapsulate()


def test_ciphertexts_of_every_other_length_are_refused(library):
    ciphertext = KEM_KEY.public_key().encapsulate()[1]
    for size in around(len(ciphertext)):
        wrong = (ciphertext * 2)[:size]
        assert not library.accepts("mlkem_decaps", KEM_SEED, wrong)
        with pytest.raises(ValueError):
            KEM_KEY.decapsulate(wrong)


def test_forged_ciphertexts_yield_the_same_secret_of_nobody(library):
    _, (good, shared) = library.call("mlkem_encaps", KEM_PUBLIC, some("m", 0, 32))
    forged = [some("ciphertext", number, len(good)) for number in range(50)]
    for place in range(0, len(good), 13):
        changed = bytearray(good)
        changed[place] ^= 1 << place % 8
        forged.append(bytes(changed))
    for ciphertext in forged:
        ours = library.get("mlkem_decaps", KEM_SEED, ciphertext)
        assert ours == KEM_KEY.decapsulate(ciphertext) != shared


def test_long_decapsulation_keys_of_another_length_or_hash_are_refused(library):
    _, (_, secret) = library.call("mlkem_expand", KEM_SEED)
    ciphertext = KEM_KEY.public_key().encapsulate()[1]
    assert library.accepts("mlkem_decaps_expanded", secret, ciphertext)
    for size in around(len(secret)):
        assert not library.accepts("mlkem_check_secret", (secret * 2)[:size])
    for place in (1536, 3000, 3103, 3104, 3135):
        changed = bytearray(secret)
        changed[place] ^= 1
        assert not library.accepts("mlkem_check_secret", changed)
        assert not library.accepts("mlkem_decaps_expanded", changed, ciphertext)

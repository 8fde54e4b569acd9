"""Our library and `cryptography` take each other's keys, signatures and ciphertexts.

`OPTIN_MESSAGES=10000` for as many of each; what `cryptography` makes is random.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM1024PrivateKey, MLKEM1024PublicKey

from tests.firmware.crypto.material import some

MESSAGES = int(os.environ.get("OPTIN_MESSAGES", "300"))
MESSAGES_OF_A_KEY = 10


def each(check):
    """Run a check for every number of a message, on both cores."""
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(check, range(MESSAGES), chunksize=10)) == MESSAGES


def keys(number):
    seed = some("mldsa seed", number // MESSAGES_OF_A_KEY, 32)
    return seed, MLDSA87PrivateKey.from_seed_bytes(seed)


def message(number):
    size = int.from_bytes(some("size", number, 2), "little") % 3000
    return some("message", number, size), some("context", number, number % 256)


def test_signatures_of_ours_verify_in_cryptography_and_the_other_way_round(library):
    def check(number):
        seed, theirs = keys(number)
        public = theirs.public_key().public_bytes_raw()
        data, context = message(number)
        rnd = some("rnd", number, 32)
        ours = library.get("mldsa_sign", seed, rnd, context, data)
        theirs.public_key().verify(ours, data, context)
        return library.accepts("mldsa_verify", public, theirs.sign(data, context), context, data)

    each(check)


def test_keys_and_external_mu_are_the_same(library):
    for number in range(20):
        seed, theirs = some("mldsa seed", number, 32), keys(number * MESSAGES_OF_A_KEY)[1]
        public, secret = library.call("mldsa_expand", seed)[1]
        assert public == library.get("mldsa_keygen", seed)
        assert public == library.get("mldsa_keygen_twice", seed)
        assert public == theirs.public_key().public_bytes_raw()
        mu, rnd = some("mu", number, 64), some("rnd", number, 32)
        theirs.public_key().verify_mu(library.get("mldsa_sign_mu", secret, mu, rnd), mu)
        assert library.accepts("mldsa_verify_mu", public, theirs.sign_mu(mu), mu)


def test_a_signature_from_the_seed_is_that_of_the_long_key(library):
    seed, rnd = bytes(32), some("rnd", 0, 32)
    _, secret = library.call("mldsa_expand", seed)[1]
    mu = library.get("mldsa_mu", secret[64:128], b"context", b"message")
    expected = library.get("mldsa_sign_mu", secret, mu, rnd)
    assert library.get("mldsa_sign", seed, rnd, b"context", b"message") == expected


def test_a_context_is_bound_to_the_signature_and_255_bytes_at_most(library):
    public = library.get("mldsa_keygen", bytes(32))
    longest = bytes(255)
    signature = library.get("mldsa_sign", bytes(32), bytes(32), longest, b"")
    assert library.accepts("mldsa_verify", public, signature, longest, b"")
    for other in (b"", longest[1:], b"\x01" + longest[1:]):
        assert not library.accepts("mldsa_verify", public, signature, other, b"")
    too_long = bytes(256)
    assert not library.accepts("mldsa_sign", bytes(32), bytes(32), too_long, b"")
    assert not library.accepts("mldsa_verify", public, signature, too_long, b"")
    assert not library.accepts("mldsa_mu", bytes(64), too_long, b"")


def test_ciphertexts_of_ours_open_in_cryptography_and_the_other_way_round(library):
    def check(number):
        seed = some("mlkem seed", number, 64)
        theirs = MLKEM1024PrivateKey.from_seed_bytes(seed)
        public = library.get("mlkem_keygen", seed)
        assert public == theirs.public_key().public_bytes_raw()
        _, (ciphertext, shared) = library.call("mlkem_encaps", public, some("m", number, 32))
        assert theirs.decapsulate(ciphertext) == shared
        shared, ciphertext = MLKEM1024PublicKey.from_public_bytes(public).encapsulate()
        return library.get("mlkem_decaps", seed, ciphertext) == shared

    each(check)

"""Signer and verifiers reject what the standard rejects, and not a bit more."""

from concurrent.futures import ThreadPoolExecutor
from struct import unpack

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PublicKey

from tests.firmware.crypto.material import some

SIGNATURES = 600  # enough of them for each bound to be met several times
BETA = 120
LARGEST_Z = (1 << 19) - BETA - 1
LARGEST_R0 = (8380417 - 1) // 32 - BETA - 1
MOST_HINTS = 75


def test_signatures_come_up_to_every_bound_and_never_beyond(library):
    public, secret = library.call("mldsa_expand", bytes(32))[1]
    theirs = MLDSA87PublicKey.from_public_bytes(public)

    def norms(number):
        mu, rnd = some("mu", number, 64), bytes(32)
        signature = library.get("mldsa_sign_mu", secret, mu, rnd)
        theirs.verify_mu(signature, mu)
        assert library.accepts("mldsa_verify_mu", public, signature, mu)
        return unpack("<3I", library.get("mldsa_norms", public, secret, signature))

    with ThreadPoolExecutor(2) as pool:
        largest = [max(column) for column in zip(*pool.map(norms, range(SIGNATURES)), strict=True)]
    assert largest == [LARGEST_Z, LARGEST_R0, MOST_HINTS]

"""The signer rejects what the standard rejects, and not a bit more."""

from concurrent.futures import ThreadPoolExecutor
from struct import unpack

from tests.firmware.crypto.material import some

SIGNATURES = 1500  # enough for every bound to be met, as some coefficient of 4,000 has to be at it
BETA = 120
LARGEST_Z = (1 << 19) - BETA - 1
LARGEST_R0 = (8380417 - 1) // 32 - BETA - 1
MOST_HINTS = 75


def test_signatures_come_up_to_every_bound_and_never_beyond(library):
    public, secret = library.call("mldsa_expand", bytes(32))[1]

    def norms(number):
        mu, rnd = some("mu", number, 64), bytes(32)
        signature = library.get("mldsa_sign_mu", secret, mu, rnd)
        return unpack("<3I", library.get("mldsa_norms", public, secret, signature))

    with ThreadPoolExecutor(2) as pool:
        largest = [max(column) for column in zip(*pool.map(norms, range(SIGNATURES)), strict=True)]
    assert largest == [LARGEST_Z, LARGEST_R0, MOST_HINTS]

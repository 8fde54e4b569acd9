"""Random bytes of a tested source of noise, conditioned by SHAKE256.

What was drawn cannot be foreseen from what comes after it: each draw replaces the pool.
"""

from hashlib import shake_256

from runtime.wire.errors import Refused

# SP 800-90C, section 3: 64 bits beyond the 256; soc/gateware/entropy claims 0.3 bits a sample.
SEED_NOISE = 136  # bytes of 8 samples
MORE_NOISE = 16  # bytes with each draw: what the source holds ready
POOL = 32


class Entropy:
    """A function of a number to so many random bytes.

    Args:
        noise: function of a number to so many bytes of raw samples; OSError if a health test of
            the source has failed.

    Raises:
        Refused: the source has failed, now or when bytes are drawn.
    """

    def __init__(self, noise) -> None:
        self._noise = noise
        self._pool = bytes(POOL)
        self._stir(SEED_NOISE, 0)

    def add(self, what: bytes) -> None:
        """Stir in what may be known to others; it can only help."""
        self._pool = shake_256(self._pool + what).digest(POOL)

    def __call__(self, size: int) -> bytes:
        return self._stir(MORE_NOISE, size)

    def _stir(self, noise, size):
        try:
            fresh = self._noise(noise)
        except OSError:
            raise Refused(
                "the source of noise has failed its health tests",
                "noise as SP 800-90B, section 4.4, has it",
                "start the board anew; if it stays so, replace it",
            )
        drawn = shake_256(self._pool + fresh).digest(POOL + size)
        self._pool = drawn[:POOL]
        return drawn[POOL:]

"""Random bytes of a tested source of noise, conditioned by SHAKE256: the one source of every node.

What draws: the device key or seed of a new node, nonces of sessions, and whatever hedges a
signature or makes an encapsulation. What is random in a journaled body does not: that is a function
of the node's seed (`Node.entropy`), so that it is the same on every kind of node.

What was drawn cannot be foreseen from what comes after it: each draw replaces the pool.
"""

from hashlib import shake_256

from runtime.node.health import STARTUP, Claim, Health, Unhealthy
from runtime.wire.errors import NoEntropy

MORE_NOISE = 16  # bytes with each draw: what the source of a board holds ready
POOL = 32


class Entropy:
    """A function of a number to so many random bytes.

    A source that fails is not asked again: what failed is tested anew at the next start.

    Args:
        noise: function of a number to so many bytes of raw samples; OSError if there are none, or
            a test beside the source has failed.
        claim: Claim of the source.

    Attributes:
        failure: why the source is not trusted; empty while it is.
    """

    def __init__(self, noise, claim: Claim) -> None:
        self._noise = noise
        self._health = Health(claim)
        self._pool = bytes(POOL)
        self._tell = None
        self.failure = ""
        self._stir(self._tested(claim.startup), 0)

    def tell(self, listener) -> None:
        """Have a function told of a failure, once, and at once if there is one already."""
        self._tell = listener
        if self.failure:
            listener(self.failure)

    def add(self, what: bytes) -> None:
        """Stir in what may be known to others; it can only help."""
        self._pool = shake_256(self._pool + what).digest(POOL)

    def check(self) -> None:
        """See that the source is trusted.

        Raises:
            NoEntropy: it is not.
        """
        if self.failure:
            raise NoEntropy(
                f"the source of randomness has failed: {self.failure}",
                "noise that passes the tests of SP 800-90B: nothing is signed without",
                "start the node anew, which tests it; if it stays so, replace the machine",
            )

    def __call__(self, size: int) -> bytes:
        """So many random bytes.

        Raises:
            NoEntropy: the source has failed, now or before.
        """
        self.check()
        fresh = self._tested(MORE_NOISE)
        self.check()
        return self._stir(fresh, size)

    def lasting(self, size: int) -> bytes:
        """So many random bytes for a key that is made once: of a source that is tested for longer.

        Raises:
            NoEntropy: the source has failed, now or before.
        """
        self.check()
        self._stir(self._tested(STARTUP), 0)
        return self(size)

    def different(self, size: int) -> bytes:
        """Bytes that differ from those of other calls, and may be guessed once the source has
        failed: for what only tells sessions apart."""
        return self._stir(b"" if self.failure else self._tested(MORE_NOISE), size)

    def _tested(self, size):
        """Noise; with `failure` set if it is none."""
        noise = b""
        try:
            noise = self._noise(size)
            self._health.test(noise)
        except OSError:
            self._fail("the source gives no noise")
        except Unhealthy as why:
            self._fail(str(why))
        return noise

    def _fail(self, why):
        self.failure = why
        if self._tell:
            self._tell(why)

    def _stir(self, fresh, size):
        drawn = shake_256(self._pool + fresh).digest(POOL + size)
        self._pool = drawn[:POOL]
        return drawn[POOL:]

"""The software node's source of randomness, and its crypto port, which signs on it alone.

`cryptography` takes what hedges a signature from the operating system by itself. So before each
use as much is taken from the same source and tested: what the tests see is beside what is used.
"""

from collections.abc import Callable
from threading import Lock

from runtime.host.crypto import Crypto
from runtime.node.entropy import Entropy
from runtime.node.health import SYSTEM

RANDOM = 32  # bytes that hedge a signature, and that an encapsulation is made of


class SharedEntropy(Entropy):
    """Entropy for several threads.

    Args:
        noise: function of a number to so many random bytes, as `os.urandom`.
    """

    def __init__(self, noise: Callable[[int], bytes]) -> None:
        self._lock = Lock()
        super().__init__(noise, SYSTEM)

    def __call__(self, size: int) -> bytes:
        with self._lock:
            drawn: bytes = super().__call__(size)
            return drawn


class SoundCrypto(Crypto):
    """The crypto port of a node: NoEntropy where randomness is needed and not trusted."""

    def __init__(self, entropy: SharedEntropy) -> None:
        super().__init__()
        self._entropy = entropy

    def sign(self, seed: bytes | bytearray, purpose: bytes, message: bytes) -> bytes:
        self._entropy(RANDOM)
        return super().sign(seed, purpose, message)

    def encapsulate(self, public_key: bytes) -> tuple[bytes, bytes]:
        self._entropy(RANDOM)
        return super().encapsulate(public_key)

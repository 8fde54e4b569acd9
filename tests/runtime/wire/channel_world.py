"""A host and a node with real keys, for tests of the secure channel."""

import random
from collections.abc import Callable

from runtime.host.crypto import Crypto
from runtime.wire.handshake import HostHandshake, NodeHandshake

HOST, NODE, STRANGER = b"host" * 8, b"node" * 8, b"weak" * 8
SEEDS = {HOST: b"H" * 32, NODE: b"N" * 32, STRANGER: b"S" * 32}


class World:
    """Identities, and handshakes of them.

    Args:
        seed: of what is drawn.
    """

    def __init__(self, seed: int) -> None:
        self.crypto = Crypto()
        self.random = random.Random(seed).randbytes
        self.keys = {who: self.crypto.public_key(SEEDS[who]) for who in SEEDS}

    def signer(self, who: bytes) -> Callable[[bytes, bytes], bytes]:
        """The function that signs as someone."""
        return lambda purpose, message: self.crypto.sign(SEEDS[who], purpose, message)

    def host(
        self, who: bytes = HOST, signer: bytes | None = None, node: bytes = NODE
    ) -> HostHandshake:
        """A host's end; `signer` is whose keys it has, its own by default."""
        signer = signer or who
        return HostHandshake(
            self.crypto, self.random, self.signer(signer), who, self.keys[signer], node,
            self.keys[node],
        )  # fmt: skip

    def node(self, who: bytes = NODE, signer: bytes | None = None) -> NodeHandshake:
        """A node's end that admits the host alone."""
        return NodeHandshake(
            self.crypto, self.random, self.signer(signer or who), who,
            lambda host, enclosed: self.keys[HOST] if host == HOST else None,
        )  # fmt: skip

"""The secrets of a run, looked for in every byte that could be seen of it."""

import base64
from collections.abc import Mapping
from hashlib import shake_256

from runtime.node.held import PURPOSE
from runtime.wire.hkdf import hkdf


def of_node(seed: bytes) -> dict[str, bytes]:
    """What follows from a node's seed, from the words of runtime/node/node.py."""
    return {
        "node seed": seed,
        "identity seed": _entropy(seed, "identity", 32),
        "kem seed": _entropy(seed, "kem", 64),
        "custody key": hkdf(seed, b"", PURPOSE),
    }


def _entropy(seed: bytes, label: str, size: int) -> bytes:
    return shake_256(seed + bytes(8) + label.encode()).digest(size)


def nowhere(secrets: Mapping[str, bytes], seen: Mapping[str, bytes]) -> None:
    """Look for each secret in all that was seen, as bytes and in usual writings."""
    for what, secret in secrets.items():
        for form in (
            secret,
            secret.hex().encode(),
            base64.b64encode(secret)[:-3],
            repr(secret).encode(),
        ):
            for where, content in seen.items():
                assert form not in content, f"{what} is in {where}"

"""Field masks: 256 bits, little-endian, bit i for field i of the registry."""

from collections.abc import Iterable


def mask_of(indexes: Iterable[int]) -> bytes:
    """Field mask of registry indexes."""
    return sum(1 << index for index in set(indexes)).to_bytes(32, "little")


def indexes_of(mask: bytes) -> list[int]:
    """Registry indexes in a field mask, ascending."""
    bits = int.from_bytes(mask, "little")
    return [index for index in range(256) if bits >> index & 1]

"""The samplers of ML-DSA (FIPS 204, section 7.3) and ML-KEM (FIPS 203, section 4.2.2) in Python."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

__all__ = [
    "COEFFICIENTS",
    "KINDS",
    "PUBLIC_BYTES",
    "SECRET_BYTES",
    "Kind",
    "accepted",
    "candidates",
    "sampled",
]

COEFFICIENTS = 256
PUBLIC_BYTES = 32
SECRET_BYTES = 64

Q = 8380417  # of ML-DSA
KEM_Q = 3329
ETA = 2  # of both
GAMMA1 = 1 << 19


@dataclass(frozen=True)
class Kind:
    """How a polynomial is sampled.

    Attributes:
        function: that expands seed and nonce
        public: whether the seed is the public one
        seed: bytes of it
        nonce: bytes after it
        bits: of a candidate; the first is in the lowest bits of the first byte
        coefficient: of a candidate, or None if it is rejected
    """

    function: str
    public: bool
    seed: int
    nonce: int
    bits: int
    coefficient: Callable[[int], int | None]


def coeff_from_three_bytes(candidate: int) -> int | None:
    """CoeffFromThreeBytes (FIPS 204, algorithm 14)."""
    z = candidate & 0x7FFFFF
    return z if z < Q else None


def coeff_from_half_byte(candidate: int) -> int | None:
    """CoeffFromHalfByte (FIPS 204, algorithm 15) for eta = 2, modulo q."""
    return (2 - candidate % 5) % Q if candidate < 15 else None


def unpacked(candidate: int) -> int:
    """A coefficient of BitUnpack(v, gamma1 - 1, gamma1) (FIPS 204, algorithm 19), modulo q."""
    return (GAMMA1 - candidate) % Q


def below_kem_q(candidate: int) -> int | None:
    """The test in SampleNTT (FIPS 203, algorithm 7)."""
    return candidate if candidate < KEM_Q else None


def centred_binomial(candidate: int) -> int:
    """A coefficient of SamplePolyCBD (FIPS 203, algorithm 8) for eta = 2."""
    x = (candidate & 1) + (candidate >> 1 & 1)
    y = (candidate >> 2 & 1) + (candidate >> 3)
    return (x - y) % KEM_Q


KINDS = {
    # RejNTTPoly (FIPS 204, algorithm 30): its 24th bit is ignored
    "uniform": Kind("shake128", True, 32, 2, 24, coeff_from_three_bytes),
    # RejBoundedPoly (FIPS 204, algorithm 31)
    "eta": Kind("shake256", False, 64, 2, 4, coeff_from_half_byte),
    # ExpandMask (FIPS 204, algorithm 34)
    "mask": Kind("shake256", False, 64, 2, 20, unpacked),
    # SampleNTT (FIPS 203, algorithm 7)
    "uniform_kem": Kind("shake128", True, 32, 2, 12, below_kem_q),
    # SamplePolyCBD of PRF (FIPS 203, algorithm 8 and section 4.1)
    "cbd2": Kind("shake256", False, 32, 1, 4, centred_binomial),
}

XOFS = {"shake128": hashlib.shake_128, "shake256": hashlib.shake_256}


def candidates(data: bytes, bits: int) -> Iterator[int]:
    """Numbers of `bits` bits, the first in the lowest bits of the first byte."""
    number = int.from_bytes(data, "little")
    for at in range(0, 8 * len(data) - bits + 1, bits):
        yield number >> at & ((1 << bits) - 1)


def accepted(kind: Kind, numbers: Iterable[int]) -> list[int]:
    """The coefficients of those candidates that are not rejected."""
    coefficients = (kind.coefficient(number) for number in numbers)
    return [one for one in coefficients if one is not None]


def sampled(name: str, seed: bytes, nonce: int) -> list[int]:
    """The 256 coefficients of a polynomial, from 0 to q-1.

    Args:
        name: of a kind in `KINDS`
        seed: 32 or 64 bytes
        nonce: appended to it, little-endian
    """
    kind = KINDS[name]
    message = seed + nonce.to_bytes(kind.nonce, "little")
    size = 840
    while True:
        data = XOFS[kind.function](message).digest(size)
        coefficients = accepted(kind, candidates(data, kind.bits))
        if len(coefficients) >= COEFFICIENTS:
            return coefficients[:COEFFICIENTS]
        size *= 2

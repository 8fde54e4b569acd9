"""Keccak-f[1600] and its sponge (FIPS 202) in plain Python."""

__all__ = ["FUNCTIONS", "LANES", "OFFSETS", "ROUND_CONSTANTS", "hashed", "permuted"]

LANES = 25

# Constants of iota (section 3.2.5).
ROUND_CONSTANTS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
    0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)  # fmt: skip

# Offsets of rho (section 3.2.2) by lane.
OFFSETS = (
    0, 1, 62, 28, 27,
    36, 44, 6, 55, 20,
    3, 10, 43, 25, 39,
    41, 45, 15, 21, 8,
    18, 2, 61, 56, 14,
)  # fmt: skip

MASK = (1 << 64) - 1

# Rate in bytes, and the suffix of the message with the first bit of the padding.
FUNCTIONS = {
    "sha3_256": (136, 0x06),
    "sha3_512": (72, 0x06),
    "shake128": (168, 0x1F),
    "shake256": (136, 0x1F),
}


def permuted(state: bytes) -> bytes:
    """The 200 bytes of a state after Keccak-f[1600] (section 3.3)."""
    a = [int.from_bytes(state[8 * i : 8 * i + 8], "little") for i in range(LANES)]
    for constant in ROUND_CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ rotated(c[(x + 1) % 5], 1) for x in range(5)]
        b = [0] * LANES
        for x in range(5):
            for y in range(5):
                i = x + 5 * y
                b[y + 5 * ((2 * x + 3 * y) % 5)] = rotated(a[i] ^ d[x], OFFSETS[i])
        for y in range(0, LANES, 5):
            for x in range(5):
                a[y + x] = b[y + x] ^ (~b[y + (x + 1) % 5] & b[y + (x + 2) % 5] & MASK)
        a[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in a)


def hashed(function: str, message: bytes, size: int) -> bytes:
    """The first `size` bytes that a function of `FUNCTIONS` gives for a message (sections 4 to 6).

    The digest of SHA3-256 is the first 32 of them, that of SHA3-512 the first 64.
    """
    rate, suffix = FUNCTIONS[function]
    padded = bytearray(message) + bytes([suffix])
    padded += bytes(-len(padded) % rate)
    padded[-1] ^= 0x80
    state = bytes(200)
    for at in range(0, len(padded), rate):
        block = bytes(padded[at : at + rate]).ljust(200, b"\0")
        state = permuted(bytes(one ^ other for one, other in zip(state, block, strict=True)))
    squeezed = state[:rate]
    while len(squeezed) < size:
        state = permuted(state)
        squeezed += state[:rate]
    return squeezed[:size]


def rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> 64 - by) & MASK

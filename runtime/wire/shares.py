"""A secret split among three, of whom any two have it: Shamir's scheme over GF(2^8).

Each byte of the secret is the constant of a line `secret + slope * x`, in the field of FIPS 197,
section 4.2; the holder at `x` = 1, 2 or 3 has the line's value there. Two values make the line, and
to one alone every secret is equally likely, as the slope is random. Multiplication has no table and
no branch: what is secret decides neither an address nor a path, as far as Python lets it.
"""

HOLDERS = 3
NEEDED = 2


def split(secret: bytes, slope: bytes) -> list[bytes]:
    """The shares of the three holders, each as long as the secret.

    Args:
        secret: any bytes.
        slope: as many random bytes, used for nothing else.
    """
    if len(slope) != len(secret):
        raise ValueError(f"a slope of {len(slope)} bytes for a secret of {len(secret)}")
    return [_line(secret, slope, x) for x in range(1, HOLDERS + 1)]


def join(first: int, share: bytes, second: int, other: bytes) -> bytes:
    """The secret, from two holders' numbers (1 to 3) and shares.

    Two shares of different secrets, or one that was changed, give another secret: hold it, or each
    share, against something that was known before.
    """
    for x in (first, second):
        if not 1 <= x <= HOLDERS:
            raise ValueError(f"holder {x} of {HOLDERS}")
    if first == second or len(share) != len(other):
        raise ValueError("two shares of one length, of different holders, make a secret")
    # Lagrange at 0; minus is plus here.
    slope_at = inverse(first ^ second)
    slope = bytes([multiply(share[i] ^ other[i], slope_at) for i in range(len(share))])
    return _line(share, slope, first)


def _line(start, slope, x):
    return bytes([start[i] ^ multiply(slope[i], x) for i in range(len(start))])


def multiply(a: int, b: int) -> int:
    """The product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1."""
    product = 0
    for _ in range(8):
        product ^= a & -(b & 1)
        b >>= 1
        a = (a << 1) ^ (0x11B & -(a >> 7))
    return product


def inverse(a: int) -> int:
    """What makes 1 of `a`: its power 254; 0 of 0."""
    power, product = a, 1
    for _ in range(7):
        power = multiply(power, power)
        product = multiply(product, power)
    return product

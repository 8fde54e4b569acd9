"""The transform of ML-DSA and arithmetic on polynomials, as FIPS 204 writes them."""

from collections.abc import Sequence

__all__ = [
    "COEFFICIENTS", "Q", "ZETAS", "add", "exceeds", "inverse_ntt", "multiply", "ntt", "subtract",
]  # fmt: skip

Q = 8_380_417
COEFFICIENTS = 256
ROOT = 1753  # of unity, the 512th
INVERSE_OF_256 = 8_347_681


def _reversed(number: int) -> int:
    """BitRev8 (algorithm 43)."""
    return int(f"{number:08b}"[::-1], 2)


ZETAS = [pow(ROOT, _reversed(k), Q) for k in range(COEFFICIENTS)]  # appendix B


def ntt(polynomial: Sequence[int]) -> list[int]:
    """NTT (FIPS 204, algorithm 41) of 256 coefficients from 0 to q-1."""
    w = list(polynomial)
    m = 0
    length = 128
    while length >= 1:
        for start in range(0, COEFFICIENTS, 2 * length):
            m += 1
            for j in range(start, start + length):
                t = ZETAS[m] * w[j + length] % Q
                w[j + length] = (w[j] - t) % Q
                w[j] = (w[j] + t) % Q
        length //= 2
    return w


def inverse_ntt(polynomial: Sequence[int]) -> list[int]:
    """Inverse NTT (FIPS 204, algorithm 42) of 256 coefficients from 0 to q-1."""
    w = list(polynomial)
    m = COEFFICIENTS
    length = 1
    while length < COEFFICIENTS:
        for start in range(0, COEFFICIENTS, 2 * length):
            m -= 1
            for j in range(start, start + length):
                t = w[j]
                w[j] = (t + w[j + length]) % Q
                w[j + length] = -ZETAS[m] * (t - w[j + length]) % Q
        length *= 2
    return [INVERSE_OF_256 * coefficient % Q for coefficient in w]


def add(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """AddNTT (FIPS 204, algorithm 44)."""
    return [(x + y) % Q for x, y in zip(a, b, strict=True)]


def subtract(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """The difference, coefficient by coefficient."""
    return [(x - y) % Q for x, y in zip(a, b, strict=True)]


def multiply(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """MultiplyNTT (FIPS 204, algorithm 45)."""
    return [x * y % Q for x, y in zip(a, b, strict=True)]


def exceeds(polynomial: Sequence[int], bound: int) -> bool:
    """Whether the infinity norm (FIPS 204, section 2.3) of a polynomial is at least a bound."""
    return max(min(x, Q - x) for x in polynomial) >= bound

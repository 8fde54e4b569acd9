"""SHA3-256 and SHAKE256 of FIPS 202 in plain Python, beside the hashes of the interpreter."""

try:
    from uhashlib import sha256
except ImportError:
    from hashlib import sha256

__all__ = ["sha256", "sha3_256", "shake_256"]

_RATE = 136  # bytes that a permutation takes in or gives out, the same for both
_LANES = _RATE // 8
_MASK = 0xFFFFFFFFFFFFFFFF


def sha3_256(data=b""):
    """Return a SHA3-256 hash object.

    Args:
        data: bytes to begin with
    """
    return _Sha3(data)


def shake_256(data=b""):
    """Return a SHAKE256 hash object, whose `digest` takes a length.

    Args:
        data: bytes to begin with
    """
    return _Shake(data)


class _Sponge:
    def __init__(self, data) -> None:
        self._state = [0] * 25
        self._rest = b""
        self.update(data)

    def update(self, data) -> None:
        """Take in more bytes.

        Args:
            data: any bytes-like object
        """
        data = self._rest + bytes(data)
        whole = len(data) - len(data) % _RATE
        for at in range(0, whole, _RATE):
            self._state = _absorb(self._state, data[at : at + _RATE])
        self._rest = data[whole:]

    def _squeeze(self, suffix: int, length: int) -> bytes:
        block = bytearray(_RATE)
        block[: len(self._rest)] = self._rest
        block[len(self._rest)] = suffix
        block[-1] |= 0x80
        state = _absorb(self._state, block)
        out = _first_bytes(state)
        while len(out) < length:
            state = _permute(state)
            out += _first_bytes(state)
        return out[:length]


class _Sha3(_Sponge):
    name = "sha3_256"
    digest_size = 32
    block_size = _RATE

    def digest(self) -> bytes:
        """Return the 32 bytes of the hash of what was taken in so far."""
        return self._squeeze(0x06, 32)

    def hexdigest(self) -> str:
        """Return the hash in hexadecimal."""
        return self.digest().hex()


class _Shake(_Sponge):
    name = "shake_256"
    digest_size = 0
    block_size = _RATE

    def digest(self, length: int) -> bytes:
        """Return the first bytes of the output for what was taken in so far.

        Args:
            length: how many bytes
        """
        return self._squeeze(0x1F, length)

    def hexdigest(self, length: int) -> str:
        """Return as many bytes in hexadecimal.

        Args:
            length: how many bytes
        """
        return self.digest(length).hex()


def _round_constants():
    # FIPS 202, algorithms 5 and 6: the bits come from a shift register.
    register = 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            constant |= (register & 1) << ((1 << bit) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        yield constant


def _moves():
    # Rho and pi in one: where a lane comes from, its column, where it goes, and how far it turns.
    yield 0, 0, 0, 0, 64
    x, y = 1, 0
    for t in range(24):
        turn = (t + 1) * (t + 2) // 2 % 64
        new_x, new_y = y, (2 * x + 3 * y) % 5
        yield x + 5 * y, x, new_x + 5 * new_y, turn, 64 - turn
        x, y = new_x, new_y


_ROUND_CONSTANTS = tuple(_round_constants())
_MOVES = tuple(_moves())
_ROWS = (0, 5, 10, 15, 20)


def _absorb(state: list, block) -> list:
    mixed = state[:]
    for lane in range(_LANES):
        mixed[lane] ^= int.from_bytes(block[8 * lane : 8 * lane + 8], "little")
    return _permute(mixed)


def _first_bytes(state: list) -> bytes:
    return b"".join([state[lane].to_bytes(8, "little") for lane in range(_LANES)])


def _permute(a: list) -> list:
    """Return Keccak-f[1600] of 25 lanes, lane x, y at x + 5 y."""
    mask = _MASK
    a = a[:]
    b = a[:]
    for constant in _ROUND_CONSTANTS:
        c0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20]
        c1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21]
        c2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22]
        c3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23]
        c4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24]
        d = (
            c4 ^ (c1 << 1 & mask | c1 >> 63),
            c0 ^ (c2 << 1 & mask | c2 >> 63),
            c1 ^ (c3 << 1 & mask | c3 >> 63),
            c2 ^ (c4 << 1 & mask | c4 >> 63),
            c3 ^ (c0 << 1 & mask | c0 >> 63),
        )
        for source, column, target, left, right in _MOVES:
            lane = a[source] ^ d[column]
            b[target] = lane << left & mask | lane >> right
        for row in _ROWS:
            # Not-and without negative numbers, which cost a big integer more.
            b0, b1, b2, b3, b4 = b[row : row + 5]
            a[row] = b0 ^ b2 ^ (b1 & b2)
            a[row + 1] = b1 ^ b3 ^ (b2 & b3)
            a[row + 2] = b2 ^ b4 ^ (b3 & b4)
            a[row + 3] = b3 ^ b0 ^ (b4 & b0)
            a[row + 4] = b4 ^ b1 ^ (b0 & b1)
        a[0] ^= constant
    return a

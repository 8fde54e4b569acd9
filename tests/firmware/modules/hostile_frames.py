"""Bytes for a decoder of frames, good and damaged; portable, so that two Pythons get the same."""

from runtime.wire.frames import DATA, MORE, PAYLOAD_LIMIT, RESET, Frame, encode

KEY = 0xFEDCBA98
SIZES = (0, 1, 7, 100, PAYLOAD_LIMIT)


def key_of(frame):
    """The key that a frame is to be encoded with."""
    return 0 if frame.flags & RESET else KEY


def frames(random):
    """Frames of all sizes, plain and with many zeros.

    random: module or object with getrandbits.
    """
    made = []
    for size in SIZES:
        for mask in (0xFF, 0x01, 0):
            payload = bytes([random.getrandbits(8) & mask for _ in range(size)])
            numbers = [random.getrandbits(16) for _ in range(4)]
            for flags in (DATA, DATA | MORE, RESET, 0xFF):
                made.append(Frame(flags, size, 255, *numbers, payload))
    return made


def cuts(encoded):
    """Every beginning of a frame with a good frame behind it, and every end of one."""
    for at in range(len(encoded) + 1):
        yield encoded[:at] + encoded
        yield encoded[at:] + encoded


def flips(encoded):
    """A frame with each of its bits flipped, and a good one behind it."""
    for at in range(len(encoded)):
        for bit in range(8):
            damaged = bytearray(encoded)
            damaged[at] ^= 1 << bit
            yield bytes(damaged) + encoded


def noise(random, count):
    """Random bytes, with zeros and frames among them."""
    good = [encode(frame, key_of(frame)) for frame in frames(random)]
    for _ in range(count):
        pieces = []
        for _ in range(random.getrandbits(3)):
            kind = random.getrandbits(2)
            if kind == 0:
                pieces.append(good[random.getrandbits(16) % len(good)])
            elif kind == 1:
                pieces.append(b"\0" * (1 + random.getrandbits(1)))
            elif kind == 2:
                pieces.append(bytes([random.getrandbits(8) for _ in range(random.getrandbits(9))]))
            else:
                pieces.append(bytes([random.getrandbits(8) | 1] * random.getrandbits(9)))
        yield b"".join(pieces)

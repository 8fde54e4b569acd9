"""Frames: the smallest unit on the line, delimited by zero bytes and checked by a CRC-32.

`0x00 | COBS(header, payload, CRC-32) | 0x00`. COBS is consistent overhead byte stuffing (Cheshire
and Baker, 1999), the CRC that of IEEE 802.3. README.md of this folder has the layout. The firmware
has the same in C: firmware/modules/frames.c.
"""

from binascii import crc32
from collections import namedtuple
from struct import pack, unpack

from cobs import cobs

VERSION = 1

DATA = 1  # carries a piece of a message and has a place in the sequence
MORE = 2  # the message goes on in the next DATA frame
RESET = 4  # its payload names the sender's and the receiver's nonce

PAYLOAD_LIMIT = 240
OVERHEAD = 20  # at most: two delimiters, header, CRC-32, two bytes of COBS

_HEADER = ">BBBBHHHH"
_HEADER_SIZE = 12
_CHECK_SIZE = 4
CHUNK_LIMIT = PAYLOAD_LIMIT + OVERHEAD - 2

Frame = namedtuple("Frame", ("flags", "seq", "ack", "held", "sent", "seen", "credit", "payload"))


def encode(frame: Frame, key: int = 0) -> bytes:
    """Return the bytes of a frame with both delimiters, at most 260.

    frame: flags, seq and ack fit 8 bits; held, sent, seen and credit 16; payload is bytes.
    key: 32 bits that the receiver must know too (of the session; 0 in a RESET frame).
    Raises ValueError for a payload over 240 bytes.
    """
    if len(frame.payload) > PAYLOAD_LIMIT:
        raise ValueError(
            f"payload has {len(frame.payload)} bytes, a frame takes {PAYLOAD_LIMIT}: split it"
        )
    body = pack(_HEADER, VERSION, *frame[:7]) + frame.payload
    stuffed: bytes = cobs.encode(body + pack(">I", crc32(body, key)))
    return b"\0" + stuffed + b"\0"


class Decoder:
    """Finds the good frames in a stream of bytes, whatever else is in it; never raises for them.

    key: what `encode` was given; None lets nothing through but RESET frames, whose key is 0.
    bad: runs of bytes that were not a frame, counted by the reason: "long" (over 258 bytes),
    "cobs", "size", "check" (CRC-32, or a frame of another session), "version".
    """

    def __init__(self, key: int | None = 0) -> None:
        self.key = key
        self.bad = {"long": 0, "cobs": 0, "size": 0, "check": 0, "version": 0}
        self._chunk = bytearray()
        self._skipping = False

    def feed(self, data: bytes):
        """Yield the good frames that data completes; iterate to the end.

        A generator, so that the key may be changed between two frames of one data.
        """
        chunks = bytes(data).split(b"\0")
        last = chunks.pop()
        for chunk in chunks:
            self._collect(chunk)
            whole = bytes(self._chunk)
            skipped = self._skipping
            self._chunk = bytearray()
            self._skipping = False
            if skipped:
                self.bad["long"] += 1
            elif whole:
                frame = self._open(whole)
                if frame is not None:
                    yield frame
        self._collect(last)

    def _collect(self, chunk: bytes) -> None:
        if self._skipping or len(self._chunk) + len(chunk) > CHUNK_LIMIT:
            self._skipping = True
            self._chunk = bytearray()
        else:
            self._chunk += chunk

    def _open(self, chunk: bytes) -> Frame | None:
        try:
            body = cobs.decode(chunk)
        except cobs.DecodeError:
            self.bad["cobs"] += 1
            return None
        end = len(body) - _CHECK_SIZE
        fault = self._fault(body, end)
        if fault is not None:
            self.bad[fault] += 1
            return None
        fields = unpack(_HEADER, body[:_HEADER_SIZE])
        return Frame(*(fields[1:] + (body[_HEADER_SIZE:end],)))

    def _fault(self, body: bytes, end: int) -> str | None:
        if not _HEADER_SIZE <= end <= _HEADER_SIZE + PAYLOAD_LIMIT:
            return "size"
        key = 0 if body[1] & RESET else self.key
        if key is None or crc32(body[:end], key) != unpack(">I", body[end:])[0]:
            return "check"
        return None if body[0] == VERSION else "version"

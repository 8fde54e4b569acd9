"""The two slots of a board's flash that firmware lies in, as the loader looks at them.

A slot begins with a sector for its header; the image of main RAM follows it. The loader
(`firmware/port/loader`) starts the image with the largest counter whose header and CRC-32 are
right. The header is written last and is torn or whole: then the slot counts from one instant on.
"""

from binascii import crc32
from collections import namedtuple
from struct import pack, unpack

from firmware.node.flash import SECTOR
from runtime.wire.errors import StorageFailed

SLOT_SECTORS = 320  # header and image: 1,276 KiB of it
MAGIC = b"slot"
_FORM = "<4sIII"  # magic, bytes of the image, its CRC-32, counter; then the CRC-32 of these
HEADER = 20
PAGE = 256
PIECE = SECTOR

Header = namedtuple("Header", ("length", "crc", "counter"))


def header_bytes(header: Header) -> bytes:
    """A header as it lies in the flash, 20 bytes."""
    content = pack(_FORM, MAGIC, *header)
    return content + pack("<I", crc32(content))


def header_of(content: bytes):
    """Header of 20 bytes; None if they are none."""
    magic, length, crc, counter = unpack(_FORM, content[:16])
    if magic != MAGIC or pack("<I", crc32(content[:16])) != content[16:HEADER]:
        return None
    if not 0 < length <= (SLOT_SECTORS - 1) * SECTOR:
        return None
    return Header(length, crc, counter)


class Slot:
    """One of them.

    Args:
        flash: FlashFile or its like, of SLOT_SECTORS.
    """

    def __init__(self, flash) -> None:
        self._flash = flash

    def header(self):
        """Header, or None if there is none that is whole."""
        return header_of(self._flash.read(0, HEADER))

    def is_whole(self) -> bool:
        """Whether the loader would start what is in it."""
        header = self.header()
        if header is None:
            return False
        crc = 0
        for piece in self.image(header.length):
            crc = crc32(piece, crc)
        return crc == header.crc

    def image(self, length: int):
        """Yield what lies where an image does, piece by piece."""
        for at in range(0, length, PIECE):
            yield self._flash.read(SECTOR + at, min(PIECE, length - at))

    def clear(self) -> None:
        """Make it a slot without firmware."""
        self._flash.erase(0)
        if self.header() is not None:
            raise StorageFailed("the flash cannot be erased", todo="replace the board")

    def write(self, at: int, data: bytes) -> None:
        """Write a part of the image.

        Args:
            at: offset in the image, the beginning of a sector.
            data: whole sectors, but for the last part; a multiple of 4 bytes.
        """
        for offset in range(0, len(data), PAGE):
            place = SECTOR + at + offset
            if place % SECTOR == 0:
                self._flash.erase(place // SECTOR)
            self._flash.program(place, data[offset : offset + PAGE])

    def finish(self, header: Header) -> None:
        """Write the header: from now on the slot counts.

        Raises:
            StorageFailed: the flash does not hold it.
        """
        content = header_bytes(header)
        self._flash.program(0, content)
        if self._flash.read(0, HEADER) != content:
            raise StorageFailed("the flash does not hold the header", todo="replace the board")


def order(slots) -> list:
    """The slots with a header that is whole, the one that is started first in front."""
    found = [(slot.header(), index) for index, slot in enumerate(slots)]
    rows = [(-header.counter, index) for header, index in found if header is not None]
    return [slots[index] for _, index in sorted(rows)]

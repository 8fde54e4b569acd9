"""The anchor: the little that a node remembers by itself, in flash, and holds its host to.

A log of slots of 128 bytes in a ring of sectors: each write goes to the next blank slot, the newest
valid one counts. When a sector is full, the next one is erased: nothing that counts is in a sector
that is being erased. A torn write leaves an invalid slot, and the one before counts.

A sector of 4,096 bytes is erased once in 32 writes. Of `n` sectors good for 100,000 erasures each
the anchor lasts `n` * 3,200,000 writes: one a commit and one a start; with 16 sectors 51 million.
"""

from collections import namedtuple
from hashlib import sha3_256
from struct import pack, unpack

from firmware.node.flash import BLANK, SECTOR
from runtime.wire.errors import StorageFailed

SLOT = 128
SECTORS = 16  # of a node in a process
_SLOTS = SECTOR // SLOT  # of a sector
_FORM = ">QQQ32sQ32s"  # serial number, then the fields
_CHECKED = 96
_NO_NUMBER = BLANK * 8  # as a blank slot begins
_BLANK_SLOT = BLANK * SLOT

# boot: starts so far. record: number of the last record. chain: its chain hash, 32 bytes.
# size, root: the journal's, after that record.
Anchor = namedtuple("Anchor", ("boot", "record", "chain", "size", "root"))


class AnchorLog:
    """The anchor in a flash.

    Args:
        flash: FlashFile or its like, of at least two sectors; nothing else may be in it.

    Attributes:
        writes: how many since the flash was new.
    """

    def __init__(self, flash) -> None:
        if flash.sectors < 2:
            raise ValueError(f"{flash.sectors} sectors: an anchor needs two")
        self._flash = flash
        self._last = None  # the newest slot's place
        self._anchor = None
        self.writes = 0
        self._find()

    def _find(self):
        """Look for the newest valid slot.

        Sectors come by the number that they begin with, the largest first. A torn number has some
        bits of ones too many: it is larger than what was to be written, so its sector comes too
        early rather than too late, and behind one that begins well all is older.
        """
        begins = []
        for sector in range(self._flash.sectors):
            slot = self._flash.read(sector * SECTOR, SLOT)
            if slot != _BLANK_SLOT:
                begins.append((slot[: len(_NO_NUMBER)], sector))
        for _, sector in sorted(begins, reverse=True):
            content = self._flash.read(sector * SECTOR, SECTOR)
            written = (len(content.rstrip(BLANK)) + SLOT - 1) // SLOT  # behind these all is blank
            for index in range(written - 1, -1, -1):
                found = _checked(content, index * SLOT)
                if found is not None:
                    if found[0] > self.writes:
                        self.writes, self._last = found[0], sector * _SLOTS + index
                        self._anchor = Anchor(*found[1:])
                    break
            if _checked(content, 0) is not None:
                return

    def read(self):
        """The newest Anchor, or None if there is no valid one."""
        return self._anchor

    def write(self, anchor: Anchor) -> None:
        """Make an Anchor the newest one, durably.

        Raises:
            StorageFailed: the flash does not hold it. Which one is the newest is not known then,
                until the next start.
        """
        try:
            place = self._next()
            content = pack(_FORM, self.writes + 1, *anchor)
            slot = content + sha3_256(content).digest()
            self._flash.program(place * SLOT, slot)
            if self._flash.read(place * SLOT, SLOT) != slot:
                raise StorageFailed("the flash does not hold the anchor", todo="replace the board")
        except OSError as error:
            raise StorageFailed(f"the anchor cannot be written: {error}", "a flash that works")
        self.writes += 1
        self._last, self._anchor = place, anchor

    def _next(self):
        """The place of the first blank slot behind the newest one, in its sector or the next.

        What is in the next sector is older, or torn: it is erased when it is come to.
        """
        last = -1 if self._last is None else self._last
        places = self._flash.sectors * _SLOTS
        for place in range(last + 1, (last // _SLOTS + 2) * _SLOTS):
            place %= places
            if place % _SLOTS == 0 and not self._is_blank(place, _SLOTS):
                self._flash.erase(place // _SLOTS)
            if self._is_blank(place, 1):
                return place
        raise StorageFailed("the flash has no blank slot", "sectors that can be erased")

    def _is_blank(self, place, count):
        return self._flash.read(place * SLOT, count * SLOT) == BLANK * (count * SLOT)


def _checked(content, at):
    """(serial number, fields of the Anchor...) of a slot; None if it is blank or torn."""
    if content[at : at + len(_NO_NUMBER)] == _NO_NUMBER:
        return None
    slot = content[at : at + SLOT]
    if sha3_256(slot[:_CHECKED]).digest() != slot[_CHECKED:]:
        return None
    return unpack(_FORM, slot[:_CHECKED])

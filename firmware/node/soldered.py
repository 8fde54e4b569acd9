"""Device key and anchor of a board, in its flash; what is not there is made, once."""

from hashlib import sha3_256

from firmware.node.anchor import Anchor, AnchorLog
from firmware.node.flash import BLANK, SECTOR
from firmware.node.store import START
from runtime.wire.errors import Refused, StorageFailed
from runtime.wire.proofs import EMPTY_ROOT

KEY = 32


class Soldered:
    """What a board remembers by itself.

    The key lies in a sector of its own with its SHA3-256 behind it. It is written after a first
    anchor, so that a key that was in use is never without one; and used only once it is whole.

    Args:
        key_flash: FlashFile or its like, of one sector.
        anchor_flash: of the anchor.
        random: function of a number to so many random bytes.

    Attributes:
        key: the device key, 32 bytes.
        anchor: AnchorLog.

    Raises:
        Refused: key and anchor do not belong together.
        StorageFailed: the flash does not hold what is written.
    """

    def __init__(self, key_flash, anchor_flash, random) -> None:
        self.anchor = AnchorLog(anchor_flash)
        kept = key_flash.read(0, 2 * KEY)
        self.key, check = kept[:KEY], kept[KEY:]
        if sha3_256(self.key).digest() == check:
            if self.anchor.read() is None:
                raise Refused(
                    "the flash has a device key and no anchor",
                    "both, or neither on a new board",
                    "erase the key to make a new node of it; with a new anchor the key would seal "
                    "twice with one nonce",
                )
            return
        anchor = self.anchor.read()
        if anchor is not None and anchor.boot > 0:
            raise Refused(
                "the device key is lost",
                "the key that this board has served with",
                "erase its part of the flash to make a new node of it",
            )
        if anchor is None:
            self.anchor.write(Anchor(0, 0, START, 0, EMPTY_ROOT))
        self._make_key(key_flash, random)

    def _make_key(self, flash, random):
        if flash.read(0, SECTOR) != BLANK * SECTOR:  # a cut came while it was made
            flash.erase(0)
        self.key = random(KEY)
        kept = self.key + sha3_256(self.key).digest()
        flash.program(0, kept)
        if flash.read(0, len(kept)) != kept:
            raise StorageFailed("the flash does not hold the device key", todo="replace the board")

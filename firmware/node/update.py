"""Updates of a board's firmware over its line: signed, of this board, newer than all before.

The image goes to the slot that would not be started now; its header is written once all of it is
read back and has the signed digest, and only then is the rollback counter raised. Whenever the
power fails, one of the slots is whole. A cut between header and counter leaves the new firmware to
be started and the counter behind it: the next start raises it.

What is not covered: both slots are started without a look at the signature, so whoever can write
the flash by other ways can start anything; and should the newer image be damaged later, the loader
falls back to the older one, which was signed and is no newer than the counter.
"""

from binascii import crc32
from hashlib import sha3_256

from firmware.node.anchor import Anchor
from firmware.node.flash import SECTOR
from firmware.node.slots import SLOT_SECTORS, Header, order
from firmware.node.store import START
from runtime.node.ports import UPDATE_PART
from runtime.wire.commands import FIRMWARE
from runtime.wire.errors import NotAllowedNow, Refused, StorageFailed, Unauthorized
from runtime.wire.proofs import EMPTY_ROOT
from runtime.wire.schema import canonical

MOST = (SLOT_SECTORS - 1) * SECTOR  # bytes of an image


class Updater:
    """Takes one update at a time; see Packaged in runtime/node/ports.py for the port.

    Args:
        slots: two of Slot.
        log: AnchorLog of its own: the number of its record is the counter of the newest firmware
            that was ever taken.
        crypto: port.
        board: what the running firmware was made for.
        key: ML-DSA-87 key (2,592 bytes) that updates are signed with; None: there are none.
    """

    def __init__(self, slots, log, crypto, board: str, key) -> None:
        self._slots = slots
        self._log = log
        self._crypto = crypto
        self._board = board
        self._key = key
        self._forget()
        started = order(slots)
        if started:
            self._raise_counter(started[0].header().counter)

    def _forget(self):
        self._firmware = None
        self._slot = None
        self._digest = None
        self._crc = self._received = 0

    @property
    def counter(self) -> int:
        """That of the newest firmware that was ever taken; 0 if there was none."""
        anchor = self._log.read()
        return 0 if anchor is None else anchor.record

    def _raise_counter(self, counter):
        if counter > self.counter:
            self._log.write(Anchor(0, counter, START, 0, EMPTY_ROOT))

    def begin(self, firmware, signature: bytes) -> None:
        """Begin an update; one that was under way is forgotten.

        Args:
            firmware: Firmware record.
            signature: of the update key over its canonical encoding.

        Raises:
            Refused, Unauthorized: it is not one for this board, now.
        """
        self._forget()
        self._check(firmware, signature)
        self._slot = self._spare()
        self._slot.clear()
        self._firmware, self._digest = firmware, sha3_256()

    def _check(self, firmware, signature):
        if self._key is None:
            raise Refused(
                "this firmware has no update key",
                "one that was built with --update-key",
                "flash the board by its other port: optin board flash --firmware",
            )
        if not self._crypto.verify(self._key, FIRMWARE, canonical(firmware), signature):
            raise Unauthorized(
                "the update is not signed with this board's update key",
                "a signature of the key that its firmware was built with",
            )
        if firmware.board != self._board:
            raise Refused(f"the update is for {firmware.board}", f"one for {self._board}")
        if firmware.counter <= self.counter:
            raise Refused(
                f"the update has counter {firmware.counter}",
                f"more than {self.counter}: older firmware is never taken back",
            )
        if not 0 < firmware.size <= MOST or firmware.size % 4:
            raise Refused(f"the image has {firmware.size} bytes", f"1 to {MOST}, a multiple of 4")

    def _spare(self):
        """The slot that is not started now: of two that are whole the older one."""
        for slot in order(self._slots):
            if slot.is_whole():
                return self._slots[1 - self._slots.index(slot)]
        return self._slots[0]

    def put(self, offset: int, data: bytes) -> int:
        """Take the next part of the image; returns how many bytes there are now.

        Raises:
            NotAllowedNow: no update is under way, or another part is due.
        """
        firmware = self._under_way()
        if self._received and offset + len(data) == self._received:
            return self._received  # the last one again: its answer was lost
        due = min(UPDATE_PART, firmware.size - self._received)
        if offset != self._received or len(data) != due:
            raise NotAllowedNow(
                f"{len(data)} bytes at {offset}", f"{due} at {self._received}", "send these"
            )
        self._slot.write(offset, data)
        self._digest.update(data)
        self._crc = crc32(data, self._crc)
        self._received += len(data)
        return self._received

    def finish(self) -> None:
        """Make what was taken the firmware that is started next.

        Raises:
            NotAllowedNow: not all of it came.
            Refused: it is not what was signed.
            StorageFailed: the flash does not hold it.
        """
        firmware = self._under_way()
        if self._received != firmware.size:
            raise NotAllowedNow(f"{self._received} bytes came", f"{firmware.size}", "send the rest")
        slot, crc = self._slot, self._crc
        digest = self._digest.digest()
        self._forget()
        if digest != firmware.digest:
            raise Refused("the image is not the one that was signed", "that", "begin anew")
        kept = sha3_256()
        for piece in slot.image(firmware.size):
            kept.update(piece)
        if kept.digest() != digest:
            raise StorageFailed("the flash does not hold the image", todo="begin anew")
        slot.finish(Header(firmware.size, crc, firmware.counter))
        self._raise_counter(firmware.counter)

    def _under_way(self):
        if self._firmware is None:
            raise NotAllowedNow("no update is under way", "one that was begun", "begin_update")
        return self._firmware

"""What a board and its keeper leave in a folder; a node of this process that goes on with it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha3_256
from pathlib import Path
from typing import Any

from actors import KINDS
from firmware.node.anchor import SECTORS, Anchor, AnchorLog
from firmware.node.flash import BLANK
from firmware.node.keeper import Keeper, said_no
from firmware.node.ram import RamStore
from firmware.node.seal import Sealer
from firmware.node.store import START as FIRST_CHAIN
from firmware.node.store import KeptStore
from runtime.cpython.threads import on_reused_threads
from runtime.host.crypto import Crypto
from runtime.host.keeper.boxes import Boxes
from runtime.wire.errors import from_wire
from runtime.wire.proofs import EMPTY_ROOT
from runtime.wire.requests import encode_request, parse
from tests.conformance.play import Player
from tests.firmware.node.simulated import FLASH, KEY_AT, NODE_AT
from tests.portable.kept import DEVICE_KEY, Flash, root_of
from tests.portable.world import START

CLOCK_AT = KEY_AT + 256  # see program/boot.py


def clock(uptime: int, knows_time: bool) -> bytes:
    """What the flash says of the time."""
    return uptime.to_bytes(8, "big") + (START if knows_time else 0).to_bytes(8, "big")


class Board:
    """A keeper's folder, with the flash of a board that has the device key of the recordings.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._flash = folder / "device/flash"
        if not self._flash.exists():
            self._flash.parent.mkdir(parents=True)
            self._flash.write_bytes(BLANK * FLASH)
            AnchorLog(flash := Flash(SECTORS)).write(Anchor(0, 0, FIRST_CHAIN, 0, EMPTY_ROOT))
            self._write(NODE_AT, bytes(flash.content))
            self._write(KEY_AT, DEVICE_KEY + sha3_256(DEVICE_KEY).digest())

    def set_clock(self, uptime: int, knows_time: bool) -> None:
        """What the node is told of the time when it starts; it must not run."""
        self._write(CLOCK_AT, clock(uptime, knows_time))

    def _write(self, at: int, content: bytes) -> None:
        with self._flash.open("r+b") as file:
            file.seek(at)
            file.write(content)

    def player(self, seed: bytes) -> KeptPlayer:
        """A node of this process that goes on from here."""
        flash = Flash(SECTORS)
        with self._flash.open("rb") as file:
            file.seek(NODE_AT)
            flash.content[:] = file.read(len(flash.content))
        boxes = Boxes(self.folder / "kept.db", synchronous="OFF")
        return KeptPlayer(seed, flash, boxes, lambda: self._write(NODE_AT, bytes(flash.content)))


class KeptPlayer(Player):
    """A node in this process, by what a Board has in its folder.

    Args:
        seed: of the node.
        flash: its anchor's.
        boxes: what its keeper has; closed at the end.
        save: function that writes the flash back.
    """

    def __init__(self, seed: bytes, flash: Flash, boxes: Boxes, save: Callable[[], None]) -> None:
        crypto = Crypto()

        def ask(method: str, params: list[Any]) -> Any:
            answer: Any = parse(boxes.answer(parse(encode_request(1, method, params))))
            if answer.error:
                raise said_no(from_wire(answer.error))
            return answer.result

        def power_up() -> KeptStore:
            sealer = Sealer(crypto, DEVICE_KEY)
            return KeptStore(RamStore(), Keeper(ask), AnchorLog(flash), sealer, root_of)

        super().__init__(seed, power_up, crypto, on_reused_threads(KINDS))
        self._boxes = boxes
        self._save = save

    def close(self) -> None:
        """Have the folder as it is when the power is off."""
        super().close()
        self._save()
        self._boxes.close()

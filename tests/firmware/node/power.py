"""Power that fails at a chosen step: what the power-cut tests are made of.

Each thing that node and host do to anything that outlives a power cut is a step, and so is each
message between them: every write to flash (torn at several places), every erasure, every seal,
every call and answer on the wire, every statement of the host's database.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware.node.anchor import AnchorLog
from firmware.node.flash import BLANK, SECTOR
from firmware.node.keeper import Keeper, said_no
from firmware.node.ram import RamStore
from firmware.node.seal import Sealer
from firmware.node.store import KeptStore
from runtime.host.crypto import Crypto
from runtime.host.keeper.boxes import Boxes
from runtime.wire.errors import from_wire
from runtime.wire.requests import encode_request, parse
from tests.portable.kept import DEVICE_KEY, Flash, KeptBlank, new_anchor

TORN = (1, 8, 64, 127)  # bytes of a slot that were written when the power went


class PowerCut(BaseException):
    """The power is gone. Not an Exception: nothing may catch it and go on."""


class Power:
    """Counts steps.

    Attributes:
        steps: how many so far.
        cut_at: the step that does not happen; 0 for none.
    """

    def __init__(self) -> None:
        self.steps = self.cut_at = 0
        self.log: list[str] = []

    def step(self, what: str) -> None:
        """A step, or the cut before it."""
        self.steps += 1
        self.log.append(what)
        if self.steps == self.cut_at:
            raise PowerCut(what)

    def restore(self, cut_at: int = 0) -> None:
        """Count anew, to the next cut."""
        self.steps, self.cut_at, self.log = 0, cut_at, []


class CutFlash(Flash):
    """Flash whose writes and erasures can be torn."""

    def __init__(self, power: Power, sectors: int = 2) -> None:
        super().__init__(sectors)
        self.power = power

    def program(self, at: int, data: bytes) -> None:
        self.power.step("program")
        assert self.read(at, len(data)) == BLANK * len(data), "programmed over what was there"
        for end in TORN:
            self.content[at : at + end] = data[:end]
            self.power.step(f"programmed {end} bytes")
        self.content[at : at + len(data)] = data
        self.power.step("programmed")

    def erase(self, sector: int) -> None:
        start = sector * SECTOR
        self.power.step("erase")
        for end in (100, SECTOR // 2):
            self.content[start : start + end] = BLANK * end
            self.power.step(f"erased {end} bytes")
        super().erase(sector)
        self.power.step("erased")


class CutCrypto(Crypto):
    """Real crypto that sees to it that no key and nonce are used twice, in any life."""

    def __init__(self, power: Power) -> None:
        super().__init__()
        self.power = power
        self.used: set[tuple[bytes, bytes]] = set()

    def aead_seal(self, key: bytes, nonce: bytes, content: bytes, context: bytes) -> bytes:
        self.power.step("seal")
        assert (key, nonce) not in self.used, "a nonce was used twice"
        self.used.add((key, nonce))
        return super().aead_seal(key, nonce, content, context)


class CutBoxes(Boxes):
    """The host's database, cut between its statements."""

    def __init__(self, path: Path, power: Power) -> None:
        super().__init__(path, synchronous="OFF")  # the machine itself is not cut here
        self.power = power

    def _store(self, *item: Any) -> None:
        self.power.step(f"store {item[0]}")
        super()._store(*item)

    def _drop(self, *item: Any) -> None:
        self.power.step(f"drop {item[0]}")
        super()._drop(*item)

    def _finish(self) -> None:
        self.power.step("commit")
        super()._finish()
        self.power.step("committed")


class CutDevice:
    """A node's flash and its host, and power for both.

    Args:
        folder: of the host.
        host_dies: whether the host loses power with the node.
        slots: writes of the anchor beforehand, to come near an erasure.
    """

    def __init__(
        self,
        folder: Path,
        host_dies: bool,
        slots: int = 1,
        least: int = 1 << 18,
        root: Callable[[Any], bytes] = lambda store: bytes(32),
    ) -> None:
        self.power = Power()
        self.flash = CutFlash(self.power)
        self.crypto = CutCrypto(self.power)
        self.host_dies = host_dies
        self.least = least
        self.root = root
        # A host that keeps its power needs no file: what it has stays as it is.
        self._path = folder / "kept.db" if host_dies else Path(":memory:")
        self.boxes = CutBoxes(self._path, self.power)
        log = new_anchor(self.flash, root(KeptBlank()))
        for _ in range(slots - 1):
            log.write(log.read())

    def cut(self) -> None:
        """What the power cut does to the host."""
        if self.host_dies:
            self.boxes.close()
            self.boxes = CutBoxes(self._path, self.power)

    def ask(self, method: str, params: list[Any]) -> Any:
        """A call over a line."""
        self.power.step(f"ask {method}")
        answer: Any = parse(self.boxes.answer(parse(encode_request(1, method, params))))
        self.power.step(f"answer {method}")
        if answer.error:
            raise said_no(from_wire(answer.error))
        return answer.result

    def store(self) -> KeptStore:
        """Power it up."""
        sealer = Sealer(self.crypto, DEVICE_KEY)
        keeper = Keeper(self.ask)
        anchor = AnchorLog(self.flash)
        return KeptStore(RamStore(), keeper, anchor, sealer, self.root, self.least)

    def close(self) -> None:
        """Close the host's file."""
        self.boxes.close()

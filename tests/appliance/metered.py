"""A node on the simulated system, as `optin sim run` starts it, and the cycles it spends."""

from __future__ import annotations

import asyncio
import sys
from hashlib import sha3_256
from pathlib import Path
from typing import NamedTuple

from firmware.node.serve import SEED
from firmware.node.soldered import KEY
from runtime.wire.hkdf import hkdf
from tests.firmware.node.simulated import KEY_AT, Simulated

WAITING, COLLECTING = 0x40000008, 0x4000000C  # firmware/port/board.h
WRAP = 1 << 32  # of these counters
QUIET_S = 0.003  # between two looks at whether the node waits
LOOP = 2000  # cycles: more than one turn of the loop in which it waits
GATEWARE = ("--fast",)  # options of the simulator that it is built with


class Spent(NamedTuple):
    """Cycles of the node's work, without those spent waiting for the line.

    Attributes:
        busy: without collections.
        collecting: the heap.
    """

    busy: int
    collecting: int

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.busy - other.busy, self.collecting - other.collecting)

    def __add__(self, other: object) -> Spent:
        assert isinstance(other, Spent)
        return Spent(self.busy + other.busy, self.collecting + other.collecting)


class Metered(Simulated):
    """A node of its own folder, which serves.

    Args:
        folder: made if it does not exist.
        options: of `optin sim run`.

    Raises:
        Ended: it did not come to serve.
    """

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        words = ["-m", "runtime.host.cli", "sim", "run", "--control", "0", *GATEWARE, *options]
        super().__init__(folder, [sys.executable, *words, str(folder)])
        self._last = dict.fromkeys((WAITING, COLLECTING), 0)
        self._whole = dict.fromkeys((WAITING, COLLECTING), 0)
        try:
            self.until_ready()
        except BaseException:
            self.end()
            raise

    def _counter(self, address: int) -> int:
        """A counter as it would be if it did not wrap; it must be asked for once a lap."""
        now = int(self.tell(f"word {address}"))
        self._whole[address] += (now - self._last[address]) % WRAP
        self._last[address] = now
        return self._whole[address]

    def spent(self) -> Spent:
        """Cycles spent until now."""
        self.tell("pause")
        cycle, collecting = self.cycle(), self._counter(COLLECTING)
        waiting = self._counter(WAITING)
        self.tell("resume")
        return Spent(cycle - waiting - collecting, collecting)

    async def idle(self) -> Spent:
        """Cycles spent until the node has nothing to do but to wait."""
        before = self.spent()
        while True:
            await asyncio.sleep(QUIET_S)
            now = self.spent()
            if sum(now - before) < LOOP:
                return now
            before = now

    def seed(self) -> bytes:
        """The seed of the node (32 bytes), which follows from the device key in its flash."""
        flash = (self.folder / "device" / "flash").read_bytes()
        kept = flash[KEY_AT : KEY_AT + 2 * KEY]
        key = kept[:KEY]
        if sha3_256(key).digest() != kept[KEY:]:
            raise RuntimeError(f"{self.folder} has no device key in its flash")
        return hkdf(key, b"", SEED)

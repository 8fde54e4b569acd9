"""A node on the simulated system, as `optin sim run` starts it, and the cycles it spends."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha3_256
from pathlib import Path
from typing import NamedTuple

from firmware.node.anchor import SECTORS
from firmware.node.flash import SECTOR
from firmware.node.serve import SEED
from firmware.node.soldered import KEY
from runtime.wire.hkdf import hkdf

WAITING, COLLECTING = 0x40000008, 0x4000000C  # firmware/port/board.h
WRAP = 1 << 32  # of these counters
QUIET_S = 0.003  # between two looks at whether the node waits
LOOP = 2000  # cycles: more than one turn of the loop in which it waits
GATEWARE = ("--fast",)  # options of the simulator that it is built with
NODE_PART = 0x20000  # of the flash, at its end: firmware/port/flash.c


class Spent(NamedTuple):
    """Cycles of the node's work, without those spent waiting for the line.

    Attributes:
        busy: without collections.
        collecting: the heap.
    """

    busy: int
    collecting: int

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.busy - other.busy, self.collecting - other.collecting)

    def __add__(self, other: object) -> "Spent":
        assert isinstance(other, Spent)
        return Spent(self.busy + other.busy, self.collecting + other.collecting)


class Simulated:
    """A node of its own folder, started.

    Args:
        folder: made if it does not exist.
        options: of `optin sim run`.
        say: function that gets what is built, line by line, while it is.

    Raises:
        RuntimeError: it did not come to serve.
    """

    def __init__(
        self, folder: Path, options: tuple[str, ...] = (), say: Callable[[str], None] | None = None
    ) -> None:
        self.folder = folder
        self.line = str(folder / "tty")
        words = [sys.executable, "-m", "runtime.host.cli", "sim", "run", "--control", "0"]
        self._process = subprocess.Popen(
            [*words, *GATEWARE, *options, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._last = dict.fromkeys((WAITING, COLLECTING), 0)
        self._whole = dict.fromkeys((WAITING, COLLECTING), 0)
        try:
            self._await_ready(say or (lambda line: None))
        except BaseException:
            self.stop()
            raise

    def _await_ready(self, say: Callable[[str], None]) -> None:
        assert self._process.stdout
        said = []
        for line in self._process.stdout:
            said.append(line)
            found = re.fullmatch(r"control tcp://127\.0\.0\.1:(\d+)\n", line)
            if found:
                self._control = socket.create_connection(("127.0.0.1", int(found[1])))
                self._answers = self._control.makefile()
            elif " ready on " in line:
                return
            else:
                say(line.strip())
        raise RuntimeError("the simulated node did not start:\n" + "".join(said[-20:]))

    def stop(self) -> None:
        """Have the node stop."""
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate()

    def _ask(self, command: str) -> str:
        self._control.sendall(command.encode() + b"\n")
        state, _, value = self._answers.readline().strip().partition(" ")
        if state != "ok":
            raise RuntimeError(f"{command}: {value}")
        return value

    def _counter(self, address: int) -> int:
        """A counter as it would be if it did not wrap; it must be asked for once a lap."""
        now = int(self._ask(f"word {address}"))
        self._whole[address] += (now - self._last[address]) % WRAP
        self._last[address] = now
        return self._whole[address]

    def spent(self) -> Spent:
        """Cycles spent until now."""
        self._ask("pause")
        cycle, collecting = int(self._ask("cycle")), self._counter(COLLECTING)
        waiting = self._counter(WAITING)
        self._ask("resume")
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
        kept = flash[len(flash) - NODE_PART + SECTORS * SECTOR :]
        key = kept[:KEY]
        if sha3_256(key).digest() != kept[KEY : 2 * KEY]:
            raise RuntimeError(f"{self.folder} has no device key in its flash")
        return hkdf(key, b"", SEED)

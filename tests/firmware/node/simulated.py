"""The firmware's node on the simulated system: its keeper, and what the simulator is told."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from firmware.node.anchor import SECTORS
from firmware.node.flash import SECTOR
from runtime.host.client import Client
from runtime.host.crypto import Crypto
from soc.gateware.presence.registers import DEBOUNCE_MS
from soc.sim.build import build
from soc.sim.firmware import firmware
from soc.sim.system import FREQUENCY
from tests.portable.world import Person
from tests.runtime.host.keeper.kept import ROOT, environment

FLASH = 1 << 22
NODE_AT = FLASH - 0x20000  # the node's part of the flash: see firmware/port/flash.c
KEY_AT = NODE_AT + SECTORS * SECTOR
PATIENCE_S = 600  # of a client: a simulated second takes minutes
SETTLED = FREQUENCY // 1000 * (DEBOUNCE_MS + 1)  # cycles in which the button comes to rest
CONTROL = re.compile(r"control tcp://127\.0\.0\.1:(\d+)")


def operator() -> Person:
    """Who operates the nodes of these tests."""
    return Person(Crypto(), "operator")


class Ended(RuntimeError):
    """The keeper ended; holds what it said."""


class Simulated:
    """A simulated node and its keeper, in a process each.

    Args:
        folder: of the keeper.
        command: words that become the keeper, of a simulator with a control socket.

    Attributes:
        line: the clients' end of the node's line, once it serves.
        keeper: process.
        said: lines of the keeper that tell neither where the controls are nor that it is ready.
    """

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.folder = folder
        self.line = str(folder / "tty")
        self.said: list[str] = []
        self.keeper = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(),
        )
        self._control: IO[str] | None = None

    def until_ready(self) -> None:
        """Wait until the node serves.

        Raises:
            Ended: it does not come to that.
        """
        assert self.keeper.stdout is not None
        for line in self.keeper.stdout:
            found = CONTROL.match(line)
            if found:
                self._hang_up()
                connection = socket.create_connection(("127.0.0.1", int(found[1])))
                self._control = connection.makefile("rw")
                connection.close()  # the file keeps it
            elif " ready on " in line:
                return
            else:
                self.said.append(line.rstrip("\n"))
        raise Ended(self.ended())

    def tell(self, command: str) -> str:
        """Obey a command of the control socket; returns its value."""
        assert self._control is not None
        self._control.write(command + "\n")
        self._control.flush()
        answer = self._control.readline()
        assert answer.startswith("ok"), answer
        return answer[2:].strip()

    def cycle(self) -> int:
        """The present cycle."""
        return int(self.tell("cycle"))

    async def until_cycle(self, cycle: int) -> None:
        """Let clients go on until some cycle has come."""
        while self.cycle() < cycle:
            await asyncio.sleep(0.01)

    async def connect(self) -> Client:
        """A client of its operator's."""
        return await Client.connect(self.line, host=operator(), timeout_s=PATIENCE_S)

    def press(self, code: str, seconds: int) -> None:
        """Press the button in a while, as whoever is at the node."""
        self._pressing = asyncio.get_running_loop().create_task(self._press())

    async def press_when_lit(self) -> None:
        """Press the button once the lamp asks for it: what was pressed before answers nothing."""
        while self.tell("lamp") != "on":
            await asyncio.sleep(0.01)
        await self._press()

    async def _press(self) -> None:
        for contact in ("down", "up"):
            await self.until_cycle(self.cycle() + SETTLED)
            self.tell(f"button {contact}")

    def ended(self) -> str:
        """Wait for the keeper's end; returns what it said on standard error."""
        self._hang_up()
        rest, error = self.keeper.communicate()
        self.said += rest.splitlines()
        return error.strip()

    def stop(self) -> None:
        """Stop the node; its folder is whole then.

        Raises:
            Ended: it had ended of itself, or did not stop as it is to.
        """
        self.keeper.terminate()
        error = self.ended()
        if self.keeper.returncode:
            raise Ended(error)

    def end(self) -> None:
        """Be rid of it, whatever it does."""
        if self.keeper.poll() is None:
            self.keeper.terminate()
        self.ended()

    def _hang_up(self) -> None:
        if self._control:
            self._control.close()
        self._control = None


def start(folder: Path, *options: object, image: Path | None = None) -> Simulated:
    """Start a simulated node.

    Args:
        folder: of the keeper.
        options: further ones of `python -m soc.sim run`.
        image: what runs; the node's firmware by default.
    """
    words = ["--uart", 0, "--control", 0, "--flash", "{device}/flash", "--flash-fast"]
    words += [*options, image or firmware(build())]
    keeper = [sys.executable, "-m", "runtime.host.keeper", "--simulator", str(folder)]
    run = [sys.executable, "-m", "soc.sim", "run", *map(str, words)]
    return Simulated(folder, [*keeper, *run])


@contextmanager
def simulated(folder: Path, *options: object, image: Path | None = None) -> Iterator[Simulated]:
    """A simulated node that serves, until the end of the block."""
    node = start(folder, *options, image=image)
    try:
        node.until_ready()
        yield node
    finally:
        node.end()

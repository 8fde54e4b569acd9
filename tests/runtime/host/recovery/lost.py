"""A node without a disk that lived for a while, until its board was lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

from runtime.host import steps
from runtime.host.keyfolder import KeyFolder
from tests.runtime.host.cli.market import Machine, Market
from tests.runtime.host.keeper.kept import child_of, connect, keeping


class Lost(Market):
    """The market of a node without a disk. One engagement is settled, one is completed and not
    settled, one is activated. The recovery key is split among the first three witnesses.

    Attributes:
        kept: what the node left with its host; all that is left of it.
        id: of the node.
        names: witnesses who are registered so far.
    """

    def __init__(self, folder: Path, command: list[str]) -> None:
        home = folder / "node"
        self.kept = folder / "kept.db"
        with keeping(home, command) as keeper:
            self.registered: list[Machine] = []
            super().__init__(folder)
            self.id: str = self.operator.json("node", "status")["node"]
            self.split()
            for witness in self.witnesses[:3]:
                witness.ok("witness", "share", witness.name)
            self.operator.ok("escrow", "deposit", "acme", "7.00", "EUR", "--reference", "R-2")
            self.entries: int = self.operator.json("node", "status")["entries"]
            os.kill(child_of(keeper), signal.SIGKILL)
            keeper.wait()
        shutil.rmtree(home / "device")
        for file in home.glob("kept.db*"):
            shutil.copy(file, folder / file.name)

    def join(self, name: str, role: str) -> Machine:
        """As any market; once there are two witnesses, the node is told the time."""
        machine = super().join(name, role)
        if role == "witness":
            self.registered.append(machine)
            if len(self.registered) == 2:
                asyncio.run(self._set_clock())
        return machine

    async def _set_clock(self) -> None:
        operator, *witnesses = (
            KeyFolder.open(machine.env["OPTIN_KEYS"]).key(machine.name)
            for machine in (self.operator, *self.registered)
        )
        async with await connect(self.folder / "node") as client:
            await steps.set_clock(client, operator, time.time_ns(), witnesses)

    def split(self) -> None:
        """The first three witnesses give keys, and the operator splits."""
        files = []
        for witness in self.witnesses[:3]:
            files.append(witness.file("key.json"))
            witness.ok("witness", "recovery-key", witness.name, files[-1])
        self.operator.ok("recover", "split", *files)

    def released(self, *witnesses: Machine) -> list[str]:
        """Files of shares that witnesses give for the operator's session."""
        session = self.operator.file("session.json")
        self.operator.ok("recover", "begin", session, "--node", self.id)
        files = []
        for witness in witnesses:
            files.append(witness.file("share.json"))
            witness.ok("witness", "release-share", witness.name, session, files[-1], "--yes")
        return files

"""Kill a node under load at random moments, again and again, and look at what is left.

    python -m tests.kills [COUNT] [SEED] [KIND]

Each round starts the node's process on its folder, sends commands over its pseudo-terminal, and
kills it with SIGKILL after a random number of answers and a random wait within the work; of the
kind `unix` it kills the node, or its keeper, which ends the other. Then:
what was acknowledged is in the journal once and answered the same when asked again, every other
command is there once or not at all, the journal's leaves recompute, and replaying it gives the
very states that the store holds: nothing is half-done.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from firmware.node.keeper import Keeper
from firmware.node.main import Device
from firmware.node.ram import RamStore
from firmware.node.seal import Sealer
from firmware.node.serve import root_of
from firmware.node.store import KeptStore
from runtime.cpython.store import SqliteStore
from runtime.host.client import Client, ConnectionLost
from runtime.host.crypto import Crypto
from runtime.host.keeper.boxes import Boxes
from runtime.host.keeper.process import lock
from runtime.node.checkpoint import check_chain
from runtime.node.journal import Journal
from runtime.wire import records
from runtime.wire.commands import REGISTRATION, sign_command
from runtime.wire.requests import encode_request, parse
from runtime.wire.schema import canonical, decode
from tests.portable.replay import Replay
from tests.portable.world import EUR, Person
from tests.runtime.host.keeper.kept import UNIX, child_of, start

UNDER_WAY = 16
FAR_FUTURE = (1 << 63) - 1


def operator() -> Person:
    """Who operates the node."""
    return Person(Crypto(), "operator")


class Software:
    """How the software node is started and killed, and what it leaves."""

    @staticmethod
    def start(folder: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "runtime.cpython", str(folder)]
        command += ["--operator", operator().id.hex()]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    @staticmethod
    def victim(process: subprocess.Popen[str], source: random.Random) -> int:
        return process.pid

    @staticmethod
    def store(folder: Path) -> SqliteStore:
        return SqliteStore(folder / "node.db")


class Unix:
    """The same for the node on MicroPython and its keeper."""

    @staticmethod
    def start(folder: Path) -> subprocess.Popen[str]:
        return start(folder, UNIX, operator().id.hex())

    @staticmethod
    def victim(process: subprocess.Popen[str], source: random.Random) -> int:
        return source.choice((process.pid, child_of(process)))

    @staticmethod
    def store(folder: Path) -> KeptStore:
        """Power up on CPython what MicroPython sealed."""
        holder = lock(folder)
        try:
            device = Device(str(folder / "device"), lambda file: file.flush())
            boxes = Boxes(folder / "kept.db")
        finally:
            os.close(holder)

        def ask(method: str, params: list) -> Any:
            answer = parse(boxes.answer(parse(encode_request(1, method, params))))
            assert answer.error is None, answer.error
            return answer.result

        sealer = Sealer(Crypto(), device.key)
        return KeptStore(RamStore(), Keeper(ask), device.anchor, sealer, root_of)


KINDS = {"software": Software, "unix": Unix}


class Round:
    """One life of the node."""

    def __init__(self, folder: Path, source: random.Random, kind: type[Software | Unix]) -> None:
        self.folder = folder
        self.source = source
        self.kind = kind
        self.process = kind.start(folder)
        assert self.process.stdout
        assert "ready" in self.process.stdout.readline()

    def kill(self) -> None:
        os.kill(self.kind.victim(self.process, self.source), signal.SIGKILL)
        self.process.communicate()


class Kills:
    """The rounds, and what the operator knows of them."""

    def __init__(self, folder: Path, seed: int, kind: str) -> None:
        self.folder = folder
        self.kind = KINDS[kind]
        self.source = random.Random(seed)
        self.operator = operator()
        self.partner = Person(Crypto(), "partner")
        self.acknowledged: dict[int, tuple[list, list]] = {}  # nonce: (params, accepted)
        self.unanswered: set[int] = set()
        self.serial = 0
        self.nonce = 0

    async def provision(self, client: Client) -> None:
        node, partner = client.identity.node, self.partner
        await client.command(self.operator, records.Provision(), [self.operator.key])
        agreed = canonical([node, partner.id, ("partner",)])
        await client.command(
            self.operator,
            records.RegisterParty(partner.id, ("partner",)),
            [partner.key, partner.sign(REGISTRATION, agreed)],
        )

    def _next(self, node: bytes) -> tuple[int, list]:
        """A command that succeeds exactly once."""
        self.nonce += 1
        self.serial += 1
        reference = self.serial.to_bytes(8, "big")
        request = records.OptinDepositEscrow(self.partner.id, EUR, self.serial, reference)
        person = self.operator
        signed = sign_command(person.sign, node, person.id, self.nonce, FAR_FUTURE, request)
        return self.nonce, list(signed)

    async def load(self, client: Client, round_: Round) -> None:
        """Send until the node is killed: some time after a random number of answers.

        Raises:
            ConnectionLost: it was.
        """
        node = client.identity.node
        self.nonce = (await client.query(self.operator, records.NextNonce())).nonce - 1
        left = self.source.randint(1, 40)
        pause = self.source.random() * 0.02
        killing = None
        tasks: dict[asyncio.Task, tuple[int, list]] = {}
        try:
            while True:
                while len(tasks) < UNDER_WAY:
                    nonce, params = self._next(node)
                    self.unanswered.add(nonce)
                    task = asyncio.create_task(client.call("optin_deposit_escrow", params))
                    tasks[task] = (nonce, params)
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    nonce, params = tasks.pop(task)
                    self.acknowledged[nonce] = (params, task.result())
                    self.unanswered.discard(nonce)
                    left -= 1
                if left <= 0 and not killing:
                    # It falls anywhere into the work; whatever is answered until then counts.
                    killing = asyncio.get_running_loop().call_later(pause, round_.kill)
        finally:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def life(self) -> None:
        """One round: start, check that answers are remembered, load, kill."""
        round_ = Round(self.folder, self.source, self.kind)
        try:
            line = str(self.folder / "tty")
            async with await Client.connect(line, host=self.operator) as client:
                if client.identity.operator is None:
                    await self.provision(client)
                for nonce in self.source.sample(
                    sorted(self.acknowledged), 3 * bool(self.acknowledged)
                ):
                    params, accepted = self.acknowledged[nonce]
                    again = await client.call("optin_deposit_escrow", params)
                    assert again == accepted, f"command {nonce} was answered differently"
                await self.load(client, round_)
        except ConnectionLost:
            pass
        finally:
            if round_.process.poll() is None:
                round_.kill()

    def check(self) -> tuple[int, int]:
        """Look at the dead node's store; returns (entries, unanswered that made it)."""
        store = self.kind.store(self.folder)
        journal = Journal(store, lambda label, sequence: bytes(32), bytes(32))
        check_chain(journal)
        positions: dict[int, int] = {}
        for position in range(journal.size):
            body = decode(records.Body, journal.entry(position)[2])
            command = decode(records.Command, body.command)
            if body.method == "optin_deposit_escrow":
                assert command.nonce not in positions, f"command {command.nonce} is there twice"
                positions[command.nonce] = position
        for nonce, (_, accepted) in self.acknowledged.items():
            assert positions.get(nonce) == accepted[1], f"acknowledged command {nonce} is lost"
        replay = Replay(journal)
        replay.follow()
        replay.check(store)
        store.close()
        return journal.size, len(self.unanswered & set(positions))


def run(count: int, seed: int, kind: str = "software") -> None:
    """Kill a node of that kind so many times.

    Raises:
        AssertionError: something acknowledged is lost, double, or half-done.
    """
    with tempfile.TemporaryDirectory() as folder:
        kills = Kills(Path(folder), seed, kind)
        entries = survived = 0
        for _ in range(count):
            asyncio.run(kills.life())
            entries, survived = kills.check()
        print(
            f"{count} kills: {len(kills.acknowledged)} commands acknowledged, all there once; "
            f"{survived} of {len(kills.unanswered)} unanswered ones made it; "
            f"{entries} entries verify"
        )


if __name__ == "__main__":
    words = sys.argv[1:]
    count, seed, kind = words + ["20", "1", "software"][len(words) :]
    run(int(count), int(seed), kind)

"""Plays recordings to the firmware's node on the simulated system, by its keeper and a client.

The system simulates some hundred thousand cycles a second, and most sessions begin alike. So what
several have in common is played once, up to a start of the node: its folder is kept there, and
each of them goes on with a copy.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha3_256
from pathlib import Path
from typing import Any, NamedTuple

from runtime.host.audit import verify_bundle
from runtime.host.client import Client
from runtime.wire.errors import NodeError
from runtime.wire.schema import canonical, unpack_own
from soc.sim.build import build
from soc.sim.firmware import firmware
from tests.conformance.board import CLOCK_AT, Board, clock
from tests.conformance.play import SIGNED, differs, items, strays
from tests.firmware.node.simulated import Simulated, start

PROGRAM = Path(__file__).parent / "program" / "boot.py"


class Session(NamedTuple):
    """One of a recording: boots and requests, and what the journal came to."""

    name: str
    seed: bytes
    items: list[Any]
    end: Any

    def starts(self) -> list[int]:
        """Where the node is started anew."""
        return [at for at, item in enumerate(self.items) if item[0] == "boot" and at]

    def before(self, at: int) -> bytes:
        """Digest of what was done before an item."""
        return sha3_256(canonical(self.items[:at])).digest()


def sessions_of(recording: Path) -> list[Session]:
    """The sessions of a recording in which nobody is needed at the node's button."""
    found: list[Session] = []
    for item in items(recording):
        if item[0] == "begin":
            name, seed, done = item[1], item[2], []
        elif item[0] == "end":
            if all(each[0] in ("boot", "send") for each in done):
                found.append(Session(name, seed, done, item))
        else:
            done.append(item)
    return found


class SimulatedPlayer:
    """A node on the simulated system.

    Args:
        board: its folder.

    Attributes:
        cycles: how many it has taken so far.
    """

    def __init__(self, board: Board) -> None:
        self.board = board
        self.cycles = 0
        self._image = image()
        self._runner = asyncio.Runner()
        self._node: Simulated | None = None
        self._client: Client
        self._now = (0, False)

    def boot(self, uptime: int, knows_time: bool) -> None:
        """Start the node."""
        self.off()
        self._now = (uptime, knows_time)
        self.board.set_clock(*self._now)
        self._node = start(self.board.folder, image=self._image)
        self._node.until_ready()
        self._client = self._runner.run(self._node.connect())

    def send(self, uptime: int, method: str, params: Any) -> tuple[Any, Any]:
        """(error, result) of a request."""
        assert self._node
        if uptime != self._now[0]:
            self._now = (uptime, self._now[1])
            self._node.tell(f"flash {CLOCK_AT} {clock(*self._now).hex()}")
        try:
            return None, self._runner.run(self._client.call(method, params))
        except NodeError as error:
            return error.to_wire(), None

    def signed(self) -> tuple[Any, Any]:
        """(measurements, head of the journal), signed now."""
        asked = [self.send(self._now[0], method, [bytes(32)])[1] for method in SIGNED]
        return asked[0], asked[1][0]

    def off(self) -> None:
        """Stop the node, if it runs."""
        if self._node:
            self.cycles += self._node.cycle()
            self._runner.run(self._client.close())
            self._node.stop()
        self._node = None

    def close(self) -> None:
        """Be rid of it, whatever it does."""
        if self._node:
            self._node.end()
        self._node = None
        self._runner.close()


def image() -> Path:
    """The node's firmware, whose time the flash tells."""
    return firmware(build(), program=PROGRAM)


class Conformance:
    """Plays sessions.

    Args:
        work: folder for those of boards; what sessions have in common stays there.
        sessions: all of a recording.
        by_host: whether what comes before the last start is played to a node of this process
            instead, which leaves the same in the folder.
    """

    def __init__(self, work: Path, sessions: list[Session], by_host: bool = False) -> None:
        self._work = work
        self._by_host = by_host
        shared = Counter(session.before(at) for session in sessions for at in session.starts())
        self._shared = {digest for digest, count in shared.items() if count > 1}

    def play(self, session: Session) -> tuple[list[str], int, int]:
        """Play one; returns what differs, requests that were sent, and cycles."""
        folder = self._work / "board"
        shutil.rmtree(folder, ignore_errors=True)
        start, wrong = self._prepare(session, folder)
        board = Board(folder)
        player, requests = SimulatedPlayer(board), 0
        try:
            for at, item in enumerate(session.items[start:], start):
                if item[0] == "boot":
                    player.off()
                    if at > start:
                        self._keep(session.before(at), folder)
                    player.boot(item[1], item[2])
                else:
                    requests += 1
                    wrong.append(differs(item, *player.send(item[1], item[2], unpack_own(item[3]))))
            signed = player.signed()
            player.off()
        finally:
            player.close()
        wrong += self._journal(board, session, signed)
        return [problem for problem in wrong if problem], requests, player.cycles

    def _prepare(self, session: Session, folder: Path) -> tuple[int, list[str | None]]:
        """Have the folder as it is before some item; returns which, and what differed before."""
        if self._by_host:
            return self._play_here(session, folder)
        for at in reversed(session.starts()):
            kept = self._kept(session.before(at))
            if kept.exists():
                shutil.copytree(kept, folder)
                return at, []
        return 0, []

    def _play_here(self, session: Session, folder: Path) -> tuple[int, list[str | None]]:
        start = max(session.starts(), default=0)
        wrong: list[str | None] = []
        if start:
            player = Board(folder).player(session.seed)
            for item in session.items[:start]:
                if item[0] == "boot":
                    player.boot(item[1], item[2])
                else:
                    wrong.append(differs(item, *player.send(item[1], item[2], unpack_own(item[3]))))
            player.close()
        return start, wrong

    def _keep(self, before: bytes, folder: Path) -> None:
        if before in self._shared and not self._by_host:
            part = self._work / "part"
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(folder, part)
            part.rename(self._kept(before))

    def _kept(self, before: bytes) -> Path:
        return self._work / before.hex()[:16]

    def _journal(self, board: Board, session: Session, signed: Any) -> Iterable[str | None]:
        """Read the journal from what the node left, and audit it."""
        player = board.player(session.seed)
        player.boot(0, False)
        yield strays(player.came_to(), session.end)
        bundle = self._work / "journal.optin"
        bundle.write_bytes(player.bundle(*signed))
        player.close()
        report = verify_bundle(bundle)
        if report.failure or report.checks["measurements"] != 2:
            yield f"the auditor says {report.failure}"


def play(
    sessions: list[Session],
    work: Path,
    words: Iterable[str] = ("",),
    by_host: bool = False,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Play sessions one after the other, and say so; returns what differs.

    Args:
        sessions: all of a recording.
        work: folder; its file `done` names the sessions that agreed, which are left out.
        words: a session is played if its name has one of them.
        by_host: as of Conformance.
    """
    work.mkdir(parents=True, exist_ok=True)
    suite, log = Conformance(work, sessions, by_host), work / "done"
    done = set(log.read_text().splitlines()) if log.exists() else set()
    wrong: list[str] = []
    for number, session in enumerate(sessions, 1):
        name = f"{number}/{len(sessions)} {session.name}"
        if name in done or not any(word in session.name for word in words):
            continue
        began = time.monotonic()
        found, requests, cycles = suite.play(session)
        wrong += [f"{session.name}: {problem}" for problem in found]
        took = f"{requests} requests, {cycles / 1e6:.0f} million cycles"
        took += f", {time.monotonic() - began:.0f} s"
        say(f"{name}: {took}: {'; '.join(found) or 'agrees'}")
        if not found:
            with log.open("a") as file:
                file.write(name + "\n")
    return wrong

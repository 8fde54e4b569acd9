"""The keeper's process: has a line to a node, keeps for it, and offers it to clients."""

import fcntl
import os
import secrets
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from runtime.host.keeper.boxes import Boxes
from runtime.host.keeper.line import KeeperError, Line, read
from runtime.host.keeper.relay import Relay
from runtime.host.keeper.speed import START, Speed
from runtime.host.keeper.terminal import Terminal
from runtime.host.keeper.words import Words
from runtime.wire.link import Link

RING = 16384  # bytes taken ahead of processing, of either side
LOCK_S = 3.0  # how long a node whose keeper was killed may take to end
AGAIN_MS = 500  # until a line that is away is looked for again
RESETS = 5  # of a node that has not served in between, at most


class Keeper:
    """A node, by whatever line, and its folder.

    The folder (0700) holds `kept.db` (what the node leaves with its host), `lock`, and while the
    node serves `tty`, the client's end of a pseudo-terminal. What would be soldered to a board is
    in `device` there, if the node is no board.

    Args:
        folder: created if it does not exist.
        connect: function of the folder and of the descriptor that holds it, to a Line.
        wanted: speed of a line that has one, baud.

    Raises:
        KeeperError: another one runs on the folder, or there is no line to a node.
        StorageFailed: what was kept cannot be opened.
    """

    def __init__(
        self, folder: Path, connect: Callable[[Path, int], Line], wanted: int = START
    ) -> None:
        os.umask(0o077)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = lock(folder)
        self._boxes = Boxes(folder / "kept.db")
        self._terminal = Terminal(folder / "tty")
        node = Link(secrets.token_bytes(8), ring=RING)
        self._relay = Relay(self._boxes, node, Link(secrets.token_bytes(8), ring=RING))
        self._words = Words()
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        self._stop_by: float | None = None
        self._asked_to_stop = False
        self._announced = False
        self._resets = 0  # since the node last served
        self._for_node = self._for_client = b""  # what the lines have not taken yet
        self._line = connect(folder.absolute(), self._lock)
        self._speed = Speed(self._relay, wanted, _say) if self._line.baud else None

    def stop(self, signum: int = 0, frame: FrameType | None = None) -> None:
        """Have the node stop, and return from `serve`. For signal handlers too."""
        self._asked_to_stop = True
        os.write(self._waker, b"\x00")

    def serve(self) -> None:
        """Serve until `stop`.

        Raises:
            KeeperError: the node ended for good, does not come to serve, or does not stop.
            NodeError: it said that it cannot start.
        """
        while not self._relay.stopped and not self._relay.failed:
            self._see_to_stopping()
            if self._asked_to_stop and not self._relay.met_node:
                return  # nothing is under way
            now = _now_ms()
            self._see_to_the_speed(now)
            self._send(now)
            self._wait(now)
            self._take(_now_ms())
            self._announce()
        self._send(_now_ms())  # the node waits until it knows that its host has heard that
        if self._relay.failed:
            raise self._relay.failed

    def _see_to_stopping(self) -> None:
        if self._asked_to_stop and self._stop_by is None:
            self._stop_by = time.monotonic() + self._line.patience_s
            self._relay.stop()
        if self._stop_by and time.monotonic() > self._stop_by:
            raise KeeperError(
                f"the node did not stop within {self._line.patience_s:g} s; "
                "what it had answered is kept"
            )

    def _send(self, now: int) -> None:
        if not self._for_node:
            self._for_node = self._relay.to_node(now)
        if self._terminal.shown and not self._for_client:
            self._for_client = self._relay.to_client(now)
        self._for_node = self._line.write(self._for_node)
        self._for_client = self._terminal.write(self._for_client)

    def _see_to_the_speed(self, now: int) -> None:
        if self._speed and self._line.source >= 0:
            baud = self._speed.step(now, not self._for_node)
            if baud:
                self._for_node = b""
                self._line.set_speed(baud)

    def _wait(self, now: int) -> None:
        """Wait until there is something to do; a link whose bytes are not taken has nothing."""
        events = {self._wake: select.POLLIN}
        due: list[int | None] = [now + 1000] if self._stop_by else []
        if self._line.source < 0:
            due.append(now + AGAIN_MS)
        else:
            events[self._line.source] = select.POLLIN
            due.append(self._speed.due if self._speed else None)
            if self._for_node:
                events[self._line.sink] = events.get(self._line.sink, 0) | select.POLLOUT
            else:
                due.append(self._relay.node_deadline(now))
        if self._relay.takes_clients:
            events[self._terminal.fd] = select.POLLIN
        if self._for_client:
            events[self._terminal.fd] = events.get(self._terminal.fd, 0) | select.POLLOUT
        elif self._terminal.shown:
            due.append(self._relay.client_deadline(now))
        poll = select.poll()
        for fd, event in events.items():
            poll.register(fd, event)
        times = [time for time in due if time is not None]
        poll.poll(max(0, min(times) - now) if times else None)

    def _take(self, now: int) -> None:
        if self._asked_to_stop:
            read(self._wake)
        self._take_of_node(now)
        if self._relay.takes_clients:
            data = self._terminal.read()
            if data:
                self._relay.from_client(data, now)

    def _take_of_node(self, now: int) -> None:
        data = self._line.read() if self._line.source >= 0 else b""
        if data:
            panic, resets = self._words.take(data), self._relay.resets
            self._relay.from_node(data, now)
            if panic:
                self._lose_node(now)
            elif self._relay.resets != resets and self._speed:
                self._speed.node_anew()
            if panic or self._relay.resets != resets:
                self._was_reset()
        elif data == b"":
            why = self._line.begin_again()
            if why or self._relay.met_node:
                self._lose_node(now)
            if why:
                self._was_reset(why)

    def _lose_node(self, now: int) -> None:
        """Whatever the node was told or asked is no more."""
        self._for_node = b""
        if self._speed:
            self._line.set_speed(self._speed.begin(now))
        else:
            self._relay.lose_node()

    def _was_reset(self, why: str = "") -> None:
        words = self._words.said() or why or "it did not say why"
        _say("the node was reset: " + words.replace("\n", "\n  "))
        self._resets += 1
        if self._resets == RESETS:
            raise KeeperError(f"the node was reset {RESETS} times without serving; see above")

    def _announce(self) -> None:
        served, self._announced = self._announced, self._relay.ready is not None
        if self._relay.ready and not served:
            self._resets = 0
            self._terminal.show()
            _say(f"node {self._relay.ready.hex()} ready on {self._terminal.path}")

    def close(self) -> None:
        """End the line, take the terminal away and let others use the folder."""
        self._line.close()
        self._terminal.close()
        self._boxes.close()
        for fd in (self._wake, self._waker, self._lock):
            os.close(fd)


def run(folder: Path, connect: Callable[[Path, int], Line], wanted: int = START) -> None:
    """Keep for a node until SIGTERM or SIGINT; prints the clients' terminal once it is ready.

    Raises:
        KeeperError, NodeError: as `Keeper` and its `serve`.
    """
    keeper = Keeper(folder, connect, wanted)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, keeper.stop)
    try:
        keeper.serve()
    finally:
        keeper.close()


def lock(folder: Path) -> int:
    """Lock a keeper's folder; returns the descriptor that holds it, and lasts as long as that.

    The node of a keeper that was killed ends a moment later: that moment is waited for.

    Raises:
        KeeperError: another one has it.
    """
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + LOCK_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except OSError as error:
            if time.monotonic() > end:
                os.close(fd)
                raise KeeperError(
                    f"another node runs on {folder}; stop it or name another"
                ) from error
        time.sleep(0.02)


def _say(text: str) -> None:
    print(text, flush=True)


def _now_ms() -> int:
    return time.monotonic_ns() // 10**6

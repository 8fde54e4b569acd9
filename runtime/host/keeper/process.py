"""The keeper's process: starts a node, keeps for it, and offers clients its line."""

import fcntl
import os
import secrets
import select
import signal
import subprocess
import tempfile
import time
import tty
from pathlib import Path
from types import FrameType

from runtime.host.keeper.boxes import Boxes
from runtime.host.keeper.relay import Relay
from runtime.wire.link import Link

RING = 16384  # bytes taken ahead of processing, of either side
READ = 65536
PATIENCE_S = 20.0  # how long a node that was told to stop may take
LOCK_S = 3.0  # how long a node whose keeper was killed may take to end
DEVICE = "{device}"  # in the command: the folder of what is soldered to a board


class KeeperError(Exception):
    """The node cannot be run; says what was wrong and what to do."""


class Keeper:
    """A node in a process of its own, and its folder.

    The folder (0700) holds `device` (`key` and `anchor`: what would be soldered to a board),
    `kept.db` (what the node leaves with its host), `lock`, and while the node runs `tty`, the
    client's end of its pseudo-terminal. `device` and `kept.db` belong together.

    Args:
        folder: created if it does not exist.
        command: of the node; `{device}` in it is replaced. Its standard input and output are
            the line.

    Raises:
        KeeperError: another one runs on the folder, or the command cannot be run.
        StorageFailed: what was kept cannot be opened.
    """

    def __init__(self, folder: Path, command: list[str]) -> None:
        os.umask(0o077)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.line = folder / "tty"
        self._lock = lock(folder)
        self._boxes = Boxes(folder / "kept.db")
        self._clients, self._client_end = os.openpty()
        tty.setraw(self._client_end)
        os.set_blocking(self._clients, False)
        node = Link(secrets.token_bytes(8), ring=RING)
        self._relay = Relay(self._boxes, node, Link(secrets.token_bytes(8), ring=RING))
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        self._stop_by: float | None = None
        self._asked_to_stop = False
        self._announced = False
        # A node that dies of itself says why on standard error: the last words go into the error.
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        folder = folder.absolute()
        self._start([word.replace(DEVICE, str(folder / "device")) for word in command], folder)

    def _start(self, command: list[str], folder: Path) -> None:
        theirs, self._out = os.pipe()
        self._in, their_out = os.pipe()
        for fd in (theirs, self._out, self._in, their_out):
            os.set_blocking(fd, False)
        try:
            # A session of its own: Ctrl-C at the terminal is for the keeper, who tells the node. In
            # its own folder: MicroPython would import what lies in the one it is started in.
            self._node = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=their_out,
                stderr=self._words,
                cwd=folder,
                start_new_session=True,
                pass_fds=(self._lock,),  # a node that outlives its keeper still holds the folder
            )
        except OSError as error:
            raise KeeperError(
                f"cannot run {command[0]}: {error.strerror}; see that it is there"
            ) from error
        finally:
            os.close(theirs)
            os.close(their_out)

    def stop(self, signum: int = 0, frame: FrameType | None = None) -> None:
        """Have the node stop, and return from `serve`. For signal handlers too."""
        self._asked_to_stop = True
        os.write(self._waker, b"\x00")

    def serve(self) -> None:
        """Serve until `stop`.

        Raises:
            KeeperError: the node ended by itself.
        """
        pending = {self._out: b"", self._clients: b""}
        while not self._relay.stopped:
            self._see_to_stopping()
            now = _now_ms()
            if not pending[self._out]:
                pending[self._out] = self._relay.to_node(now)
            if self._relay.ready and not pending[self._clients]:
                pending[self._clients] = self._relay.to_client(now)
            for fd in pending:
                pending[fd] = _write(fd, pending[fd])
            self._wait(pending, now)
            if not self._take():
                break
            self._announce()
        self._see_to_the_end()

    def _see_to_stopping(self) -> None:
        if self._asked_to_stop and self._stop_by is None:
            self._stop_by = time.monotonic() + PATIENCE_S
            self._relay.stop()
        if self._stop_by and time.monotonic() > self._stop_by:
            self._node.kill()

    def _wait(self, pending: dict[int, bytes], now: int) -> None:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(self._in, select.POLLIN)
        if pending[self._out]:
            poll.register(self._out, select.POLLOUT)
        events = select.POLLIN if self._relay.takes_clients else 0
        events |= select.POLLOUT if pending[self._clients] else 0
        if events:
            poll.register(self._clients, events)
        due = self._relay.deadline(now)
        wait = 1000 if self._stop_by else None
        if due is not None:
            wait = min(max(0, due - now), wait or due)
        poll.poll(wait)

    def _take(self) -> bool:
        """Take what came; False once the node has closed its line."""
        if self._asked_to_stop:
            _read(self._wake)
        data = _read(self._in)
        if data == b"":
            return False
        if data:
            self._relay.from_node(data, _now_ms())
        if self._relay.takes_clients:
            data = _read(self._clients)
            if data:
                self._relay.from_client(data, _now_ms())
        return True

    def _announce(self) -> None:
        if self._relay.ready and not self._announced:
            self._announced = True
            self.line.unlink(missing_ok=True)
            self.line.symlink_to(os.ttyname(self._client_end))
            print(f"node {self._relay.ready.hex()} ready on {self.line}", flush=True)

    def _see_to_the_end(self) -> None:
        self._end()
        if not self._relay.stopped:
            self._words.seek(0)
            words = self._words.read().decode(errors="replace").strip()
            raise KeeperError(words or f"the node ended with status {self._node.returncode}")

    def _end(self) -> None:
        """Close the line, which ends a node, and see that it does."""
        for fd in (self._out, self._in):
            if fd >= 0:
                os.close(fd)
        self._out = self._in = -1
        try:
            self._node.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._node.kill()
            self._node.wait()

    def close(self) -> None:
        """End the node, take the line away and let others use the folder."""
        self._end()
        self.line.unlink(missing_ok=True)
        self._boxes.close()
        self._words.close()
        for fd in (self._clients, self._client_end, self._wake, self._waker, self._lock):
            os.close(fd)


def run(folder: Path, command: list[str]) -> None:
    """Run a node until SIGTERM or SIGINT; prints its line once it is ready.

    Raises:
        KeeperError: it cannot be run, or ended by itself.
    """
    keeper = Keeper(folder, command)
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


def _read(fd: int) -> bytes | None:
    """Bytes at hand, None for none, b"" at the end."""
    try:
        return os.read(fd, READ)
    except BlockingIOError:
        return None


def _write(fd: int, data: bytes) -> bytes:
    """Write what fits; returns the rest."""
    if not data:
        return data
    try:
        return data[os.write(fd, data) :]
    except BlockingIOError:
        return data
    except BrokenPipeError:
        return b""  # the node is gone, which its other end will tell


def _now_ms() -> int:
    return time.monotonic_ns() // 10**6

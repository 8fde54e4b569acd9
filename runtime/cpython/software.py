"""The software node: its folder, its ports, and the loop that serves a pseudo-terminal."""

import fcntl
import os
import select
import signal
import sys
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from actors import KINDS
from runtime.cpython.entropy import SharedEntropy, SoundCrypto
from runtime.cpython.measurement import PACKAGES, measure
from runtime.cpython.presence import own_terminal
from runtime.cpython.store import SqliteStore
from runtime.cpython.threads import crypto_workers, entities_on_one_core, on_reused_threads
from runtime.node.clock import Clock
from runtime.node.node import Node
from runtime.node.places import Places
from runtime.node.presence import Port, Presence
from runtime.node.session import Session
from runtime.wire.link import Link

RING = 16384  # bytes that the node takes ahead of processing
READ = 65536


class FolderInUse(Exception):
    """Another process serves this folder."""


class Folder:
    """What a software node keeps on disk: `seed` (0600), `node.db`, and `tty` while it runs.

    Args:
        path: created with mode 0700 if it does not exist.

    Raises:
        FolderInUse: another node runs on it.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self.line = path / "tty"
        self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise FolderInUse(f"another node runs on {path}; stop it or name another") from error

    def seed(self, random: Callable[[int], bytes]) -> bytes:
        """The node's 32-byte secret; drawn on first use.

        Raises:
            NoEntropy: it was to be drawn and cannot.
        """
        path = self.path / "seed"
        if not path.exists():
            secret = random(32)
            draft = self.path / "seed.new"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(secret)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        seed = path.read_bytes()
        if len(seed) != 32:
            raise ValueError(f"{path} has {len(seed)} bytes, expected 32: restore it from a backup")
        return seed

    def store(self) -> SqliteStore:
        """The node's store."""
        old = os.umask(0o077)
        try:
            return SqliteStore(self.path / "node.db")
        finally:
            os.umask(old)

    def close(self) -> None:
        """Let others use the folder."""
        self.line.unlink(missing_ok=True)
        os.close(self._lock)


def make_node(
    folder: Folder, port: Port | None = None, noise: Callable[[int], bytes] = os.urandom
) -> Node:
    """A node on the ports of CPython. Its clock starts at the time of this machine.

    Args:
        folder: where it lives.
        port: of presence; by default one that can ask nobody.
        noise: function of a number to so many bytes of the source of randomness.

    Raises:
        NoEntropy: the node is new, and the source is not fit to make its keys.
    """
    random = SharedEntropy(noise)
    workers = crypto_workers()
    entities_on_one_core()
    return Node(
        folder.seed(random.lasting),
        on_reused_threads(KINDS),
        folder.store(),
        SoundCrypto(random),
        lambda floor: Clock(time.monotonic_ns, time.time_ns(), floor),
        workers,
        places=read_places(),
        measurements=measure(*PACKAGES),
        randomness=random,
        presence=Presence(port, _now_ms),
    )


def read_places() -> Places:
    """The table of US metro areas that ships."""
    folder = Path(__file__).with_name("places")
    with (folder / "metro_zips.csv").open() as file:
        runs = [tuple(line.strip().split(",")) for line in file]
    with (folder / "metro_names.csv").open() as file:
        names = dict(line.strip().split(",") for line in file)
    return Places(runs, names)


class Server:
    """Serves a node on a pseudo-terminal until told to stop.

    Args:
        node: the node.
        line: path of the symbolic link to the terminal's client end.
        operator: who may become operator; see Gate.
    """

    def __init__(self, node: Node, line: Path, operator: bytes = b"") -> None:
        self._node = node
        self._line = line
        # The client end stays open here too: else a client that leaves would hang up the line.
        self._fd, self._client_end = os.openpty()
        tty.setraw(self._client_end)
        os.set_blocking(self._fd, False)
        line.unlink(missing_ok=True)
        line.symlink_to(os.ttyname(self._client_end))
        random = node.randomness
        assert isinstance(random, SharedEntropy)
        link = Link(random.different(8), ring=RING)
        self._session = Session(node, link, random, operator)
        node.directory.on_failure = self._report
        random.tell(lambda why: self._log(f"nothing is signed any more: {why}"))
        self._wake, self._waker = os.pipe()
        self._stopping = False

    def stop(self, signum: int = 0, frame: FrameType | None = None) -> None:
        """Finish the batch under way, then return from `serve`. For signal handlers too."""
        self._stopping = True
        os.write(self._waker, b"\x00")

    def _report(self, kind: str, error: Exception) -> None:
        # Where it failed, not what it held: the text of an exception may quote a value.
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "?"
        self._log(f"a {kind} failed with {type(error).__name__} in {where}")

    def _log(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)
        self._session.log(line, _now_ms())

    def serve(self) -> None:
        """Serve until `stop`."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        pending = b""
        while not self._stopping:
            now = _now_ms()
            due = self._session.deadline(now)
            wait = None if due is None else max(0, due - now)
            poll.modify(self._fd, select.POLLIN | (select.POLLOUT if pending else 0))
            for fd, event in poll.poll(0 if self._node.sequencer.queued else wait):
                if fd == self._fd and event & select.POLLIN:
                    self._session.receive(os.read(self._fd, READ), _now_ms())
            self._node.run()
            if not pending:
                pending = self._session.transmit(_now_ms())
            if pending:
                try:
                    pending = pending[os.write(self._fd, pending) :]
                except BlockingIOError:
                    continue

    def close(self) -> None:
        """Take the line away."""
        self._line.unlink(missing_ok=True)
        for fd in (self._fd, self._client_end, self._wake, self._waker):
            os.close(fd)


def _now_ms() -> int:
    return time.monotonic_ns() // 10**6


def run(path: Path, operator: bytes = b"") -> None:
    """Serve the node in `path`; prints its line once it is ready.

    Args:
        path: its folder.
        operator: who may become operator of a new node; see Gate.
    """
    folder = Folder(path)
    try:
        node = make_node(folder, own_terminal())
        server = Server(node, folder.line, operator)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, server.stop)
        print(f"node {node.id.hex()} ready on {folder.line}", flush=True)
        try:
            server.serve()
        finally:
            for signum in (signal.SIGTERM, signal.SIGINT):
                signal.signal(signum, signal.SIG_IGN)  # it is stopping already
            server.close()
            node.stop()
    finally:
        folder.close()

"""A node in a simulator: a process that serves the node's line on TCP of this machine."""

import contextlib
import ctypes
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

from runtime.host.keeper.line import KeeperError, read, see_it_end, spawn, write

ADDRESS = re.compile(r"(uart|control) tcp://127\.0\.0\.1:(\d+)\s*")
CONTROL = "--control"
SEED = "{seed}"  # in the command: a number that is another one at each start
POWER_CUT = 125  # status of a simulator whose power was cut
WORDS = 2000  # of what it says on standard error, at most
PR_SET_PDEATHSIG = 1  # of prctl (2)


class Simulator:
    """The line to a node that has power again after a power cut.

    The command says on standard error `uart tcp://127.0.0.1:PORT`, and with `--control` also
    `control tcp://127.0.0.1:PORT`. SIGTERM ends it, its flash being whole.

    Args:
        command: of the simulator; `{device}` and `{seed}` in it are replaced.
        folder: of the keeper; `device` in it is made.
        lock: descriptor that holds the folder.

    Raises:
        KeeperError: it cannot be run, or ended instead of serving.
    """

    baud: int | None = None
    patience_s = 300.0  # the longest request has tens of millions of cycles

    def __init__(self, command: list[str], folder: Path, lock: int) -> None:
        self._command = command
        self._folder = folder
        self._lock = lock
        self.source = self.sink = -1
        (folder / "device").mkdir(mode=0o700, exist_ok=True)
        self._start()

    def _start(self) -> None:
        seed = str(secrets.randbits(32) or 1)
        self._simulator = spawn(
            [word.replace(SEED, seed) for word in self._command],
            self._folder,
            self._lock,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=_end_with_parent,
        )
        words = self._simulator.stderr
        assert words is not None
        try:
            self._connect(words)
        except BaseException:
            self.close()
            raise
        # What it says at its end fits a pipe; nobody reads before.
        os.set_blocking(words.fileno(), False)

    def _connect(self, words: IO[bytes]) -> None:
        ports: dict[str, int] = {}
        wanted = {"uart", "control"} if CONTROL in self._command else {"uart"}
        said = ""
        while not wanted <= ports.keys():
            line = words.readline().decode(errors="replace")
            if not line:
                status = self._simulator.wait()
                raise KeeperError(said.strip() or f"the simulator ended with status {status}")
            found = ADDRESS.fullmatch(line)
            if found:
                ports[found[1]] = int(found[2])
            else:
                said = (said + line)[-WORDS:]
        if "control" in ports:
            print(f"control tcp://127.0.0.1:{ports['control']}", flush=True)
        connection = socket.create_connection(("127.0.0.1", ports["uart"]))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        self.source = self.sink = connection.detach()

    def read(self) -> bytes | None:
        return read(self.source)

    def write(self, data: bytes) -> bytes:
        return write(self.sink, data)

    def set_speed(self, baud: int) -> None:
        raise AssertionError("a simulator's line has no speed")

    def begin_again(self) -> str | None:
        words, status = self._simulator.stderr, self._end()
        assert words is not None
        if status != POWER_CUT:
            said = (words.read() or b"")[-WORDS:].decode(errors="replace").strip()
            raise KeeperError(f"the simulator ended with status {status}\n{said}".strip())
        words.close()
        self._start()
        return "its power was cut"

    def _end(self) -> int:
        """Close the line, have the simulator end, and return its status."""
        if self.source >= 0:
            os.close(self.source)
        self.source = self.sink = -1
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._simulator.wait(0.2)  # it may be about to end of itself
        self._simulator.terminate()
        see_it_end(self._simulator)
        return self._simulator.returncode

    def close(self) -> None:
        self._end()
        if self._simulator.stderr:
            self._simulator.stderr.close()


def _end_with_parent() -> None:
    """Have this process get SIGTERM when its parent ends, however that comes about."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

"""A node with a terminal of its own, and somebody who sits at it; the clients' line is tapped."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = re.compile(rb"code (\d{3}(?: \d{3})+) too")
START_S = 60.0


class AtNode:
    """Reads the node's terminal, and types.

    Attributes:
        shown: all that the terminal showed.
        answer: function of a code to what is typed at once when it is asked; None for nothing.
    """

    def __init__(self, master: int) -> None:
        self.shown = b""
        self.answer: Callable[[str], str | None] = lambda code: code
        self._master = master
        self._answered = 0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 4096)
            except OSError:
                return
            with self._changed:
                self.shown += data
                self._changed.notify_all()
            for found in list(CODE.finditer(self.shown))[self._answered :]:
                self._answered += 1
                typed = self.answer(found[1].replace(b" ", b"").decode())
                if typed is not None:
                    self.type(typed)

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._master, line.encode() + b"\n")

    def sees(self, words: str, timeout_s: float = START_S) -> None:
        """Wait until the terminal has shown something."""
        with self._changed:
            found = self._changed.wait_for(lambda: words.encode() in self.shown, timeout_s)
        assert found, self.shown


class Tap:
    """A terminal before the node's line, which writes down what passes.

    Attributes:
        path: of the clients' end.
        passed: all bytes, of both directions.
    """

    def __init__(self, line: str) -> None:
        self.passed = bytearray()
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._node = os.open(line, os.O_RDWR | os.O_NOCTTY)
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(target=self._pass_on, daemon=True)
        self._thread.start()

    def _pass_on(self) -> None:
        other = {self._master: self._node, self._node: self._master}
        while True:
            ready, _, _ = select.select([*other, self._end], [], [])
            if self._end in ready:
                return
            for fd in ready:
                data = os.read(fd, 65536)
                self.passed += data
                while data:
                    data = data[os.write(other[fd], data) :]

    def close(self) -> None:
        """Take it away."""
        os.write(self._ended, b"x")
        self._thread.join()
        for fd in (self._master, self._slave, self._node, self._end, self._ended):
            os.close(fd)


class NodeProcess:
    """A node on a terminal of its own.

    Attributes:
        said: what it wrote to standard output and error.
    """

    def __init__(self, *words: str) -> None:
        self.said = b""
        self._master, slave = pty.openpty()

        def take_terminal() -> None:
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        program = "from runtime.host.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "node", "run", *words],
            stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT,
            start_new_session=True, preexec_fn=take_terminal,
        )  # fmt: skip
        os.close(slave)
        self.person = AtNode(self._master)
        self._changed = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        with self._changed:
            assert self._changed.wait_for(lambda: b" ready on " in self.said, START_S), self.said

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.said += line
                self._changed.notify_all()

    def end(self, signum: int = signal.SIGTERM) -> None:
        """End it by a signal."""
        self.process.send_signal(signum)
        self.process.wait()
        self._listener.join()
        os.close(self._master)


@contextlib.contextmanager
def node_with_terminal(*words: str) -> Iterator[NodeProcess]:
    """Run `optin node run WORDS...` on a terminal of its own."""
    node = NodeProcess(*words)
    try:
        yield node
    finally:
        if node.process.poll() is None:
            node.end()

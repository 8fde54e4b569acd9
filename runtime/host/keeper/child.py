"""A node in a process of its own; the line is its standard input and output."""

import os
import tempfile
from pathlib import Path

from runtime.host.keeper.line import PATIENCE_S, KeeperError, read, see_it_end, spawn, write


class Child:
    """The line to a node that ends with it.

    Args:
        command: of the node; `{device}` in it is replaced.
        folder: of the keeper.
        lock: descriptor that holds the folder.

    Raises:
        KeeperError: it cannot be run.
    """

    baud: int | None = None
    patience_s = PATIENCE_S

    def __init__(self, command: list[str], folder: Path, lock: int) -> None:
        # A node that dies of itself says why on standard error: the last words go into the error.
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        theirs, self.sink = os.pipe()
        self.source, their_out = os.pipe()
        for fd in (theirs, self.sink, self.source, their_out):
            os.set_blocking(fd, False)
        try:
            self._node = spawn(
                command, folder, lock, stdin=theirs, stdout=their_out, stderr=self._words
            )
        finally:
            os.close(theirs)
            os.close(their_out)

    def read(self) -> bytes | None:
        return read(self.source)

    def write(self, data: bytes) -> bytes:
        return write(self.sink, data)

    def set_speed(self, baud: int) -> None:
        raise AssertionError("a pipe has no speed")

    def begin_again(self) -> str | None:
        self._end()
        self._words.seek(0)
        words = self._words.read().decode(errors="replace").strip()
        raise KeeperError(words or f"the node ended with status {self._node.returncode}")

    def _end(self) -> None:
        """Close the line, which ends a node, and see that it does."""
        for fd in (self.sink, self.source):
            if fd >= 0:
                os.close(fd)
        self.sink = self.source = -1
        see_it_end(self._node)

    def close(self) -> None:
        self._end()
        self._words.close()

"""What the keeper needs of a line to a node, whatever it is made of."""

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Any, Protocol

READ = 65536
PATIENCE_S = 20.0  # how long a node that was told to stop may take, at its usual speed
DEVICE = "{device}"  # in a command: the folder of what is soldered to a board


class KeeperError(Exception):
    """The node cannot be run; says what was wrong and what to do."""


class Line(Protocol):
    """A line to a node; nothing of it waits, except `close`."""

    source: int
    """Descriptor that can be read when there are bytes; -1 while there is no line."""
    sink: int
    """Descriptor that can be written when there is room; -1 while there is no line."""
    baud: int | None
    """Bits a second, of a line that has a speed."""
    patience_s: float
    """How long a node that was told to stop may take."""

    def read(self) -> bytes | None:
        """Bytes at hand, None for none, no bytes at the end of the line."""

    def write(self, data: bytes) -> bytes:
        """Write what fits; returns the rest."""

    def set_speed(self, baud: int) -> None:
        """Change the speed of a line that has one, once what was written has gone out."""

    def begin_again(self) -> str | None:
        """Have a line again after it ended.

        Returns:
            Why it had ended; None if there is none yet: ask again later.

        Raises:
            KeeperError: there will be none; says why.
        """

    def close(self) -> None:
        """End the line, and a node that was started with it."""


def read(fd: int) -> bytes | None:
    """Bytes at hand, None for none, no bytes at the end."""
    try:
        return os.read(fd, READ)
    except BlockingIOError:
        return None
    except OSError:
        return b""  # a connection that was reset, an adapter that was unplugged


def write(fd: int, data: bytes) -> bytes:
    """Write what fits; returns the rest, and none at the end: reading tells of it."""
    if not data:
        return data
    try:
        return data[os.write(fd, data) :]
    except BlockingIOError:
        return data
    except OSError:
        return b""


def spawn(command: list[str], folder: Path, lock: int, **streams: Any) -> subprocess.Popen[bytes]:
    """Start a node.

    Args:
        command: its words; `{device}` in one is replaced.
        folder: of the keeper.
        lock: descriptor that holds it; a node that outlives its keeper holds it still.
        streams: of the process, and other arguments of Popen.

    Raises:
        KeeperError: it cannot be run.
    """
    words = [word.replace(DEVICE, str(folder / "device")) for word in command]
    try:
        # A session of its own: Ctrl-C at the terminal is for the keeper, who tells the node. In
        # its own folder: MicroPython would import what lies in the one it is started in.
        return subprocess.Popen(
            words, cwd=folder, start_new_session=True, pass_fds=(lock,), **streams
        )
    except OSError as error:
        raise KeeperError(
            f"cannot run {words[0]}: {error.strerror}; see that it is there"
        ) from error


def see_it_end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that has been told to end; kill it if it takes too long."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE_S)
    process.kill()
    process.wait()

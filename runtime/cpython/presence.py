"""The software node's own terminal, for its questions: its controlling terminal, if it has one."""

import contextlib
import os
from typing import Any

from runtime.node.presence import Port
from runtime.node.terminal import Terminal

PATH = "/dev/tty"  # of each process its own
READ = 4096
NONE = "this node was started without a terminal of its own"
BEHIND = "this node runs in the background of its terminal"


def own_terminal() -> Any:
    """The port of this process: that of its terminal, or one that can ask nobody and says why."""
    try:
        fd = os.open(PATH, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        port = Port()
        port.missing = NONE
        return port
    return Terminal(lambda: _read(fd), lambda data: _write(fd, data), lambda: _away(fd))


def _away(fd: int) -> str:
    """Why nobody can be asked: a process in the background must not read what is typed."""
    try:
        return "" if os.tcgetpgrp(fd) == os.getpgrp() else BEHIND
    except OSError:
        return NONE  # it was closed


def _read(fd: int) -> bytes:
    if _away(fd):
        return b""
    with contextlib.suppress(BlockingIOError, OSError):
        return os.read(fd, READ)
    return b""


def _write(fd: int, data: bytes) -> None:
    if not _away(fd):
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(fd, data)

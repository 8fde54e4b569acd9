"""The demo's folder: a node that stays, its key folder, and a mark that tells it from others."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from runtime.host.cli.context import Problem

MARK = "demo.json"


class Running(NamedTuple):
    """A node process that stays."""

    process: subprocess.Popen[str]
    line: Path


def clear(folder: Path) -> None:
    """Make room for a demo: stop the node of an earlier one, and drop what it left."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).exists()):
        raise Problem(
            f"{folder} holds something that is no demo",
            "an empty folder, none, or that of an earlier demo",
            "name another: python -m runtime.host.demo FOLDER",
        )
    if (folder / MARK).exists():
        stop(folder)
    shutil.rmtree(folder)


def stop(folder: Path) -> None:
    """Stop the node of an earlier demo, if it still runs."""
    if _free(folder):
        return
    with contextlib.suppress(OSError, ValueError, KeyError):
        pid = int(json.loads((folder / MARK).read_text())["pid"])
        # The number may be another process's by now.
        line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"runtime.cpython" in line and os.fsencode(_home(folder)) in line:
            os.kill(pid, signal.SIGTERM)
    for _ in range(500):
        if _free(folder):
            return
        time.sleep(0.01)
    raise Problem(
        f"the node of an earlier demo still runs in {folder}",
        "that it stops when told to",
        "end it, then start the demo again",
    )


def _home(folder: Path) -> str:
    return os.path.abspath(folder / "node")


def _free(folder: Path) -> bool:
    """Whether no node runs there: it would hold the lock."""
    try:
        with open(folder / "node" / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def start(folder: Path, operator: bytes) -> Running:
    """Start a node that outlives this process.

    Args:
        folder: of the demo.
        operator: id of the party that may become its operator.
    """
    with open(folder / "node.log", "wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "runtime.cpython", _home(folder)),
                *("--operator", operator.hex()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    (folder / MARK).write_text(json.dumps({"pid": process.pid}) + "\n")
    with process.stdout as ready:  # type: ignore[union-attr]
        if " ready on " not in ready.readline():
            raise Problem("the node did not start", todo=f"see {folder / 'node.log'}")
    return Running(process, folder / "node" / "tty")

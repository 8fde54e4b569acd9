"""A node without a disk in a process of its own, with its keeper."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.host import steps
from runtime.host.client import Client
from tests.runtime.host.served import OPERATOR, Cast

ROOT = Path(__file__).parents[4]
OPTIN = [sys.executable, "-m", "runtime.host.cli"]
PLACES = ROOT / "runtime/cpython/places"
AWAITED = OPERATOR.id.hex()
CPYTHON = [
    *(sys.executable, "-m", "tests.firmware.node.cpython_main", "{device}", str(PLACES)),
    f"operator={AWAITED}",
]
UNIX: list[str] = []  # what `optin node run --kind unix` starts


def environment() -> dict[str, str]:
    """What CPython needs to find the tree; MicroPython has all in it."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def start(folder: Path, node: list[str], operator: str = AWAITED) -> subprocess.Popen[str]:
    """Start a keeper and its node; without a command as `optin` does, for that operator."""
    if node:
        return _open([sys.executable, "-m", "runtime.host.keeper", str(folder), *node])
    return _open([*OPTIN, "node", "run", "--kind", "unix", "--operator", operator, str(folder)])


@contextmanager
def keeping(folder: Path, node: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A keeper and its node, from ready to stopped."""
    with _until_it_ends(start(folder, node), "node ") as process:
        yield process


@contextmanager
def attached(folder: Path, *words: str, first: str = "node ") -> Iterator[subprocess.Popen[str]]:
    """A keeper with options, from the first that it says until it has ended.

    Args:
        folder: its folder.
        words: `--simulator` and a command, or what `optin node attach` gets.
        first: how the first line begins.
    """
    if "--simulator" in words:
        command = [sys.executable, "-m", "runtime.host.keeper", words[0], str(folder), *words[1:]]
    else:
        command = [*OPTIN, "node", "attach", *words, str(folder)]
    with _until_it_ends(_open(command), first) as process:
        yield process


def _open(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    )


@contextmanager
def _until_it_ends(process: subprocess.Popen[str], first: str) -> Iterator[subprocess.Popen[str]]:
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        said = process.stdout.readline()
        if not said.startswith(first):
            process.terminate()
            raise AssertionError(said + process.stderr.read())
        yield process
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a keeper says."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


async def connect(folder: Path) -> Client:
    """A client of the node in a folder, which its operator asks."""
    return await Client.connect(str(folder / "tty"), host=OPERATOR, timeout_s=60)


def child_of(process: subprocess.Popen[str]) -> int:
    """Process id of a keeper's node."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    (child,) = path.read_text().split()
    return int(child)


async def set_clock(client: Client, cast: Cast) -> None:
    """Tell a node that was started anew what time it is."""
    await steps.set_clock(client, cast.operator, time.time_ns(), cast.witnesses[:2])

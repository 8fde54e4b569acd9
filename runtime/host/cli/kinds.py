"""How each kind of node is started: this process becomes the node, or its keeper."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from runtime.host.cli.context import App, Problem

ROOT = Path(__file__).parents[3]
PLACES = ROOT / "runtime/cpython/places"
HEAP = "4m"  # of the unix node
KEEPER = "runtime.host.keeper"


def software(folder: str, operator: bytes) -> NoReturn:
    """Become the software node of a folder.

    Args:
        folder: its path.
        operator: id of the party that may become operator of a new node; empty for nobody.
    """
    _become("runtime.cpython", folder, *(("--operator", operator.hex()) if operator else ()))


def unix(folder: str, operator: bytes) -> NoReturn:
    """Become the keeper of the firmware's node on this machine.

    Args: as of `software`.
    """
    os.environ["MICROPYPATH"] = ".frozen"  # all of the node's code is in the program
    program, _ = _built("MicroPython", "firmware.micropython", "--frozen")
    node = [program, "-X", f"heapsize={HEAP}", "-m", "firmware.node.main"]
    named = [f"operator={operator.hex()}"] if operator else []
    _become(KEEPER, folder, *node, "{device}", str(PLACES), *named, *_terminal())


def _terminal() -> list[str]:
    """The terminal that this process has to itself, for the node's questions; none in the back."""
    for fd in (0, 1, 2):
        if os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp():
            return [f"terminal={os.ttyname(fd)}"]
    return []


def simulated(
    folder: str, gateware: tuple[str, ...], engines: str, options: tuple[str, ...]
) -> NoReturn:
    """Become the keeper of the firmware's node on the simulated system.

    Args:
        folder: of the keeper; the flash is the file `device/flash` there.
        gateware: options of `python -m soc.sim` that say which simulator it is.
        engines: which the firmware uses: all, hash or none.
        options: further options of `python -m soc.sim run`.
    """
    (image,) = _built("firmware", "soc.sim", "firmware", *gateware, "--engines", engines)
    # The keeper starts it in the node's folder, where the tree may not be found.
    path = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    run = [sys.executable, "-m", "soc.sim", "run", *gateware, *options]
    _become(KEEPER, "--simulator", folder, *run, "--uart", "0", "--flash", "{device}/flash", image)


def board(port: str, baud: str, folder: str) -> NoReturn:
    """Become the keeper of a board."""
    _become(KEEPER, "--serial", port, "--baud", baud, folder)


def refuse_json(app: App) -> None:
    """What runs until it is stopped has no JSON value to end with."""
    if app.as_json:
        raise Problem("a running node has no JSON", todo="leave --json out")


def _become(module: str, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


def _built(what: str, module: str, *arguments: str) -> list[str]:
    """Build something, unless that has been done; returns the lines that tell where it is."""
    words = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Problem(f"there is no {what} to run the node on", todo="see the error above")
    return done.stdout.splitlines()

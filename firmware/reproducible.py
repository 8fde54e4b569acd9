"""`python -m firmware.reproducible`: builds the firmware twice and compares the bytes.

Each time from a copy of the sources in a folder of another name, with an empty cache, in a time
zone where it is another day. What is built is what runs: the program of a `unix` node, and the
image of main RAM for a board. It prints the measurements of both.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from firmware.building import tail
from firmware.measurement import of_image, of_program
from firmware.micropython import ToolchainError, source_tarball

__all__ = ["ReproducibleError", "build", "copy", "differences", "main", "report"]

ROOT = Path(__file__).parents[1]
SOURCES = ("actors", "firmware", "runtime", "soc")
# Folders of other lengths and depths, and time zones 26 hours apart: it is never the same day.
PLACES = {"one": "A-14", "quite/another/place": "B+12"}
BOARD = "ulx3s_45f"
SHOWN = 5  # differences


class ReproducibleError(Exception):
    """Exception raised when something does not build; its text is the end of what was said."""


def differences(first: bytes, second: bytes) -> list[int]:
    """Addresses of the bytes in which two files differ; the end of the shorter one is one."""
    found = [at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b]
    if len(first) != len(second):
        found.append(min(len(first), len(second)))
    return found


def copy(folder: Path) -> None:
    """Copy the sources to FOLDER/source."""
    for name in SOURCES:
        unwanted = shutil.ignore_patterns("__pycache__", "*.pyi")
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=unwanted)


def build(folder: Path, zone: str, board: str) -> dict[str, Path]:
    """Build from a copy of the sources, with an empty cache in FOLDER/cache.

    Args:
        folder: of the copy
        zone: time zone, as in TZ
        board: for which the image is

    Returns:
        paths of what was built, by name

    Raises:
        ReproducibleError: if it does not build
    """
    source = folder / "source"
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "OPTIN_MICROPYTHON_TARBALL": str(source_tarball()),
        "PYTHONPATH": str(source),
        "TZ": zone,
    }
    built = {}
    for name, words in (
        ("unix", ("firmware.micropython", "--frozen")),
        (board, ("soc.boards", "firmware", board)),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=source, env=environment, capture_output=True, text=True, errors="replace",
        )  # fmt: skip
        if done.returncode:
            said = tail(done.stdout + done.stderr)
            raise ReproducibleError(f"{name} does not build in {source}:\n{said}")
        built[name] = Path(done.stdout.splitlines()[0])
    return built


def main(arguments: list[str] | None = None) -> int:
    """Obey the command line.

    Args:
        arguments: those of the command line

    Returns:
        the exit status: 1 if something differs
    """
    parser = argparse.ArgumentParser(prog="python -m firmware.reproducible", description=__doc__)
    parser.add_argument("--board", default=BOARD, help=f"for which the image is ({BOARD})")
    board = parser.parse_args(arguments).board
    try:
        with tempfile.TemporaryDirectory(prefix="reproducible-") as work:
            folders = [Path(work) / name for name in PLACES]
            for folder in folders:
                copy(folder)
            first, second = (
                build(folder, zone, board)
                for folder, zone in zip(folders, PLACES.values(), strict=True)
            )
            return report(first, second, board)
    except (ReproducibleError, ToolchainError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def report(first: dict[str, Path], second: dict[str, Path], board: str) -> int:
    """Say what was built twice; returns the exit status: 1 if something differs."""
    status = 0
    for name in first:
        contents = first[name].read_bytes(), second[name].read_bytes()
        found = differences(*contents)
        if found:
            status = 1
            some = ", ".join(f"{at:#x}" for at in found[:SHOWN])
            print(f"{name}: {len(found)} bytes differ, the first at {some}", file=sys.stderr)
        else:
            measured = of_image(first[name]) if name == board else of_program(first[name])
            what = "firmware" if name == board else "program"
            print(f"{name}: {len(contents[0])} bytes, the same twice; {what} {measured.hex()}")
    return status


if __name__ == "__main__":
    sys.exit(main())

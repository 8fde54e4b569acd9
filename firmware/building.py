"""What all builds share: the folder for what is built, and how their tools are run."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["CommandFailed", "cache", "run", "tail", "workspace"]

# A make's or a shell's settings must not leak into a build.
REMOVED = ("BUILD", "CFLAGS", "CXXFLAGS", "LDFLAGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "V")
LINES = 20
DATE = "1744675200"  # of MicroPython 1.25: what is built says this, not the day when it was


class CommandFailed(Exception):
    """Exception raised when a tool fails; its text is the end of what the tool said.

    Attributes:
        log: all that it said
    """

    def __init__(self, log: str) -> None:
        super().__init__(tail(log))
        self.log = log


def cache() -> Path:
    """Return the folder for what is fetched and built, which may not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "optin-node"


@contextmanager
def workspace(made: Path) -> Iterator[Path]:
    """Give a folder to build in, beside what is to be made.

    What is ready is moved from there to its place in one step, so that nobody sees it half made.

    Args:
        made: file or folder that comes of it; its parent is made, if need be
    """
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent, prefix="building-") as folder:
        yield Path(folder)


def tail(log: str) -> str:
    """Return the last lines of what a tool said, which mostly tell what went wrong."""
    return "\n".join(log.splitlines()[-LINES:])


def run(command: Sequence[str | Path], folder: Path | None = None) -> str:
    """Run a build tool to its end, in English, without the caller's settings of make and C.

    Args:
        command: program and arguments
        folder: where to run it; here by default

    Returns:
        what it said, on standard output and standard error

    Raises:
        CommandFailed: if its exit status is not 0
        FileNotFoundError: if there is no such program
    """
    kept = {name: value for name, value in os.environ.items() if name not in REMOVED}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "LC_ALL": "C", "SOURCE_DATE_EPOCH": DATE},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise CommandFailed(done.stdout)
    return done.stdout

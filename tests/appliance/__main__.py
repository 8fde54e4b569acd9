"""`make sim`: the path of a few users on the simulated system, with its engines and without.

    python -m tests.appliance [FOLDER]

SIM_USERS (3) and SIM_SOFTWARE_USERS (1) say how many. In software each signature takes 70 million
cycles, so that a run of it takes an hour; SIM_SOFTWARE_USERS=0 leaves it out.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from runtime.host.client import ConnectionLost
from tests.appliance import tell
from tests.appliance.metered import GATEWARE
from tests.appliance.path import STEPS, STEPS_A_USER
from tests.appliance.run import Run, go

DEFAULT_FOLDER = "build/sim"
MARK = "sim-demo"
MOST = 50  # users that the money is for


class Kind(NamedTuple):
    """One run of the path."""

    words: str
    engines: str
    users: int


def build(kinds: list[Kind], console: Console) -> None:
    """Build what is missing, and say so: the simulator, the firmware, its prepared memory.

    Raises:
        RuntimeError: it cannot be built; why was said.
    """
    for kind in kinds:
        console.print(f"the node {kind.words}: building what is missing of it")
        words = [sys.executable, "-m", "soc.sim", "firmware", *GATEWARE, "--engines", kind.engines]
        if subprocess.run(words, stdout=subprocess.DEVNULL).returncode:
            raise RuntimeError("there is no node to run; see above")


async def run(folder: Path, kinds: list[Kind], console: Console) -> list[Run]:
    """All runs at the same time, each on a core."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:

        def started(kind: Kind) -> Callable[[], None]:
            total = STEPS + kind.users * STEPS_A_USER
            task = bar.add_task(f"{kind.words}, users: {kind.users}", total=total)
            return lambda: bar.advance(task)

        return await asyncio.gather(
            *[
                go(folder / kind.engines, kind.users, ("--engines", kind.engines), started(kind))
                for kind in kinds
            ]
        )


def users(name: str, usual: int, least: int) -> int:
    """How many users an environment variable says.

    Raises:
        RuntimeError: it says something else.
    """
    text = os.environ.get(name, str(usual))
    if not text.isdecimal() or not least <= int(text) <= MOST:
        raise RuntimeError(f"{name} is {text!r}; expected a number of users, {least} to {MOST}")
    return int(text)


def main() -> int:
    """Run the path and tell of it; returns the exit status."""
    try:
        return demonstrate()
    except (RuntimeError, ConnectionLost) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def demonstrate() -> int:
    """Run the path and tell of it; returns the exit status.

    Raises:
        RuntimeError: something is not as it must be.
        ConnectionLost: a node ended.
    """
    kinds = [
        Kind("with engines", "all", users("SIM_USERS", 3, 1)),
        Kind("in software", "none", users("SIM_SOFTWARE_USERS", 1, 0)),
    ]
    kinds = [kind for kind in kinds if kind.users]
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_FOLDER)
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise RuntimeError(f"{folder} holds something else; name another folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    began = time.monotonic()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else tell.WIDTH)
    build(kinds, console)
    if len(kinds) > 1:
        console.print("the run in software takes an hour; SIM_SOFTWARE_USERS=0 leaves it out")
    runs = asyncio.run(run(folder, kinds, console))
    for part in tell.told(runs, time.monotonic() - began):
        console.print(part)
    return 0 if all(run.is_right for run in runs) else 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # entities wait on daemon threads

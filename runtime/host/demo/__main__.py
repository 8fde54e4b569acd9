"""`python -m runtime.host.demo FOLDER`: play the demo, tell it, and say how to go on."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
import time
from importlib.resources import files
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn

from runtime.host import audit, steps
from runtime.host.cli.context import App, Problem, problem_of
from runtime.host.cli.show import short
from runtime.host.cli.user import read_people
from runtime.host.demo import cast, tell
from runtime.host.demo.folder import Running, clear, start
from runtime.host.demo.story import Story
from runtime.host.keyfolder import KeyFolder

DEFAULT_FOLDER = "build/demo"


async def play(app: App, folder: Path) -> bytes:
    """Play the story, and tell it; returns a settled code."""
    began = time.monotonic()
    rows = read_people(files("runtime.host").joinpath("people.csv").read_text(encoding="utf-8"))
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    console = app.console
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    async with app.node() as client:
        with bar:
            total = len(rows) + sum(len(offer.asked) for offer in cast.OFFERS)
            task = bar.add_task(f"{len(rows)} people", total=total)
            story = Story(app, client, rows, lambda: bar.advance(task))
            await story.play()
        facts = await tell.ask(story)
        journal = await steps.whole_journal(client, story.keys["auditor"])
        path = folder / "journal.optin"
        audit.write_bundle(path, journal)
    report = audit.verify_bundle(path, journal.identity.node)
    app.say(None, *tell.told(story, facts, report, path, time.monotonic() - began))
    if not report.ok or not all(found.conserved for found in facts.totals.values()):
        raise Problem("the demo did not end as it should", todo=f"see {folder}")
    return story.engagements[cast.CALLBACK.name, cast.GUEST].code


def _hints(folder: Path, pid: int, code: bytes) -> list[str]:
    """Commands to go on with."""
    own = Path(sys.executable).parent / "optin"
    here = str(own) if own.exists() else f"{sys.executable} -m runtime.host.cli"
    where = shlex.quote(str(folder))
    return [
        "",
        f"The node runs on, as process {pid}. To look around:",
        *([] if shutil.which("optin") else [f"  alias optin={shlex.quote(here)}"]),
        f"  export OPTIN_LINE={where}/node/tty OPTIN_KEYS={where}/keys",
        "  optin node status",
        "  optin offer show callback",
        f"  optin user codes {cast.GUEST}",
        f"  optin settlement show {short(code)}",
        "  optin user earned " + cast.GUEST + " USD",
        "  optin view list --partner nimbus",
        f"  optin audit verify {where}/journal.optin",
        f"To stop it: kill {pid}; to start it again: optin node run {where}/node",
    ]


def main() -> int:
    """Run the demo; returns the exit status."""
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and sys.argv[1].startswith("-")):
        click.echo("usage: python -m runtime.host.demo [FOLDER]", err=True)
        return 2
    folder = Path(sys.argv[1] if len(sys.argv) == 2 else DEFAULT_FOLDER)
    running: Running | None = None
    try:
        clear(folder)
        folder.mkdir(parents=True, mode=0o700)
        operator = KeyFolder.create(folder / "keys", None).create_key("operator")
        running = start(folder, operator.id)
        app = App(str(running.line), folder / "keys", None, insecure=True, timeout_s=30.0)
        code = asyncio.run(play(app, folder))
        app.say(None, *_hints(folder, running.process.pid, code))
    except (Exception, KeyboardInterrupt) as error:
        if running:
            running.process.terminate()
            running.process.wait()
        if isinstance(error, KeyboardInterrupt):
            return 130
        problem = error if isinstance(error, Problem) else problem_of(error)
        if problem is None:
            raise
        problem.show()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m runtime.host.demo FOLDER`: a node, a partner and twenty people, start to end.

Everything goes over the node's pseudo-terminal by the same steps as the command line. The node
is left running, with its key folder, for a look at what came of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from runtime.host import audit, steps
from runtime.host.cli.context import App, Problem, description_hash, problem_of
from runtime.host.cli.escrow import conservation
from runtime.host.cli.offer import Registry
from runtime.host.cli.show import DAY, amount_text, plain, short, table
from runtime.host.cli.user import read_people, values_of
from runtime.host.client import Client, Done
from runtime.host.keyfolder import Key, KeyFolder
from runtime.wire import records
from runtime.wire.errors import NodeError

DEFAULT_FOLDER = "build/demo"
MARK = "demo.json"  # tells a demo's folder from others
EUR = b"EUR" + bytes(5)
AMOUNT = 1_000_003  # micro-units: does not divide evenly
DEPOSIT = 100_000_000
TEXT = "We call you back once about your insurance. No newsletter, no sale of your data."
FIELDS = (
    ("full_name", "text"),
    ("email", "email"),
    ("phone", "phone"),
    ("postal_code", "postal_code"),
    ("birth_date", "birth_date"),
    ("city", "text"),
)
EXACT, PRESENCE = "ExactValue", "BooleanOnly"
DEGRADED = {"postal_code": ("MetroAreaOnly",), "birth_date": ("AgeRange",)}  # forms by kind
OTHERS = ("operator", "acme", "witness-1", "witness-2", "witness-3", "city-blog", "auditor")

# What people do. Who is in none of these reads the offer, opts in and is settled.
HESITANT = ("farid", "liam", "sven")  # read the offer and leave it
REGRETS_EARLY = "olga"  # opts in and takes it back before acme looks
REGRETS_LATE = "carla"  # takes it back after the settlement
GENEROUS = {"anna": (1, 4), "carla": (1, 3), "greta": (3,), "jakub": (1,), "maria": (1, 3)}
SIGNED = ("command", "consent", "witness")
SHOWN = ("anna", "bruno")  # beside what acme sees of them


class Person(NamedTuple):
    """One of the people of the demo."""

    key: Key
    values: dict[int, bytes]
    referrer: str | None


class Story:
    """The demo while it runs: a client, the keys, and what came of everybody."""

    def __init__(self, app: App, client: Client, keys: dict[str, Key], tick: Callable[[], None]):
        self.app = app
        self.client = client
        self.keys = keys
        self.people: dict[str, Person] = {}
        self.registry: Registry = {}
        self.codes: dict[str, bytes] = {}
        self.outcome: dict[str, str] = {}
        self.seen: dict[str, steps.View] = {}
        self.refusal = ""
        self.receipts = 0
        self._tick = tick

    async def do(self, step: Awaitable[Done]) -> Any:
        """A journaled step, its receipt checked; returns the reply."""
        done = await step
        await self.client.receipt(done.accepted)
        self.receipts += 1
        self._tick()
        return done.reply

    async def set_up(self) -> bytes:
        """Parties, fields, rules, money, offer; returns the offer's id."""
        client, keys = self.client, self.keys
        operator, acme = keys["operator"], keys["acme"]
        await self.do(steps.provision(client, operator))
        for name, role in zip(
            OTHERS[1:], ("partner", *["witness"] * 3, "publisher", "auditor"), strict=True
        ):
            await self.do(steps.register(client, operator, keys[name], [role]))
        for index, (name, kind) in enumerate(FIELDS):
            forms = (EXACT, PRESENCE, *DEGRADED.get(kind, ()))
            await self.do(steps.define_field(client, operator, index, name, kind, forms))
        self.registry = await steps.field_names(client)
        shares = records.Shares(2000, 4000, 2000, 2000)
        rules = (await self.do(steps.define_rules(client, operator, shares))).rules
        await self.do(steps.deposit(client, operator, acme.id, DEPOSIT, EUR, b"INV-2027-001"))
        use = records.FieldUse
        terms = records.Terms(
            acme.id,
            1,
            description_hash(TEXT),
            "a call back",
            30 * DAY,
            "DE",
            (use(0, EXACT), use(2, PRESENCE)),
            (use(1, EXACT), use(3, EXACT), use(4, "AgeRange")),
            "EarlyAccess",
            None,
            AMOUNT,
            EUR,
            DEPOSIT,
            rules,
            tuple(keys[name].id for name in OTHERS[2:5]),
            keys["city-blog"].id,
            30 * DAY,
            0,
            14 * DAY,
            0,
            False,
        )
        offer: bytes = (await self.do(steps.publish_offer(client, acme, terms))).offer
        self.app.remember("usual", rules)
        self.app.remember("callback", offer)
        self.app.remember_text(TEXT)
        return offer

    async def enrol(self, rows: list[tuple[str, str | None, dict[str, str]]]) -> None:
        """Everybody enrols, one after the other: whoever refers must be there before."""
        for name, referrer, values in rows:
            person = Person(self.keys[name], values_of(self.registry, values), referrer)
            self.people[name] = person
            known = self.keys[referrer].id if referrer else None
            await self.do(steps.enrol(self.client, person.key, person.values, known))

    async def live(self, name: str, offer: bytes) -> None:
        """What one person does, and what is done about it."""
        client, key = self.client, self.people[name].key
        operator, acme = self.keys["operator"], self.keys["acme"]
        code = (await self.do(steps.generate_code(client, operator, offer, key.id))).code
        self.codes[name] = code
        await self.do(steps.mark_viewed(client, key, code))
        if name in HESITANT:
            self.outcome[name] = "read it, left it"
            return
        extra = GENEROUS.get(name, ())
        record = (await self.do(steps.activate(client, key, code, offer, extra))).record
        if name == REGRETS_EARLY:
            await self.do(steps.revoke(client, key, code))
            self.outcome[name] = "revoked: money back"
            return
        self.seen[name] = seen = await steps.fetch_view(client, acme, record)
        await self.do(_known(seen.done))
        signed = [
            await steps.sign_statement(client, self.keys[witness], code) for witness in OTHERS[2:4]
        ]
        await self.do(steps.settle(client, operator, signed))
        self.outcome[name] = "settled"
        if name == REGRETS_LATE:
            await self.do(steps.revoke(client, key, code))
            self.outcome[name] = "settled, then revoked"
            try:
                await steps.fetch_view(client, acme, record)
            except NodeError as error:
                self.refusal = error.wrong


async def _known(done: Done) -> Done:
    return done


def commands_ahead(people: int) -> int:
    """How many journaled steps there will be, for the progress display."""
    settled = people - len(HESITANT) - 1
    return len(OTHERS) + len(FIELDS) + 3 + 3 * people + (settled + 1) + 2 * settled + 2


# -------------------------------------------------------------------------------- the folder


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


def start(folder: Path) -> Running:
    """Start a node that outlives this process."""
    folder.mkdir(parents=True, mode=0o700)
    with open(folder / "node.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime.cpython", _home(folder)],
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


# ---------------------------------------------------------------------------------- the demo


@contextlib.asynccontextmanager
async def _progress(app: App, total: int) -> AsyncIterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"))
    console = app.console
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("journal entries", total=total)
        yield lambda: bar.advance(task)


async def play(app: App, folder: Path) -> bytes:
    """Run the whole story, and tell it; returns a settled code."""
    began = time.monotonic()
    rows = read_people(files("runtime.host").joinpath("people.csv").read_text(encoding="utf-8"))
    keys = {name: app.folder.create_key(name) for name in (*OTHERS, *[row[0] for row in rows])}
    async with app.node() as client:
        async with _progress(app, commands_ahead(len(rows))) as tick:
            story = Story(app, client, keys, tick)
            offer = await story.set_up()
            await story.enrol(rows)
            await asyncio.gather(*[story.live(name, offer) for name in story.people])
        journal = await steps.whole_journal(client, keys["auditor"])
        totals = await steps.totals(client, keys["operator"], EUR)
        balances = await steps.balances(client, keys["operator"], EUR)
        path = folder / "journal.optin"
        audit.write_bundle(path, journal)
    report = audit.verify_bundle(path, client.identity.node)
    took = time.monotonic() - began
    say(
        app,
        f"{len(rows)} people in {took:.1f} s: {report.entries} journal entries, "
        f"{story.receipts} receipts checked.",
        "",
        *_outcomes(story, {line.party: line.earned for line in balances}),
        "",
        "Every micro-unit is somewhere",
        conservation(totals, EUR),
        "",
        *_views(story),
        "",
        *_audited(report, path),
    )
    if not report.ok or not totals.conserved:
        raise Problem("the demo did not end as it should", todo=f"see {folder}")
    return story.codes[SHOWN[0]]


def say(app: App, *lines: Any) -> None:
    """Print for people."""
    app.say(None, *lines)


def _outcomes(story: Story, earned: dict[bytes, int]) -> list[Any]:
    """Who did what, and who got what."""

    def got(key: Key) -> str:
        return amount_text(earned[key.id], EUR) if key.id in earned else ""

    rows = []
    for name, person in story.people.items():
        extra = ", ".join(story.registry[index].name for index in GENEROUS.get(name, ()))
        rows.append(
            (name, person.referrer or "", extra, plain(story.outcome[name]), got(person.key))
        )
    rows.append(("operator", "", "", "runs the node", got(story.keys["operator"])))
    rows.append(("city-blog", "", "", "publishes", got(story.keys["city-blog"])))
    return [table("who", "brought by", "adds", "what came of it", "earned>", rows=rows)]


def _views(story: Story) -> list[Any]:
    """What users hold beside what the partner gets to see."""
    rows: list[tuple[Any, ...]] = []
    for name in SHOWN:
        if rows:
            rows.append(("", "", "", ""))
        seen = story.seen[name]
        for index, field in story.registry.items():
            held = story.people[name].values.get(index, b"").decode()
            value: Any = seen.values.get(index, Text("nothing", "dim"))
            if isinstance(value, bool):
                value = "there is one" if value else "there is none"
            who = name if not index else f"as {short(seen.grant.pairwise)}" if index == 1 else ""
            rows.append((who, field.name, held or Text("none", "dim"), value))
    again = f"acme looks at {REGRETS_LATE} again, refused and journaled: {story.refusal}"
    return [table("who", "field", "the user holds", "acme sees", rows=rows), again]


def _audited(report: audit.Report, path: Path) -> list[Any]:
    if report.failure:
        return [f"The journal does not hold: {report.failure}"]
    checks = report.checks
    some = ", ".join(f"{checks[f'{name} signatures']} {name}" for name in SIGNED)
    return [
        f"{path}: {report.entries} entries verified offline, without a key.",
        f"{sum(checks.values())} checks, among them signatures: {some}.",
    ]


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
        f"  optin user codes {SHOWN[0]}",
        f"  optin settlement show {short(code)}",
        "  optin view list --partner acme",
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
        running = start(folder)
        app = App(str(running.line), folder / "keys", insecure=True, timeout_s=30.0)
        KeyFolder.create(app.keys, None)
        code = asyncio.run(play(app, folder))
        say(app, *_hints(folder, running.process.pid, code))
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

"""`optin node`: run one, look at one."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import click

from runtime.host import steps
from runtime.host.cli.context import App, Problem, Typed, command, operator_option, receipt_line
from runtime.host.cli.show import SECOND, duration_text, facts, parse_time, time_text
from runtime.host.keyfolder import fingerprint
from runtime.host.reference import reference as message_reference
from runtime.wire import records

ROOT = Path(__file__).parents[3]


def _time(text: str) -> int:
    return time.time_ns() if text == "now" else parse_time(text)


TIME = Typed("time", _time)


@click.group()
def node() -> None:
    """Run a node, provision it, look at it."""


@command(
    node, example="node run ~/node\nnode run --kind unix ~/board\n--line ~/node/tty node status"
)
@click.option(
    "--kind",
    type=click.Choice(("software", "unix")),
    default="software",
    help="unix: the firmware's node, on MicroPython.",
)
@click.argument("folder", type=click.Path(file_okay=False))
def run(app: App, kind: str, folder: str) -> None:
    """Run the node that lives in FOLDER, until Ctrl-C.

    It serves the pseudo-terminal FOLDER/tty. A software node has its secrets and its store there,
    a unix node FOLDER/device, what would be soldered to a board, and FOLDER/kept.db, sealed, what
    it leaves with its host. Whoever can read FOLDER holds the secrets of either.
    """
    if app.as_json:
        raise Problem("a running node has no JSON", todo="leave --json out")
    path = os.path.abspath(folder)
    if kind == "software":
        _become("runtime.cpython", path)
    os.environ["MICROPYPATH"] = ".frozen"  # all of the node's code is in the program
    interpreter = [_micropython(), "-X", f"heapsize={HEAP}"]
    node = [*interpreter, "-m", "firmware.node.main", "{device}", str(PLACES)]
    _become("runtime.host.keeper", path, *node)


HEAP = "4m"
PLACES = ROOT / "runtime/cpython/places"


def _become(module: str, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])


def _micropython() -> str:
    """Path of the interpreter, which is built first if need be."""
    build = [sys.executable, "-m", "firmware.micropython", "--frozen"]
    done = subprocess.run(build, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Problem("there is no MicroPython to run the node on", todo="see the error above")
    return done.stdout.split("\n", 1)[0]


@command(node, example="node status")
async def status(app: App) -> None:
    """Show who the node is and how it is."""
    async with app.node() as client:
        identity = client.identity
        load = await client.read(records.Status())
    ahead = identity.time - time.time_ns()
    clock = f"{time_text(identity.time)}, " + (
        "on time" if abs(ahead) < SECOND
        else f"{duration_text(abs(ahead) // SECOND * SECOND)} {'ahead' if ahead > 0 else 'late'}"
    )  # fmt: skip
    if not identity.time:
        clock = "never set: optin node clock now, with two witnesses"
    app.say(
        {**identity._asdict(), "fingerprint": fingerprint(identity.node), **load._asdict()},
        facts(
            ("node", fingerprint(identity.node)),
            ("operator", app.name(identity.operator) if identity.operator else "not provisioned"),
            ("journal", f"{load.entries} {'entry' if load.entries == 1 else 'entries'}"),
            ("clock", clock),
            ("load", f"{load.live} entities live, {load.queued} requests waiting"),
            (
                "failures",
                f"{load.restarts} restarts, {load.dead_letters} dead letters, "
                f"{load.unsigned_noise} bad signatures",
            ),
        ),
    )


@command(node, example="node provision --operator operator", journaled=True)
@operator_option
async def provision(app: App, operator: str) -> None:
    """Bind the operator's key to a new node, once."""
    key = app.key(operator)
    async with app.node() as client:
        done = await steps.provision(client, key)
        proof = await app.proved(client, done)
        app.say(
            {"operator": key.id, "node": client.identity.node, **proof},
            f"{operator} operates node {fingerprint(client.identity.node)}",
            receipt_line(proof),
        )


@command(
    node,
    example="node clock now\nnode clock 2027-03-01T12:00 --witness witness-1 --witness witness-2",
    journaled=True,
)
@click.argument("time", type=TIME)
@click.option(
    "--witness", "witnesses", multiple=True, help="Two, for a step that the operator may not do."
)
@operator_option
async def clock(app: App, time: int, witnesses: tuple[str, ...], operator: str) -> None:
    """Move the node's clock forward.

    TIME is a time such as 2027-03-01T12:00, or `now` as this machine has it.
    """
    if len(witnesses) not in (0, 2):
        raise Problem(f"{len(witnesses)} witnesses", "none, or two")
    signer, others = app.key(operator), [app.key(name) for name in witnesses]
    async with app.node() as client:
        done = await steps.set_clock(client, signer, time, others)
        await app.done(
            client, done, {"time": time}, f"the clock of the node shows {time_text(time)}"
        )


@command(node, example="node unpin")
def unpin(app: App) -> None:
    """Forget the node on --line: another may take its place."""
    if not app.line:
        raise Problem("no node was named", "--line or OPTIN_LINE")
    label = app.line if "://" in app.line else os.path.abspath(app.line)
    app.folder.unpin_node(label)
    app.say({"line": label}, f"the node on {label} is forgotten")


@command(node, example="node reference > messages.md")
def reference(app: App) -> None:
    """Print the message reference as Markdown."""
    text = message_reference()
    if app.as_json:
        app.say({"markdown": text})
    else:
        click.echo(text, nl=False)

"""`optin node`: run one, look at one."""

import os
import time
from collections.abc import Iterator

import click

from runtime.host import steps
from runtime.host.cli import kinds
from runtime.host.cli.context import (
    App,
    Problem,
    Typed,
    command,
    operator_option,
    read_file,
    receipt_line,
)
from runtime.host.cli.show import SECOND, duration_text, facts, parse_time, time_text
from runtime.host.keeper.speed import SPEEDS, START
from runtime.host.keyfolder import Key, fingerprint
from runtime.host.recovery import files, takeover
from runtime.host.reference import reference as message_reference
from runtime.wire import records
from runtime.wire.errors import WrongHost


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
    type=click.Choice(("software", "unix", "sim")),
    default="software",
    help="unix: the firmware's node, on MicroPython; sim: on the simulated system.",
)
@click.option(
    "--operator",
    metavar="PARTY",
    help="Who may become operator of a new node: a name of your key folder, or an id.",
)
@click.argument("folder", type=click.Path(file_okay=False))
def run(app: App, kind: str, operator: str | None, folder: str) -> None:
    """Run the node that lives in FOLDER, until Ctrl-C.

    It serves the pseudo-terminal FOLDER/tty. A software node has its secrets and its store there,
    the others FOLDER/device, what would be soldered to a board, and FOLDER/kept.db, sealed, what
    they leave with their host. Whoever can read FOLDER holds the secrets of either. `optin sim run`
    has the options of sim.
    """
    kinds.refuse_json(app)
    path = os.path.abspath(folder)
    named = app.party(operator) if operator else b""
    if kind == "software":
        kinds.software(path, named)
    if kind == "unix":
        kinds.unix(path, named)
    kinds.simulated(path, (), "all", ("--seed", "{seed}"))


@command(
    node,
    example="node attach /dev/ttyUSB0 ~/board\n--line ~/board/tty node status",
)
@click.option(
    "--baud",
    type=click.Choice([str(baud) for baud in sorted(SPEEDS)]),
    default=str(START),
    show_default=True,
    help="Speed to raise the line to, if board and cable can.",
)
@click.argument("port", metavar="LINE", type=click.Path())
@click.argument("folder", type=click.Path(file_okay=False))
def attach(app: App, port: str, baud: str, folder: str) -> None:
    """Be the host of the board on the serial port LINE, until Ctrl-C.

    It serves the pseudo-terminal FOLDER/tty; FOLDER/kept.db has, sealed, what the board leaves with
    its host. The board may be reset and its cable pulled out meanwhile.
    """
    kinds.refuse_json(app)
    kinds.board(os.path.abspath(port), baud, os.path.abspath(folder))


@command(node, example="node status")
async def status(app: App) -> None:
    """Show who the node is, and to its operator and auditors how it is."""
    async with app.node() as client:
        identity = client.identity
        try:
            load = await client.read(records.Status())
        except WrongHost:
            load = None
        before = (await client.read(records.GetTakeover())).takeover
    ahead = identity.time - time.time_ns()
    clock = f"{time_text(identity.time)}, " + (
        "on time" if abs(ahead) < SECOND
        else f"{duration_text(abs(ahead) // SECOND * SECOND)} {'ahead' if ahead > 0 else 'late'}"
    )  # fmt: skip
    if not identity.time:
        clock = "never set: optin node clock now, with two witnesses"
    counters = load._asdict() if load else {}
    app.say(
        {
            **identity._asdict(),
            "fingerprint": fingerprint(identity.node),
            **counters,
            "took_over_from": before and before.predecessor,
        },
        facts(
            ("node", fingerprint(identity.node)),
            ("operator", app.name(identity.operator) if identity.operator else "not provisioned"),
            *([("took over from", fingerprint(before.predecessor))] if before else []),
            ("clock", clock),
            *(_load(load) if load else ()),
        ),
    )


def _load(load: records.StatusReply) -> Iterator[tuple[str, str]]:
    yield "journal", f"{load.entries} {'entry' if load.entries == 1 else 'entries'}"
    yield (
        "randomness",
        f"FAILED: {load.no_entropy}; nothing is signed and no key is made: start it anew"
        if load.no_entropy
        else "sound",
    )
    yield "load", f"{load.live} entities live, {load.queued} requests waiting"
    yield (
        "failures",
        f"{load.restarts} restarts, {load.dead_letters} dead letters, "
        f"{load.unsigned_noise} bad signatures",
    )


@command(
    node,
    example="node provision --operator operator\n"
    "node provision --recover journal.optin --agreement 1.json --agreement 2.json",
    journaled=True,
)
@click.option("--recover", "journal", metavar="FILE", help="Take over from a dead node: what optin "
              "recover open wrote of it.")  # fmt: skip
@click.option("--agreement", "agreements", multiple=True, help="With --recover: two files of optin "
              "recover agree.")  # fmt: skip
@operator_option
async def provision(
    app: App, journal: str | None, agreements: tuple[str, ...], operator: str
) -> None:
    """Bind the operator's key to a new node, once.

    With --recover it takes over from a node that is dead, and says so to everybody: parties and
    money go over, offers and engagements do not. What was interrupted goes on when asked again.
    """
    key = app.key(operator)
    if journal is not None:
        await _take_over(app, key, journal, agreements)
        return
    if agreements:
        raise click.UsageError("expected --recover FILE with --agreement")
    async with app.node() as client:
        done = await steps.provision(client, key)
        app.came_as(operator)
        proof = await app.proved(client, done)
        app.say(
            {"operator": key.id, "node": client.identity.node, **proof},
            f"{operator} operates node {fingerprint(client.identity.node)}",
            receipt_line(proof),
        )


async def _take_over(app: App, key: Key, journal: str, agreements: tuple[str, ...]) -> None:
    agreed = [
        files.from_json(takeover.Agreement, read_file(path, "a file of optin recover agree"))
        for path in agreements
    ]
    estate = takeover.read_estate(journal, takeover.heads_of(journal, app.folder.signed_head))
    async with app.node() as client:
        done = await takeover.take_over(client, key, estate, agreed)
        await client.latest_head()
        app.say(
            {
                "operator": key.id,
                "node": client.identity.node,
                **estate.takeover_by(client.identity.node)._asdict(),
                "commands": len(done),
            },
            f"node {fingerprint(client.identity.node)} takes over from "
            f"{fingerprint(estate.known.node)}, of whose journal {estate.entries} entries are left",
            f"{sum(len(part.request.parties) for part in estate.parts)} parties and all money "
            "were carried over",
            "define fields and rules, have partners publish their offers anew, users enrol anew",
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


@command(node, example="node accept")
async def accept(app: App) -> None:
    """Accept what the node on --line is made of now, after an update.

    Compare it first with what is published of that version: optin board measure prints a list.
    """
    if app.book is None:
        raise Problem("there is no key folder", "one that knows the node: --keys or OPTIN_KEYS")
    async with app.node(accept=True) as client:
        reply = await steps.measurements(client)
    made = reply.measured.measurements
    app.say(
        {each.name: each.digest for each in made},
        facts(*((each.name, each.digest.hex()) for each in made)),
        "accepted: from now on the node has to be made of this",
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

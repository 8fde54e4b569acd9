"""`optin audit`: the journal, its proofs, and its verification by anybody."""

from __future__ import annotations

import click
from rich.progress import Progress

from runtime.host import audit as auditing
from runtime.host import steps
from runtime.host.cli.context import App, Problem, command, operator_option, read_file
from runtime.host.cli.show import facts, short, table, time_text
from runtime.host.keyfolder import fingerprint
from runtime.host.recovery import takeover
from runtime.wire import records
from runtime.wire.errors import NodeError


@click.group()
def audit() -> None:
    """Prove what the node journaled."""


@command(audit, example="audit head")
async def head(app: App) -> None:
    """Fetch a head signed just now, and check that nothing was taken back."""
    async with app.node() as client:
        known = client.head
        signed = await client.latest_head()
    found = signed.head
    app.say(
        {**found._asdict(), "signature": signed.signature, "known_size": known and known.size},
        facts(
            ("node", fingerprint(found.node)),
            ("entries", found.size),
            ("root", found.root.hex()),
            ("last entry", time_text(found.time) if found.size else "none"),
            ("checked", "signature" + (f", and all {known.size} known entries" if known else "")),
        ),
    )


@command(audit, example="audit prove 17")
@click.argument("position", type=click.IntRange(0, (1 << 63) - 1))
async def prove(app: App, position: int) -> None:
    """Prove that an entry is in the journal."""
    async with app.node() as client:
        proof = await steps.prove_entry(client, position)
        reply = await steps.measurements(client)
    made_of = {each.name: each.digest for each in reply.measured.measurements}
    app.say(
        {**proof._asdict(), "size": proof.signed.head.size, "measured": reply._asdict()},
        facts(
            ("entry", position),
            ("leaf", proof.leaf.hex()),
            ("proof", f"{len(proof.inclusion.path)} hashes to the root of "
                      f"{proof.signed.head.size} entries, checked"),
            *(("made of", f"{name} {short(digest)}") for name, digest in made_of.items()),
        ),
    )  # fmt: skip


@command(audit, example="audit export journal.optin --as auditor")
@click.argument("file")
@click.option("--as", "reader", required=True, help="Who reads: an auditor or the operator.")
@click.option("--progress", is_flag=True, help="Show how far it is.")
async def export(app: App, file: str, reader: str, progress: bool) -> None:
    """Write the journal to a file that anybody can verify offline.

    It has no user's field values. The operator gets all else; an auditor gets nothing either that
    tells who a user is, and each entry still proves itself.
    """
    key = app.key(reader)
    async with app.node() as client:
        with Progress(console=app.console, disable=not progress, transient=True) as bar:
            task = bar.add_task("Exporting", total=None)
            journal = await steps.whole_journal(
                client, key, lambda done, all_: bar.update(task, completed=done, total=all_)
            )
        count = auditing.write_bundle(file, journal)
    app.say(
        {"file": file, "entries": count, "root": journal.signed.head.root},
        f"{count} entries written to {file}",
        f"verify it anywhere: optin audit verify {file}",
    )


@command(
    audit,
    example="audit verify journal.optin\naudit verify --measurements published.json journal.optin",
)
@click.argument("file")
@click.option("--node", metavar="ID", help="The node whose journal it must be, 64 hex digits.")
@click.option(
    "--measurements",
    "published",
    metavar="FILE",
    help="What was published of its kind: `optin board measure` makes such a list.",
)
@click.option("--predecessor", metavar="FILE", help="What was recovered of the dead node from "
              "which this one took over.")  # fmt: skip
@click.option("--progress", is_flag=True, help="Show how far it is.")
def verify(
    app: App,
    file: str,
    node: str | None,
    published: str | None,
    predecessor: str | None,
    progress: bool,
) -> None:
    """Verify an exported journal: no node and no key is needed.

    Every entry is recomputed from the commands that the parties signed. With --measurements, what
    the node said it was made of must be published as good, at each time. With --predecessor also
    what was carried over must be what the dead node's journal comes to.
    """
    good = _published(published) if published else None
    with Progress(console=app.console, disable=not progress, transient=True) as bar:
        task = bar.add_task("Verifying", total=None)
        report, known = auditing.follow_bundle(
            file,
            _node_id(node),
            lambda done, all_: bar.update(task, completed=done, total=all_ or None),
        )
    failure = report.failure
    found = auditing.findings(report, good)
    against = next((each for each in found if each.is_against), None)
    app.say(
        {
            "valid": report.ok and against is None,
            "node": report.identity and report.identity.node,
            "entries": report.entries,
            "checks": dict(report.checks),
            "erased": dict(report.erased),
            "hidden": dict(report.hidden),
            "erased_entries": report.gone,
            "presence": dict(report.presence),
            "measurements": {each.name: each.digest for each in report.measured},
            "findings": [{**each._asdict(), "todo": each.todo} for each in found],
            "failure": failure and failure._asdict(),
            "root": report.head and report.head.root,
            "recovered_beyond_head": report.beyond,
            "took_over_from": report.takeover and report.takeover.predecessor,
        },
        *verdict(report),
        *map(str, found),
    )
    if failure:
        raise Problem(
            f"the journal does not hold: {failure.wrong}",
            failure.expected,
            "keep the file, and ask the operator" if failure.entry is not None else "",
        )
    if against:
        raise Problem(against.wrong, "what is published as good", against.todo)
    if predecessor is not None and known is not None:
        takeover.check_takeover(report, known, takeover.read_estate(predecessor))
        if not app.as_json:
            app.say({}, f"what was carried over is what {predecessor} comes to")


@command(audit, example="audit erase\naudit erase --dry-run")
@operator_option
@click.option("--dry-run", is_flag=True, help="Only say from when on something is due.")
async def erase(app: App, operator: str, dry_run: bool) -> None:
    """Erase what was kept as long as it must be, and nothing else.

    Activity goes after 365 days; codes, escrow, views and settlements seven years after the money
    of an engagement was distributed or went back. Balances stay, and the journal still verifies.
    """
    key = app.key(operator)
    states = entries = 0
    async with app.node() as client:
        before = await client.query(key, records.GetRetention())
        is_due = 0 < before.due <= client.identity.time
        more = is_due and not dry_run
        with Progress(console=app.console, disable=not more or app.as_json, transient=True) as bar:
            task = bar.add_task("Erasing", total=None)
            while more:
                reply = (await client.command(key, records.EraseDue())).reply
                states, entries, more = states + reply.states, entries + reply.entries, reply.more
                bar.update(task, completed=states + entries)
        after = await client.query(key, records.GetRetention())
    left = is_due and dry_run
    if left:
        lines = [f"something is due since {time_text(before.due)}; nothing was erased"]
    else:
        erased = f"{states} things and {entries} journal entries erased"
        lines = [erased if is_due else "nothing is due"]
        lines += [f"next due: {time_text(after.due)}"] if after.due else []
    app.say({"states": states, "entries": entries, "due": left, "next": after.due}, *lines)


# How the node knows of a yes, in words.
PRESENT = {
    "own": "with keys of their own, where the node cannot know",
    "terminal": "at the node's terminal",
    "button": "at the node's button",
    "injected": "in a test",
}


def verdict(report: auditing.Report) -> list[object]:
    """What people read of an audit."""
    lines: list[object] = []
    if report.checks:
        rows = sorted(report.checks.items())
        lines.append(table("check", "passed>", rows=rows))
    for why, counts in (("erased", report.erased), ("not shown to auditors", report.hidden)):
        for name, count in counts.items():
            lines.append(f"{count} of {name} not checked: {why}")
    if report.presence:
        kinds = ", ".join(f"{PRESENT[kind]}: {n}" for kind, n in sorted(report.presence.items()))
        lines.append(f"users said yes {kinds}")
    if report.gone:
        lines.append(f"{report.gone} of {report.entries} entries were erased when they were due")
    for each in report.measured:
        lines.append(f"the node says its {each.name} is {each.digest.hex()[:16]}")
    if report.failure:
        where = report.failure.entry
        lines.append(
            f"FAILED at {report.failure.check}" + ("" if where is None else f" of entry {where}")
        )
    elif report.identity:
        if report.beyond is not None:
            lines.append(
                "recovered from a dead node, whose last head covers "
                f"{report.entries - report.beyond} of {report.entries} entries"
            )
        if report.takeover is not None:
            took = report.takeover
            lines.append(
                f"it took over from dead node {fingerprint(took.predecessor)}, {took.size} entries"
                + ("" if report.is_carried else "; NOT ALL IS CARRIED OVER")
            )
        lines.append(
            f"all {report.entries} entries of node {fingerprint(report.identity.node)} hold"
        )
    return lines


def _published(path: str) -> auditing.Published:
    try:
        return auditing.read_published(read_file(path, "a list of measurements"))
    except NodeError as error:
        raise Problem(
            f"{path}: {error.wrong}", error.expected, "optin board measure makes one"
        ) from None


def _node_id(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return bytes(records.ID.build(bytes.fromhex(text), "node"))
    except Exception:
        raise Problem("the node's id is not whole", "64 hex digits") from None

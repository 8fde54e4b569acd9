"""`optin audit`: the journal, its proofs, and its verification by anybody."""

from __future__ import annotations

import click
from rich.progress import Progress

from runtime.host import audit as auditing
from runtime.host import steps
from runtime.host.cli.context import App, Problem, command
from runtime.host.cli.show import facts, table, time_text
from runtime.host.keyfolder import fingerprint
from runtime.wire import records


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


@command(audit, example="audit receipt 17")
@click.argument("position", type=click.IntRange(0, (1 << 63) - 1))
async def receipt(app: App, position: int) -> None:
    """Prove that an entry is in the journal."""
    async with app.node() as client:
        proof = await steps.prove_entry(client, position)
    app.say(
        {**proof._asdict(), "size": proof.signed.head.size},
        facts(
            ("entry", position),
            ("leaf", proof.leaf.hex()),
            ("proof", f"{len(proof.inclusion.path)} hashes to the root of "
                      f"{proof.signed.head.size} entries, checked"),
        ),
    )  # fmt: skip


@command(audit, example="audit export journal.optin --auditor auditor")
@click.argument("file")
@click.option("--auditor", required=True, help="Name of the auditor's key.")
@click.option("--progress", is_flag=True, help="Show how far it is.")
async def export(app: App, file: str, auditor: str, progress: bool) -> None:
    """Write the whole journal to a file that anybody can verify offline.

    It has no user's field values.
    """
    key = app.key(auditor)
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


@command(audit, example="audit verify journal.optin")
@click.argument("file")
@click.option("--node", metavar="ID", help="The node whose journal it must be, 64 hex digits.")
@click.option("--progress", is_flag=True, help="Show how far it is.")
def verify(app: App, file: str, node: str | None, progress: bool) -> None:
    """Verify an exported journal: no node and no key is needed.

    Every entry is recomputed from the commands that the parties signed.
    """
    with Progress(console=app.console, disable=not progress, transient=True) as bar:
        task = bar.add_task("Verifying", total=None)
        report = auditing.verify_bundle(
            file,
            _node_id(node),
            lambda done, all_: bar.update(task, completed=done, total=all_ or None),
        )
    failure = report.failure
    app.say(
        {
            "valid": report.ok,
            "node": report.identity and report.identity.node,
            "entries": report.entries,
            "checks": dict(report.checks),
            "erased": dict(report.erased),
            "failure": failure and failure._asdict(),
            "root": report.head and report.head.root,
        },
        *verdict(report),
    )
    if failure:
        raise Problem(
            f"the journal does not hold: {failure.wrong}",
            failure.expected,
            "keep the file, and ask the operator" if failure.entry is not None else "",
        )


def verdict(report: auditing.Report) -> list[object]:
    """What people read of an audit."""
    lines: list[object] = []
    if report.checks:
        rows = sorted(report.checks.items())
        lines.append(table("check", "passed>", rows=rows))
    for name, count in report.erased.items():
        lines.append(f"{count} of {name} not checked: erased")
    if report.failure:
        where = report.failure.entry
        lines.append(
            f"FAILED at {report.failure.check}" + ("" if where is None else f" of entry {where}")
        )
    elif report.identity:
        lines.append(
            f"all {report.entries} entries of node {fingerprint(report.identity.node)} hold"
        )
    return lines


def _node_id(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return bytes(records.ID.build(bytes.fromhex(text), "node"))
    except Exception:
        raise Problem("the node's id is not whole", "64 hex digits") from None

"""`optin code`: engagement codes."""

from typing import Any

import click
from rich.progress import Progress

from runtime.host import steps
from runtime.host.cli.context import App, command, one_of, operator_option, receipt_line
from runtime.host.cli.segment import Issue, named, read_segment, users_named_here
from runtime.host.cli.show import currency_text, facts, money, short, table, time_text
from runtime.host.client import Client
from runtime.host.keyfolder import Key
from runtime.wire import records
from runtime.wire.records import ZEROS


@click.group()
def code() -> None:
    """Codes: one user, one offer, money held for it."""


@command(
    code,
    example="code generate callback anna ben\n"
    "code generate callback --users segment.txt --progress\n"
    "code generate callback --all-users --progress",
    journaled=True,
)
@click.argument("offer")
@click.argument("users", nargs=-1, metavar="[USER]...")
@click.option("--users", "file", metavar="FILE", help="Names or ids, one a line; - for standard "
              "input.")  # fmt: skip
@click.option("--all-users", "everybody", is_flag=True, help="All users who have a name in your "
              "key folder.")  # fmt: skip
@click.option("--progress", is_flag=True, help="Show how far it is.")
@operator_option
async def generate(
    app: App,
    offer: str,
    users: tuple[str, ...],
    file: str | None,
    everybody: bool,
    progress: bool,
    operator: str,
) -> None:
    """Generate codes of an offer, and reserve their money.

    Whoever is refused is listed at the end with the reason, and the status is 1; the others get
    theirs. To say it again is safe: nobody gets a second code of an offer while one is alive.
    """
    if bool(users) + (file is not None) + everybody != 1:
        raise click.UsageError("expected a USER or more, --users FILE, or --all-users")
    signer = app.key(operator)
    async with app.node() as client:
        offer_id = await app.offer(client, offer)
        if everybody:
            segment = await users_named_here(app, client)
        else:
            segment = named(app, users if file is None else read_segment(file))
        bulk = Issue(app, client, signer, offer_id, segment, only_users=everybody)
        bar = Progress(console=app.console, disable=not progress, transient=True)
        try:
            with bar:
                task = bar.add_task("Generating", total=len(segment))
                await bulk.run(lambda: bar.advance(task))
        finally:
            # What was generated before something failed exists.
            bulk.say()
    bulk.complain()


@command(code, example="code show 3f2a91bc")
@click.argument("code")
@click.option(
    "--as",
    "signer",
    default="operator",
    show_default=True,
    help="Who asks: user, partner or operator.",
)
async def show(app: App, code: str, signer: str) -> None:
    """Show the state of a code."""
    key = app.key(signer)
    async with app.node() as client:
        identity = await app.code(client, code, key)
        row = await code_row(client, key, identity)
    found = row.pop("_")
    pairs = [
        ("code", identity.hex()),
        ("state", found.status),
        ("offer", app.name(found.offer)),
        ("amount", row["amount_text"]),
        ("opt in before", time_text(found.expires_at)),
        ("completed", "yes: a view was granted" if found.completed else "not yet"),
    ]
    if found.record != ZEROS:
        pairs.append(("view record", found.record.hex()))
    if found.settlement != ZEROS:
        pairs.append(("settlement", found.settlement.hex()))
    app.say(row, facts(*pairs))


@command(code, "list", example="code list")
@click.option(
    "--as",
    "signer",
    default="operator",
    show_default=True,
    help="Who asks: operator, user or partner.",
)
async def list_(app: App, signer: str) -> None:
    """List codes: all for the operator, their own for a user.

    A partner gets those that were opted in to.
    """
    key = app.key(signer)
    async with app.node() as client:
        rows = await code_rows(client, key)
    say_codes(app, rows)


@command(code, example="code expire --due", journaled=True)
@click.argument("code", required=False)
@click.option("--due", is_flag=True, help="All that are due.")
async def expire(app: App, code: str | None, due: bool) -> None:
    """Let codes die whose time is over; anyone may.

    They were not activated, or not completed, in time. Their money goes back to the partner's
    account.
    """
    if (code is None) == (not due):
        raise click.UsageError("expected a CODE, or --due")
    rows: list[dict[str, Any]] = []
    async with app.node() as client:
        # A whole id goes to the node even if it is not due: it knows why not.
        ids = await steps.all_due(client)
        ids = ids if code is None else [one_of(code, ids, "due code")]
        try:
            for identity in ids:
                done = await steps.expire(client, identity)
                rows.append({"code": identity, **await app.proved(client, done)})
        finally:
            if rows or due:
                app.say(
                    rows if due else rows[0],
                    *[f"code {short(r['code'])} has expired; {receipt_line(r)}" for r in rows]
                    or ["nothing is due"],
                )


async def code_rows(client: Client, key: Key) -> list[dict[str, Any]]:
    """All codes that a signer may see."""
    return [await code_row(client, key, code) for code in await steps.codes_seen_by(client, key)]


async def code_row(client: Client, key: Key, code: bytes) -> dict[str, Any]:
    """A code for JSON; under `_` the reply as it came."""
    found = await client.query(key, records.GetCode(code))
    terms = await steps.offer_terms(client, found.offer)
    return {
        "_": found,
        "code": code,
        "status": found.status,
        "offer": found.offer,
        "reservation": found.reservation,
        "currency": currency_text(terms.currency),
        **money("amount", found.amount, terms.currency),
        "expires_at": found.expires_at,
        "completed": found.completed,
        "consent_hash": found.consent_hash,
        "record": found.record,
        "settlement": found.settlement,
    }


def say_codes(app: App, rows: list[dict[str, Any]]) -> None:
    """A table of codes."""
    lines = []
    for row in rows:
        found = row.pop("_")
        done = "yes" if found.completed else ""
        lines.append(
            (
                short(row["code"]),
                found.status,
                app.name(found.offer),
                row["amount_text"],
                time_text(found.expires_at),
                done,
            )
        )
    app.say(
        rows,
        table("code", "state", "offer", "amount>", "opt in before", "viewed", rows=lines)
        if rows
        else "no codes",
    )

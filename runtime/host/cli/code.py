"""`optin code`: engagement codes."""

from typing import Any

import click

from runtime.host import steps
from runtime.host.cli.context import App, command, one_of, operator_option, receipt_line
from runtime.host.cli.show import currency_text, facts, money, short, table, time_text
from runtime.host.client import Client
from runtime.host.keyfolder import Key
from runtime.wire import records
from runtime.wire.records import ZEROS


@click.group()
def code() -> None:
    """Codes: one user, one offer, money held for it."""


@command(code, example="code generate callback anna ben", journaled=True)
@click.argument("offer")
@click.argument("users", nargs=-1, required=True, metavar="USER...")
@operator_option
async def generate(app: App, offer: str, users: tuple[str, ...], operator: str) -> None:
    """Generate a code of an offer for each user, and reserve its money."""
    signer, people = app.key(operator), [app.party(user) for user in users]
    made: list[dict[str, Any]] = []
    async with app.node() as client:
        offer_id = await app.offer(client, offer)
        try:
            for person in people:
                done = await steps.generate_code(client, signer, offer_id, person)
                proof = await app.proved(client, done)
                made.append({"user": person, **done.reply._asdict(), **proof})
        finally:
            # What was generated before one failed exists.
            if made:
                app.say(
                    made,
                    *[
                        f"code {row['code'].hex()}\n  for {app.name(row['user'])}, "
                        f"until {time_text(row['expires_at'])}; {receipt_line(row)}"
                        for row in made
                    ],
                )


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
    """Let codes die that were not activated or not completed in time; anyone may.

    Their money goes back to the partner's account.
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

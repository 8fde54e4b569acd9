"""`optin user`: what a user does."""

from __future__ import annotations

import csv
import io
import json
import secrets
import time
from collections.abc import Iterable
from typing import Any

import click
from rich.progress import Progress

from runtime.host import steps
from runtime.host.cli.code import code_row, code_rows, say_codes
from runtime.host.cli.context import (
    App,
    Problem,
    Typed,
    command,
    one_of,
    read_file,
    receipt_line,
    write_private,
)
from runtime.host.cli.escrow import CURRENCY
from runtime.host.cli.holdings import holdings, overview
from runtime.host.cli.keys import EXPORT_VARIABLE
from runtime.host.cli.offer import Registry, field_name, read_aloud
from runtime.host.cli.payee import show_balance
from runtime.host.cli.score import show_score
from runtime.host.cli.show import IN_WORDS, Unreadable, facts, jsonable, short, time_text
from runtime.host.client import Client
from runtime.host.keyfolder import HeldKey, export_salt, passphrase_key
from runtime.wire import records
from runtime.wire.schema import canonical


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Unreadable('expected NAME=VALUE, such as full_name="Anna Berg"')
    return name, value


FIELD = Typed("name=value", _pair)
field_option = click.option(
    "--field",
    "fields",
    multiple=True,
    type=FIELD,
    metavar="NAME=VALUE",
    help="A field's value; other users of this machine may see it in the list of processes.",
)


@click.group()
def user() -> None:
    """Enrol, read offers, opt in, opt out."""


@command(
    user,
    example='user enrol anna --field full_name="Anna Berg" --field phone=+4930123456\n'
    "user enrol ben --held --exportable\n"
    "user enrol --csv people.csv --progress",
    journaled=True,
)
@click.argument("name", required=False)
@field_option
@click.option("--referrer", help="The user who brought this one; fixed for good.")
@click.option(
    "--csv",
    "file",
    metavar="FILE",
    help="Enrol many: columns `name`, `referrer` and names of fields; empty for no value.",
)
@click.option("--held", is_flag=True, help="The node makes the key and keeps it; it asks whoever "
              "is at it before it consents or revokes.")  # fmt: skip
@click.option("--exportable", is_flag=True, help="With --held: the key may leave the node under a "
              "passphrase that is asked for now.")  # fmt: skip
@click.option("--progress", is_flag=True, help="Show how far it is.")
async def enrol(
    app: App,
    name: str | None,
    fields: tuple[tuple[str, str], ...],
    referrer: str | None,
    file: str | None,
    held: bool,
    exportable: bool,
    progress: bool,
) -> None:
    """Enrol a user; makes the key if there is none of that name.

    The values travel sealed to the node's key and are never shown again, except to whom the
    user consents.
    """
    if (name is None) == (file is None) or (file and (fields or referrer)):
        raise click.UsageError("expected a NAME with --field, or --csv FILE")
    if exportable and not held:
        raise click.UsageError("--exportable is for a key that is --held")
    if file:
        people = read_people(read_file(file, "comma-separated values"))
    else:
        people = [(name or "", referrer, dict(fields))]
    app.create_folder()
    made: list[dict[str, Any]] = []
    async with app.node() as client:
        registry = await steps.field_names(client)
        rows = [(person, by, values_of(registry, values)) for person, by, values in people]
        bar = Progress(console=app.console, disable=not progress, transient=True)
        try:
            with bar:
                for person, by, values in bar.track(rows, description="Enrolling"):
                    made.append(
                        await _enrol_held(app, client, person, by, values, exportable)
                        if held
                        else await _enrol(app, client, person, by, values)
                    )
        finally:
            # Whoever was enrolled before one failed is.
            if made:
                app.say(
                    made if file else made[0],
                    *[
                        f"{row['name']} is enrolled as {short(row['user'])}; {receipt_line(row)}"
                        for row in made
                    ],
                )


async def _enrol(
    app: App, client: Client, name: str, referrer: str | None, values: dict[int, bytes]
) -> dict[str, Any]:
    known = app.party(referrer) if referrer else None
    folder = app.folder
    key = folder.key(name) if name in folder.names() else folder.create_key(name)
    done = await steps.enrol(client, key, values, known)
    app.note(client, name, "enrol", done, referrer=known, fields=sorted(values))
    proof = await app.proved(client, done)
    return {"name": name, "user": key.id, "referrer": known, **proof}


async def _enrol_held(
    app: App,
    client: Client,
    name: str,
    referrer: str | None,
    values: dict[int, bytes],
    exportable: bool,
) -> dict[str, Any]:
    known = app.party(referrer) if referrer else None
    folder = app.folder
    if name in folder.known():
        raise Problem(f"the name {name} is taken", "a new one", "choose another")
    access, stretched = secrets.token_bytes(32), None
    if exportable:
        words = f"the key of {name}, should it leave the node"
        passphrase = app.passphrase(new=True, variable=EXPORT_VARIABLE, what=words)
        stretched = passphrase_key(passphrase, export_salt(access))
    done, key = await steps.enrol_held(client, values, known, access, stretched)
    held = folder.create_held(name, key, client.identity.node, access)
    app.note(client, name, "enrol", done, referrer=known, fields=sorted(values))
    proof = await app.proved(client, done)
    return {"name": name, "user": held.id, "referrer": known, "held": True, **proof}


@command(user, example="user update anna --field phone=+4930654321", journaled=True)
@click.argument("name")
@field_option
async def update(app: App, name: str, fields: tuple[tuple[str, str], ...]) -> None:
    """Replace all of a user's values.

    Views that were consented to before stay as they are.
    """
    key = app.key(name)
    async with app.node() as client:
        values = values_of(await steps.field_names(client), dict(fields))
        done = await steps.update_fields(client, key, values)
        app.note(client, name, "update_fields", done, fields=sorted(values))
        await app.done(
            client,
            done,
            {"user": key.id, "fields": len(values)},
            f"{name} has {len(values)} value{'' if len(values) == 1 else 's'} now",
        )


@command(user, example="user codes anna")
@click.argument("name")
async def codes(app: App, name: str) -> None:
    """List a user's codes."""
    key = app.key(name)
    async with app.node() as client:
        rows = await code_rows(client, key)
    say_codes(app, rows)


@command(user, example="user offers anna")
@click.argument("name")
async def offers(app: App, name: str) -> None:
    """Read every offer that waits for a user.

    It says what is shared, in which form, with whom, for how long and for what.
    """
    key = app.key(name)
    found: list[dict[str, Any]] = []
    shown: list[Any] = []
    async with app.node() as client:
        registry = await steps.field_names(client)
        for row in await code_rows(client, key):
            code = row.pop("_")
            if code.status not in ("generated", "viewed") or row["expires_at"] <= time.time_ns():
                continue
            terms = await steps.offer_terms(client, code.offer)
            shares = await steps.offer_shares(client, terms)
            found.append({**row, "terms": terms})
            shown += [
                read_aloud(app, code.offer, terms, shares, registry),
                f"opt in before {time_text(code.expires_at)}: "
                f"optin user view {name} {short(row['code'])}, then user activate",
                "",
            ]
    app.say(found, *(shown or [f"no offer waits for {name}"]))


@command(user, example="user view anna 3f2a91bc", journaled=True)
@click.argument("name")
@click.argument("code")
async def view(app: App, name: str, code: str) -> None:
    """Read what a code offers, and mark it as seen."""
    key = app.key(name)
    async with app.node() as client:
        identity = await app.code(client, code, key)
        row = await code_row(client, key, identity)
        found = row.pop("_")
        proof = {}
        if found.status == "generated":
            done = await steps.mark_viewed(client, key, identity)
            app.note(client, name, "mark_viewed", done, code=identity)
            proof = await app.proved(client, done)
        terms = await steps.offer_terms(client, found.offer)
        shares = await steps.offer_shares(client, terms)
        registry = await steps.field_names(client)
    state = "viewed" if proof else found.status
    app.say(
        {**row, "status": state, "terms": terms, **proof},
        read_aloud(app, found.offer, terms, shares, registry),
        f"Code {short(identity)} is {state}; opt in before {time_text(found.expires_at)}",
        *([receipt_line(proof)] if proof else []),
    )


@command(user, example="user activate anna 3f2a91bc --also email", journaled=True)
@click.argument("name")
@click.argument("code")
@click.option("--also", multiple=True, metavar="FIELD", help="An optional field to show as well.")
@click.option("--hop", metavar="HOP", help="The last hop by which you came, all 64 digits.")
@click.option("--yes", is_flag=True, help="Agree without being asked.")
async def activate(
    app: App, name: str, code: str, also: tuple[str, ...], hop: str | None, yes: bool
) -> None:
    """Opt in: consent to exactly the fields shown."""
    key = app.key(name)
    came_by = one_of(hop, (), "hop") if hop else records.ZEROS
    async with app.node() as client:
        identity = await app.code(client, code, key)
        offer = (await client.query(key, records.GetCode(identity))).offer
        terms = await steps.offer_terms(client, offer)
        registry = await steps.field_names(client)
        added = indexes_of(registry, also)
        for index in added:
            if index not in [use.index for use in terms.required + terms.optional]:
                raise Problem(
                    f"the offer does not ask for {field_name(registry, index)}",
                    "one of " + (_names(registry, terms.optional) or "no optional field"),
                )
        uses = terms.required + tuple(use for use in terms.optional if use.index in added)
        shown = _names(registry, uses)
        if not app.as_json and (not yes or isinstance(key, HeldKey)):
            shares = await steps.offer_shares(client, terms)
            app.say(None, read_aloud(app, offer, terms, shares, registry))
            if isinstance(key, HeldKey):
                partner = app.name(terms.partner)
                app.say(None, f"the node says {short(terms.partner)} for {partner}, "
                        f"{short(key.id)} for {name}")  # fmt: skip
        app.confirm(f"Let {app.name(terms.partner)} see {shown}?", yes)
        done = await steps.activate(client, key, identity, offer, added, came_by)
        consent = steps.consent_to(key, terms, identity, offer, added, came_by)
        said = {"code": identity, "consent": canonical(consent)}
        app.note(client, name, "optin_activate_code", done, **said, proof=done.reply.proof)
        await app.done(
            client,
            done,
            {"code": identity, **done.reply._asdict(), "fields": sorted(u.index for u in uses)},
            f"{name} opted in: {app.name(terms.partner)} may see {shown}",
            f"view record {done.reply.record.hex()}",
        )


@command(user, example="user revoke anna 3f2a91bc", journaled=True)
@click.argument("name")
@click.argument("code")
async def revoke(app: App, name: str, code: str) -> None:
    """Take consent back: views stop at once."""
    key = app.key(name)
    async with app.node() as client:
        identity = await app.code(client, code, key)
        done = await steps.revoke(client, key, identity)
        app.note(client, name, "optin_revoke_code", done, code=identity)
        found = await client.query(key, records.GetCode(identity))
        await app.done(
            client,
            done,
            {"code": identity, "completed": found.completed},
            f"{name} took consent back: no more views of {short(identity)}",
            "its money goes where it was to go: a view was granted before"
            if found.completed
            else "its money went back to the partner",
        )


@command(user, example="user earned anna EUR")
@click.argument("name")
@click.argument("currency", type=CURRENCY)
async def earned(app: App, name: str, currency: bytes) -> None:
    """Show what a user earned."""
    key = app.key(name)
    await show_balance(app, key.id, currency, key)


@command(user, example="user score anna")
@click.argument("name")
async def score(app: App, name: str) -> None:
    """Show a user's own score as of now."""
    key = app.key(name)
    await show_score(app, key.id, key)


@command(user, example="user export anna anna.json")
@click.argument("name")
@click.argument("file")
async def export(app: App, name: str, file: str) -> None:
    """Write down what the node holds about a user.

    That is all that it lets the user have: codes and their states, offers in words, consents with
    fields and forms, partners, amounts, balances, the score, and the user's own commands, each
    proved to be in the journal. The file is for its owner alone. Values stay on the node: nobody
    but a partner is ever shown one.
    """
    key = app.key(name)
    async with app.node() as client:
        data = await holdings(app, client, key)
    write_private(file, json.dumps(jsonable(data), indent=2, ensure_ascii=False) + "\n")
    if file == "-":
        return
    counted = {part: len(data[part]) for part in ("codes", "receipts", "balances")}
    app.say(
        {"file": file, "user": key.id, **counted},
        facts(("user", name), *overview(data)),
        f"written to {file}, for your eyes only",
    )


# ------------------------------------------------------------------------------------ fields


def indexes_of(registry: Registry, names: Iterable[str]) -> list[int]:
    """Registry indexes of field names."""
    known = {definition.name: index for index, definition in registry.items()}
    for name in names:
        if name not in known:
            raise Problem(
                f"{name!r:.60} is no field of this node",
                "one of " + ", ".join(known) if known else "a field; see optin field add",
            )
    return [known[name] for name in names]


def values_of(registry: Registry, values: dict[str, str]) -> dict[int, bytes]:
    """Values by registry index; without those that are empty."""
    indexes = indexes_of(registry, values)
    return {
        index: value.encode()
        for index, value in zip(indexes, values.values(), strict=True)
        if value
    }


def _names(registry: Registry, uses: Iterable[records.FieldUse]) -> str:
    return ", ".join(
        field_name(registry, use.index)
        + (f" ({IN_WORDS[use.transform]})" if use.transform != "ExactValue" else "")
        for use in uses
    )


def read_people(text: str) -> list[tuple[str, str | None, dict[str, str]]]:
    """[(name, referrer, values)] of comma-separated values; no value is ever quoted back."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)
    people = []
    try:
        if "name" not in (reader.fieldnames or ()):
            raise Problem("the file has no column `name`", "name, referrer and names of fields")
        for row in reader:
            if "" in row or None in row.values() or not row["name"]:
                raise Problem(
                    f"line {reader.line_num} does not fit the heading",
                    f"{len(reader.fieldnames or ())} values, with a name",
                )
            name, referrer = row.pop("name"), row.pop("referrer", "")
            people.append((name, referrer or None, row))
    except csv.Error as error:
        raise Problem(f"line {reader.line_num} cannot be read", "comma-separated values") from error
    return people

"""`optin settle` and `optin settlement`: distribute the money, and prove how."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import click

from runtime.host import audit, steps
from runtime.host.audit.turn import Turn
from runtime.host.cli.context import App, Problem, command, one_of, read_file, write_file
from runtime.host.cli.show import (
    amount_text,
    currency_text,
    facts,
    jsonable,
    percent,
    short,
    time_text,
)
from runtime.host.cli.witness import gather, read_signature
from runtime.host.client import Client
from runtime.host.keyfolder import Key
from runtime.wire import commands, records
from runtime.wire.errors import Malformed, NodeError
from runtime.wire.records import ZEROS
from runtime.wire.schema import canonical, decode

FORMAT = "optin/v1/settlement-record"


class Root(click.Group):
    """A group to declare single commands with."""


_alone = Root()


@command(
    _alone,
    "settle",
    example="settle 3f2a91bc --signature signature-1.json --signature signature-2.json\n"
    "settle 3f2a91bc --witness witness-1 --witness witness-2",
    journaled=True,
)
@click.argument("code")
@click.option(
    "--signer", default="operator", show_default=True, help="Who settles: operator or partner."
)
@click.option("--signature", "files", multiple=True, metavar="FILE", help="Of a witness.")
@click.option("--witness", "names", multiple=True, help="Name of a witness whose key is here; "
              "NAME=DEAD for one that stands in.")  # fmt: skip
async def _settle(
    app: App, code: str, signer: str, files: tuple[str, ...], names: tuple[str, ...]
) -> None:
    """Distribute an engagement's money on the word of two witnesses.

    A witness whose key is elsewhere sends the FILE that optin witness sign wrote.
    """
    key = app.key(signer)
    async with app.node() as client:
        signatures = [read_signature(path) for path in files]
        try:
            identity = one_of(code, {signed.statement.code for signed in signatures}, "code")
        except Problem:
            identity = await app.code(client, code, key)
        signatures = await gather(app, client, key, identity, names, signatures)
        done = await steps.settle(client, key, signatures)
        terms = await _terms(client, key, identity)
        amounts = done.reply.amounts._asdict()
        await app.done(
            client,
            done,
            {
                "settlement": done.reply.settlement,
                "code": identity,
                "currency": currency_text(terms.currency),
                "amounts": amounts,
            },
            facts(
                ("settlement", done.reply.settlement.hex()),
                *((name, amount_text(amount, terms.currency)) for name, amount in amounts.items()),
            ),
        )


settle = _alone.commands["settle"]


@click.group()
def settlement() -> None:
    """Records of settlements, and their proof."""


@command(settlement, example="settlement show 3f2a91bc --out record.json")
@click.argument("identity", metavar="ID")
@click.option(
    "--as", "signer", default="operator", show_default=True, help="Operator, partner or witness."
)
@click.option("--out", metavar="FILE", help="Write the record here, to verify it elsewhere.")
async def show(app: App, identity: str, signer: str, out: str | None) -> None:
    """Show who got what; ID is a settlement's, or a settled code's."""
    key = app.key(signer)
    async with app.node() as client:
        record = await _fetch(app, client, identity, key)
        terms = await _maybe_terms(client, key, record.statement.code)
    data = _data(record)
    if out:
        write_file(out, json.dumps(jsonable(data), indent=2) + "\n")
    app.say(data, _facts(app, record, terms), *([f"written to {out}"] if out else []))


@command(
    settlement,
    example="settlement verify record.json --journal journal.optin",
)
@click.argument("what", metavar="ID|FILE")
@click.option("--journal", metavar="FILE", help="An exported journal: it has the witnesses' keys.")
@click.option(
    "--as", "signer", default="operator", show_default=True, help="Who fetches the record of an ID."
)
async def verify(app: App, what: str, journal: str | None, signer: str) -> None:
    """Say yes or no, with the reason.

    A FILE is verified offline, with the keys that your key folder and the exported journal
    know, and by the node as well if --line is given. The record of an ID comes from the node.
    """
    verdicts: list[tuple[str, bool, str]] = []
    if os.path.exists(what):
        record = _read_record(what)
        verdicts.append(("offline", *_offline(app, record, journal)))
        if app.line:
            async with app.node() as client:
                verdicts.append(("by the node", *await _online(client, record)))
    else:
        if not app.line and not re.fullmatch("[0-9a-f]+", what):
            raise Problem(f"{what} is no file and no id", "a record of settlement show --out")
        async with app.node() as client:
            record = await _fetch(app, client, what, app.key(signer))
            verdicts.append(("by the node", *await _online(client, record)))
        verdicts.append(("offline", *_offline(app, record, journal)))
    wrong = [verdict for verdict in verdicts if not verdict[1]]
    app.say(
        {
            "settlement": steps.settlement_id(record.statement),
            "valid": not wrong,
            "verdicts": [{"by": b, "valid": v, "reason": r} for b, v, r in verdicts],
        },
        *[f"{'valid' if valid else 'NOT VALID'} {by}: {reason}" for by, valid, reason in verdicts],
    )
    if wrong:
        raise Problem(f"the settlement is not proved {wrong[0][0]}: {wrong[0][2]}")


async def _online(client: Client, record: records.SettlementRecord) -> tuple[bool, str]:
    reply = await client.read(records.OptinVerifySettlement(record))
    return reply.valid, reply.reason


def _offline(app: App, record: records.SettlementRecord, journal: str | None) -> tuple[bool, str]:
    node_key: bytes | None = None
    keys: dict[bytes, bytes] = {}
    if journal:
        bundle = _bundle(journal)
        keys = keys_in(bundle, steps.settlement_id(record.statement))
        if bundle.identity.node == record.statement.node:
            node_key = bundle.identity.public_key
    book = app.book
    if book is not None:
        for pinned in book.pinned().values():
            if pinned.node == record.statement.node:
                node_key = pinned.public_key
        for signed in record.witnesses:
            name = None if signed.witness in keys else book.find(signed.witness)
            if name:
                keys[signed.witness] = app.folder.key(name).public_key
    if node_key is None:
        return False, "the key of the node that made it is not known here"
    for signed in record.witnesses:
        if signed.witness not in keys:
            return False, (
                f"the key of witness {app.name(signed.witness)} is not known here; "
                "--journal gives an exported journal that has it"
            )
    return audit.verify_settlement(record, node_key, keys)


def _bundle(path: str) -> audit.Bundle:
    try:
        return audit.read_bundle(path)
    except NodeError as error:
        raise Problem(f"{path}: {error.wrong}", error.expected) from error


def keys_in(bundle: audit.Bundle, settlement: bytes) -> dict[bytes, bytes]:
    """Public keys in a journal by party id, as they were when a settlement was recorded.

    Each is checked by its hash; that a key follows another is what `audit verify` proves.
    """
    found: dict[bytes, bytes] = {}
    for entry in bundle.entries:
        if entry.salt is None:
            continue
        turn = Turn(entry)
        if turn.method == "optin_settle_engagement" and settlement in turn.signed:
            return found
        for key in turn.attached.get("public-key", ()):
            party = turn.signer if turn.method == "rotate_key" else commands.party_id(key)
            if party is not None:
                found[party] = key
    return found


async def _fetch(app: App, client: Client, text: str, key: Key) -> records.SettlementRecord:
    """The record of a settlement's id, or of a settled code."""
    if re.fullmatch("[0-9a-fA-F]{64}", text):
        try:
            return await _record(client, key, bytes.fromhex(text))
        except NodeError as error:
            if error.code != "missing":
                raise
    code = await app.code(client, text, key)
    settled = (await client.query(key, records.GetCode(code))).settlement
    if settled == ZEROS:
        raise Problem(f"code {short(code)} is not settled", "a settled code", "optin settle")
    return await _record(client, key, settled)


async def _record(client: Client, key: Key, identity: bytes) -> records.SettlementRecord:
    reply = await client.query(key, records.GetSettlement(identity))
    record: records.SettlementRecord = reply.record
    return record


async def _terms(client: Client, key: Key, code: bytes) -> records.Terms:
    offer = (await client.query(key, records.GetCode(code))).offer
    return await steps.offer_terms(client, offer)


async def _maybe_terms(client: Client, key: Key, code: bytes) -> records.Terms | None:
    """Terms behind a code, which witnesses may not ask for."""
    try:
        return await _terms(client, key, code)
    except NodeError:
        return None


def _data(record: records.SettlementRecord) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "settlement": steps.settlement_id(record.statement),
        "code": record.statement.code,
        "amounts": record.statement.amounts,
        "shares": record.shares,
        "witnesses": [signed.witness for signed in record.witnesses],
        "time": record.time,
        "record": canonical(record),
    }


def _facts(app: App, record: records.SettlementRecord, terms: records.Terms | None) -> Any:
    statement = record.statement
    amounts = statement.amounts._asdict()
    shares = record.shares._asdict()
    payees = statement.payees._asdict()

    def part(name: str, amount: int) -> str:
        if payees[name] is None:
            return f"nobody: its {percent(shares[name])} went to the user"
        shown = amount_text(amount, terms.currency) if terms else f"{amount} micro-units"
        return f"{shown}, by its share of {percent(shares[name])}"

    return facts(
        ("settlement", steps.settlement_id(statement).hex()),
        ("code", statement.code.hex()),
        ("settled", time_text(record.time)),
        *((name, part(name, amount)) for name, amount in amounts.items()),
        ("witnesses", ", ".join(app.name(signed.witness) for signed in record.witnesses)),
    )


def _read_record(path: str) -> records.SettlementRecord:
    try:
        form = json.loads(read_file(path, "a record of settlement show --out"))
        if form["format"] != FORMAT:
            raise ValueError
        record: records.SettlementRecord = decode(
            records.SettlementRecord, bytes.fromhex(form["record"])
        )
    except (KeyError, TypeError, ValueError, Malformed):
        raise Problem(
            f"{path} is no settlement record", "what settlement show --out wrote"
        ) from None
    return record

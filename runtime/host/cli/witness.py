"""`optin witness`: check an engagement, and vouch for it."""

from __future__ import annotations

import asyncio
import json

import click

from runtime.host import steps
from runtime.host.cli.context import (
    App,
    Problem,
    command,
    operator_option,
    read_file,
    write_file,
)
from runtime.host.cli.show import facts, jsonable, short
from runtime.host.client import Client
from runtime.host.keyfolder import Key
from runtime.host.witness import EvidenceRefused
from runtime.wire import records
from runtime.wire.errors import Malformed, NodeError, Unauthorized
from runtime.wire.schema import canonical, decode

FORMAT = "optin/v1/witness-signature"
AGREEMENT = "optin/v1/witness-agreement"


@click.group()
def witness() -> None:
    """Witnesses recompute a settlement before they sign it."""


@command(witness, example="witness sign 3f2a91bc --witness witness-1 --out signature-1.json")
@click.argument("code")
@click.option("--witness", "name", required=True, help="Name of the witness's key.")
@click.option("--instead-of", metavar="DEAD", help="The witness of the offer that it replaces.")
@click.option("--out", metavar="FILE", help="Write the signature file here; else it is printed.")
async def sign(app: App, code: str, name: str, instead_of: str | None, out: str | None) -> None:
    """Check the evidence of an engagement, and sign.

    The head must be signed by the node just now, every entry proved to be in it, and code,
    reservation, consent, completion, payees and amounts must agree with the statement.
    """
    key = app.key(name)
    dead = app.party(instead_of) if instead_of else None
    async with app.node() as client:
        identity = await app.code(client, code, operator_key(app))
        signed = await steps.sign_statement(client, key, identity, dead)
    data = {
        "format": FORMAT,
        "code": signed.statement.code,
        "settlement": signed.settlement,
        "witness": signed.witness,
        "statement": canonical(signed.statement),
        "signature": signed.signature,
    }
    text = json.dumps(jsonable(data), indent=2) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    write_file(out, text)
    amounts = signed.statement.amounts
    app.say(
        {**data, "file": out},
        f"{name} checked the evidence of code {short(identity)} and signed",
        facts(
            ("settlement", signed.settlement.hex()),
            ("micro-units", ", ".join(f"{n} {a}" for n, a in amounts._asdict().items())),
            ("signature", out),
        ),
    )


@command(
    witness, example="witness agree callback witness-3 witness-4 agreement.json --partner acme"
)
@click.argument("offer")
@click.argument("dead")
@click.argument("successor")
@click.argument("file")
@click.option("--partner", required=True, help="Name of the key of the offer's partner.")
async def agree(app: App, offer: str, dead: str, successor: str, file: str, partner: str) -> None:
    """Agree, as the partner, that SUCCESSOR stands in for DEAD.

    The operator, whose key is on another machine, replaces the witness by the FILE.
    """
    key, gone, new = app.key(partner), app.party(dead), app.party(successor)
    async with app.node() as client:
        agreed = steps.Replacement(client.identity.node, await app.offer(client, offer), gone, new)
    data = {
        "format": AGREEMENT,
        **agreed._asdict(),
        "signature": steps.agree_to_replace(key, agreed),
    }
    write_file(file, json.dumps(jsonable(data), indent=2) + "\n")
    if file == "-":
        return
    app.say(
        {**data, "file": file},
        f"written to {file}; the operator replaces the witness:",
        f"  optin witness replace {agreed.offer.hex()[:8]} {short(gone)} {short(new)} "
        f"--agreement {file}",
    )


@command(
    witness,
    example="witness replace callback witness-3 witness-4 --partner acme\n"
    "witness replace callback witness-3 witness-4 --agreement agreement.json",
    journaled=True,
)
@click.argument("offer")
@click.argument("dead")
@click.argument("successor")
@click.option("--partner", help="Name of the key of the offer's partner, if it is here.")
@click.option("--agreement", metavar="FILE", help="What optin witness agree wrote where it is.")
@operator_option
async def replace(
    app: App,
    offer: str,
    dead: str,
    successor: str,
    partner: str | None,
    agreement: str | None,
    operator: str,
) -> None:
    """Put SUCCESSOR in the place of the witness DEAD.

    Operator and partner agree. The successor signs with --instead-of, for all codes of the offer.
    """
    if (partner is None) == (agreement is None):
        raise click.UsageError("expected --partner, or --agreement FILE")
    signer = app.key(operator)
    agreeing = app.key(partner) if partner else None
    gone, new = app.party(dead), app.party(successor)
    async with app.node() as client:
        agreed = steps.Replacement(client.identity.node, await app.offer(client, offer), gone, new)
        if agreeing:
            done = await steps.replace_witness(client, signer, agreeing, agreed)
        else:
            signature = read_agreement(agreement or "", agreed)
            done = await steps.replace_as_agreed(client, signer, agreed, signature)
        await app.done(
            client,
            done,
            {"offer": agreed.offer, "dead": gone, "successor": new},
            f"{app.name(new)} stands in for {app.name(gone)} at offer {app.name(agreed.offer)}",
        )


def read_agreement(path: str, wanted: steps.Replacement) -> bytes:
    """The partner's signature in a file that agrees to exactly what is wanted."""
    try:
        form = json.loads(read_file(path, "a file of optin witness agree"))
        if form["format"] != AGREEMENT:
            raise ValueError
        agreed = steps.Replacement(*[bytes.fromhex(form[name]) for name in wanted._fields])
        signature: bytes = records.SIGNATURE.build(bytes.fromhex(form["signature"]), "signature")
    except (KeyError, TypeError, ValueError, NodeError):
        raise Problem(f"{path} is no agreement", "what optin witness agree wrote") from None
    for name, said, meant in zip(wanted._fields, agreed, wanted, strict=True):
        if said != meant:
            raise Problem(
                f"{path} agrees to another {name}: {short(said)}",
                short(meant),
                "name what was agreed to, or have the partner agree anew",
            )
    return signature


def operator_key(app: App) -> Key | None:
    """The operator's key, if it is here: it can find codes by their first digits."""
    folder = app.folder
    return folder.key("operator") if "operator" in folder.names() else None


def read_signature(path: str) -> steps.Signature:
    """A signature file; what is in it is for the node to check."""
    try:
        form = json.loads(read_file(path, "a file of optin witness sign"))
        if form["format"] != FORMAT:
            raise ValueError
        return steps.Signature(
            decode(records.Statement, bytes.fromhex(form["statement"])),
            records.ID.build(bytes.fromhex(form["witness"]), "witness"),
            records.SIGNATURE.build(bytes.fromhex(form["signature"]), "signature"),
        )
    except (KeyError, TypeError, ValueError, Malformed):
        raise Problem(f"{path} is no signature file", "what optin witness sign wrote") from None


async def gather(
    app: App,
    client: Client,
    settler: Key,
    code: bytes,
    names: tuple[str, ...],
    signatures: list[steps.Signature],
) -> list[steps.Signature]:
    """Two signatures: those that came in files, and of witnesses whose keys are here.

    Raises:
        Problem: there are not two that fit; says who could sign, or stand in.
    """
    given = len(signatures) + len(names)
    if given != 2:
        raise Problem(
            f"{given} witness{'' if given == 1 else 'es'}",
            "two, by --witness or --signature",
            "the offer's are " + ", ".join(map(app.name, await _witnesses(client, settler, code))),
        )
    for signed in signatures:
        if signed.statement.code != code or signed.statement.node != client.identity.node:
            raise Problem(
                f"the signature of {app.name(signed.witness)} is for another code or node",
                f"code {short(code)}",
            )
    signatures = signatures + [
        await _signed_here(app, client, settler, code, name) for name in names
    ]
    if signatures[0].witness == signatures[1].witness:
        raise Problem("the same witness twice", "two different ones")
    if signatures[0].settlement != signatures[1].settlement:
        raise Problem("the two witnesses signed different statements", "one statement")
    return signatures


async def _signed_here(
    app: App, client: Client, settler: Key, code: bytes, name: str
) -> steps.Signature:
    """The word of a witness whose key is here; if there is none, who could give it instead.

    A name such as witness-4=witness-2 is that of a stand-in and of whom it replaces.
    """
    name, _, dead = name.partition("=")
    instead_of = app.party(dead) if dead else None
    try:
        return await steps.sign_statement(client, app.key(name), code, instead_of)
    except Problem as problem:
        wrong = f"the key of witness {name} is not here: {problem.lines[0][1]}"
    except (EvidenceRefused, Unauthorized) as error:
        if "no witness of this code" not in error.wrong:
            raise
        wrong = f"{name} is no witness of this code; one that stands in is {name}=DEAD"
    raise Problem(wrong, *await _who_else(app, client, settler, code, name))


async def _witnesses(client: Client, settler: Key, code: bytes) -> tuple[bytes, ...]:
    """The three witnesses of a code's offer, as it was published."""
    offer = (await client.query(settler, records.GetCode(code))).offer
    witnesses: tuple[bytes, ...] = (await steps.offer_terms(client, offer)).witnesses
    return witnesses


async def _who_else(
    app: App, client: Client, settler: Key, code: bytes, name: str
) -> tuple[str, str]:
    """(expected, to do) when a witness does not sign here."""
    named = await _witnesses(client, settler, code)
    known = app.book.known() if app.book else {}
    here = [app.name(one) for one in named if app.book and app.book.find(one)]
    asked = [other for other, one in known.items() if one not in named and other != name]
    found = await asyncio.gather(*[client.read(records.GetParty(known[one])) for one in asked])
    others = [one for one, reply in zip(asked, found, strict=True) if "witness" in reply.roles]
    advice = [
        f"where its key is: optin witness sign {code.hex()} --witness {name} --out FILE, with "
        "--instead-of if it stands in; then settle with --signature FILE"
    ]
    if here:
        advice.append(f"or let another sign: --witness {' or '.join(here)}")
    stand_in = " or ".join(others) or "another witness, once it is registered"
    advice.append(f"if it answers no more, {stand_in} could stand in: optin witness replace")
    return "two of the offer's witnesses " + ", ".join(map(app.name, named)), "; ".join(advice)

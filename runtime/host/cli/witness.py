"""`optin witness`: check an engagement, and vouch for it."""

from __future__ import annotations

import json

import click

from runtime.host import steps
from runtime.host.cli.context import App, Problem, command, read_file, write_file
from runtime.host.cli.show import facts, jsonable, short
from runtime.host.client import Client
from runtime.host.keyfolder import Key
from runtime.wire import records
from runtime.wire.errors import Malformed
from runtime.wire.schema import canonical, decode

FORMAT = "optin/v1/witness-signature"


@click.group()
def witness() -> None:
    """Witnesses recompute a settlement before they sign it."""


@command(witness, example="witness sign 3f2a91bc --witness witness-1 --out signature-1.json")
@click.argument("code")
@click.option("--witness", "name", required=True, help="Name of the witness's key.")
@click.option("--out", metavar="FILE", help="Write the signature file here; else it is printed.")
async def sign(app: App, code: str, name: str, out: str | None) -> None:
    """Check the evidence of a completed engagement, and sign its statement.

    The head must be signed by the node just now, every entry proved to be in it, and code,
    reservation, consent, completion, payees and amounts must agree with the statement.
    """
    key = app.key(name)
    async with app.node() as client:
        identity = await app.code(client, code, operator_key(app))
        signed = await steps.sign_statement(client, key, identity)
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
    app: App, client: Client, code: bytes, names: tuple[str, ...], files: tuple[str, ...]
) -> list[steps.Signature]:
    """Two signatures, from files or by witnesses whose keys are here."""
    signatures = [read_signature(path) for path in files]
    if len(files) + len(names) != 2:
        raise Problem(
            f"{len(files) + len(names)} witnesses", "two, by --witness or --signature", ""
        )
    signatures += [await steps.sign_statement(client, app.key(name), code) for name in names]
    for signed in signatures:
        if signed.statement.code != code or signed.statement.node != client.identity.node:
            raise Problem(
                f"the signature of {app.name(signed.witness)} is for another code or node",
                f"code {short(code)}",
            )
    if signatures[0].witness == signatures[1].witness:
        raise Problem("the same witness twice", "two different ones")
    if signatures[0].settlement != signatures[1].settlement:
        raise Problem("the two witnesses signed different statements", "one statement")
    return signatures

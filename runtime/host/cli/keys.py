"""`optin keys`: the key folder."""

import json
from typing import Any

import click

from runtime.host import steps
from runtime.host.cli.context import (
    App,
    Problem,
    command,
    read_file,
    receipt_line,
    write_private,
)
from runtime.host.cli.show import short, table
from runtime.host.keyfolder import (
    HeldKey,
    export_salt,
    open_exported,
    passphrase_key,
    seal_exported,
)

EXPORT_VARIABLE = "OPTIN_EXPORT_PASSPHRASE"


@click.group()
def keys() -> None:
    """Your keys, and the names you gave to others."""


@command(keys, example="keys create operator acme witness-1 witness-2 witness-3")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def create(app: App, names: tuple[str, ...]) -> None:
    """Make keys, and the key folder if there is none."""
    folder = app.create_folder()
    made = [folder.create_key(name) for name in names]
    app.say(
        [{"name": key.name, "id": key.id} for key in made],
        table("name", "id", rows=[(key.name, key.id.hex()) for key in made]),
        *(["The keys are in clear: for demonstrations only."] if folder.insecure else []),
    )


@command(keys, "list", example="keys list")
def list_(app: App) -> None:
    """List the keys, the names and the nodes that are known here."""
    book = app.book
    if book is None:
        raise Problem(f"there is no key folder at {app.keys}", todo="optin keys create NAME")
    names = book.names()
    known = {name: book.lookup(name) for name in names}
    nodes = book.pinned()
    app.say(
        {
            "keys": known,
            "nodes": {label: pinned.node for label, pinned in nodes.items()},
        },
        table("key", "id", rows=[(name, short(identity)) for name, identity in known.items()]),
        *(
            [
                "",
                table(
                    "node on",
                    "fingerprint",
                    "since",
                    rows=[(n.label, n.fingerprint, n.since) for n in nodes.values()],
                ),
            ]
            if nodes
            else []
        ),
    )


@command(keys, example="keys remember bob 64-HEX-DIGITS")
@click.argument("name")
@click.argument("identity", metavar="ID")
def remember(app: App, name: str, identity: str) -> None:
    """Give a name to a party whose key is elsewhere."""
    if len(identity) != 64 or not all(digit in "0123456789abcdefABCDEF" for digit in identity):
        raise Problem("the id is not whole", "64 hex digits", "copy it from its owner's keys list")
    app.remember(name, bytes.fromhex(identity))
    app.say({"name": name, "id": identity.lower()}, f"{name} is {identity[:8].lower()}")


@command(keys, example="keys forget bob")
@click.argument("name")
def forget(app: App, name: str) -> None:
    """Drop a name that you gave to a party, an offer or rules."""
    app.folder.forget(name)
    app.say({"name": name}, f"{name} is nobody's name now")


@command(keys, example="keys passphrase")
def passphrase(app: App) -> None:
    """Seal all keys under another passphrase.

    The new one is asked for, or comes from OPTIN_NEW_PASSPHRASE. A folder whose keys are in clear
    gets its first one. Copies made before still open with the old one.
    """
    folder = app.folder
    old = None if folder.insecure else app.passphrase()
    folder.change_passphrase(old, app.passphrase(new=True, variable="OPTIN_NEW_PASSPHRASE"))
    count = len(folder.names())
    app.say(
        {"folder": str(app.keys), "keys": count},
        f"{count} key{'' if count == 1 else 's'} sealed under the new passphrase",
    )


@command(keys, example="keys rotate acme", journaled=True)
@click.argument("name")
async def rotate(app: App, name: str) -> None:
    """Replace a party's key by a new one; its id stays.

    The old key is kept until the node has accepted the new one; say it again after an
    interruption. A party of several nodes needs a key for each: this one is replaced on one.
    """
    folder = app.folder
    key = app.key(name)
    if isinstance(key, HeldKey):
        raise Problem(
            f"the node keeps the key of {name}", "a key of this folder", "optin keys export first"
        )
    proof: dict[str, Any] = {}
    # As a guest: after an interruption nobody knows which of the keys the node takes now.
    async with app.node(as_guest=True) as client:
        successor, is_new = folder.successor(name)
        if is_new or not await steps.signs_for(client, key.id, successor):
            proof = await app.proved(client, await steps.rotate_key(client, key, successor))
        folder.succeed(name)
    said = receipt_line(proof) if proof else "the node had accepted it before"
    app.say(
        {"name": name, "id": key.id, "key": successor.id, **proof},
        f"{name} signs with a new key now; its id {short(key.id)} stays",
        said,
    )


@command(keys, example="keys export anna anna.key.json")
@click.argument("name")
@click.argument("file")
async def export(app: App, name: str, file: str) -> None:
    """Take home a key that the node keeps, on a press.

    It must have been enrolled with --exportable; the passphrase of then is asked for, or comes from
    OPTIN_EXPORT_PASSPHRASE, and FILE is sealed under it. The node goes on keeping the key.
    """
    key = app.key(name)
    if not isinstance(key, HeldKey):
        raise Problem(f"the key of {name} is in this folder", "one that the node keeps")
    passphrase = app.passphrase(variable=EXPORT_VARIABLE, what=f"the key of {name}")
    salt = export_salt(key.access)
    stretched = passphrase_key(passphrase, salt)
    async with app.node() as client:
        seed = await steps.export_key(client, key, stretched)
    write_private(file, json.dumps(seal_exported(seed, stretched, salt), indent=2) + "\n")
    if file != "-":
        app.say(
            {"name": name, "id": key.id, "file": file},
            f"the key of {name} is in {file}, under its passphrase: optin keys import",
        )


@command(keys, "import", example="keys import anna anna.key.json")
@click.argument("name")
@click.argument("file")
def import_(app: App, name: str, file: str) -> None:
    """Put an exported key into this folder.

    From then on its owner signs with it here, and no press is needed.
    """
    folder = app.create_folder()
    try:
        content = json.loads(read_file(file, "an exported key"))
    except ValueError:
        raise Problem(f"{file} is no exported key", "a file of optin keys export") from None
    passphrase = app.passphrase(variable=EXPORT_VARIABLE, what=f"the key in {file}")
    key = folder.import_key(name, open_exported(content, passphrase))
    app.say({"name": name, "id": key.id}, f"the key of {name} is in {app.keys} now")

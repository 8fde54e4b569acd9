"""`optin keys`: the key folder."""

import click

from runtime.host.cli.context import App, Problem, command
from runtime.host.cli.show import short, table


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

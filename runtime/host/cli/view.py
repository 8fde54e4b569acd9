"""`optin view`: what a partner may look at."""

from __future__ import annotations

import json
from typing import Any

import click

from runtime.host import steps
from runtime.host.cli.context import (
    App,
    Problem,
    command,
    hex_id,
    read_file,
    receipt_line,
    write_private,
)
from runtime.host.cli.offer import field_name
from runtime.host.cli.show import IN_WORDS, facts, jsonable, plain, short, table
from runtime.host.cli.user import indexes_of
from runtime.host.keyfolder import fingerprint
from runtime.host.masks import indexes_of as fields_in
from runtime.host.masks import mask_of
from runtime.host.opened import NotAsCommitted, Opened, check_opened
from runtime.wire import commands, records
from runtime.wire.errors import Malformed, NodeError
from runtime.wire.schema import canonical, decode

FORMAT = "optin/v1/opened-view"
partner_option = click.option("--partner", required=True, help="Name of the partner's key.")


@click.group()
def view() -> None:
    """Look at what users opted into, and at nothing else."""


@command(view, "list", example="view list --partner acme")
@partner_option
async def list_(app: App, partner: str) -> None:
    """List a partner's view records."""
    key = app.key(partner)
    data, rows = [], []
    async with app.node() as client:
        registry = await steps.field_names(client)
        for record in await steps.all_views(client, key):
            found = await client.query(key, records.GetView(record))
            names = [field_name(registry, i) for i in fields_in(found.visible)]
            data.append({"record": record, **found._asdict(), "fields": names})
            state = "open" if found.open else "closed"
            rows.append((short(record), short(found.pairwise), ", ".join(names), state))
    app.say(
        data, table("record", "user", "may see", "state", rows=rows) if rows else "no view records"
    )


@command(
    view,
    example="view fetch 9c41d07e --partner acme --field phone\n"
    "view fetch 9c41d07e --partner acme --save view.json",
    journaled=True,
)
@click.argument("record")
@partner_option
@click.option("--field", "fields", multiple=True, help="Ask for this field only; may be repeated.")
@click.option("--save", metavar="FILE", help="Keep the view, to check and read it offline.")
async def fetch(
    app: App, record: str, partner: str, fields: tuple[str, ...], save: str | None
) -> None:
    """Look at a user's fields; the first look completes the engagement.

    RECORD is a view record or its code. The answer comes sealed to a key made for this one look.
    """
    key = app.key(partner)
    async with app.node() as client:
        identity = await app.view_record(client, record, key)
        registry = await steps.field_names(client)
        asked = mask_of(indexes_of(registry, fields)) if fields else steps.EVERYTHING
        seen = await steps.fetch_view(client, key, identity, asked)
        names = {index: field_name(registry, index) for index in seen.values}
        if save:
            write_private(save, _saved(seen.opened, client.identity.public_key, names))
        proof = await app.proved(client, seen.done)
    if save == "-":
        return
    app.say(
        {
            "record": identity,
            "code": seen.grant.code,
            "pairwise": seen.grant.pairwise,
            "values": {names[index]: value for index, value in seen.values.items()},
            **({"file": save} if save else {}),
            **proof,
        },
        facts(*((names[index], _read(value)) for index, value in seen.values.items()))
        if seen.values
        else "nothing: none of these fields was consented to",
        receipt_line(proof),
        *([f"kept in {save}, for your eyes only: optin view open {save}"] if save else []),
    )


@command(view, "open", example="view open view.json\nview open view.json --node 64-HEX-DIGITS")
@click.argument("file")
@click.option("--node", metavar="ID", help="The node that must have signed it, all 64 digits; "
              "else one that your key folder has met.")  # fmt: skip
def open_(app: App, file: str, node: str | None) -> None:
    """Check a view that was kept, and read its values.

    Neither the node nor a key of yours is needed. Every value, its form and the number of its field
    must be what the node committed itself to when the user consented. The names of the fields are
    as the file has them.
    """
    opened, public_key, names = _read_saved(file)
    identity = opened.commitment.node
    if commands.node_id(public_key) != identity:
        raise Problem(f"{file}: its key is not that of its node", *_UNTOUCHED)
    book = app.book
    known = {pinned.node for pinned in book.pinned().values()} if book else set()
    if node is not None:
        known = {hex_id(node, "node")}
    if identity not in known:
        raise Problem(
            f"{file} is of node {fingerprint(identity)}",
            "the node that --node names" if node else "a node that your key folder has met",
            "" if node else f"ask its operator for its id; if it is {identity.hex()}, give --node",
        )
    try:
        values = check_opened(opened, public_key)
    except NotAsCommitted as error:
        raise Problem(f"{file} does not hold: {error}", *_UNTOUCHED) from None
    grant = opened.grant
    app.say(
        {
            "valid": True,
            "node": identity,
            "record": grant.record,
            "code": grant.code,
            "pairwise": grant.pairwise,
            "values": {
                names.get(index, f"field {index}"): value for index, value in values.items()
            },
            "forms": dict(zip(map(str, values), grant.transforms, strict=True)),
        },
        table("field", "name", "value", "form", rows=[
            (index, names.get(index, ""), _read(value), IN_WORDS[form])
            for (index, value), form in zip(values.items(), grant.transforms, strict=True)
        ]) if values else "nothing: none of the fields asked for was consented to",
        f"as node {fingerprint(identity)} committed itself to for code {short(grant.code)}",
    )  # fmt: skip


_UNTOUCHED = ("the file as view fetch --save wrote it", "fetch the view anew")


def _read(value: str | bool) -> str:
    """A value as people read it."""
    return value if isinstance(value, str) else "yes" if value else "no"


def _saved(opened: Opened, public_key: bytes, names: dict[int, str]) -> str:
    data: dict[str, Any] = {
        "format": FORMAT,
        "node": opened.commitment.node,
        "node_key": public_key,
        "record": opened.grant.record,
        "code": opened.grant.code,
        "names": names,
        "grant": canonical(opened.grant),
        "commitment": canonical(opened.commitment),
        "signature": opened.signature,
    }
    return json.dumps(jsonable(data), indent=2) + "\n"


def _read_saved(path: str) -> tuple[Opened, bytes, dict[int, str]]:
    """(view, key that the file gives for its node, names of fields) of a file."""
    what = "what view fetch --save wrote"
    try:
        form = json.loads(read_file(path, what))
        if form["format"] != FORMAT:
            raise ValueError
        opened = Opened(
            decode(records.ViewGrant, bytes.fromhex(form["grant"])),
            decode(records.Commitment, bytes.fromhex(form["commitment"])),
            records.SIGNATURE.build(bytes.fromhex(form["signature"]), "signature"),
        )
        key = records.PUBLIC_KEY.build(bytes.fromhex(form["node_key"]), "key")
        names = {int(index): plain(name) for index, name in form["names"].items()}
    except (AttributeError, KeyError, TypeError, ValueError, Malformed, NodeError):
        raise Problem(f"{path} is no view that was kept", what, "fetch the view anew") from None
    return opened, key, names

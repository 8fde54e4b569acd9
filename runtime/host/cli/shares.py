"""`optin witness`, what it holds: shares of nodes' recovery keys."""

from __future__ import annotations

import click

from runtime.host.cli.context import App, command, read_file, write_file
from runtime.host.cli.party import node_asked
from runtime.host.cli.recover import opener_of
from runtime.host.keyfolder import fingerprint
from runtime.host.recovery import files, shares
from runtime.wire import records


@click.group()
def verbs() -> None:
    """Verbs of `optin witness`."""


@command(
    verbs,
    "recovery-key",
    example="witness recovery-key witness-1 key-1.json\n"
    "witness recovery-key witness-1 - --node 64-HEX-DIGITS",
)
@click.argument("name")
@click.argument("file")
@click.option("--node", metavar="ID", help="The node, all 64 digits; else the one on --line, or "
              "the only one that your key folder has met.")  # fmt: skip
async def recovery_key(app: App, name: str, file: str, node: str | None) -> None:
    """Agree to hold a share of a recovery key.

    Where your key is; the operator splits it with FILE on another machine. It holds the public half
    of a key that is made for this in your key folder, and your signature: nothing secret.
    """
    key = app.key(name)
    identity = await node_asked(app, node)
    agreed = shares.agree_to_hold(identity, key, opener_of(app, name))
    write_file(file, files.to_json(agreed))
    if file == "-":
        return
    app.say(
        {"file": file, "witness": key.id, "node": identity},
        f"written to {file}; the operator of node {fingerprint(identity)} splits the key:",
        f"  optin recover split {file} OTHER OTHER",
        f"then fetch your share: optin witness share {name}",
    )


@command(verbs, example="witness share witness-1")
@click.argument("name")
async def share(app: App, name: str) -> None:
    """Fetch your share of a recovery key.

    It is checked against what the node signed, and kept sealed to a key of your key folder: make a
    backup of that. Fetch it anew after each split, and when the operator's key has changed.
    """
    key, opener = app.key(name), opener_of(app, name)
    async with app.node() as client:
        await client.latest_head()  # kept, so that no less than this can be recovered
        reply = await client.query(key, records.GetShare())
        got = shares.held_share(reply, client.identity, key.id, opener)
        app.folder.hold_share(name, client.identity.node, got._asdict())
    app.say(
        {"node": got.made.node, "split": got.made.position, "holder": reply.holder},
        f"{name} holds share {reply.holder} of 3 of the recovery key of node "
        f"{fingerprint(got.made.node)}, split at entry {got.made.position}",
    )


@command(
    verbs, "release-share", example="witness release-share witness-1 session.json share-1.json"
)
@click.argument("name")
@click.argument("session", metavar="SESSION")
@click.argument("file")
@click.option("--yes", is_flag=True, help="Do not ask.")
def release_share(app: App, name: str, session: str, file: str, yes: bool) -> None:
    """Give your share to a dead node's operator.

    SESSION is what optin recover begin wrote. Two shares open all of the journal but users' values:
    be sure that the node is dead, and that it is the operator who asks.
    """
    asked = files.from_json(shares.Session, read_file(session, "a file of optin recover begin"))
    folder = app.folder
    mine = shares.Held(**folder.held_share(name, asked.node))
    app.confirm(
        f"Release the share of node {fingerprint(asked.node)} to operator "
        f"{fingerprint(asked.operator)}?",
        yes,
    )
    head = folder.signed_head(asked.node)
    given = shares.release(mine, asked, app.key(name), opener_of(app, name), head)
    write_file(file, files.to_json(given))
    if file == "-":
        return
    app.say(
        {"file": file, "node": asked.node, "split": mine.made.position,
         "session": given.session, "head": head and head.head.size},
        f"written to {file}, sealed to the operator's session; the operator opens the journal:",
        f"  optin recover open KEPT.DB journal.optin --share {file} --share OTHER",
    )  # fmt: skip

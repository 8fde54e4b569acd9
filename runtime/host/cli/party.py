"""`optin party`: who takes part."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

from runtime.host import steps
from runtime.host.cli.context import (
    App,
    F,
    Problem,
    command,
    hex_id,
    operator_option,
    read_file,
    write_file,
)
from runtime.host.cli.show import facts, jsonable, short
from runtime.host.keyfolder import fingerprint
from runtime.wire import records
from runtime.wire.errors import NodeError

FORMAT = "optin/v1/registration-request"
ROLES = ("partner", "publisher", "charity", "source", "witness", "auditor")


def role_option(*, required: bool) -> Callable[[F], F]:
    """--role: what a party wants to be."""
    return click.option(
        "--role",
        "roles",
        multiple=True,
        required=required,
        type=click.Choice(ROLES),
        help="May be given more than once; a witness has no other.",
    )


@click.group()
def party() -> None:
    """Partners, witnesses, publishers and all other parties."""


@command(
    party,
    example="party request acme acme-request.json --role partner\n"
    "party request acme - --role partner --node 64-HEX-DIGITS",
)
@click.argument("name")
@click.argument("file")
@role_option(required=True)
@click.option("--node", metavar="ID", help="The node, all 64 digits; else the one on --line, or "
              "the only one that your key folder has met.")  # fmt: skip
async def request(app: App, name: str, file: str, roles: tuple[str, ...], node: str | None) -> None:
    """Ask to be registered, on the machine where your key is.

    The operator registers FILE on another. It holds your public key, the roles and your signature
    for this one node: nothing secret.
    """
    key = app.key(name)
    identity = await node_asked(app, node)
    asked = steps.ask_to_register(identity, key, roles)
    if not asked.is_genuine:
        raise Problem(
            f"{name} signs with a key that followed its first",
            "a key that was never rotated",
            "make one: optin keys create, and ask to be registered with it",
        )
    write_file(file, json.dumps(jsonable({"format": FORMAT, "name": name, **asked._asdict()}),
                                indent=2) + "\n")  # fmt: skip
    if file == "-":
        return
    app.say(
        {"file": file, "party": key.id, "node": identity, "roles": asked.roles},
        f"written to {file}; the operator of node {fingerprint(identity)} registers it:",
        f"  optin party register --request {file}",
        f"Tell the operator on another way who you are: {fingerprint(key.id)}",
    )


async def node_asked(app: App, node: str | None) -> bytes:
    """Id of the node that is meant: the one named, the one on the line, or the only one met."""
    if node is not None:
        return hex_id(node, "node")
    if app.line:
        async with app.node() as client:
            found: bytes = client.identity.node
            return found
    met = {pinned.node for pinned in app.book.pinned().values()} if app.book else set()
    if len(met) != 1:
        raise Problem(
            f"your key folder has met {len(met)} nodes",
            "which one it is for",
            "give --node ID, which its operator knows from optin node status --json, or --line",
        )
    return met.pop()


@command(
    party,
    example="party register acme --role partner\nparty register --request acme-request.json",
    journaled=True,
)
@click.argument("name", required=False)
@role_option(required=False)
@click.option("--request", "file", metavar="FILE", help="Of a party whose key is elsewhere.")
@operator_option
async def register(
    app: App, name: str | None, roles: tuple[str, ...], file: str | None, operator: str
) -> None:
    """Register a party: it signs for itself, here or where its key is.

    With --request the party gets the NAME by which it calls itself, or the one that you give.
    """
    if file is None and not (name and roles):
        raise click.UsageError("expected a NAME with --role, or --request FILE")
    if file is not None and roles:
        raise click.UsageError("expected no --role: the party has signed for those in the request")
    signer = app.key(operator)
    async with app.node() as client:
        if file is not None:
            called, asked = read_request(file)
            name = name or called
            if asked.node != client.identity.node:
                raise Problem(
                    f"{file} is for node {fingerprint(asked.node)}",
                    f"a request for this one, {fingerprint(client.identity.node)}",
                    f"the party asks anew: optin party request --node {client.identity.node.hex()}",
                )
            app.remember(name, asked.party)
        else:
            assert name is not None
            asked = steps.ask_to_register(client.identity.node, app.key(name), roles)
        done = await steps.register_as_asked(client, signer, asked)
        await app.done(
            client,
            done,
            {"name": name, "party": asked.party, "roles": asked.roles},
            f"{name} is registered as {', '.join(asked.roles)}",
            *([f"be sure that it is {name}'s: {fingerprint(asked.party)}"] if file else []),
        )


def read_request(path: str) -> tuple[str, steps.Registration]:
    """(name that a party gives itself, its registration), the signature checked."""
    try:
        form = json.loads(read_file(path, "a file of optin party request"))
        if form["format"] != FORMAT:
            raise ValueError
        name = form["name"]
        asked = steps.Registration(
            records.ID.build(bytes.fromhex(form["node"]), "node"),
            records.ID.build(bytes.fromhex(form["party"]), "party"),
            records.PUBLIC_KEY.build(bytes.fromhex(form["public_key"]), "key"),
            tuple(role for role in ROLES if role in form["roles"]),
            records.SIGNATURE.build(bytes.fromhex(form["signature"]), "signature"),
        )
        if not isinstance(name, str) or sorted(asked.roles) != form["roles"]:
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError, NodeError):
        raise Problem(f"{path} is no request", "what optin party request wrote") from None
    asked = asked._replace(roles=tuple(sorted(asked.roles)))
    if not asked.is_genuine:
        raise Problem(
            f"{path} was changed: the signature of {short(asked.party)} does not fit",
            "the file as optin party request wrote it",
            "have it sent again",
        )
    return name, asked


@command(party, example="party show acme")
@click.argument("name")
async def show(app: App, name: str) -> None:
    """Show the roles of a party."""
    identity = app.party(name)
    async with app.node() as client:
        reply = await client.read(records.GetParty(identity))
    app.say(
        {"party": identity, "roles": reply.roles},
        facts(
            ("party", app.name(identity)),
            ("id", identity.hex()),
            ("roles", ", ".join(reply.roles) or "none: not registered here"),
        ),
    )

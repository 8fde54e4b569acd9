"""`optin hop`: how a user came to an offer, one signed step after the other."""

from __future__ import annotations

import secrets

import click

from runtime.host import steps
from runtime.host.cli.context import App, command, identity_of, one_of
from runtime.host.cli.show import facts
from runtime.wire import records
from runtime.wire.records import ZEROS

TYPES = tuple(word for word in records.HOP.words if word != "OptIn")


@click.group()
def hop() -> None:
    """Provenance: the hops of a visit, up to the opt-in."""


@command(
    hop,
    example="hop record AdView --party blog\n"
    "hop record FormStart --party acme --after 64-HEX-DIGITS --data https://acme.example/form",
    journaled=True,
)
@click.argument("type", type=click.Choice(TYPES), metavar="TYPE")
@click.option("--party", required=True, help="Name of the key of whoever records it.")
@click.option("--session", metavar="ID", help="The visit: an id, or a text whose hash it is; "
              "else that of --after, or a new one.")  # fmt: skip
@click.option("--after", metavar="HOP", help="The session's last hop, all 64 digits.")
@click.option("--data", default="", help="What belongs to it: its hash is recorded, or 64 digits.")
async def record(
    app: App, type: str, party: str, session: str | None, after: str | None, data: str
) -> None:
    """Record a hop of a visit.

    The node's own OptIn hop follows the one that the user names. TYPE is AdView, AdClick,
    LandingPageView, FormStart, FormField, FormSubmit, PartnerRedirect or Conversion.
    """
    key = app.key(party)
    previous = one_of(after, (), "hop") if after else ZEROS
    digest = identity_of("hop-data", data) if data else ZEROS
    async with app.node() as client:
        if session is not None:
            visit = identity_of("session", session)
        elif after:
            visit = (await steps.get_hop(client, previous)).session
        else:
            visit = secrets.token_bytes(32)
        done = await steps.record_hop(client, key, visit, type, previous, digest)
        identity = done.reply.hop
        await app.done(
            client,
            done,
            {"hop": identity, "session": visit, "previous": previous, "type": type},
            f"{type} by {party}, hop {identity.hex()}",
        )


@command(hop, example="hop show 64-HEX-DIGITS")
@click.argument("identity", metavar="HOP")
async def show(app: App, identity: str) -> None:
    """Show a hop; its hash is its id."""
    async with app.node() as client:
        found = await steps.get_hop(client, one_of(identity, (), "hop"))
        node = client.identity.node
    app.say(
        found._asdict(),
        facts(
            ("type", found.type),
            ("by", "the node" if found.party == node else app.name(found.party)),
            ("session", found.session.hex()),
            ("after", found.previous.hex() if found.previous != ZEROS else "nothing: the first"),
            ("data", found.data.hex()),
        ),
    )

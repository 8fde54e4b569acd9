"""`optin party`: who takes part."""

import click

from runtime.host import steps
from runtime.host.cli.context import App, command, operator_option
from runtime.host.cli.show import facts
from runtime.wire import records

ROLES = ("partner", "publisher", "charity", "source", "witness", "auditor")


@click.group()
def party() -> None:
    """Partners, publishers, charities, score sources, witnesses, auditors."""


@command(party, example="party register acme --role partner", journaled=True)
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(ROLES),
    help="May be given more than once; a witness has no other.",
)
@operator_option
async def register(app: App, name: str, roles: tuple[str, ...], operator: str) -> None:
    """Register a party whose key is in your folder; it signs for itself."""
    key, signer = app.key(name), app.key(operator)
    async with app.node() as client:
        done = await steps.register(client, signer, key, roles)
        await app.done(
            client,
            done,
            {"name": name, "party": key.id, "roles": sorted(set(roles))},
            f"{name} is registered as {', '.join(sorted(set(roles)))}",
        )


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

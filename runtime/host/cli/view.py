"""`optin view`: what a partner may look at."""

import click

from runtime.host import steps
from runtime.host.cli.context import App, command, one_of, receipt_line
from runtime.host.cli.offer import field_name
from runtime.host.cli.show import facts, short, table
from runtime.host.cli.user import indexes_of
from runtime.wire import records

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
            names = [field_name(registry, i) for i in steps.indexes_of(found.visible)]
            data.append({"record": record, **found._asdict(), "fields": names})
            state = "open" if found.open else "closed"
            rows.append((short(record), short(found.pairwise), ", ".join(names), state))
    app.say(
        data, table("record", "user", "may see", "state", rows=rows) if rows else "no view records"
    )


@command(view, example="view fetch 9c41d07e --partner acme --field phone", journaled=True)
@click.argument("record")
@partner_option
@click.option("--field", "fields", multiple=True, help="Ask for this field only; may be repeated.")
async def fetch(app: App, record: str, partner: str, fields: tuple[str, ...]) -> None:
    """Look at a user's fields; the first look completes the engagement.

    The answer comes sealed to a key made for this one look.
    """
    key = app.key(partner)
    async with app.node() as client:
        identity = one_of(record, await steps.all_views(client, key), "view record")
        registry = await steps.field_names(client)
        asked = steps.mask_of(indexes_of(registry, fields)) if fields else steps.EVERYTHING
        seen = await steps.fetch_view(client, key, identity, asked)
        proof = await app.proved(client, seen.done)
    values = {field_name(registry, index): value for index, value in seen.values.items()}
    app.say(
        {
            "record": identity,
            "code": seen.grant.code,
            "pairwise": seen.grant.pairwise,
            "values": values,
            **proof,
        },
        facts(
            *(
                (name, value if isinstance(value, str) else "yes" if value else "no")
                for name, value in values.items()
            )
        )
        if values
        else "nothing: none of these fields was consented to",
        receipt_line(proof),
    )

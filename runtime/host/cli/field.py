"""`optin field`: the field registry."""

import click

from runtime.host import steps
from runtime.host.cli.context import App, command, operator_option
from runtime.host.cli.show import FORMS, MARK, table

KINDS = ("text", "postal_code", "birth_date", "phone", "email")


@click.group()
def field() -> None:
    """The fields that users may have and partners may ask for."""


@command(field, example="field add 0 full_name text --form exact --form presence", journaled=True)
@click.argument("index", type=click.IntRange(0, 255))
@click.argument("name")
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--form",
    "forms",
    multiple=True,
    required=True,
    type=click.Choice(tuple(FORMS)),
    help="How it may be shown: its value, the metro area of a postal code, the age band of a "
    "birth date, or only whether there is one.",
)
@operator_option
async def add(
    app: App, index: int, name: str, kind: str, forms: tuple[str, ...], operator: str
) -> None:
    """Add a field; its index is its bit in every mask, for good."""
    signer = app.key(operator)
    async with app.node() as client:
        shown = [FORMS[form] for form in forms]
        done = await steps.define_field(client, signer, index, name, kind, shown)
        await app.done(
            client,
            done,
            {"index": index, "name": name, "kind": kind, "forms": forms},
            f"field {index} is {name}",
        )


@command(field, "list", example="field list")
async def list_(app: App) -> None:
    """List the registry."""
    async with app.node() as client:
        fields = (await steps.field_names(client)).values()
    app.say(
        fields and [field._asdict() for field in fields] or [],
        table(
            "index>",
            "name",
            "kind",
            "forms",
            rows=[
                (f.index, f.name, f.kind, ", ".join(MARK.get(t, t) for t in f.transforms))
                for f in fields
            ],
        ),
    )

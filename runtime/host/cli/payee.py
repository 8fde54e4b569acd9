"""`optin payee`: what parties earned."""

import click

from runtime.host import steps
from runtime.host.cli.context import App, command
from runtime.host.cli.escrow import AMOUNT, CURRENCY
from runtime.host.cli.show import amount_text, amounts, facts
from runtime.host.keyfolder import Key
from runtime.wire import records


@click.group()
def payee() -> None:
    """Balances of everyone who is paid."""


@command(payee, example="payee show publisher EUR")
@click.argument("name")
@click.argument("currency", type=CURRENCY)
@click.option(
    "--as", "signer", default="operator", show_default=True, help="Who asks: payee or operator."
)
async def show(app: App, name: str, currency: bytes, signer: str) -> None:
    """Show what a party earned."""
    await show_balance(app, app.party(name), currency, app.key(signer))


@command(payee, example="payee withdraw publisher 0.30 EUR", journaled=True)
@click.argument("name")
@click.argument("amount", type=AMOUNT)
@click.argument("currency", type=CURRENCY)
async def withdraw(app: App, name: str, amount: int, currency: bytes) -> None:
    """Take out what was earned; NAME is that of the payee's key."""
    key = app.key(name)
    async with app.node() as client:
        done = await steps.withdraw_balance(client, key, amount, currency)
        paid = amount_text(amount, currency)
        app.note(client, name, "withdraw_balance", done, amount=amount, amount_text=paid)
        left = done.reply.balance
        await app.done(
            client,
            done,
            {"party": key.id, **amounts(currency, amount=amount, balance=left)},
            f"{name}: {paid} paid out, {amount_text(left, currency)} left",
        )


async def show_balance(app: App, identity: bytes, currency: bytes, key: Key) -> None:
    """Ask for a balance and answer it."""
    async with app.node() as client:
        reply = await client.query(key, records.GetBalance(identity, currency))
    taken = reply.earned - reply.balance
    app.say(
        {
            "party": identity,
            **amounts(currency, balance=reply.balance, earned=reply.earned, withdrawn=taken),
        },
        facts(
            ("payee", app.name(identity)),
            ("balance", amount_text(reply.balance, currency)),
            ("earned", amount_text(reply.earned, currency)),
            ("withdrawn", amount_text(taken, currency)),
        ),
    )

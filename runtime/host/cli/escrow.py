"""`optin escrow`: the money that partners put up."""

import click
from rich.table import Table
from rich.text import Text

from runtime.host import steps
from runtime.host.cli.context import App, Problem, Typed, command, operator_option
from runtime.host.cli.show import (
    amount_text,
    amounts,
    currency_text,
    facts,
    parse_amount,
    parse_currency,
)
from runtime.wire import records

AMOUNT = Typed("amount", parse_amount)
CURRENCY = Typed("currency", parse_currency)


@click.group()
def escrow() -> None:
    """Deposits of partners, and where all money is."""


@command(escrow, example="escrow deposit acme 500.00 EUR --reference INV-2027-001", journaled=True)
@click.argument("partner")
@click.argument("amount", type=AMOUNT)
@click.argument("currency", type=CURRENCY)
@click.option("--reference", required=True, help="Of the payment; each is accepted once.")
@operator_option
async def deposit(
    app: App, partner: str, amount: int, currency: bytes, reference: str, operator: str
) -> None:
    """Credit a partner for a payment that came in."""
    mark = reference.encode()
    if not 1 <= len(mark) <= 64:
        raise Problem(f"the reference has {len(mark)} bytes", "1 to 64")
    identity, signer = app.party(partner), app.key(operator)
    async with app.node() as client:
        done = await steps.deposit(client, signer, identity, amount, currency, mark)
        await app.done(
            client,
            done,
            {
                "partner": identity,
                "account": done.reply.account,
                **amounts(currency, amount=amount, available=done.reply.available),
            },
            f"{app.name(identity)}: {amount_text(amount, currency)} received, "
            f"{amount_text(done.reply.available, currency)} available",
        )


@command(escrow, example="escrow withdraw acme 100.00 EUR", journaled=True)
@click.argument("partner")
@click.argument("amount", type=AMOUNT)
@click.argument("currency", type=CURRENCY)
async def withdraw(app: App, partner: str, amount: int, currency: bytes) -> None:
    """Take out money that is available; PARTNER is the name of its key."""
    key = app.key(partner)
    async with app.node() as client:
        done = await steps.withdraw_escrow(client, key, amount, currency)
        left = done.reply.available
        await app.done(
            client,
            done,
            {"partner": key.id, **amounts(currency, amount=amount, available=left)},
            f"{partner}: {amount_text(amount, currency)} withdrawn, "
            f"{amount_text(left, currency)} available",
        )


@command(escrow, example="escrow show acme EUR")
@click.argument("partner")
@click.argument("currency", type=CURRENCY)
@click.option(
    "--as", "signer", default="operator", show_default=True, help="Who asks: partner or operator."
)
async def show(app: App, partner: str, currency: bytes, signer: str) -> None:
    """Show a partner's account."""
    identity, key = app.party(partner), app.key(signer)
    async with app.node() as client:
        reply = await client.query(key, records.GetAccount(identity, currency))
    line = reply.line._asdict()
    del line["partner"]
    held = {"available": reply.available, **line}
    app.say(
        {"partner": identity, **amounts(currency, **held)},
        facts(
            ("partner", app.name(identity)),
            *((n.replace("_", " "), amount_text(amount, currency)) for n, amount in held.items()),
        ),
    )


@command(escrow, example="escrow totals EUR")
@click.argument("currency", type=CURRENCY)
@operator_option
async def totals(app: App, currency: bytes, operator: str) -> None:
    """Show that every micro-unit that came in is somewhere."""
    signer = app.key(operator)
    async with app.node() as client:
        found = await steps.totals(client, signer, currency)
    data = {"conserved": found.conserved, **amounts(currency, **found._asdict())}
    app.say(data, conservation((found, currency)))
    if not found.conserved:
        raise Problem(
            "the money does not add up",
            "deposits = available + reserved + expired + payees + withdrawals",
            "stop settling and have the journal audited: optin audit export",
        )


def conservation(*found: tuple[steps.Totals, bytes]) -> Table:
    """Deposits = everything that became of them: a row for the totals of each currency."""
    names = ["", "deposits", "", "available"]
    for name in ("reserved", "expired", "payees", "withdrawn"):
        names += ["", name]
    made = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for column in names:
        made.add_column(column, justify="right", header_style="dim", no_wrap=True)
    for totals, currency in found:
        good = totals.conserved
        sign = Text("=", "bold green") if good else Text("\N{NOT EQUAL TO}", "bold red")
        cells = [Text(currency_text(currency)), _number(totals.deposited, currency), sign]
        cells.append(_number(totals.available, currency))
        for amount in (totals.reserved, totals.expired, totals.balances, totals.withdrawn):
            cells += [Text("+"), _number(amount, currency)]
        made.add_row(*cells)
    return made


def _number(amount: int, currency: bytes) -> Text:
    return Text(amount_text(amount, currency).split()[0])

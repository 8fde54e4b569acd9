"""`optin rules`: who gets which share."""

import click

from runtime.host import steps
from runtime.host.cli.context import App, Problem, Typed, command, operator_option
from runtime.host.cli.show import parse_share, percent, short
from runtime.wire import records
from runtime.wire.schema import make_id

SHARE = Typed("share", parse_share)


@click.group()
def rules() -> None:
    """Settlement rules: four shares of what a partner pays."""


@command(
    rules,
    example="rules define --platform 20% --user 40% --affiliate 20% --publisher 20% --name usual",
    journaled=True,
)
@click.option("--platform", type=SHARE, required=True, help="The operator's part.")
@click.option("--user", type=SHARE, required=True, help="The user's part.")
@click.option("--affiliate", type=SHARE, required=True, help="The referrer's part.")
@click.option("--publisher", type=SHARE, required=True, help="The publisher's part.")
@click.option("--name", default="", help="Remember the rules under this name.")
@operator_option
async def define(
    app: App, platform: int, user: int, affiliate: int, publisher: int, name: str, operator: str
) -> None:
    """Define rules: who gets which share.

    Shares are percentages such as 12.25%, or basis points such as 1225. The part of a referrer or
    publisher that there is not goes to the user.
    """
    shares = records.Shares(platform, user, affiliate, publisher)
    if sum(shares) != 10000:
        raise Problem(f"the shares add up to {percent(sum(shares))}", "100 %")
    signer = app.key(operator)
    async with app.node() as client:
        app.remember(name, make_id("optin/v1/rules", shares))
        done = await steps.define_rules(client, signer, shares)
        await app.done(
            client,
            done,
            {"rules": done.reply.rules, "name": name or None, "shares": shares},
            f"rules {name or short(done.reply.rules)}: platform {percent(platform)}, user "
            f"{percent(user)}, affiliate {percent(affiliate)}, publisher {percent(publisher)}",
            f"id {done.reply.rules.hex()}",
        )

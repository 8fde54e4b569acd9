"""`optin score`: what users did, and what it counts for."""

from __future__ import annotations

import secrets

import click

from runtime.host import steps
from runtime.host.cli.context import App, Problem, command, identity_of, operator_option
from runtime.host.cli.rules import SHARE
from runtime.host.cli.show import facts, percent, short
from runtime.host.keyfolder import Key
from runtime.wire import records


@click.group()
def score() -> None:
    """Activity scores: some offers ask for one."""


@command(score, example="score show anna --as anna")
@click.argument("name")
@click.option(
    "--as", "signer", default="operator", show_default=True, help="Who asks: user or operator."
)
async def show(app: App, name: str, signer: str) -> None:
    """Show a user's score as of now."""
    await show_score(app, app.party(name), app.key(signer))


async def show_score(app: App, user: bytes, key: Key) -> None:
    """Ask for a score and answer it."""
    async with app.node() as client:
        found = await steps.score(client, key, user)
    app.say(
        {"user": user, **found._asdict()},
        facts(
            ("user", app.name(user)),
            ("score", f"{found.composite} of 100"),
            ("authentication", found.authentication),
            ("engagement", found.engagement),
            ("sharing", found.sharing),
            ("flagged", "yes: it jumped within a day" if found.flagged else "no"),
            ("weights", found.model),
        ),
    )


@command(score, example="score record anna FormCompletion 25 --source quiz", journaled=True)
@click.argument("user")
@click.argument("type", type=click.Choice(records.ACTIVITY.words), metavar="TYPE")
@click.argument("points", type=click.IntRange(1, 1000))
@click.option("--source", required=True, help="Name of the source's key.")
@click.option(
    "--event",
    metavar="ID",
    help="Id that the source gave it, or a text whose hash is the id; else a new one. "
    "Each counts once.",
)
async def record(
    app: App, user: str, type: str, points: int, source: str, event: str | None
) -> None:
    """Record what a source saw a user do just now.

    TYPE is ApiVerification, which feeds authentication; FormCompletion, QuestionAsked,
    DocumentDownload or SurveyCompleted, which feed engagement; ReferralMade or ForumPost, which
    feed sharing.
    """
    identity, key = app.party(user), app.key(source)
    mark = secrets.token_bytes(32) if event is None else identity_of("event", event)
    async with app.node() as client:
        now = client.identity.time
        done = await steps.record_event(client, key, identity, type, points, mark, now)
        await app.done(
            client,
            done,
            {"event": mark, "user": identity, "type": type, "points": points, "time": now},
            f"{points} points for {app.name(identity)}: {type}, event {short(mark)}",
        )


@command(
    score,
    example="score weights spring-2027 --authentication 40% --engagement 35% --sharing 25%",
    journaled=True,
)
@click.argument("model")
@click.option("--authentication", type=SHARE, required=True, help="Part of the score.")
@click.option("--engagement", type=SHARE, required=True, help="Part of the score.")
@click.option("--sharing", type=SHARE, required=True, help="Part of the score.")
@operator_option
async def weights(
    app: App, model: str, authentication: int, engagement: int, sharing: int, operator: str
) -> None:
    """Weigh the three dimensions anew, as a new MODEL.

    Scores are as of now: they change with it.
    """
    total = authentication + engagement + sharing
    if total != 10000:
        raise Problem(f"the weights add up to {percent(total)}", "100 %")
    if not 1 <= len(model.encode()) <= 40:
        raise Problem(f"the model's name has {len(model.encode())} bytes", "1 to 40")
    signer = app.key(operator)
    made = records.Weights(model, authentication, engagement, sharing)
    async with app.node() as client:
        done = await steps.define_weights(client, signer, made)
        await app.done(
            client,
            done,
            made._asdict(),
            f"weights {model}: authentication {percent(authentication)}, engagement "
            f"{percent(engagement)}, sharing {percent(sharing)}",
        )

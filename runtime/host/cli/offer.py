"""`optin offer`: what partners want to see, for what, for how much."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Group

from runtime.host import steps
from runtime.host.cli.context import App, Problem, command, description_hash, read_file
from runtime.host.cli.show import (
    DAY,
    FORMS,
    IN_WORDS,
    Unreadable,
    amount_text,
    currency_text,
    duration_text,
    facts,
    money,
    parse_duration,
    parse_money,
    parse_time,
    plain,
    short,
    table,
    time_text,
)
from runtime.wire import records
from runtime.wire.records import FieldUse
from runtime.wire.schema import make_id

EXAMPLE = """\
{
  "partner": "acme",
  "serial": 1,
  "text": "We call you back once about your insurance. No newsletter.",
  "purpose": "a call back",
  "retention_days": 30,
  "jurisdiction": "DE",
  "required": {"full_name": "exact", "phone": "presence"},
  "optional": {"email": "exact"},
  "compensation": "EarlyAccess",
  "charity": null,
  "amount": "1.50 EUR",
  "budget": "100.00 EUR",
  "rules": "usual",
  "witnesses": ["witness-1", "witness-2", "witness-3"],
  "publisher": null,
  "code_days": 30,
  "view_until": null,
  "complete_by": null,
  "least_score": 0,
  "accept_flagged": false
}
"""
COMPENSATIONS = ("PrioritySupport", "EarlyAccess", "AffiliateCredit", "CharitableDonation")
OPTIONAL: dict[str, Any] = {
    "charity": None,
    "publisher": None,
    "view_until": None,
    "optional": {},
    "complete_by": None,
    "least_score": 0,
    "accept_flagged": False,
}
Registry = dict[int, records.FieldDefinition]


@click.group()
def offer() -> None:
    """Offers: which fields, in which form, for how much."""


@command(offer, example="offer example > offer.json")
def example(app: App) -> None:
    """Print an offer file to start from.

    Fields are shown `exact`, as `metro` area, as `age` band, or only by `presence`. Parties and
    rules are named as in your key folder, or by id. `text` is what people read; its hash goes
    into the terms. `complete_by` is a duration such as "7 days" within which a view must be
    granted, `least_score` 0 to 100; `accept_flagged` takes users whose score jumped within a day.
    """
    click.echo(EXAMPLE, nl=False)


@command(offer, example="offer publish offer.json --name callback", journaled=True)
@click.argument("file", metavar="FILE.json")
@click.option("--name", default="", help="Remember the offer under this name.")
async def publish(app: App, file: str, name: str) -> None:
    """Publish an offer, signed by its partner.

    A FILE of - is standard input.
    """
    form = read_form(read_file(file, "an offer as `optin offer example` prints"))
    async with app.node() as client:
        terms = terms_of(app, form, await steps.field_names(client))
        key = app.key(app.name(terms.partner))
        app.remember(name, make_id("optin/v1/offer", client.identity.node, terms))
        done = await steps.publish_offer(client, key, terms)
        app.remember_text(form["text"])
        await app.done(
            client,
            done,
            {"offer": done.reply.offer, "name": name or None, "partner": key.id},
            f"offer {name or short(done.reply.offer)} of {key.name} is open",
            f"id {done.reply.offer.hex()}",
        )


@command(offer, "list", example="offer list")
async def list_(app: App) -> None:
    """List all offers."""
    rows, data = [], []
    async with app.node() as client:
        for identity in await steps.all_offers(client):
            terms = await steps.offer_terms(client, identity)
            state = (await client.read(records.GetOffer(identity))).open
            data.append(_data(identity, terms, state))
            rows.append(
                (
                    app.name(identity),
                    app.name(terms.partner),
                    terms.purpose,
                    amount_text(terms.amount, terms.currency),
                    "open" if state else "closed",
                )
            )
    app.say(
        data,
        table("offer", "partner", "purpose", "amount>", "state", rows=rows)
        if rows
        else "no offers",
    )


@command(offer, example="offer show callback")
@click.argument("offer")
async def show(app: App, offer: str) -> None:
    """Show an offer as a person reads it."""
    async with app.node() as client:
        identity = await app.offer(client, offer)
        terms = await steps.offer_terms(client, identity)
        state = (await client.read(records.GetOffer(identity))).open
        shares = await steps.offer_shares(client, terms)
        registry = await steps.field_names(client)
    app.say(
        _data(identity, terms, state),
        read_aloud(app, identity, terms, shares, registry),
        f"id {identity.hex()}",
        *([] if state else ["closed: it takes no new codes"]),
    )


@command(offer, example="offer close callback", journaled=True)
@click.argument("offer")
async def close(app: App, offer: str) -> None:
    """Take no new codes; those that exist live on."""
    async with app.node() as client:
        identity = await app.offer(client, offer)
        terms = await steps.offer_terms(client, identity)
        key = app.key(app.name(terms.partner))
        done = await steps.close_offer(client, key, identity)
        await app.done(
            client, done, {"offer": identity}, f"offer {app.name(identity)} takes no new codes"
        )


# ------------------------------------------------------------------------------------- words


def _data(identity: bytes, terms: records.Terms, state: bool) -> dict[str, Any]:
    return {
        "offer": identity,
        "open": state,
        **terms._asdict(),
        "currency": currency_text(terms.currency),
        **money("amount", terms.amount, terms.currency),
        **money("budget", terms.budget, terms.currency),
    }


def field_name(registry: Registry, index: int) -> str:
    """What a field is called."""
    return plain(registry[index].name) if index in registry else f"field {index}"


def read_aloud(
    app: App,
    identity: bytes,
    terms: records.Terms,
    shares: records.Shares,
    registry: Registry,
) -> Group:
    """An offer as a person reads it: what, in which form, with whom, for how long, for what."""
    rows = facts_lines(in_words(app, terms, shares, registry))
    return Group(f"Offer {app.name(identity)}", facts(*rows))


def in_words(
    app: App, terms: records.Terms, shares: records.Shares, registry: Registry
) -> list[tuple[str, str]]:
    """What an offer says, one subject after the other; a value may have several lines."""

    def fields(uses: tuple[FieldUse, ...]) -> str:
        return "\n".join(
            f"{field_name(registry, use.index)}: {IN_WORDS.get(use.transform, use.transform)}"
            for use in uses
        )

    text = app.text_of(terms.description)
    until = time_text(terms.view_until) if terms.view_until else "you revoke"
    words = text or f"not here; its hash is {terms.description.hex()}"
    return [
        ("who asks", app.name(terms.partner)),
        ("what for", terms.purpose),
        ("they see", fields(terms.required) or "nothing that you do not add"),
        *([("you may add", fields(terms.optional))] if terms.optional else []),
        ("they look until", until),
        *(
            [("they must look within", f"{duration_text(terms.complete_by)} of your opting in")]
            if terms.complete_by
            else []
        ),
        *([("for whom", f"a score of at least {terms.least_score}")] if terms.least_score else []),
        ("they keep it", f"{duration_text(terms.retention)}, law of {terms.jurisdiction}"),
        ("you get", terms.compensation),
        ("they pay", amount_text(terms.amount, terms.currency)),
        (
            f"of that {app.name(terms.charity) if terms.charity else 'you'}",
            amount_text(terms.amount * shares.user // 10000, terms.currency)
            + ", and the share of anyone who is not there",
        ),
        ("in words", plain_lines(words)),
    ]


def facts_lines(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """One row a line: later lines of a value stand under its first."""
    rows: list[tuple[str, str]] = []
    for name, value in pairs:
        for number, line in enumerate(value.split("\n")):
            rows.append(("" if number else name, line))
    return rows


def plain_lines(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


# ------------------------------------------------------------------------------------- files


def read_form(text: str) -> dict[str, Any]:
    """An offer file, its shape checked."""
    try:
        form = json.loads(text)
    except ValueError as error:
        raise Problem(f"the offer is no JSON: {error}", todo="see optin offer example") from None
    expected = json.loads(EXAMPLE)
    if not isinstance(form, dict):
        raise Problem("the offer is no JSON object", todo="see optin offer example")
    form = {**OPTIONAL, **form}
    if unknown := sorted(set(form) - set(expected)):
        raise Problem(f"the offer has {', '.join(unknown)}", "only " + ", ".join(expected))
    if missing := sorted(set(expected) - set(form)):
        raise Problem(f"the offer lacks {', '.join(missing)}", todo="see optin offer example")
    for name, usual in expected.items():
        value = form[name]
        if usual is None:
            right, kind = value is None or isinstance(value, str), "text or null"
        else:
            right, kind = type(value) is type(usual), _KIND[type(usual)]
        if not right:
            raise Problem(
                f"{name} of the offer is {_KIND.get(type(value), 'something else')}", kind
            )
    return form


_KIND = {
    str: "text",
    int: "a whole number",
    dict: "an object",
    list: "a list",
    float: "a fraction",
    bool: "true or false",
    type(None): "null",
}


def terms_of(app: App, form: dict[str, Any], registry: Registry) -> records.Terms:
    """The terms that an offer file stands for."""
    indexes = {definition.name: index for index, definition in registry.items()}

    def uses(name: str) -> tuple[FieldUse, ...]:
        found = []
        for field, form_name in form[name].items():
            if field not in indexes:
                known = ", ".join(indexes) or "none yet; see optin field add"
                raise Problem(f"{name} names {field!r:.60}, no field of this node", known)
            if form_name not in FORMS:
                raise Problem(f"{field} is to be shown as {form_name!r:.40}", " or ".join(FORMS))
            found.append(FieldUse(indexes[field], FORMS[form_name]))
        return tuple(sorted(found))

    def days(name: str) -> int:
        if not 1 <= form[name] <= 36500:
            raise Problem(f"{name} is {form[name]}", "1 to 36500")
        count: int = form[name]
        return count * DAY

    def party(name: str) -> bytes | None:
        return None if form[name] is None else app.party(form[name])

    where = "amount"
    try:
        amount, currency = parse_money(form["amount"])
        where = "budget"
        budget, other = parse_money(form["budget"])
        where = "view_until"
        until = 0 if form["view_until"] is None else parse_time(form["view_until"])
        where = "complete_by"
        within = 0 if form["complete_by"] is None else parse_duration(form["complete_by"])
    except Unreadable as error:
        raise Problem(f"{where} of the offer is not clear", str(error)[9:]) from None
    if currency != other:
        raise Problem("amount and budget are in two currencies", "one")
    if form["compensation"] not in COMPENSATIONS:
        raise Problem(f"compensation is {form['compensation']!r:.40}", ", ".join(COMPENSATIONS))
    if not 0 <= form["least_score"] <= 100:
        raise Problem(f"least_score is {form['least_score']}", "0 to 100")
    if not all(isinstance(witness, str) for witness in form["witnesses"]):
        raise Problem("witnesses has what is no name", "three names")
    return records.Terms(
        app.party(form["partner"]),
        form["serial"],
        description_hash(form["text"]),
        form["purpose"],
        days("retention_days"),
        form["jurisdiction"],
        uses("required"),
        uses("optional"),
        form["compensation"],
        party("charity"),
        amount,
        currency,
        budget,
        app.party(form["rules"]),
        tuple(app.party(witness) for witness in form["witnesses"]),
        party("publisher"),
        days("code_days"),
        until,
        within,
        form["least_score"],
        form["accept_flagged"],
    )

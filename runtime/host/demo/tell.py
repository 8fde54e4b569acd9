"""What a reader is told of the demo: short sections, of what the node answered when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from rich.text import Text

from runtime.host import audit, steps
from runtime.host.cli.escrow import conservation
from runtime.host.cli.show import MARK, amount_text, currency_text, plain, short, table, time_text
from runtime.host.demo import cast
from runtime.host.demo.story import Story
from runtime.wire import records

CURRENCIES = (cast.USD, cast.EUR)
SIGNED = ("command", "consent", "witness")  # checks of the audit that are told
ENDS = ("settled", "revoked, paid", "revoked, unpaid", "expired", "read", "unread")


class Facts(NamedTuple):
    """What the node says after the story."""

    ends: dict[str, Counter[str]]  # of codes, by offer
    totals: dict[bytes, steps.Totals]  # by currency
    earned: dict[bytes, dict[str, int]]  # by currency, then by name, people as one
    hops: list[records.Hop]  # of the guest, the last first


async def ask(story: Story) -> Facts:
    """Ask the node what came of it."""
    client, operator = story.client, story.keys["operator"]
    ends: dict[str, Counter[str]] = {offer.name: Counter() for offer in cast.OFFERS}
    for (offer, _), engagement in story.engagements.items():
        ends[offer][_end(await client.query(operator, records.GetCode(engagement.code)))] += 1
    names = {key.id: name for name, key in story.keys.items() if name not in story.people}
    totals, earned = {}, {}
    for currency in CURRENCIES:
        totals[currency] = await steps.totals(client, operator, currency)
        parts: Counter[str] = Counter()
        for line in await steps.balances(client, operator, currency):
            parts[names.get(line.party, "people")] += line.earned
        earned[currency] = dict(parts)
    hops = []
    hop = story.engagements[cast.CALLBACK.name, cast.GUEST].hop
    while hop != records.ZEROS:
        hops.append(await steps.get_hop(client, hop))
        hop = hops[-1].previous
    return Facts(ends, totals, earned, hops)


def _end(found: records.GetCodeReply) -> str:
    """Where an engagement ended; one revoked after a view was granted is paid all the same."""
    if found.status == "revoked":
        return "revoked, unpaid" if found.settlement == records.ZEROS else "revoked, paid"
    return {"generated": "unread", "viewed": "read"}.get(found.status, found.status)


def told(story: Story, facts: Facts, report: audit.Report, path: Path, seconds: float) -> list[Any]:
    """All sections, as lines and tables."""
    brought = sum(1 for person in story.people.values() if person.referrer)
    return [
        f"{len(story.people)} people, {brought} of them brought by another, met "
        f"{len(cast.OFFERS)} offers in {len(CURRENCIES)} currencies.",
        f"{seconds:.1f} s, {report.entries} journal entries, {story.receipts} receipts checked.",
        *_section("What partners ask for, and pay", _offers(story)),
        *_section("What came of their codes", _outcomes(facts)),
        *_section(f"What {cast.GUEST} and {cast.PRIVATE} have, and what is shown", _views(story)),
        *_section("How it went", *_turns(story, facts)),
        *_section("Every micro-unit is somewhere", *_money(facts)),
        *_section("Who asked too much, and the node's words", _refusals(story)),
        *_section("Checked offline, without a key", *_audited(report, path)),
    ]


def _section(title: str, *parts: Any) -> list[Any]:
    return ["", Text(title, "bold"), *parts]


def _offers(story: Story) -> Any:
    def fields(uses: Iterable[tuple[int, str]]) -> str:
        return ", ".join(
            story.registry[index].name + ("" if form == cast.EXACT else f" ({MARK[form]})")
            for index, form in uses
        )

    rows = []
    for offer in cast.OFFERS:
        shown = fields(offer.required)
        if offer.optional:
            shown += f"; if you like {fields(offer.optional)}"
        rows.append(
            (offer.name, offer.partner, shown, amount_text(offer.amount, offer.currency))
        )
    return table("offer", "partner", "to see", "for>", rows=rows)


def _outcomes(facts: Facts) -> Any:
    rows = []
    for offer in cast.OFFERS:
        ends = facts.ends[offer.name]
        paid = ends["settled"] + ends["revoked, paid"]
        rows.append(
            (
                offer.name,
                ends.total(),
                *(ends[end] or "" for end in ENDS),
                f"{paid} x {amount_text(offer.amount, offer.currency).split()[0]} =",
                amount_text(paid * offer.amount, offer.currency),
            )
        )
    heads = [f"{end}>" for end in ENDS]
    return table("offer", "codes>", *heads, "", "paid>", rows=rows)


def _views(story: Story) -> Any:
    nothing = Text("nothing", "dim")
    guest, private = story.people[cast.GUEST], story.people[cast.PRIVATE]
    offers = (cast.CALLBACK, cast.COMMUTE, cast.PREVIEW)
    views = [story.engagements[offer.name, cast.GUEST].view for offer in offers]
    other = story.engagements[cast.CALLBACK.name, cast.PRIVATE].view

    def shown(view: steps.View | None, index: int) -> Any:
        value: Any = view.values.get(index, nothing) if view else nothing
        if isinstance(value, bool):
            return "there is one" if value else "there is none"
        return value or nothing

    rows = [("known as", cast.GUEST, *[short(v.grant.pairwise) for v in views if v],
             cast.PRIVATE, short(other.grant.pairwise) if other else "")]  # fmt: skip
    for index, field in story.registry.items():
        held = [
            person.values.get(index, b"").decode() or Text("none", "dim")
            for person in (guest, private)
        ]
        rows.append(
            (field.name, held[0], *[shown(view, index) for view in views], held[1],
             shown(other, index))
        )  # fmt: skip
    sees = [f"{offer.partner} sees" for offer in offers]
    return table("", "has", *sees, "has", f"{offers[0].partner} sees", rows=rows)


def _turns(story: Story, facts: Facts) -> list[Any]:
    names = {key.id: name for name, key in story.keys.items()}
    hops = ", ".join(f"{hop.type} ({names.get(hop.party, 'the node')})" for hop in facts.hops[::-1])
    scores = ", ".join(
        f"{name} {score.composite}{'!' if score.flagged else ''}"
        for name, score in story.scores.items()
    )
    signed = Counter(
        names[signature.witness]
        for engagement in story.engagements.values()
        for signature in engagement.signed
    )
    witnesses = ", ".join(f"{name} {count}" for name, count in sorted(signed.items()))
    expired = sum(ends["expired"] for ends in facts.ends.values())
    before, after = (time_text(moment) for moment in story.clock)
    return [
        Text(f"{cast.GUEST} came by {hops}."),
        Text(f"scores: {scores}; preview asks for {cast.PREVIEW.least_score}, ! jumped in a day."),
        Text(
            f"{cast.DEAD} was lost and {cast.SUCCESSOR} put in its place for commute; "
            f"settlements signed: {witnesses}."
        ),
        Text(
            f"two witnesses set the clock from {before} to {after[11:]}; {expired} codes of flash "
            "expired."
        ),
    ]


def _money(facts: Facts) -> list[Any]:
    totals = [(found, currency) for currency, found in facts.totals.items()]
    rows = []
    who = ["people", "operator", *[n for n in cast.PARTIES if any(n in e for e in facts.earned.values())]]
    for name in who:
        rows.append((name, *[_units(facts.earned[c].get(name, 0), c) for c in CURRENCIES]))
    rows.append(("together", *[_units(sum(facts.earned[c].values()), c) for c in CURRENCIES]))
    heads = [f"{currency_text(currency)}>" for currency in CURRENCIES]
    return [conservation(*totals), table("earned by", *heads, rows=rows)]


def _units(amount: int, currency: bytes) -> str:
    return amount_text(amount, currency).split()[0] if amount else ""


def _refusals(story: Story) -> Any:
    rows: list[tuple[str, str, str]] = []
    for refusal in story.refusals:
        if rows and rows[-1][1:] == refusal[1:]:
            continue  # others with the same wish
        rows.append(refusal)
    return table("who", "what", "the node says", rows=[map(plain, row) for row in rows])


def _audited(report: audit.Report, path: Path) -> list[Any]:
    if report.failure:
        return [f"The journal does not hold: {report.failure}"]
    checks = report.checks
    some = ", ".join(f"{checks[f'{name} signatures']} {name}" for name in SIGNED)
    return [
        f"{path}: {report.entries} entries hold.",
        f"{sum(checks.values())} checks, among them signatures: {some}.",
    ]

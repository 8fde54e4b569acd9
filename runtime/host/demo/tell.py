"""What a reader is told of the demo: short sections, of what the node answered when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from rich.text import Text

from runtime.host import audit, steps
from runtime.host.cli.escrow import conservation
from runtime.host.cli.show import MARK, amount_text, currency_text, short, table, time_text
from runtime.host.cli.show import facts as show_facts
from runtime.host.demo import cast
from runtime.host.demo.story import Story
from runtime.wire import records

CURRENCIES = (cast.USD, cast.EUR)
SIGNED = ("command", "consent", "witness")  # checks of the audit that are told
ENDS = ("settled", "revoked late", "revoked early", "expired", "read", "unread")


class Facts(NamedTuple):
    """What the node says after the story."""

    terms: dict[str, records.Terms]  # by offer
    ends: dict[str, Counter[str]]  # of codes, by offer
    unseen: int  # codes that expired after their activation
    totals: dict[bytes, steps.Totals]  # by currency
    earned: dict[bytes, Counter[str]]  # by currency, then by name, people as one
    withdrawn: list[str]
    hops: list[records.Hop]  # of the guest, the last first


async def ask(story: Story) -> Facts:
    """Ask the node what came of it."""
    client, operator = story.client, story.keys["operator"]
    terms = {name: await steps.offer_terms(client, id_) for name, id_ in story.offers.items()}
    ends: dict[str, Counter[str]] = {name: Counter() for name in story.offers}
    unseen = 0
    for (offer, _), engagement in story.engagements.items():
        found = await client.query(operator, records.GetCode(engagement.code))
        ends[offer][_end(found)] += 1
        unseen += found.status == "expired" and found.consent_hash != records.ZEROS
    names = {key.id: name for name, key in story.keys.items()}
    totals: dict[bytes, steps.Totals] = {}
    earned: dict[bytes, Counter[str]] = {}
    withdrawn: list[str] = []
    for currency in CURRENCIES:
        totals[currency] = await steps.totals(client, operator, currency)
        parts = earned[currency] = Counter()
        lines = await steps.balances(client, operator, currency)
        for line in lines:
            name = names[line.party]
            parts["people" if name in story.people else name] += line.earned
        accounts = (await client.query(operator, records.ListAccounts(currency, b"", 100))).accounts
        paid = [(names[line.partner], line.withdrawn) for line in accounts]
        paid += [(names[line.party], line.withdrawn) for line in lines]
        withdrawn += [f"{who} {amount_text(sum_, currency)}" for who, sum_ in sorted(paid) if sum_]
    hops = []
    hop = story.engagements[cast.CALLBACK.name, cast.GUEST].hop
    while hop != records.ZEROS:
        hops.append(await steps.get_hop(client, hop))
        hop = hops[-1].previous
    return Facts(terms, ends, unseen, totals, earned, withdrawn, hops)


def _end(found: records.GetCodeReply) -> str:
    """Where an engagement ended: late is after a view was granted, and settled all the same."""
    if found.status == "revoked":
        return "revoked early" if found.settlement == records.ZEROS else "revoked late"
    return {"generated": "unread", "viewed": "read"}.get(found.status, found.status)


def told(story: Story, facts: Facts, report: audit.Report, path: Path, seconds: float) -> list[Any]:
    """All sections, as lines and tables."""
    brought = sum(1 for person in story.people.values() if person.referrer)
    return [
        f"{len(story.people)} people, {brought} of them brought by another, met "
        f"{len(cast.OFFERS)} offers in {len(CURRENCIES)} currencies.",
        f"{seconds:.1f} s, {report.entries} journal entries, {story.receipts} receipts checked.",
        *_section("What partners ask for, and pay", _offers(story, facts)),
        *_section(
            "What became of the codes (revoked late: after a look, so it is paid)",
            _outcomes(facts),
        ),
        *_section(f"What {cast.GUEST} has, and what is shown of it", *_views(story)),
        *_section("How it went", _turns(story, facts)),
        *_section("Every micro-unit is somewhere", *_money(facts)),
        *_section(
            "What was refused, in the node's words (a look refused is journaled)", _refusals(story)
        ),
        *_section("Checked offline by an auditor, who needs no key", *_audited(report, path)),
    ]


def _section(title: str, *parts: Any) -> list[Any]:
    return ["", Text(title, "bold"), *parts]


def _offers(story: Story, facts: Facts) -> Any:
    names = {key.id: name for name, key in story.keys.items()}

    def fields(uses: Iterable[records.FieldUse]) -> str:
        return ", ".join(
            story.registry[index].name + ("" if form == cast.EXACT else f" ({MARK[form]})")
            for index, form in uses
        )

    rows = []
    for name, terms in facts.terms.items():
        shown = fields(terms.required)
        if terms.optional:
            shown += f"; if you like {fields(terms.optional)}"
        price = amount_text(terms.amount, terms.currency)
        rows.append((name, names[terms.partner], shown, price))
    return table("offer", "partner", "to see", "for>", rows=rows)


def _outcomes(facts: Facts) -> Any:
    rows = []
    for name, terms in facts.terms.items():
        ends = facts.ends[name]
        paid = ends["settled"] + ends["revoked late"]
        rows.append(
            (
                name,
                ends.total(),
                *(ends[end] or "" for end in ENDS),
                amount_text(paid * terms.amount, terms.currency),
            )
        )
    heads = [f"{end}>" for end in ENDS]
    return table("offer", "codes>", *heads, "paid>", rows=rows)


def _views(story: Story) -> list[Any]:
    nothing = Text("nothing", "dim")
    offers = (cast.CALLBACK, cast.COMMUTE, cast.PREVIEW)
    views = [_view(story, offer, cast.GUEST) for offer in offers]
    rows: list[tuple[Any, ...]] = [
        ("known as", cast.GUEST, *[short(view.grant.pairwise) for view in views])
    ]
    for index, field in story.registry.items():
        held = story.people[cast.GUEST].values.get(index, b"").decode()
        rows.append(
            (field.name, held, *[_shown(view.values.get(index, nothing)) for view in views])
        )
    sees = [f"{offer.partner} sees" for offer in offers]
    private = _view(story, cast.CALLBACK, cast.PRIVATE).values
    return [
        table("", f"{cast.GUEST} has", *sees, rows=rows),
        f"{cast.PRIVATE} has no phone; acme sees: " + ", ".join(map(_shown, private.values())),
    ]


def _view(story: Story, offer: cast.Offer, name: str) -> steps.View:
    view = story.engagements[offer.name, name].view
    assert view is not None, f"{offer.partner} did not look at {name}"
    return view


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "there is one" if value else "there is none"
    return value


def _turns(story: Story, facts: Facts) -> Any:
    names = {key.id: name for name, key in story.keys.items()}
    hops = [f"{hop.type} ({names.get(hop.party, 'the node')})" for hop in facts.hops[::-1]]
    scores = [
        f"{name} {score.composite}" + (" (jumped within a day)" if score.flagged else "")
        for name, score in story.scores.items()
    ]
    signed = Counter(
        names[signature.witness]
        for engagement in story.engagements.values()
        for signature in engagement.signed
    )
    witnesses = ", ".join(f"{name} signed {count}" for name, count in sorted(signed.items()))
    expired = {name: ends["expired"] for name, ends in facts.ends.items() if ends["expired"]}
    gone = sum(expired.values())
    before, after = (time_text(moment) for moment in story.clock)
    return show_facts(
        (f"{cast.GUEST} came by", ", ".join(hops)),
        ("scores", f"{', '.join(scores)}; preview asks for {cast.PREVIEW.least_score}"),
        (
            "witnesses",
            f"{witnesses}; for commute {cast.SUCCESSOR} replaces {cast.DEAD}, which is lost",
        ),
        ("clock", f"set by two witnesses from {before} to {after[11:]}"),
        (
            "expired",
            f"{gone} codes of {', '.join(expired)}: {gone - facts.unseen} never activated, "
            f"{facts.unseen} activated and never looked at",
        ),
        ("withdrawn", ", ".join(facts.withdrawn)),
    )


def _money(facts: Facts) -> list[Any]:
    names = ("people", "operator", *cast.PARTIES)
    rows = [
        (name, *[_units(facts.earned[currency][name], currency) for currency in CURRENCIES])
        for name in names
        if any(name in facts.earned[currency] for currency in CURRENCIES)
    ]
    sums = [_units(facts.earned[currency].total(), currency) for currency in CURRENCIES]
    heads = [f"{currency_text(currency)}>" for currency in CURRENCIES]
    return [
        conservation(*[(totals, currency) for currency, totals in facts.totals.items()]),
        "",
        table("earned by", *heads, rows=[*rows, ("together", *sums)]),
    ]


def _units(amount: int, currency: bytes) -> str:
    return amount_text(amount, currency).split()[0] if amount else ""


def _refusals(story: Story) -> Any:
    rows: list[tuple[str, str]] = []
    for refusal in story.refusals:
        if not rows or rows[-1][1] != refusal.words:  # else another with the same wish
            rows.append((f"{refusal.who} {refusal.tries}", refusal.words))
    return table("who tries what", "the node says", rows=rows)


def _audited(report: audit.Report, path: Path) -> list[Any]:
    if report.failure:
        return [f"The journal does not hold: {report.failure}"]
    checks = report.checks
    hidden = report.hidden["command signatures"]
    some = ", ".join(f"{checks[f'{name} signatures']} {name}" for name in SIGNED)
    return [
        f"{path}: {report.entries} entries hold.",
        f"{sum(checks.values())} checks, among them signatures: {some}.",
        f"{hidden} commands name a user: the file has only proof of them.",
    ]

"""What a reader is told of the path on the simulated node."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from statistics import mean
from typing import Any

from rich.text import Text

from runtime.host.cli.show import table
from tests.appliance.metered import Spent
from tests.appliance.path import ENGAGEMENT
from tests.appliance.run import Run

WORDS = {
    "provision": "provision",
    "register_party": "register a party",
    "set_clock": "set the clock",
    "define_field": "define a field",
    "define_rules": "define rules",
    "optin_deposit_escrow": "deposit",
    "publish_offer": "publish an offer",
    "enrol": "enrol a user",
    "optin_generate_code": "generate a code",
    "mark_viewed": "the user has seen it",
    "optin_activate_code": "the user opts in",
    "optin_enforce_view": "the partner's first view",
    "settlement_evidence": "evidence for a witness",
    "optin_settle_engagement": "settle",
    "optin_expire_reservation": "let a code expire",
    "get_party": "read a party",
}
WIDTH = 100  # columns, where there is no terminal

Methods = Mapping[str, Sequence[Spent]]  # what each request cost, by method


def busy(found: Sequence[Spent]) -> float:
    """Mean cycles of requests, without collections."""
    return mean(spent.busy for spent in found)


def collecting(found: Sequence[Spent]) -> float:
    """Mean cycles of collections in requests."""
    return mean(spent.collecting for spent in found)


def engagement(methods: Methods) -> Spent:
    """Mean cycles of one engagement: the sum of its requests."""
    return Spent(
        round(sum(count * busy(methods[method]) for method, count in ENGAGEMENT.items())),
        round(sum(count * collecting(methods[method]) for method, count in ENGAGEMENT.items())),
    )


def told(runs: Sequence[Run], seconds: float) -> Iterator[Any]:
    """All that is told, as lines and a table.

    Args:
        runs: with engines, and in software unless that was left out.
        seconds: that they took.
    """
    engines, software = runs[0], runs[1] if len(runs) > 1 else None
    yield Text("Millions of cycles on the simulated system", "bold")
    yield _costs(engines.spent, software.spent if software else None)
    yield ""
    without = f", and {software.users} without" if software else ""
    yield f"Means over what {engines.users} users did with engines{without}."
    yield "Waiting for the line is left out. Collecting the heap is apart; times is without it."
    yield "An engagement is the six steps above it, with evidence for two witnesses."
    yield f"From reset to serving with engines: {_millions(engines.boot.busy)}."
    export = sum(engines.spent["journal_entries"], Spent(0, 0))
    apart = _millions(export.collecting)
    yield f"Exporting the journal: {_millions(export.busy)}, and {apart} for collections."
    yield ""
    yield from _checked(engines, "with engines")
    if software:
        yield from _checked(software, "in software")
    yield f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _checked(run: Run, words: str) -> Iterator[str]:
    report = run.audited
    if report.failure:
        yield f"The journal {words} does not hold: {report.failure}"
    else:
        checks = sum(report.checks.values())
        yield f"The journal {words} holds: {report.entries} entries, {checks} checks offline."
    if run.differing:
        some = ", ".join(map(str, run.differing[:9]))
        yield f"  A software node has {len(run.differing)} other entries, at {some}."
    else:
        yield "  A software node of equal seed, clock and commands has the same, byte for byte."


def _costs(engines: Methods, software: Methods | None) -> Any:
    def row(words: str, of: Callable[[Methods], Sequence[Spent]]) -> tuple[Any, ...]:
        return _row(words, of(engines), of(software) if software else None)

    rows: list[tuple[Any, ...]] = []
    for method, words in WORDS.items():
        if method not in ENGAGEMENT:
            rows.append(row(words, itemgetter(method)))
    rows.append(("", "", "", "", "", ""))
    for method in ENGAGEMENT:
        rows.append(row(WORDS[method], itemgetter(method)))
    rows.append(row("one engagement", lambda methods: [engagement(methods)]))
    return table("", "engines>", "collecting>", "software>", "collecting>", "times>", rows=rows)


def _row(words: str, engines: Sequence[Spent], software: Sequence[Spent] | None) -> tuple[Any, ...]:
    cells = [_millions(busy(engines)), _millions(collecting(engines))]
    if software is None:
        return (words, *cells, "", "", "")
    cells += [_millions(busy(software)), _millions(collecting(software))]
    return (words, *cells, f"{busy(software) / busy(engines):.1f}")


def _millions(cycles: float) -> str:
    return f"{cycles / 1e6:.2f}"

"""What a reader is told of the path on the simulated node."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean
from typing import Any

from rich.text import Text

from runtime.host.cli.show import table
from tests.appliance.path import ENGAGEMENT
from tests.appliance.run import Run
from tests.appliance.simulated import Spent

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


def told(engines: Run, software: Run, seconds: float) -> Iterator[Any]:
    """All that is told, as lines and a table."""
    yield Text("Millions of cycles on the simulated system", "bold")
    yield _costs(engines.spent, software.spent)
    yield ""
    yield f"Means over what {engines.users} users did with engines, and {software.users} without."
    yield "Waiting for the line is left out. Collecting the heap is apart; times is without it."
    yield "An engagement is the six steps above it, with evidence for two witnesses."
    yield f"From reset to serving with engines: {_millions(engines.boot.busy)}."
    yield ""
    yield from _checked(engines, "with engines")
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


def _costs(engines: Methods, software: Methods) -> Any:
    rows: list[tuple[Any, ...]] = []
    for method, words in WORDS.items():
        if method in ENGAGEMENT:
            continue
        rows.append(_row(words, engines[method], software[method]))
    rows.append(("", "", "", "", "", ""))
    for method in ENGAGEMENT:
        rows.append(_row(WORDS[method], engines[method], software[method]))
    rows.append(_row("one engagement", [engagement(engines)], [engagement(software)]))
    return table("", "engines>", "collecting>", "software>", "collecting>", "times>", rows=rows)


def _row(words: str, engines: Sequence[Spent], software: Sequence[Spent]) -> tuple[Any, ...]:
    cells = [f(found) for found in (engines, software) for f in (busy, collecting)]
    return (words, *map(_millions, cells), f"{busy(software) / busy(engines):.1f}")


def _millions(cycles: float) -> str:
    return f"{cycles / 1e6:.2f}"

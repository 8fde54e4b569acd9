"""Erasure: what was due is gone, what it came to is carried over, and nothing else is missing."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from runtime.host.audit.bundle import ENTRY, rest
from runtime.host.audit.known import Known
from runtime.host.audit.turn import Event, Turn
from runtime.wire import records
from runtime.wire.records import Carried

LEAST = records.KEPT["activity"]  # ns that anything is kept


class Gone(NamedTuple):
    """What the journal says of its erasures.

    Attributes:
        sums: of accounts, offers, and of all payees of a currency together.
        payees: of each payee; empty if they are not shown.
        forgotten: (kind, id) of what is not there any more.
        activities: time before which some users' activities may be missing, ns.
    """

    sums: list[Carried]
    payees: list[Carried]
    forgotten: set[tuple[str, bytes | None]]
    activities: int


def read_ahead(file: BinaryIO) -> Gone:
    """What erasures there are in the rest of a bundle; the file is left where it was."""
    gone, at = Gone([], [], set(), 0), file.tell()
    for kind, entry in rest(file):
        if kind != ENTRY or entry.salt is None:
            continue
        turn = Turn(entry)
        if turn.method == "erase_due":
            gone = _added(gone, turn)
    file.seek(at)
    return gone


def _added(gone: Gone, turn: Turn) -> Gone:
    time = gone.activities
    for event in turn.events:
        if event.name == "forgotten":
            gone.forgotten.add((event.kind, event.entity))
        if event.kind in ("activity", "score"):
            time = turn.time
        if event.name == "erased":
            gone.sums.extend(event.fields.sums)
            gone.payees.extend(event.fields.payees or ())
    return gone._replace(activities=time)


def erase_due(known: Known, turn: Turn, message: records.EraseDue) -> None:
    """What the operator had erased was old enough, and is not here."""
    erased = turn.first("erased")
    for position in erased.entries + erased.values:
        age = turn.time - known.times[position] if position < len(known.times) else -1
        known.check(
            "retention", age >= LEAST,
            f"entry {position} was erased at an age of {age} ns", f"at least {LEAST}",
        )  # fmt: skip
    for position in erased.entries:
        known.check(
            "retention", position in known.missing,
            f"entry {position} was erased and is here", "its leaf alone",
        )  # fmt: skip
    known.declared.update(erased.entries)
    things: list[Event] = [event for event in turn.events
                           if event.name in ("forgotten", "activities_forgotten")]  # fmt: skip
    known.check(
        "retention", erased.states <= len(things),
        f"{erased.states} things were forgotten", f"{len(things)}, as many as events say",
    )  # fmt: skip
    turn.expected += things
    turn.expect("retention", records.SINGLETON, erased)


def all_declared(known: Known) -> None:
    """Check that nothing is missing that the journal does not say was erased."""
    undeclared = sorted(known.missing - known.declared)
    known.check(
        "retention", not undeclared,
        f"entry {undeclared[0] if undeclared else 0} is missing",
        "an entry, or an erasure that names it",
    )  # fmt: skip

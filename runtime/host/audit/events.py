"""Events: those that the journal has, held against those that had to come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from runtime.host.audit.checks import Checks, Fails
from runtime.host.audit.words import show
from runtime.wire import records
from runtime.wire.errors import Malformed
from runtime.wire.schema import spec_of, unpack_canonical

# Which events belong to which check; what is in none belongs to "events".
CHECKED = {
    "registrations": ("party_registered",),
    "nonces": ("command_accepted",),
    "deposits": ("payment_accepted", "deposited"),
    "escrow": (
        "funds_reserved", "funds_released", "funds_returned",
        "reservation_made", "reservation_released", "reservation_cancelled",
    ),
    "budgets": ("code_issued", "budget_returned"),
    "code states": (
        "code_assigned", "code_generated", "code_viewed", "code_activated", "code_completed",
        "code_settled", "code_revoked",
    ),
    "consent chain": ("consent_recorded",),
    "settlement chain": ("settlement_recorded",),
    "payees": ("payee_credited",),
    "views": ("view_created", "view_stopped", "access_logged"),
}  # fmt: skip
CHECK_OF = {event: check for check, events in CHECKED.items() for event in events}


class Event(NamedTuple):
    """What happened to an entity."""

    kind: str
    entity: bytes
    name: str
    fields: Any

    @property
    def check(self) -> str:
        """The check that it belongs to."""
        return CHECK_OF.get(self.name, "events")

    def __str__(self) -> str:
        return f"{self.name} of {self.kind} {show(self.entity)}"


def read_event(data: bytes) -> Event:
    """An event from an entry's body.

    Raises:
        Malformed: it is none.
    """
    value = unpack_canonical(data)
    if not isinstance(value, list) or len(value) != 4 or not isinstance(value[2], str):
        raise Malformed("an event has another shape", "[kind, id, event, fields]")
    kind, entity, name, fields = value
    if name not in records.EVENTS:
        raise Malformed(f"an event {name!r:.60}", "an event that this auditor's version knows")
    made = spec_of(records.EVENTS[name]).build(fields, name)
    return Event(kind, records.ID.build(entity, name), name, made)


def compare(check: Checks, found: Iterable[Event], expected: Iterable[Event]) -> None:
    """Check that the journal has exactly the events that had to come."""
    left = list(expected)
    for event in found:
        if event not in left:
            raise Fails(event.check, *_difference(event, left))
        left.remove(event)
        check.report.checks[event.check] += 1
    for event in left:
        raise Fails(event.check, f"there is no {event}", show(event.fields))


def _difference(event: Event, left: Iterable[Event]) -> tuple[str, str]:
    """(what is wrong, what was expected) of an event that had not to come."""
    for other in left:
        if other[:3] == event[:3]:
            names = event.fields._fields
            for name, found, right in zip(names, event.fields, other.fields, strict=True):
                if found != right:
                    return f"{event} has {name} {show(found)}", f"{name} {show(right)}"
    for other in left:
        if other.name == event.name:
            return f"{event} is there", f"that of {other.kind} {show(other.entity)}"
    return f"{event} is there", "no such event"

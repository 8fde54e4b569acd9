"""One entry while it is judged: what was asked, what came of it, and what had to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from runtime.host.audit.report import Checks, Fails, show
from runtime.wire import records
from runtime.wire.errors import Malformed
from runtime.wire.schema import decode, spec_of, unpack_canonical

# Which events belong to which check.
CHECKED = {
    "registrations": ("party_registered", "roles_added"),
    "keys": ("key_rotated",),
    "clock": ("clock_set",),
    "scores": ("weights_defined", "event_accepted", "activity_recorded"),
    "provenance": ("hop_recorded",),
    "witnesses": ("witness_replaced",),
    "nonces": ("command_accepted",),
    "deposits": ("payment_accepted", "deposited"),
    "escrow": (
        "funds_reserved", "funds_released", "funds_returned", "funds_expired", "funds_reclaimed",
        "funds_withdrawn", "reservation_made", "reservation_released", "reservation_cancelled",
        "reservation_expired",
    ),
    "budgets": ("code_issued", "budget_returned"),
    "code states": (
        "code_assigned", "code_generated", "code_viewed", "code_activated", "code_completed",
        "code_settled", "code_revoked", "code_expired",
    ),
    "consent chain": ("consent_recorded",),
    "settlement chain": ("settlement_recorded",),
    "payees": ("payee_credited", "payee_paid"),
    "views": ("view_created", "view_stopped", "access_logged"),
}  # fmt: skip


def check_of(event: str) -> str:
    """Name of the check that an event belongs to."""
    return next((check for check, events in CHECKED.items() if event in events), "events")


class Event(NamedTuple):
    """What happened to an entity."""

    kind: str
    entity: bytes
    name: str
    fields: Any

    def __str__(self) -> str:
        return f"{self.name} of {self.kind} {show(self.entity)}"


def _read(data: bytes) -> Event:
    value = unpack_canonical(data)
    if not isinstance(value, list) or len(value) != 4 or not isinstance(value[2], str):
        raise Malformed("an event has another shape", "[kind, id, event, fields]")
    kind, entity, name, fields = value
    if name not in records.EVENTS:
        raise Malformed(f"an event {name!r:.60}", "an event that this auditor's version knows")
    made = spec_of(records.EVENTS[name]).build(fields, name)
    return Event(kind, records.ID.build(entity, name), name, made)


class Turn:
    """An entry; `expected` grows as the command is followed.

    Nobody signs what anyone may ask for: then there is no command, and no signer.
    """

    def __init__(self, entry: records.Entry) -> None:
        body: records.Body = decode(records.Body, entry.body)
        self.time = body.time
        self.method = body.method
        self.signed = body.command
        self.attached: dict[str, list[bytes]] = {}
        for item in entry.attachments:
            self.attached.setdefault(item.label, []).append(item.content)
        self.events = [_read(event) for event in body.events]
        self.expected: list[Event] = []
        self._command: records.Command | None = (
            decode(records.Command, body.command) if body.command else None
        )

    @property
    def command(self) -> records.Command:
        """What was signed."""
        if self._command is None:
            raise Malformed(f"{self.method} without a command", "a signed one")
        return self._command

    @property
    def signer(self) -> bytes:
        """Who signed it."""
        return self.command.party

    def attachment(self, label: str, index: int = 0) -> bytes | None:
        """An attachment; None when erased."""
        found = self.attached.get(label)
        return found[index] if found else None

    def expect(self, kind: str, entity: bytes, event: Any) -> None:
        """Say what the command had to lead to."""
        self.expected.append(Event(kind, entity, spec_of(type(event)).wire_name, event))

    def first(self, name: str) -> Any:
        """The first event of that name; facts that only the node could draw come from it."""
        return self.event(name).fields

    def event(self, name: str) -> Event:
        """The first event of that name, with the entity that it happened to."""
        for event in self.events:
            if event.name == name:
                return event
        raise Fails(check_of(name), f"there is no {name} after {self.method}", f"one {name}")


def compare(check: Checks, found: Iterable[Event], expected: Iterable[Event]) -> None:
    """Check that the journal has exactly the events that had to come."""
    left = list(expected)
    for event in found:
        if event not in left:
            raise Fails(check_of(event.name), *_difference(event, left))
        left.remove(event)
        check.report.checks[check_of(event.name)] += 1
    for event in left:
        raise Fails(check_of(event.name), f"there is no {event}", show(event.fields))


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

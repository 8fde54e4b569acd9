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
    "registrations": ("party_registered", "roles_added", "party_carried"),
    "takeover": ("taken_over", "part_carried", "funds_carried", "balance_carried"),
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
    "presence": ("presence_given",),
    "consent chain": ("consent_recorded",),
    "settlement chain": ("settlement_recorded",),
    "payees": ("payee_credited", "payee_paid"),
    "views": ("view_created", "view_stopped", "access_logged"),
    "recovery key": ("recovery_shared",),
    "retention": ("forgotten", "activities_forgotten", "erased"),
}  # fmt: skip


UNSEEN = b""  # what a field holds that is not shown, and who somebody is that is not shown


def check_of(event: str) -> str:
    """Name of the check that an event belongs to."""
    return next((check for check, events in CHECKED.items() if event in events), "events")


class Event(NamedTuple):
    """What happened to an entity."""

    kind: str
    entity: bytes | None
    name: str
    fields: Any

    def matches(self, expected: Event) -> bool:
        """Whether it is the expected one, as far as it is shown."""
        if self == expected:
            return True
        if (self.kind, self.name) != (expected.kind, expected.name):
            return False
        private = private_of(self.name)
        if self.entity != expected.entity and ("id" not in private or self.entity is not None):
            return False
        pairs = zip(self.fields._fields, self.fields, expected.fields, strict=True)
        return all(
            found == right or (found == UNSEEN and name in private) for name, found, right in pairs
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.kind} {show(self.entity) if self.entity else 'unseen'}"


def private_of(name: str) -> tuple[str, ...]:
    """Fields of an event that only the operator is shown; "id" is the entity's own."""
    private: tuple[str, ...] = spec_of(records.EVENTS[name]).more["private"]
    return private


def read_event(data: bytes, is_face: bool = False) -> Event:
    """An event from its canonical bytes.

    Args:
        is_face: whether nil stands for what is private.

    Raises:
        Malformed: it is none.
    """
    value = unpack_canonical(data)
    if not isinstance(value, list) or len(value) != 4 or not isinstance(value[2], str):
        raise Malformed("an event has another shape", "[kind, id, event, fields]")
    kind, entity, name, fields = value
    if name not in records.EVENTS:
        raise Malformed(f"an event {name!r:.60}", "an event that this auditor's version knows")
    spec = spec_of(records.EVENTS[name])
    private = private_of(name) if is_face else ()
    if "id" not in private:
        entity = records.ID.build(entity, name)
    if not private:
        return Event(kind, entity, name, spec.build(fields, name))
    if not isinstance(fields, list) or len(fields) != len(spec.fields):
        raise Malformed(f"{name} has other fields", f"{len(spec.fields)} fields")
    made = [
        UNSEEN if field in private else of_type.build(value, f"{name}.{field}")
        for (field, of_type, _), value in zip(spec.fields, fields, strict=True)
    ]
    return Event(kind, None if "id" in private else entity, name, spec.make(*made))


class Turn:
    """An entry; `expected` grows as the command is followed.

    Nobody signs what anyone may ask for: then there is no command, and no signer. Of what names a
    user an auditor is shown neither the command nor private fields of the events: these are UNSEEN.

    Attributes:
        is_hidden: whether there is a command that is not shown.
        is_shown_in_part: whether private fields are not shown.
    """

    def __init__(self, entry: records.Entry) -> None:
        self.time = entry.header.time
        self.schema = entry.header.schema
        self.leaf = entry.leaf
        self.position: int = entry.header.sequence
        self.is_shown_in_part = entry.shown is not None
        if entry.shown is None:
            body: records.Body = decode(records.Body, entry.body)
            self.method = body.method
            self.signed: bytes = body.command
            self.is_hidden = False
            self.events = [read_event(event) for event in body.events]
        else:
            self.method = entry.shown.method
            self.signed = entry.shown.command.content
            self.is_hidden = entry.shown.command.salt is None
            self.events = [_face(part) for part in entry.shown.events]
        self.attached: dict[str, list[bytes]] = {}
        for item in entry.attachments:
            self.attached.setdefault(item.label, []).append(item.content)
        self.expected: list[Event] = []
        self._command: records.Command | None = (
            decode(records.Command, self.signed) if self.signed else None
        )

    @property
    def command(self) -> records.Command:
        """What was signed."""
        if self._command is None:
            raise Malformed(f"{self.method} without a command", "a signed one")
        return self._command

    @property
    def signer(self) -> bytes | None:
        """Who signed it; None if that is not shown."""
        return None if self.is_hidden else self.command.party

    def attachment(self, label: str, index: int = 0) -> bytes | None:
        """An attachment; None when erased."""
        found = self.attached.get(label)
        return found[index] if found else None

    def expect(self, kind: str, entity: bytes | None, event: Any) -> None:
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


def _face(part: records.Part) -> Event:
    if part.salt is None:
        raise Malformed("an event is not shown at all", "at least what is not private of it")
    event = read_event(part.content, part.hidden is not None)
    if part.hidden is not None and not private_of(event.name):
        raise Malformed(f"something of {event.name} is hidden", "all of it")
    return event


def compare(check: Checks, found: Iterable[Event], expected: Iterable[Event]) -> None:
    """Check that the journal has exactly the events that had to come."""
    left = list(expected)
    for event in found:
        match = next((other for other in left if event.matches(other)), None)
        if match is None:
            raise Fails(check_of(event.name), *_difference(event, left))
        left.remove(match)
        check.report.checks[check_of(event.name)] += 1
    for event in left:
        raise Fails(check_of(event.name), f"there is no {event}", show(event.fields))


def _difference(event: Event, left: Iterable[Event]) -> tuple[str, str]:
    """(what is wrong, what was expected) of an event that had not to come."""
    for other in left:
        if other[:3] == event[:3] or (event.entity is None and other.name == event.name):
            names = event.fields._fields
            for name, found, right in zip(names, event.fields, other.fields, strict=True):
                if found not in (right, UNSEEN):
                    return f"{event} has {name} {show(found)}", f"{name} {show(right)}"
    for other in left:
        if other.name == event.name:
            return f"{event} is there", f"that of {other.kind} {show(other.entity)}"
    return f"{event} is there", "no such event"

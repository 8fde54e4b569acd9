"""One entry while it is judged: what was asked, what came of it, and what had to."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from runtime.host.audit.checks import Fails
from runtime.host.audit.events import CHECK_OF, Event, read_event
from runtime.wire import records
from runtime.wire.schema import decode, spec_of


class Turn:
    """An entry.

    Attributes:
        time: when the command worked, ns since the epoch.
        method: what was asked for.
        command: by whom.
        signed: the bytes of the command.
        attached: contents of the attachments by label.
        events: that the journal has.
        expected: events that had to come.
    """

    def __init__(self, entry: records.Entry) -> None:
        body: records.Body = decode(records.Body, entry.body)
        self.time = body.time
        self.method = body.method
        self.signed = body.command
        self.attached: defaultdict[str, list[bytes]] = defaultdict(list)
        for item in entry.attachments:
            self.attached[item.label].append(item.content)
        self.events = [read_event(event) for event in body.events]
        self.expected: list[Event] = []
        self.command: records.Command = decode(records.Command, body.command)

    @property
    def signer(self) -> bytes:
        """Who signed the command."""
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
        for event in self.events:
            if event.name == name:
                return event.fields
        raise Fails(
            CHECK_OF.get(name, "events"), f"there is no {name} after {self.method}", f"one {name}"
        )

"""An entity: a Pykka actor whose messages are its state machine."""

import pykka

from runtime.actor.outcome import Denied, Done
from runtime.actor.transaction import Journaled
from runtime.wire.errors import Fault, Missing, NotAllowedNow
from runtime.wire.records import REQUESTS, SINGLETON, Forgotten
from runtime.wire.schema import spec_of


class Entity(pykka.ThreadingActor):
    """Base of every entity.

    A subclass declares its `kind`, its `blank` state, its state `table`, and a method named
    after each message: `handler(self, tx, message)` checks and returns Done or Denied, or raises
    a NodeError; it changes nothing. For each event a static method `apply_<event>(state, event,
    tx)` gives the next state; `tx` offers `time`, `sequence` and `attached`, in life as in replay.

    Attributes:
        id: bytes(32).
        state: as the running transaction sees it.
        kind: name of the address space.
        blank: state of an entity that the store does not know; "none" if it is not there at all.
        table: {state: {message: states it may lead to}}; what is absent is refused.
        reads: names of messages that every state allows and that change nothing.
        indexes: {index: function from state to key bytes, or None for no entry}.
    """

    use_daemon_thread = True  # a node that was told to stop does not wait for idle entities

    died = pykka.ActorDeadError  # what is raised by an ask of an entity that was stopped

    kind: str = ""
    blank: tuple = ()
    table: dict = {}
    reads: tuple = ()
    indexes: dict = {}

    _draft_of = None  # transaction in which `state` was drafted, until its outcome was seen
    _before = None  # what `state` is again if that failed
    _draft = None  # what that keeps of it

    def __init__(self, entity_id, state):
        super().__init__()
        self.id = entity_id
        self.state = state
        self._key = (self.kind, entity_id)
        self._steps, self._appliers = _tables_of(type(self))

    @classmethod
    def address(cls, message, tx):
        """Id of the entity that `message` is for.

        The default serves entities of which a node has one.
        """
        return SINGLETON

    @classmethod
    def can_be_forgotten(cls):
        """Whether some state of this kind can be forgotten when it is due."""
        return any(["forget" in allowed for allowed in cls.table.values()])

    def forget(self, tx, message):
        """Be erased: it was kept as long as it must be."""
        return Done(None, Forgotten())

    @classmethod
    def apply_forgotten(cls, state, event, tx):
        return cls.blank

    def on_receive(self, envelope):
        """Handle one message of one transaction."""
        tx = envelope.transaction
        if self._draft_of is not tx and self._draft_of is not None:
            self._settle()
        message = envelope.message
        step = self._steps.get(type(message))
        if step is None:
            step = self._steps[type(message)] = _Step(type(self), type(message))
        if step.reads:
            return step.handler(self, tx, message)
        status = self.state.status
        leads_to = step.leads_to.get(status)
        if leads_to is None:
            raise self._not_allowed(step.name, status, self.table.get(status, {}))
        outcome = step.handler(self, tx, message)
        for event in outcome.events:
            self._apply(tx, event)
        if self.state.status not in leads_to:
            raise Fault(f"{self.kind} went from {status} to {self.state.status} by {step.name}")
        if isinstance(outcome, Denied):
            raise Journaled(outcome.error)
        return outcome.result

    def _not_allowed(self, name, status, allowed):
        if status == "none":
            return Missing(f"there is no such {self.kind}", "an id that this node gave")
        later = [word for word in allowed if word != "forget"]
        nothing = "no request for it now" if later else f"nothing: {status} is final"
        words = sorted([word for word in allowed if word in REQUESTS])
        return NotAllowedNow(
            f"{name} on a {self.kind} that is {status}",
            "one of " + ", ".join(words) if words else nothing,
        )

    def _apply(self, tx, event):
        apply = self._appliers.get(type(event))
        if apply is None:
            apply = self._appliers[type(event)] = _applier(type(self), type(event))
        before = self.state
        self.state = apply(before, event, tx)
        if self._draft_of is not tx:
            self._before, self._draft_of = before, tx
            self._draft = tx.draft(self._key, type(self), before)
        self._draft[2] = self.state
        tx.record(self.kind, self.id, event)

    @classmethod
    def next_state(cls, state, event, tx):
        """The state after `event`: the same whether lived or replayed."""
        return _applier(cls, type(event))(state, event, tx)

    def _settle(self):
        # A transaction's outcome reaches its entities with their next message: nothing else
        # can look at them in between.
        if not self._draft_of.committed:
            self.state = self._before
        self._draft_of = None


class _Step:
    """What an entity class does with messages of one type.

    Attributes:
        name: of the message on the wire.
        handler: function (entity, tx, message).
        reads: whether it changes nothing, in any state.
        leads_to: {state that allows it: states it may lead to}.
    """

    def __init__(self, entity_class, message_type):
        self.name = name = spec_of(message_type).wire_name
        self.handler = getattr(entity_class, name)
        self.reads = name in entity_class.reads
        self.leads_to = {}
        for status, allowed in entity_class.table.items():
            if name in allowed:
                self.leads_to[status] = allowed[name]


def _applier(entity_class, event_type):
    return getattr(entity_class, "apply_" + spec_of(event_type).wire_name)


_TABLES: dict = {}  # entity class: ({message type: _Step}, {event type: its apply function})


def _tables_of(entity_class):
    """What was looked up for a class so far: names are put together and searched but once."""
    tables = _TABLES.get(entity_class)
    if tables is None:
        tables = _TABLES[entity_class] = ({}, {})
    return tables

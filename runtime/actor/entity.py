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

    def __init__(self, entity_id, state):
        super().__init__()
        self.id = entity_id
        self._state = state
        self._draft = None
        self._draft_of = None

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

    @property
    def state(self):  # untyped: each entity has a state record of its own
        """The state as the running transaction sees it."""
        return self._state if self._draft is None else self._draft

    def on_receive(self, envelope):
        """Handle one message of one transaction."""
        tx = envelope.transaction
        if self._draft_of is not tx and self._draft_of is not None:
            self._settle()
        message = envelope.message
        name = spec_of(type(message)).wire_name
        state = self.state
        handler = getattr(self, name)
        if name in self.reads:
            return handler(tx, message)
        allowed = self.table.get(state.status, {})
        if name not in allowed:
            raise self._not_allowed(name, state.status, allowed)
        outcome = handler(tx, message)
        for event in outcome.events:
            self._apply(tx, event)
        if self.state.status not in allowed[name]:
            raise Fault(f"{self.kind} went from {state.status} to {self.state.status} by {name}")
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
        before = self.state
        after = self.next_state(before, event, tx)
        self._draft = after
        self._draft_of = tx
        tx.record(self.kind, self.id, event)
        tx.draft(type(self), self.id, before, after)

    @classmethod
    def next_state(cls, state, event, tx):
        """The state after `event`: the same whether lived or replayed."""
        return getattr(cls, "apply_" + spec_of(type(event)).wire_name)(state, event, tx)

    def _settle(self):
        # A transaction's outcome reaches its entities with their next message: nothing else
        # can look at them in between.
        if self._draft_of.committed:
            self._state = self._draft
        self._draft = None
        self._draft_of = None

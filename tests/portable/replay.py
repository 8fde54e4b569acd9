"""Every entity's state, computed anew from the journal alone."""

from actors import KINDS
from runtime.wire import records
from runtime.wire.schema import canonical, decode, spec_of, unpack

CLASSES = dict(KINDS.items())


class Replayed:
    """What an event sees of the transaction that it was part of."""

    def __init__(self, body, attachments):
        self.time = body.time
        self.sequence = body.sequence
        self._attachments = attachments

    def attached(self, label):
        found = [item.content for item in self._attachments if item.label == label]
        if not found:
            raise KeyError(label)
        return found[-1]


class Replay:
    """States by (kind, id), from the entries of a journal.

    Args:
        journal: Journal of a node; `follow` reads what is new in it.
        states: to start from, as after the first `position` entries.
    """

    def __init__(self, journal, states=None, position=0):
        self.journal = journal
        self.position = position
        self.states = states or {}

    def follow(self):
        """Apply the entries that came since; returns the keys of the states they changed."""
        changed = set()
        while self.position < self.journal.size:
            _, _, body, attachments = self.journal.entry(self.position)
            body = decode(records.Body, body)
            tx = Replayed(body, attachments)
            for event in body.events:
                changed.add(self._apply(tx, *unpack(event)))
            self.position += 1
        return changed

    def _apply(self, tx, kind, entity_id, name, fields):
        key, entity = (kind, entity_id), CLASSES[kind]
        event = spec_of(records.EVENTS[name]).build(fields)
        state = entity.next_state(self.states.get(key, entity.blank), event, tx)
        assert state.status in entity.table, f"{kind} is {state.status}"
        self.states[key] = state
        if state == entity.blank:
            del self.states[key]
        return key

    def check(self, store, keys=None):
        """Assert that a store holds exactly these states.

        Args:
            keys: which to compare; all by default.
        """
        for key in self.states if keys is None else keys:
            state = self.states.get(key)
            expected = None if state is None else canonical(state)
            assert expected == store.get(key[0], key[1]), key[0]

    def check_whole(self, store):
        """Assert that a RamStore holds these states, the indexes they make, and nothing else."""
        self.check(store)
        for kind, entity_id in store.state:
            assert kind in ("tree", "reply", "meta", "held") or (kind, entity_id) in self.states, (
                kind
            )
        for kind in CLASSES:
            for name, key_of in CLASSES[kind].indexes.items():
                rows = [(key_of(self.states[key]), key[1]) for key in self.states if key[0] == kind]
                rows = sorted([row for row in rows if row[0] is not None])
                assert rows == [tuple(row) for row in store.indexes.get(name, [])], name

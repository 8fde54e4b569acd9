"""What was kept as long as it must be: which entries are due, what they came to, and their end.

An entry is kept for the sake of its events, each of a scope with a time of its own (SCOPES). It is
held beyond that while something that happened in it is still there: an engagement that has not
ended needs its entries, however old.
"""

from runtime.node.journal import DUE, scope_of
from runtime.wire import records
from runtime.wire.commands import command_hash
from runtime.wire.records import EVENTS, ZEROS
from runtime.wire.schema import spec_of, unpack_own

BATCH = 60  # entries at a time: what they came to must fit into one event
MAX_SUM = (1 << 64) - 1
MONEY = ("account", "offer", "payee")  # kinds whose amounts are carried over


class Due:
    """Entries that can go, and what their money came to.

    Attributes:
        entries: positions of entries that are due as a whole.
        values: positions of entries whose users' values are due.
    """

    def __init__(self):
        self.entries = []
        self.values = []
        self._sums = {}
        self._payees = {}

    @property
    def carried(self):
        """Carried of accounts and offers, and of all payees of a currency together."""
        return _ascending(self._sums)

    @property
    def carried_payees(self):
        """Carried of each payee."""
        return _ascending(self._payees)

    @property
    def full(self):
        """Whether a batch holds no more."""
        return len(self.entries) + len(self.values) >= BATCH

    def carry(self, kind, entity, name, currency, amount):
        """Add the amount of an event; False if the sum would be too large for one batch."""
        places = [(self._sums, (entity, name, currency))]
        if kind == "payee":
            places = [
                (self._sums, (ZEROS, name, currency)),
                (self._payees, (entity, name, currency)),
            ]
        for sums, key in places:
            if sums.get(key, 0) + amount > MAX_SUM:
                return False
            sums[key] = sums.get(key, 0) + amount
        return True


def _ascending(sums):
    return tuple([records.Carried(*key, sums[key]) for key in sorted(sums)])


class Retention:
    """Finds and erases what is due.

    Args:
        node: Node.
    """

    def __init__(self, node):
        self._node = node

    def due(self, now, gone=()):
        """What of the journal may go at that time, at most a batch: Due.

        Args:
            gone: (kind, id) of what is being forgotten, so that it holds no entry any more.
        """
        found = Due()
        for _, position, body in self._free(now, gone):
            if found.full or not self._take(found, position, body):
                break
        return found

    def _take(self, found, position, body):
        events = [unpack_own(event) for event in body.events]
        if scope_of([spec_of(EVENTS[event[2]]) for event in events]) == "profile":
            found.values.append(position)
            return True
        for kind, entity, name, fields in events:
            if kind in MONEY:
                event = spec_of(EVENTS[name]).build(fields)
                if hasattr(event, "amount") and not found.carry(
                    kind, entity, name, self._currency(kind, entity), event.amount
                ):
                    return False
        found.entries.append(position)
        return True

    def _currency(self, kind, entity):
        state = self._node.state_of(kind, entity)
        return state.terms.currency if kind == "offer" else state.currency

    def _free(self, now, gone=()):
        """(due time as 8 bytes, position, Body) of entries that are due and not held, ascending."""
        last, end = None, now.to_bytes(8, "big")
        durable = self._node.store.count()
        while True:
            rows = self._node.store.scan(DUE, b"", last, BATCH)
            for last in rows:
                position = int.from_bytes(last[1], "big")
                if last[0] > end:
                    return
                if position < durable:
                    body = self._node.journal.body(position)
                    if not self._held(body, gone):
                        yield last[0], position, body
            if len(rows) < BATCH:
                return

    def _held(self, body, gone):
        classes, store = self._node.directory.classes, self._node.store
        for event in body.events:
            kind, entity = unpack_own(event)[:2]
            if (
                (kind, entity) not in gone
                and classes[kind].can_be_forgotten()
                and store.get(kind, entity) is not None
            ):
                return True
        return False

    def next(self, indexes):
        """From when on something can be erased, ns since the epoch; 0 for never.

        Args:
            indexes: of entities, by when they are due.
        """
        times = []
        for index in indexes:
            times += [row[0] for row in self._node.store.scan(index, b"", None, 1)]
        for time, _, _ in self._free(MAX_SUM):
            times.append(time)
            break
        return int.from_bytes(min(times), "big") if times else 0

    def erase(self, due):
        """Erase what `due` found, and the answers that were kept for its commands."""
        journal, store = self._node.journal, self._node.store
        for position in due.entries + due.values:
            command = journal.erase(position)
            if command:
                store.drop("reply", command_hash(command))

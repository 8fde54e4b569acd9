"""The store port in memory: dictionaries, sorted lists, and a list of how to undo."""

from firmware.node.ram import place
from runtime.wire.errors import StorageFailed


class RamStore:
    """State, indexes and journal in memory.

    Attributes:
        room: writes until the store is full; None for no limit.
    """

    def __init__(self):
        self.state = {}  # (kind, key): value
        self.indexes = {}  # name: [(key, id)] ascending
        self.entries = []
        self.room = None
        self._undo = []  # functions that take back the changes since the last commit

    def copy(self):
        """Another store with the same content."""
        other = RamStore()
        other.state = self.state.copy()
        for name in self.indexes:
            other.indexes[name] = self.indexes[name][:]
        other.entries = self.entries[:]
        return other

    def content(self):
        """Everything in it, for comparison."""
        full = [name for name in sorted(self.indexes) if self.indexes[name]]
        return self.state.copy(), [(name, self.indexes[name][:]) for name in full], self.entries[:]

    def get(self, kind, key):
        return self.state.get((kind, key))

    def put(self, kind, key, value):
        self._write()
        place, old = (kind, key), self.state.get((kind, key))
        self.state[place] = value
        self._undo.append(
            lambda: self.state.pop(place) if old is None else self.state.update({place: old})
        )

    def drop(self, kind, key):
        self._write()
        old = self.state.pop((kind, key), None)
        if old is not None:
            self._undo.append(lambda: self.state.update({(kind, key): old}))

    def states(self, kind, after, limit):
        rows = [(key, self.state[kind, key]) for found, key in self.state if found == kind]
        return sorted([row for row in rows if row[0] > after])[:limit]

    def add_key(self, index, key, entity_id):
        self._write()
        rows = self.indexes.setdefault(index, [])
        row = (key, entity_id)
        at = place(rows, row)
        if rows[at : at + 1] != [row]:
            rows.insert(at, row)
            self._undo.append(lambda: rows.remove(row))

    def drop_key(self, index, key, entity_id):
        self._write()
        rows = self.indexes.get(index, [])
        row = (key, entity_id)
        at = place(rows, row)
        if rows[at : at + 1] == [row]:
            rows.pop(at)
            self._undo.append(lambda: rows.insert(place(rows, row), row))

    def scan(self, index, prefix, after, limit):
        rows = self.indexes.get(index, [])
        found = []
        for at in range(place(rows, max(after or (b"", b""), (prefix, b""))), len(rows)):
            row = rows[at]
            if len(found) >= limit or not row[0].startswith(prefix):
                break
            if after is None or row > after:
                found.append(row)
        return found

    def count(self):
        return len(self.entries)

    def append(self, sequence, header, salt, body, attachments):
        self._write()
        if sequence != len(self.entries):
            raise StorageFailed(f"entry {sequence} after {len(self.entries)} entries")
        self.entries.append((header, salt, body, attachments))
        self._undo.append(self.entries.pop)

    def replace(self, sequence, salt, body, attachments):
        self._write()
        old = self.entries[sequence]
        self.entries[sequence] = (old[0], salt, body, attachments)
        self._undo.append(lambda: self._restore(sequence, old))

    def _restore(self, sequence, entry):
        self.entries[sequence] = entry

    def entry(self, sequence):
        return self.entries[sequence] if 0 <= sequence < len(self.entries) else None

    def recoverable(self, secret):
        pass

    def commit(self):
        self._undo = []

    def rollback(self):
        while self._undo:
            self._undo.pop()()

    def close(self):
        self.rollback()

    def _write(self):
        if self.room is not None:
            if self.room <= 0:
                raise StorageFailed("the store is full", todo="make room")
            self.room -= 1

"""State and indexes in memory: sorted lists, and a list of how to undo."""


class RamStore:
    """The part of the store port without journal: see runtime/node/ports.py. It keeps nothing.

    Beside the port: `kinds()` and `indexes()` that have rows, and `states(kind, None, limit)`
    begins with the first. In the firmware the C module `ramstore` is the same.
    """

    def __init__(self) -> None:
        self._kinds: dict = {}  # kind: (sorted keys, {key: value})
        self._indexes: dict = {}  # name: sorted (key, id)
        self._undo: list = []  # functions that take back the changes since the last commit

    def get(self, kind, key):
        table = self._kinds.get(kind)
        return table[1].get(key) if table else None

    def put(self, kind, key, value):
        old = self.get(kind, key)
        self._set(kind, key, value)
        if old is None:
            self._undo.append(lambda: self._unset(kind, key))
        else:
            self._undo.append(lambda: self._set(kind, key, old))

    def drop(self, kind, key):
        old = self.get(kind, key)
        if old is not None:
            self._unset(kind, key)
            self._undo.append(lambda: self._set(kind, key, old))

    def states(self, kind, after, limit):
        keys, values = self._kinds.get(kind, ([], {}))
        start = 0
        if after is not None:
            start = place(keys, after)
            if keys[start : start + 1] == [after]:
                start += 1
        return [(key, values[key]) for key in keys[start : start + limit]]

    def add_key(self, index, key, entity_id):
        rows, row = self._indexes.setdefault(index, []), (key, entity_id)
        at = place(rows, row)
        if rows[at : at + 1] != [row]:
            rows.insert(at, row)
            self._undo.append(lambda: rows.pop(place(rows, row)))

    def drop_key(self, index, key, entity_id):
        rows, row = self._indexes.get(index, []), (key, entity_id)
        at = place(rows, row)
        if rows[at : at + 1] == [row]:
            rows.pop(at)
            self._undo.append(lambda: rows.insert(place(rows, row), row))

    def scan(self, index, prefix, after, limit):
        rows = self._indexes.get(index, [])
        at = place(rows, max(after or (b"", b""), (prefix, b"")))
        found: list = []
        while at < len(rows) and len(found) < limit and rows[at][0].startswith(prefix):
            if after is None or rows[at] > after:
                found.append(rows[at])
            at += 1
        return found

    def kinds(self):
        return sorted([kind for kind in self._kinds if self._kinds[kind][0]])

    def indexes(self):
        return sorted([name for name in self._indexes if self._indexes[name]])

    def commit(self):
        self._undo = []

    def rollback(self):
        while self._undo:
            self._undo.pop()()

    def _set(self, kind, key, value):
        keys, values = self._kinds.setdefault(kind, ([], {}))
        if key not in values:
            keys.insert(place(keys, key), key)
        values[key] = value

    def _unset(self, kind, key):
        keys, values = self._kinds[kind]
        keys.pop(place(keys, key))
        del values[key]


def place(rows, row):
    """Index of the first of sorted `rows` that is not below `row`."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if rows[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low

"""The store port on SQLite: write-ahead log, synchronous FULL, one file."""

import sqlite3
from pathlib import Path

from runtime.wire.errors import StorageFailed

SCHEMA = """
CREATE TABLE IF NOT EXISTS state (
    kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secondary (
    name TEXT NOT NULL, key BLOB NOT NULL, id BLOB NOT NULL,
    PRIMARY KEY (name, key, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    sequence INTEGER PRIMARY KEY, header BLOB NOT NULL,
    salt BLOB, body BLOB, attachments BLOB);
"""


class SqliteStore:
    """State, indexes and journal in one SQLite file.

    Safe for calls from several threads, of which only one may write.

    Args:
        path: file to open or create; ":memory:" for none.

    Raises:
        StorageFailed: the file cannot be opened, or is no database of a node.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._erased = False  # something, since the last commit
        try:
            self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA secure_delete = ON")  # what is deleted becomes zeros
            # What was erased just before a crash may lie in the log still.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.executescript(SCHEMA)
            self._db.execute("BEGIN")
        except sqlite3.Error as error:
            raise StorageFailed(
                f"cannot open {self._path}: {error}", "a writable file of a node"
            ) from error

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> StorageFailed:
        return StorageFailed(
            f"the store cannot write: {error}",
            "room and permission to write",
            f"make room where {self._path} lies and send the request again: nothing of it remains",
            retry_ms=1000,
        )

    def get(self, kind: str, key: bytes) -> bytes | None:
        """Bytes under (kind, key), or None."""
        row = self._run("SELECT value FROM state WHERE kind = ? AND key = ?", kind, key).fetchone()
        return row[0] if row else None

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        """Store bytes under (kind, key)."""
        self._run("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", kind, key, value)

    def drop(self, kind: str, key: bytes) -> None:
        """Erase what is under (kind, key)."""
        self._run("DELETE FROM state WHERE kind = ? AND key = ?", kind, key)
        self._erased = True

    def states(self, kind: str, after: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        """[(key, value)] under a kind, ascending, behind `after`."""
        return self._run(
            "SELECT key, value FROM state WHERE kind = ? AND key > ? ORDER BY key LIMIT ?",
            *(kind, after, limit),
        ).fetchall()

    def add_key(self, index: str, key: bytes, entity_id: bytes) -> None:
        """Add an entity to an index."""
        self._run("INSERT OR REPLACE INTO secondary VALUES (?, ?, ?)", index, key, entity_id)

    def drop_key(self, index: str, key: bytes, entity_id: bytes) -> None:
        """Remove an entity from an index."""
        self._run(
            "DELETE FROM secondary WHERE name = ? AND key = ? AND id = ?", index, key, entity_id
        )

    def scan(
        self, index: str, prefix: bytes, after: tuple[bytes, bytes] | None, limit: int
    ) -> list[tuple[bytes, bytes]]:
        """[(key, id)] of keys that start with `prefix`, ascending, behind `after`."""
        start, behind = (prefix, b"") if after is None else after
        end = _end_of(prefix)
        bound = "" if end is None else " AND key < ?"
        rows = self._run(
            "SELECT key, id FROM secondary WHERE name = ? AND key >= ?"
            f" AND (key, id) > (?, ?){bound} ORDER BY key, id LIMIT ?",
            *(index, max(start, prefix), start, behind),
            *(() if end is None else (end,)),
            limit,
        )
        return [(row[0], row[1]) for row in rows.fetchall()]

    def count(self) -> int:
        """Entries in the journal."""
        row = self._run("SELECT COALESCE(MAX(sequence) + 1, 0) FROM entries").fetchone()
        return int(row[0])

    def append(
        self, sequence: int, header: bytes, salt: bytes, body: bytes, attachments: bytes
    ) -> None:
        """Add a journal entry."""
        self._run(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?)", sequence, header, salt, body, attachments
        )

    def replace(
        self, sequence: int, salt: bytes | None, body: bytes | None, attachments: bytes | None
    ) -> None:
        """Keep only these of a journal entry."""
        self._run(
            "UPDATE entries SET salt = ?, body = ?, attachments = ? WHERE sequence = ?",
            *(salt, body, attachments, sequence),
        )
        self._erased = True

    def entry(self, sequence: int) -> tuple[bytes, bytes | None, bytes | None, bytes | None] | None:
        """(header, salt, body, attachments), or None."""
        row: tuple[bytes, bytes | None, bytes | None, bytes | None] | None = self._run(
            "SELECT header, salt, body, attachments FROM entries WHERE sequence = ?", sequence
        ).fetchone()
        return row

    def recoverable(self, secret: bytes) -> None:
        """Nothing is sealed here: whoever has the file can read it."""

    def commit(self) -> None:
        """Make everything since the last commit durable."""
        self._run("COMMIT")
        if self._erased:
            # Pages as they were before lie in the log until it is emptied.
            self._run("PRAGMA wal_checkpoint(TRUNCATE)")
            self._erased = False
        self._run("BEGIN")

    def rollback(self) -> None:
        """Drop everything since the last commit."""
        self._erased = False
        try:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._db.execute("BEGIN")
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Close the file; what was not committed is dropped."""
        self._db.close()


def _end_of(prefix: bytes) -> bytes | None:
    """The smallest key after all that start with `prefix`; None if there is none."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else None

"""Sealed boxes of a node, in one SQLite file: stored, handed back, dropped, never understood."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from runtime.wire.errors import Malformed, NodeError, StorageFailed, UnknownMethod
from runtime.wire.requests import Request, encode_response

SCHEMA = """
CREATE TABLE IF NOT EXISTS boxes (
    place TEXT NOT NULL, number INTEGER NOT NULL, part INTEGER NOT NULL, box BLOB NOT NULL,
    PRIMARY KEY (place, number, part));
"""
NUMBER_LIMIT = 1 << 63
PLACE_LIMIT = 32  # characters


class Boxes:
    """Answers the node's calls; firmware/node/README.md has them.

    Args:
        path: file to open or create.
        synchronous: SQLite's; FULL is what makes an answer a promise.

    Raises:
        StorageFailed: the file cannot be opened, or is none of a keeper.
    """

    def __init__(self, path: Path, synchronous: str = "FULL") -> None:
        self._path = path
        self._expected = 0  # number of the next message of what is being kept
        self._dropped = False
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA synchronous = {synchronous}")
            self._db.execute("PRAGMA secure_delete = ON")  # what is dropped becomes zeros
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise StorageFailed(f"cannot open {path}: {error}", "a file of a keeper") from error

    def answer(self, request: Request) -> bytes:
        """The answer to a call, encoded."""
        try:
            method = getattr(self, "_" + request.method, None)
            if request.method not in METHODS or method is None:
                raise UnknownMethod(f"no method {request.method!r:.60}", ", ".join(METHODS))
            if request.method != "keep":
                self.abort()  # the node was started anew: it asks nothing while it has us keep
            return encode_response(request.id, None, method(request.params))
        except NodeError as error:
            self.abort()
            return encode_response(request.id, error.to_wire(), None)
        except sqlite3.Error as error:
            self.abort()
            failed = StorageFailed(
                f"{self._path}: {error}", "room and permission to write", "make room", 1000
            )
            return encode_response(request.id, failed.to_wire(), None)

    def abort(self) -> None:
        """Drop what was not kept to its end."""
        self._expected = 0
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _newest(self, params: Any) -> int | None:
        (place,) = _checked(params, _place)
        row = self._db.execute("SELECT MAX(number) FROM boxes WHERE place = ?", (place,))
        found: int | None = row.fetchone()[0]
        return found

    def _fetch(self, params: Any) -> bytes | None:
        row = self._db.execute(
            "SELECT box FROM boxes WHERE place = ? AND number = ? AND part = ?",
            _checked(params, _place, _number, _number),
        ).fetchone()
        return row[0] if row else None

    def _keep(self, params: Any) -> None:
        """Store a message of several; the last one makes all of them durable."""
        number, last, drops, boxes = _checked(params, _number, _flag, _list, _list)
        if number == 0:
            self.abort()
            self._db.execute("BEGIN IMMEDIATE")
        if number != self._expected:
            raise Malformed(f"message {number} of what is kept", f"message {self._expected}")
        for drop in drops:
            self._drop(*_checked(drop, _place, _number, _number))
        for item in boxes:
            self._store(*_checked(item, _place, _number, _number, _bytes))
        self._expected += 1
        if last:
            self._finish()

    def _drop(self, place: str, first: int, end: int) -> None:
        done = self._db.execute(
            "DELETE FROM boxes WHERE place = ? AND number >= ? AND number < ?",
            (place, first, end),
        )
        self._dropped = self._dropped or done.rowcount > 0

    def _store(self, place: str, number: int, part: int, box: bytes) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO boxes VALUES (?, ?, ?, ?)", (place, number, part, box)
        )

    def _finish(self) -> None:
        self._db.execute("COMMIT")
        self._expected = 0
        if self._dropped:
            # Pages as they were before lie in the log until it is emptied. What was committed
            # stays so if that fails; it is tried again.
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._dropped = False


METHODS = ("newest", "fetch", "keep")


def _checked(params: Any, *types: Any) -> tuple[Any, ...]:
    """The values of an array, each as its type says.

    Raises:
        Malformed: they are not.
    """
    if not isinstance(params, list) or len(params) != len(types):
        raise Malformed("the call has another shape", f"an array of {len(types)}")
    return tuple(check(value) for check, value in zip(types, params, strict=True))


def _place(value: Any) -> str:
    if not isinstance(value, str) or len(value) > PLACE_LIMIT:
        raise Malformed("a place is none", f"text of at most {PLACE_LIMIT} characters")
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < NUMBER_LIMIT:
        raise Malformed("a number is none", f"0 to {NUMBER_LIMIT - 1}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Malformed("a flag is none", "true or false")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed("a list is none", "an array")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise Malformed("a box is none", "bytes")
    return value

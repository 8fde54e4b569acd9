"""The journal that a node left behind, read without the node.

On a node without a disk that is the file in which its keeper has, sealed, what the node left with
it: firmware/node/README.md says how, and what of it the recovery key opens. On a software node it
is the node's own store, which is not sealed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from runtime.host.crypto import Crypto
from runtime.wire import records
from runtime.wire.errors import Refused
from runtime.wire.hkdf import hkdf
from runtime.wire.proofs import entry_leaf
from runtime.wire.schema import canonical, decode, spec_of, unpack_own

PURPOSE = b"optin/v1/kept"
MARK, HEAD = 16, 17  # of a box: boot and counter; these and whether it is the last part


class NotOpened(Refused):
    """The file does not open, or not whole; says what it is."""


class Age(NamedTuple):
    """A time of the journal, and what its entries are sealed under."""

    begins: bytes  # mark of the first box it could have
    key: bytes


class Kept:
    """The file; use as a context.

    Args:
        path: `kept.db` of a keeper's folder, or `node.db` of a software node's.

    Attributes:
        is_sealed: whether entries are read with a recovery key only.

    Raises:
        NotOpened: it is neither.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._crypto = Crypto()
        self._ages: list[Age] = []
        if not self._path.is_file():
            raise self._failed("there is no such file")
        try:
            self._db = sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)
            tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master")}
        except sqlite3.Error as error:
            raise self._failed(str(error)) from error
        self.is_sealed = "boxes" in tables
        if not self.is_sealed and not {"entries", "state"} <= tables:
            self._db.close()
            raise self._failed("it has nothing of a node in it")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def _failed(self, wrong: str) -> NotOpened:
        return NotOpened(
            f"{self._path}: {wrong}",
            "kept.db of the folder of a keeper, or node.db of a software node's",
            "take the newest copy there is",
        )

    def unlock(self, secret: bytes) -> None:
        """Take the recovery key (32 bytes) of the last split.

        Raises:
            NotOpened: it opens nothing here.
        """
        if not self.is_sealed:
            return
        number = self._newest("recovery")
        if number is None:
            raise NotOpened(
                f"{self._path} has nothing for a recovery key",
                "a file of a node whose recovery key was split while it lived",
                "without one, nothing but the dead node's own key opens it",
            )
        try:
            content = self._opened(["recovery", number], lambda mark: secret)
        except NotOpened as error:
            raise NotOpened(
                f"the recovery key of these shares does not open {self._path}",
                "shares of the last split of the node whose file it is",
                "have the witnesses give the shares of the last split, or find a newer file",
            ) from error
        self._ages = [Age(*age) for age in unpack_own(content)]

    def entries(self) -> Iterator[records.Entry]:
        """All entries, in order, as the operator sees them: whole but for users' values.

        Raises:
            NotOpened: one is missing, or is not as the node left it.
        """
        read = self._sealed_entry if self.is_sealed else self._plain_entry
        for position in range(self._count()):
            header, salt, body, attachments, leaf = read(position)
            head = decode(records.Header, header)
            if head.sequence != position:
                raise self._failed(f"entry {position} is there as {head.sequence}")
            items = unpack_own(attachments) if attachments else []
            beside = tuple(records.Attachment(*item) for item in items if item[0] != "values")
            if body is not None:
                leaf = entry_leaf(head, salt, body)
            made = records.Entry(head, leaf, salt, body or b"", None, beside)
            yield spec_of(records.Entry).build(list(made), f"entry {position}")

    def _count(self) -> int:
        if self.is_sealed:
            newest = self._newest("entry")
            return 0 if newest is None else newest + 1
        found: int = self._one("SELECT COUNT(*) FROM entries")
        return found

    def _sealed_entry(self, position: int) -> Any:
        content = unpack_own(self._opened(["entry", position], self._age_key))
        if len(content) == 2:
            return content[0], None, None, None, content[1]
        return *content, None

    def _plain_entry(self, position: int) -> Any:
        row = self._db.execute(
            "SELECT header, salt, body, attachments FROM entries WHERE sequence = ?", (position,)
        ).fetchone()
        if row is None:
            raise self._failed(f"entry {position} is missing")
        leaf = self._one(
            "SELECT value FROM state WHERE kind = 'tree' AND key = ?", position.to_bytes(9, "big")
        )
        return *row, leaf

    # ------------------------------------------------------------------------------ boxes

    def _newest(self, place: str) -> int | None:
        found: int | None = self._one("SELECT MAX(number) FROM boxes WHERE place = ?", place)
        return found

    def _one(self, statement: str, *values: object) -> Any:
        row = self._db.execute(statement, values).fetchone()
        return row and row[0]

    def _age_key(self, mark: bytes) -> bytes:
        return max(age for age in self._ages if age.begins <= mark).key

    def _opened(self, name: list[Any], root_of: Callable[[bytes], bytes]) -> bytes:
        """Content of an object.

        Args:
            name: its place and number.
            root_of: function of the mark of a box to what it is sealed under.
        """
        rows = self._db.execute(
            "SELECT box FROM boxes WHERE place = ? AND number = ? ORDER BY part", name
        ).fetchall()
        content, before = b"", None
        for part, (box,) in enumerate(rows):
            mark, head = box[:MARK], box[:HEAD]
            follows = before is None or _number(mark) == _number(before) + 1
            is_last = head[MARK:] == (b"\x01" if part == len(rows) - 1 else b"\x00")
            opened = None
            if follows and is_last:
                key = hkdf(root_of(mark), mark[:8], PURPOSE)
                nonce = bytes(4) + mark[8:]
                context = canonical([PURPOSE, name, part, head])
                opened = self._crypto.aead_open(key, nonce, box[HEAD:], context)
            if opened is None:
                raise self._failed(f"{name[0]} {name[1]} is not as the node left it")
            content += opened
            before = mark
        if not rows:
            raise self._failed(f"{name[0]} {name[1]} is missing")
        return content


def _number(mark: bytes) -> int:
    return int.from_bytes(mark, "big")

"""What a node leaves with its host, over several recovery keys, restarts and an erasure."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from runtime.host.crypto import Crypto
from runtime.host.keeper.boxes import SCHEMA
from runtime.host.recovery.kept import Kept, NotOpened
from runtime.wire.schema import canonical
from tests.portable.kept import Device
from tests.portable.test_recovery import split
from tests.portable.world import World


class Life:
    """A node whose boxes are kept in memory, and the recovery keys that its store was given."""

    def __init__(self) -> None:
        self.device = Device(Crypto())
        self.secrets: list[bytes] = []
        self.world: Any = World(self._store(), self.device.crypto).provision()

    def _store(self) -> Any:
        store: Any = self.device.store()
        given = store.recoverable

        def recoverable(secret: bytes) -> None:
            self.secrets.append(secret)
            given(secret)

        store.recoverable = recoverable
        return store

    def restart(self) -> None:
        """Cut the power, and start the node anew."""
        self.world.store = self._store()
        self.world.boot()

    def left(self, path: Path) -> Path:
        """What is left of it, in a keeper's file."""
        path.unlink(missing_ok=True)
        db = sqlite3.connect(path)
        db.executescript(SCHEMA)
        rows = [(*key, bytes(box)) for key, box in self.device.host.boxes.items()]
        with db:
            db.executemany("INSERT INTO boxes VALUES (?, ?, ?, ?)", rows)
        db.close()
        return path

    def check(self, path: Path) -> None:
        """Open it with the last key, and compare each entry with what the node itself has."""
        with Kept(path) as kept:
            kept.unlock(self.secrets[-1])
            entries = list(kept.entries())
        journal = self.world.node.journal
        assert len(entries) == journal.size
        for position, entry in enumerate(entries):
            header, salt, body, attachments = journal.entry(position)
            assert entry.leaf == journal.tree.leaf(position)
            assert (entry.header, entry.salt, entry.body) == (header, salt, body or b"")
            beside = [item for item in attachments if item.label != "values"]
            assert canonical(entry.attachments) == canonical(beside)


def test_the_last_key_opens_what_came_before_and_after_it(tmp_path: Path) -> None:
    life = Life()
    split(life.world)
    life.world.deposit(5, b"between")
    life.restart()
    life.world.deposit(5, b"after a start")
    split(life.world)
    life.world.deposit(5, b"after another key")
    life.restart()
    life.world.deposit(5, b"at last")
    life.check(life.left(tmp_path / "kept.db"))


def test_a_key_that_was_replaced_opens_nothing_that_was_journaled_later(tmp_path: Path) -> None:
    life = Life()
    split(life.world)
    older = dict(life.device.host.boxes)
    split(life.world)
    life.world.deposit(5, b"later")
    path = life.left(tmp_path / "kept.db")
    with Kept(path) as kept, pytest.raises(NotOpened, match="does not open"):
        kept.unlock(life.secrets[0])
    # Whoever kept what the host was told to drop has what the old key always opened, and no more.
    box = older["recovery", 1, 0]
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE boxes SET number = 1, box = ? WHERE place = 'recovery'", (bytes(box),))
    db.close()
    with Kept(path) as kept:
        kept.unlock(life.secrets[0])
        opened = []
        with pytest.raises(NotOpened) as refused:
            opened += kept.entries()
        last = life.world.node.journal.size - 1
        assert f"entry {last} is not as the node left it" in str(refused.value)


def test_a_split_that_failed_leaves_the_key_before_it_in_force(tmp_path: Path) -> None:
    life = Life()
    split(life.world)
    life.device.host.full = True
    with pytest.raises(Exception, match="disk is full"):
        split(life.world)
    life.device.host.full = False
    del life.secrets[1]
    life.world.deposit(5, b"later")
    life.check(life.left(tmp_path / "kept.db"))
    split(life.world)
    life.world.deposit(5, b"after that")
    life.check(life.left(tmp_path / "kept.db"))


def test_an_erased_entry_is_recovered_as_its_leaf(tmp_path: Path) -> None:
    life = Life()
    split(life.world)
    life.world.store.replace(4, None, None, None)
    life.world.store.commit()
    with Kept(life.left(tmp_path / "kept.db")) as kept:
        kept.unlock(life.secrets[-1])
        entries = list(kept.entries())
    assert entries[4].leaf == life.world.node.journal.tree.leaf(4)
    assert (entries[4].salt, entries[4].body, entries[4].attachments) == (None, b"", ())

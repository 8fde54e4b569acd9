"""A store that runs out of room under a running node: real SQLite with a bounded file."""

from pathlib import Path

import pytest

from runtime.cpython.store import SqliteStore
from runtime.host.crypto import Crypto
from runtime.node.checkpoint import check_chain
from runtime.wire import records
from runtime.wire.errors import StorageFailed
from tests.portable.world import World


def limit_pages(store: SqliteStore, pages: int) -> None:
    store.commit()
    store._db.execute("COMMIT")
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    store._db.execute("BEGIN")


def pages(store: SqliteStore) -> int:
    return int(store._db.execute("PRAGMA page_count").fetchone()[0])


def test_a_full_disk_gives_a_clear_error_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "node.db")
    world = World(store, Crypto())
    world.provision()
    limit_pages(store, pages(store) + 12)
    acknowledged = []
    with pytest.raises(StorageFailed) as caught:
        for i in range(1000):
            shares = records.Shares(i, 4000, 2000, 4000 - i)
            reply = world.do(world.operator, "define_rules", shares)
            acknowledged.append((reply.rules, world.accepted))
    assert "full" in caught.value.wrong
    assert str(tmp_path) in caught.value.todo
    assert acknowledged
    size = world.node.journal.size
    assert size == acknowledged[-1][1].position + 1
    check_chain(world.node.journal)
    for rules, _ in acknowledged:
        assert store.get("rules", rules) is not None

    # The node goes on by itself once there is room.
    limit_pages(store, pages(store) + 1000)
    world.operator.nonce -= 1  # the one that failed left no trace
    world.do(world.operator, "define_rules", records.Shares(10000, 0, 0, 0))
    assert world.accepted.position == size
    world.node.stop()

    # And what it acknowledged is there after a start.
    world.store = SqliteStore(tmp_path / "node.db")
    world.boot()
    assert world.node.journal.size == size + 1
    check_chain(world.node.journal)


def test_requests_that_shared_the_commit_that_failed_all_get_the_error(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "node.db")
    world = World(store, Crypto())
    world.provision()
    size = world.node.journal.size
    limit_pages(store, pages(store))
    answers = []
    for i in range(30):
        signed = world.signed(world.operator, "define_rules", records.Shares(i, 0, 0, 10000 - i))
        world.node.submit("define_rules", signed, lambda *answer: answers.append(answer))
    world.node.run()
    assert [error[0] for error, _ in answers] == ["storage"] * 30
    assert world.node.journal.size == size

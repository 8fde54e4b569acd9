"""The store on SQLite: the kit, restarts, a process that is killed, and a disk that is full."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from itertools import count
from pathlib import Path

import pytest

from runtime.cpython.store import SqliteStore
from runtime.host.crypto import Crypto
from runtime.node.checkpoint import check_chain
from runtime.wire.errors import StorageFailed
from tests.portable.store_kit import CHECKS
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import EUR, World

ROOT = Path(__file__).parents[3]


class Restarting(SqliteStore):
    """Opens the file anew without closing what a crash would not have closed."""

    def __init__(self, path):
        super().__init__(path)
        self.path = path

    def reopened(self):
        self._db.close()
        return Restarting(self.path)


@pytest.fixture
def make(tmp_path):
    numbers = count()
    return lambda: Restarting(tmp_path / f"{next(numbers)}.db")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms(check, make):
    check(make)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conforms_in_memory(check):
    check(lambda: SqliteStore(":memory:"))


def test_commits_reach_the_disk_before_they_return(make):
    store = make()
    assert store._run("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._run("PRAGMA synchronous").fetchone() == (2,)


def files_of(store):
    """Everything that is on disk of a store."""
    folder = store.path.parent
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("size", [20, 300, 5_000, 50_000])
def test_what_was_erased_is_in_no_file_any_more(make, size):
    store = make()
    secret = b"Ada Lovelace, Berlin. " * (size // 20)
    store.put("kind", b"state", secret)
    store.put("kind", b"replaced", secret)
    store.add_key("index", secret, b"id")
    store.append(0, b"header", b"salt", secret, secret)
    store.append(1, b"header", b"salt", secret, secret)
    for number in range(200):
        store.put("kind", b"neighbour %d" % number, bytes([number]) * 100)
    store.commit()
    assert secret[:20] in files_of(store)
    store.drop("kind", b"state")
    store.put("kind", b"replaced", b"another")
    store.drop_key("index", secret, b"id")
    store.replace(0, None, None, None)
    store.replace(1, b"salt", b"body", b"less")
    store.commit()
    assert secret[:20] not in files_of(store)
    assert store.get("kind", b"neighbour 7") == bytes([7]) * 100


def test_what_was_erased_before_a_crash_is_gone_after_the_restart(make):
    store = make()
    store.append(0, b"header", b"salt", b"Ada Lovelace", b"")
    store.commit()
    store.replace(0, None, None, None)
    store._run("COMMIT")  # and the power goes before the log is emptied
    assert b"Ada Lovelace" in files_of(store)
    store = store.reopened()
    assert b"Ada Lovelace" not in files_of(store)


def test_what_is_not_committed_is_seen_by_nobody_else(tmp_path):
    one = SqliteStore(tmp_path / "node.db")
    one.put("kind", b"a", b"1")
    with sqlite3.connect(tmp_path / "node.db") as two:
        assert two.execute("SELECT COUNT(*) FROM state").fetchone() == (0,)
    one.commit()
    with sqlite3.connect(tmp_path / "node.db") as two:
        assert two.execute("SELECT COUNT(*) FROM state").fetchone() == (1,)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear node, " * 500)
    with pytest.raises(StorageFailed, match=r"letter\.txt"):
        SqliteStore(path)
    assert path.read_bytes().startswith(b"Dear node")


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(StorageFailed, match="cannot open"):
        SqliteStore(tmp_path / "nowhere" / "node.db")


def test_other_threads_may_read(make):
    store = make()
    store.put("kind", b"a", b"1")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(store.get("kind", b"a"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"1"] * 8


# ------------------------------------------------------------------------------ a full disk


def full_at(store, pages):
    """Let the database grow by so many pages and no further."""
    (now,) = store._run("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {now + pages}")


def test_a_full_disk_fails_the_change_and_loses_nothing_committed(make):
    store = make()
    store.put("kind", b"kept", b"1")
    store.commit()
    full_at(store, 4)
    kept = 0
    with pytest.raises(StorageFailed, match="full") as failure:
        for i in range(100):
            store.put("kind", b"%d" % i, bytes(1000))
            store.commit()
            kept = i + 1
    assert failure.value.retry_ms > 0
    store.rollback()
    assert 0 < kept < 100
    store = store.reopened()
    assert store.get("kind", b"kept") == b"1"
    assert [store.get("kind", b"%d" % i) is not None for i in range(100)] == (
        [True] * kept + [False] * (100 - kept)
    )
    store.put("kind", b"room again", bytes(1000))
    store.commit()


def test_a_node_on_a_full_disk_refuses_and_goes_on_when_there_is_room(tmp_path):
    store = Restarting(tmp_path / "node.db")
    world = World(store, ToyCrypto())
    world.provision()
    full_at(store, 3)
    acknowledged = 0
    while True:
        try:
            world.deposit(10, b"payment %d" % acknowledged)
        except StorageFailed:
            break
        acknowledged += 1
        assert acknowledged < 1000, "the disk never filled up"
    assert world.read("identity").node == world.node.id
    (line,) = world.do(world.operator, "list_accounts", EUR, b"", 9).accounts or (None,)
    assert (line.deposited if line else 0) == 10 * acknowledged
    check_chain(world.node.journal)
    store._db.execute("PRAGMA max_page_count = 1000000")
    world.deposit(10, b"payment after")
    world.store = store.reopened()
    world.boot()
    (line,) = world.do(world.operator, "list_accounts", EUR, b"", 9).accounts
    assert line.deposited == 10 * (acknowledged + 1)
    check_chain(world.node.journal)


FILLER = """
    import resource, signal, sys
    from runtime.cpython.store import SqliteStore
    from runtime.wire.errors import StorageFailed

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = SqliteStore(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    for i in range(10_000):
        try:
            store.append(i, b"header", b"salt", bytes(3000), b"")
            store.commit()
        except StorageFailed:
            store.rollback()
            print("full", i, store.count(), flush=True)
            break
        print(i, flush=True)
"""

WRITER = """
    import sys
    from runtime.cpython.store import SqliteStore

    store = SqliteStore(sys.argv[1])
    for i in range(store.count(), 10_000_000):
        store.append(i, b"header", b"salt", bytes(300), b"")
        store.put("kind", b"last", b"%d" % i)
        store.commit()
        print(i, flush=True)
"""


def run(script, path):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_a_file_that_may_not_grow_loses_nothing_acknowledged(tmp_path):
    assert resource.RLIMIT_FSIZE is not None and signal.SIGXFSZ
    out, _ = run(FILLER, tmp_path / "node.db").communicate(timeout=60)
    *acknowledged, last = out.split("\n")[:-1]
    word, failed, counted = last.split()
    assert word == "full" and len(acknowledged) == int(failed) == int(counted) > 5
    store = SqliteStore(tmp_path / "node.db")
    assert store.count() == len(acknowledged)
    assert all(store.entry(i)[2] == bytes(3000) for i in range(store.count()))


def test_a_killed_process_loses_nothing_acknowledged(tmp_path):
    path = tmp_path / "node.db"
    for lines in (1, 37, 100):
        process = run(WRITER, path)
        for _ in range(lines):
            last = int(process.stdout.readline())
        process.kill()
        rest, _ = process.communicate(timeout=60)
        for line in rest.split("\n")[:-1]:
            last = int(line)
        store = SqliteStore(path)
        assert store.count() >= last + 1
        assert store.get("kind", b"last") == b"%d" % (store.count() - 1)
        assert store.entry(store.count() - 1) is not None
        store.close()


def test_the_whole_path_on_sqlite_with_real_signatures(tmp_path):
    world = World(Restarting(tmp_path / "node.db"), Crypto())
    world.ready()
    user = world.enrol(world.person("Ada"), (b"Ada Lovelace", b"ada@example.org", b"+49"))
    code = world.generate(user)
    world.viewed(user, code)
    record = world.activate(user, code).record
    grant = world.view(record)
    assert grant.fields == b"\x0c\x00Ada Lovelace\x01\x00\x01"
    world.store = world.store.reopened()
    world.boot()
    assert world.view(record).fields == grant.fields
    settled = world.settle(code)
    assert sum(settled.amounts) == 1_000_003
    record = world.do(world.partner, "get_settlement", settled.settlement).record
    assert world.read("optin_verify_settlement", record).valid
    check_chain(world.node.journal)

"""The store in C on MicroPython: the conformance kit, histories, size, growth."""

import gc
import random
import time

from ramstore import RamStore

from runtime.wire.errors import StorageFailed
from tests.portable import ram_store
from tests.portable.store_kit import CHECKS

PAGE = 64


def new():
    return RamStore(StorageFailed)


def raised_by(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:
        return error
    return None


def states(store, kind):
    """All states of a kind, read by pages."""
    rows, page = [], store.states(kind, None, PAGE)
    while page:
        rows.extend(page)
        page = store.states(kind, page[-1][0], PAGE)
    return rows


def index_rows(store, index):
    """All rows of an index, read by pages."""
    rows, page = [], store.scan(index, b"", None, PAGE)
    while page:
        rows.extend(page)
        page = store.scan(index, b"", page[-1], PAGE)
    return rows


def content(store):
    """Everything in it, as the portable store has it."""
    state = {}
    for kind in store.kinds():
        for key, value in states(store, kind):
            state[kind, key] = value
    indexes = [(name, index_rows(store, name)) for name in store.indexes()]
    return state, indexes, [store.entry(number) for number in range(store.count())]


def test_the_store_conforms():
    for check in CHECKS:
        check(new)


def test_random_histories_leave_what_they_leave_in_the_portable_store():
    random.seed(1)
    for _ in range(6):
        stores = new(), ram_store.RamStore()
        for _ in range(300):
            key, row = _letters(), _letters()
            name, content_ = random.choice("abc"), bytes([random.getrandbits(8)]) * len(row) * 9
            what = random.randrange(20)
            for store in stores:
                if what < 5:
                    store.put(name, key, content_)
                elif what < 8:
                    store.drop(name, key)
                elif what < 12:
                    store.add_key(name, key, row)
                elif what < 14:
                    store.drop_key(name, key, row)
                elif what < 16:
                    store.append(store.count(), key, row, content_, b"")
                elif what < 17 and store.count():
                    store.replace(store.count() // 2, None, row, content_)
                elif what == 17:
                    store.rollback()
                elif what == 18:
                    store.commit()
            ours, theirs = stores
            limit = random.randrange(4)
            after = random.choice([None, (row, key)])
            assert ours.get(name, key) == theirs.get(name, key)
            assert ours.scan(name, key, after, limit) == theirs.scan(name, key, after, limit)
            assert ours.states(name, key, limit) == theirs.states(name, key, limit)
        assert content(ours) == theirs.content()


def _letters():
    return bytes([random.choice(b"\x00a\xffb") for _ in range(random.randrange(4))])


def test_a_hundred_thousand_rows_are_added_and_read_in_seconds():
    store = new()
    begin = time.ticks_ms()
    for number in range(100_000):
        number = number * 7919 % 100_000  # in no order
        store.add_key("due", number.to_bytes(8, "big"), bytes(32))
    store.commit()
    added = time.ticks_ms()
    rows, after = 0, None
    while True:
        page = store.scan("due", b"", after, 255)
        if not page:
            break
        assert page[0][0] == rows.to_bytes(8, "big")
        rows, after = rows + len(page), page[-1]
    assert rows == 100_000
    read = time.ticks_ms()
    print(f"100,000 rows: added in {added - begin} ms, read in {read - added} ms,", end=" ")
    print(f"{store.used() // 100_000} bytes each")
    assert read - begin < 10_000
    store.close()


def test_ten_thousand_changes_leave_no_more_memory_than_one():
    store, sizes = new(), []
    store.append(0, b"h", b"s", b"b", b"a")
    store.commit()
    for number in range(10_000):
        store.put("kind", b"key", bytes(number % 50))
        store.add_key("index", bytes([number % 256]), b"id")
        store.replace(0, None, None, bytes(number % 50))
        if number % 3 == 0:
            store.rollback()
        store.drop("kind", b"key")
        store.drop_key("index", bytes([number % 256]), b"id")
        store.replace(0, None, None, b"")
        store.commit()
        if number in (99, 9_999):
            gc.collect()
            sizes.append((store.used(), gc.mem_alloc()))
    (used, heap), (used_at_last, heap_at_last) = sizes
    assert used_at_last == used
    assert heap_at_last <= heap + 200, heap_at_last - heap  # the sizes themselves


def test_rows_are_not_in_the_collected_heap():
    store = new()
    gc.collect()
    before = gc.mem_alloc()
    for number in range(1_000):
        store.put("kind", number.to_bytes(4, "big"), bytes(1_000))
    store.commit()
    gc.collect()
    assert gc.mem_alloc() - before < 2_000
    assert 1_000_000 < store.used() < 1_100_000
    store.close()


def test_a_full_store_says_so_and_stays_usable():
    store = RamStore(StorageFailed, 4_000)
    for number in range(5):
        store.put("kind", bytes([number]), bytes(100))
    store.commit()
    before = content(store)
    for change in (
        lambda: store.put("kind", b"\x01", bytes(4_000)),
        lambda: store.put("kind", b"new", bytes(4_000)),
        lambda: store.add_key("index", bytes(4_000), b"id"),
        lambda: store.append(0, b"h", b"s", bytes(4_000), b""),
    ):
        error = raised_by(change)
        assert isinstance(error, StorageFailed) and "full" in error.wrong and error.todo
        assert content(store) == before
    store.rollback()
    store.put("kind", b"\x01", b"")
    assert store.get("kind", b"\x01") == b""


def test_a_closed_store_says_so():
    store = new()
    store.close()
    store.close()
    for call in (lambda: store.get("kind", b""), store.count, store.commit, store.rollback):
        error = raised_by(call)
        assert isinstance(error, StorageFailed) and "closed" in error.wrong


def test_a_store_that_nobody_holds_gives_its_memory_back():
    for _ in range(200):
        store = new()
        store.put("kind", b"key", bytes(1_000_000))
        store = None
        gc.collect()


def test_what_is_of_the_wrong_type_is_refused_and_changes_nothing():
    store = new()
    for call in (
        lambda: store.put("kind", "text", b""),
        lambda: store.put("kind", b"", None),
        lambda: store.put(b"kind", 3, b""),
        lambda: store.scan("index", b"", b"after", 1),
        lambda: store.scan("index", b"", (b"", b"", b""), 1),
        lambda: store.append(0, None, b"", b"", b""),
        lambda: store.entry("0"),
        lambda: RamStore(),
    ):
        assert isinstance(raised_by(call), TypeError)
    assert content(store) == ({}, [], [])
    assert isinstance(raised_by(store.replace, 0, None, None, None), StorageFailed)
    assert isinstance(raised_by(store.append, 2**40, b"", b"", b"", b""), StorageFailed)
    assert store.entry(-1) is None and store.scan("index", b"", None, -1) == []

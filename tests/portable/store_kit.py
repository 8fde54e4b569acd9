"""The conformance kit that every store must pass: functions `check_*`, each given a factory.

A factory is a function without arguments to a new, empty store. Its store may have a method
`reopened()`: the same store as after a restart, without a word to the one before. Where there is
none, what was not committed is dropped by `rollback`, which must be the same to whoever reads.

    for check in CHECKS:
        check(make_store)
"""

from runtime.wire.errors import StorageFailed

ID = b"\x11" * 32


def reopened(store):
    """The store as it is after a restart."""
    if hasattr(store, "reopened"):
        return store.reopened()
    store.rollback()
    return store


def rows(store, index="index", prefix=b"", after=None, limit=100):
    """A scan, as lists of tuples."""
    return [tuple(row) for row in store.scan(index, prefix, after, limit)]


def ident(number):
    return bytes([number]) * 32


def check_what_was_put_is_there_at_once(make):
    store = make()
    assert store.get("kind", ID) is None
    store.put("kind", ID, b"one")
    assert store.get("kind", ID) == b"one"
    store.put("kind", ID, b"two")
    assert store.get("kind", ID) == b"two"


def check_kinds_and_keys_are_apart(make):
    store = make()
    store.put("a", b"key", b"1")
    store.put("b", b"key", b"2")
    store.put("a", b"ke", b"3")
    store.put("a", b"", b"4")
    assert [store.get(kind, key) for kind, key in (
        ("a", b"key"), ("b", b"key"), ("a", b"ke"), ("a", b""), ("c", b"key"), ("a", b"keys"),
    )] == [b"1", b"2", b"3", b"4", None, None]  # fmt: skip


def check_any_bytes_come_back(make):
    store = make()
    for value in (b"", b"\x00", b"\x00\xff" * 500, bytes(range(256)), bytes(60000)):
        store.put("kind", value[:32], value)
        assert store.get("kind", value[:32]) == value
        assert isinstance(store.get("kind", value[:32]), bytes)


def check_scans_ascend_by_key_and_id_as_bytes(make):
    store = make()
    keys = [b"b", b"", b"a\xff", b"a", b"\xff", b"a\x00", b"\x00", b"B", b"aa"]
    for key in keys:
        for number in (200, 3, 77):
            store.add_key("index", key, ident(number))
    assert rows(store) == [(key, ident(number)) for key in sorted(keys) for number in (3, 77, 200)]


def check_scans_see_one_index_and_one_prefix(make):
    store = make()
    for index in ("index", "other"):
        for key in (b"a", b"ab", b"abc", b"b", b"\xff", b"\xff\xff", b"\xff\xfe", b"\xfe"):
            store.add_key(index, key, ident(len(index)))
    for prefix, expected in (
        (b"a", [b"a", b"ab", b"abc"]), (b"ab", [b"ab", b"abc"]), (b"abcd", []), (b"c", []),
        (b"\xff", [b"\xff", b"\xff\xfe", b"\xff\xff"]), (b"\xff\xff", [b"\xff\xff"]),
        (b"\xff\xff\xff", []), (b"\xfe", [b"\xfe"]), (b"\xfe\xff", []),
    ):  # fmt: skip
        assert [row[0] for row in rows(store, prefix=prefix)] == expected, prefix
    assert rows(store, "nothing") == []
    assert {row[1] for row in rows(store, "other")} == {ident(5)}


def check_pages_follow_each_other_without_gap_or_repeat(make):
    store = make()
    for number in range(20):
        store.add_key("index", bytes([number // 3]), ident(number))
        store.add_key("index", b"\xffbehind", ident(number))
    for prefix in (b"", b"\x02", b"\xff"):
        whole = rows(store, prefix=prefix)
        for limit in (1, 2, 3, 7, 100):
            seen, after = [], None
            while True:
                page = rows(store, prefix=prefix, after=after, limit=limit)
                assert len(page) <= limit
                seen.extend(page)
                if len(page) < limit:
                    break
                after = page[-1]
            assert seen == whole


def check_a_cursor_need_not_exist_and_never_leaves_the_prefix(make):
    store = make()
    for number in (10, 20, 30):
        store.add_key("index", b"a", ident(number))
        store.add_key("index", b"b", ident(number))
    assert rows(store, prefix=b"a", after=(b"a", ident(15)))[0] == (b"a", ident(20))
    assert rows(store, prefix=b"a", after=(b"a", ident(30))) == []
    assert rows(store, prefix=b"a", after=(b"b", ident(1))) == []
    assert len(rows(store, prefix=b"b", after=(b"a", ident(99)))) == 3
    assert len(rows(store, prefix=b"b", after=(b"", b""))) == 3
    assert len(rows(store, prefix=b"a", after=(b"", ident(255)))) == 3
    assert rows(store, limit=0) == []


def check_a_key_is_added_and_dropped_once(make):
    store = make()
    for _ in range(2):
        store.add_key("index", b"a", ID)
    store.add_key("index", b"b", ID)
    assert rows(store) == [(b"a", ID), (b"b", ID)]
    for _ in range(2):
        store.drop_key("index", b"a", ID)
    store.drop_key("nothing", b"a", ID)
    store.drop_key("index", b"b", ident(2))
    assert rows(store) == [(b"b", ID)]


def check_entries_are_counted_and_come_back(make):
    store = make()
    assert store.count() == 0 and store.entry(0) is None
    for sequence in range(3):
        parts = [part + bytes([sequence]) for part in (b"header", b"salt", b"body", b"")]
        store.append(sequence, *parts)
        assert store.count() == sequence + 1
        assert tuple(store.entry(sequence)) == tuple(parts)
    assert store.entry(3) is None


def check_an_entry_is_written_once(make):
    store = make()
    store.append(0, b"h", b"s", b"b", b"a")
    try:
        store.append(0, b"H", b"S", b"B", b"A")
    except StorageFailed:
        assert tuple(store.entry(0)) == (b"h", b"s", b"b", b"a")
        return
    raise AssertionError("an entry was written over")


def check_what_was_dropped_is_gone(make):
    store = make()
    store.put("kind", ID, b"one")
    store.drop("kind", ID)
    store.drop("kind", ID)
    store.drop("other", ID)
    assert store.get("kind", ID) is None
    store.put("kind", ID, b"two")
    assert store.get("kind", ID) == b"two"


def check_an_entry_keeps_its_header_when_the_rest_is_replaced(make):
    store = make()
    for number in range(3):
        store.append(number, b"h", b"s", b"b", b"a")
    store.commit()
    store.replace(0, None, None, None)
    store.replace(1, b"s", b"b", b"less")
    assert tuple(store.entry(0)) == (b"h", None, None, None)
    assert tuple(store.entry(1)) == (b"h", b"s", b"b", b"less")
    assert tuple(store.entry(2)) == (b"h", b"s", b"b", b"a")
    store.rollback()
    assert tuple(store.entry(0)) == (b"h", b"s", b"b", b"a")
    store.replace(0, None, None, None)
    store.commit()
    store = reopened(store)
    assert tuple(store.entry(0)) == (b"h", None, None, None) and store.count() == 3


def check_states_of_a_kind_ascend_by_key(make):
    store = make()
    for key in (b"b", b"", b"\xff", b"a\x00", b"a"):
        store.put("kind", key, b"state of " + key)
        store.put("other", key, b"")
    whole = [(key, b"state of " + key) for key in (b"a", b"a\x00", b"b", b"\xff")]
    assert [tuple(row) for row in store.states("kind", b"", 9)] == whole
    assert [tuple(row) for row in store.states("kind", b"a", 2)] == whole[1:3]
    assert [tuple(row) for row in store.states("kind", b"\xff", 2)] == []


def _fill(store):
    store.put("kind", ID, b"kept")
    store.add_key("index", b"a", ID)
    store.append(0, b"h", b"s", b"b", b"a")
    store.commit()


def _change(store):
    store.put("kind", ID, b"changed")
    store.put("kind", b"new", b"new")
    store.put("kind", b"new", b"newer")
    store.drop_key("index", b"a", ID)
    store.add_key("index", b"b", ID)
    store.add_key("index", b"a", ident(2))
    store.put("kind", b"gone", b"gone")
    store.drop("kind", b"gone")
    store.append(1, b"h", b"s", b"b", b"a")


def _check_filled(store):
    assert store.get("kind", ID) == b"kept"
    assert store.get("kind", b"new") is None
    assert rows(store) == [(b"a", ID)]
    assert store.count() == 1 and store.entry(1) is None


def _check_changed(store):
    assert store.get("kind", ID) == b"changed"
    assert store.get("kind", b"new") == b"newer"
    assert rows(store) == [(b"a", ident(2)), (b"b", ID)]
    assert store.count() == 2 and store.entry(1) is not None


def check_a_rollback_drops_everything_since_the_commit(make):
    store = make()
    _fill(store)
    _change(store)
    _check_changed(store)
    store.rollback()
    _check_filled(store)
    store.rollback()
    _check_filled(store)
    _change(store)
    store.commit()
    store.rollback()
    _check_changed(store)


def check_the_last_commit_is_there_after_a_restart(make):
    store = make()
    _fill(store)
    _change(store)
    store = reopened(store)
    _check_filled(store)
    _change(store)
    store.commit()
    _check_changed(reopened(store))


def check_an_empty_store_stays_usable(make):
    store = make()
    store.rollback()
    store.commit()
    store.commit()
    _fill(store)
    _check_filled(reopened(store))


CHECKS = (
    check_what_was_put_is_there_at_once,
    check_kinds_and_keys_are_apart,
    check_any_bytes_come_back,
    check_scans_ascend_by_key_and_id_as_bytes,
    check_scans_see_one_index_and_one_prefix,
    check_pages_follow_each_other_without_gap_or_repeat,
    check_a_cursor_need_not_exist_and_never_leaves_the_prefix,
    check_a_key_is_added_and_dropped_once,
    check_entries_are_counted_and_come_back,
    check_an_entry_is_written_once,
    check_what_was_dropped_is_gone,
    check_an_entry_keeps_its_header_when_the_rest_is_replaced,
    check_states_of_a_kind_ascend_by_key,
    check_a_rollback_drops_everything_since_the_commit,
    check_the_last_commit_is_there_after_a_restart,
    check_an_empty_store_stays_usable,
)

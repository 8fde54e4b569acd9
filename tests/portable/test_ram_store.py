"""The store that other tests run on passes the kit that every store must pass."""

from tests.portable.ram_store import RamStore
from tests.portable.store_kit import CHECKS


def test_the_store_in_memory_conforms():
    for check in CHECKS:
        check(RamStore)


def test_a_copy_has_the_same_content_and_a_life_of_its_own():
    store = RamStore()
    store.put("kind", b"key", b"1")
    store.add_key("index", b"a", b"id")
    store.append(0, b"h", b"s", b"b", b"a")
    store.commit()
    copy = store.copy()
    assert copy.content() == store.content()
    copy.put("kind", b"key", b"2")
    copy.add_key("index", b"b", b"id")
    assert store.get("kind", b"key") == b"1" and len(store.scan("index", b"", None, 9)) == 1

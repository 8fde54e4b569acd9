"""The store whose host keeps passes the kit, and the host is held to what it was given."""

from firmware.node.ram import RamStore
from runtime.wire.errors import Refused, StorageFailed
from tests.portable.kept import Device
from tests.portable.store_kit import CHECKS
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import VALUES, World

ID = b"\x11" * 32


class Restarted:
    """A store that comes back from its device, as the kit wants it."""

    def __init__(self, device):
        self.device = device
        self.store = device.store()

    def __getattr__(self, name):
        return getattr(self.store, name)

    def reopened(self):
        return Restarted(self.device)


def plain(least=1 << 18, ram=RamStore):
    """A device whose journal has no tree."""
    return Device(root=lambda store: bytes(32), least=least, ram=ram)


def rams():
    """The stores of RAM that this Python has."""
    try:
        import ramstore
    except ImportError:
        return (RamStore,)
    return RamStore, lambda: ramstore.RamStore(StorageFailed)


def test_the_store_conforms_on_every_ram():
    for ram in rams():
        for check in CHECKS:
            check(lambda ram=ram: Restarted(plain(ram=ram)))


def test_the_store_conforms_with_a_checkpoint_after_every_commit():
    for ram in rams():
        for check in CHECKS:
            check(lambda ram=ram: Restarted(plain(1, ram)))


def test_a_checkpoint_is_the_same_of_every_ram():
    found = []
    for ram in rams():
        device = plain(ram=ram)
        store = device.store()
        for key in (b"b", b"", b"\xff", b"a"):
            store.put("kind", key, b"state of " + key)
            store.put("a kind", key, b"")
            store.add_key("index", key, ID)
            store.add_key("index", key, b"")
        store.drop("a kind", b"b")
        store.commit()
        store.keep_checkpoint()
        again = device.store()
        found.append([change for change in again._everything() if change[0] != 4])
        assert len(found[-1]) == 4 + 3 + 8
    assert found[1:] == found[:-1]


def put(store, *values):
    """Make a commit for each value."""
    for value in values:
        store.put("kind", ID, value)
        store.add_key("index", value, ID)
        store.append(store.count(), b"header", b"salt", b"body of " + value, b"")
        store.commit()


def refused(device, *words):
    """The power-up is refused, and the error has these words."""
    try:
        device.store()
    except Refused as error:
        assert error.todo
        for word in words:
            assert word in str(error), str(error)
        return
    raise AssertionError("the node started")


def test_a_new_store_has_nothing_and_comes_back():
    device = plain()
    for _ in range(3):
        store = device.store()
        assert store.count() == 0 and store.entry(0) is None


def test_a_commit_of_nothing_asks_nobody():
    device = plain()
    store = device.store()
    del device.host.asked[:]
    store.commit()
    assert device.host.asked == []


def test_a_commit_is_one_message():
    device = plain()
    store = device.store()
    del device.host.asked[:]
    put(store, b"one")
    assert device.host.asked == ["keep"]


def test_what_the_host_keeps_says_nothing():
    device = plain()
    put(device.store(), b"a value that is known here")
    for box in device.host.boxes.values():
        assert b"known" not in box and b"kind" not in box


def test_records_before_a_checkpoint_are_dropped_and_the_state_stays():
    device = plain(least=2000)
    store = device.store()
    put(store, *[b"value %d" % number for number in range(40)])
    assert 0 < store.checkpoint < store.record == 40
    records = [key[1] for key in device.host.boxes if key[0] == "record"]
    assert sorted(records) == list(range(store.checkpoint + 1, 41))
    assert {key[1] for key in device.host.boxes if key[0] == "checkpoint"} == {store.checkpoint}
    again = device.store()
    assert again.get("kind", ID) == b"value 39" and again.count() == 40
    assert again.entry(3)[2] == b"body of value 3"
    assert len(again.scan("index", b"", None, 99)) == 40


def test_large_states_entries_and_batches_go_in_several_messages():
    device = plain(least=300_000)
    store = device.store()
    for number in range(12):
        store.put("kind", bytes([number]), bytes([number]) * 50_000)
    store.append(0, b"header", b"salt", bytes(150_000), b"x" * 50_000)
    store.commit()
    assert store.checkpoint == 1
    store = device.store()
    assert store.get("kind", b"\x0b") == b"\x0b" * 50_000
    assert store.entry(0) == (b"header", b"salt", bytes(150_000), b"x" * 50_000)


def test_a_state_that_fits_no_message_is_an_error_and_leaves_nothing():
    store = plain().store()
    put(store, b"one")
    store.put("kind", ID, bytes(61_440))
    try:
        store.commit()
    except StorageFailed as error:
        assert "a kind has 61484 bytes" in str(error), str(error)
        assert store.get("kind", ID) == b"one"
        return
    raise AssertionError("it fitted")


def test_a_host_that_cannot_store_fails_the_commit_and_the_next_one_goes_on():
    device = plain()
    store = device.store()
    put(store, b"one")
    device.host.full = True
    try:
        put(store, b"two")
    except StorageFailed as error:
        assert "disk is full" in str(error)
    else:
        raise AssertionError("it was stored")
    assert store.get("kind", ID) == b"one" and store.count() == 1 and store.entry(1) is None
    device.host.full = False
    put(store, b"three")
    assert device.store().entry(1)[2] == b"body of three"


def test_a_host_that_cannot_take_a_checkpoint_does_not_fail_the_commit_before():
    device = plain(least=1)
    store = device.store()
    keep = device.host.keep
    device.host.keep = lambda number, last, drops, boxes: (
        fail() if boxes[0][0] == "checkpoint" else keep(number, last, drops, boxes)
    )
    put(store, b"one")
    assert (store.record, store.checkpoint) == (1, 0)
    device.host.keep = keep
    put(store, b"two")
    assert (store.record, store.checkpoint) == (2, 2)


def fail():
    raise StorageFailed("the disk is full")


def test_what_was_erased_is_in_no_box_that_is_left():
    device = plain()
    store = device.store()
    put(store, b"one", b"two")
    before = device.host.boxes.copy()
    store.drop("kind", ID)
    store.replace(0, None, None, None)
    store.commit()
    left = device.host.boxes
    assert not [key for key in left if key[0] == "record"]
    assert left["entry", 0, 0] != before["entry", 0, 0]
    again = device.store()
    assert again.entry(0) == (b"header", None, None, None) and again.get("kind", ID) is None


def test_an_erasure_whose_checkpoint_failed_is_made_good_after_the_next_start():
    device = plain()
    store = device.store()
    put(store, b"one", b"two")
    keep = device.host.keep
    device.host.keep = lambda number, last, drops, boxes: (
        fail() if boxes[0][0] == "checkpoint" else keep(number, last, drops, boxes)
    )
    store.drop("kind", ID)
    store.commit()
    assert [key for key in device.host.boxes if key[0] == "record"]
    device.host.keep = keep
    put(device.store(), b"three")
    assert not [key for key in device.host.boxes if key[0] == "record"]


# ------------------------------------------------------------------------------ a bad host


def three():
    """A device with three records."""
    device = plain()
    put(device.store(), b"one", b"two", b"three")
    return device


def test_a_host_that_drops_a_record_is_refused():
    for number in (1, 2, 3):
        device = three()
        del device.host.boxes["record", number, 0]
        refused(device, f"records up to {number - 1} only", "all up to 3")


def test_a_host_that_drops_everything_is_refused():
    device = three()
    device.host.boxes = {}
    refused(device, "records up to 0 only", "all up to 3")


def test_a_host_that_reorders_records_is_refused():
    device = three()
    boxes = device.host.boxes
    boxes["record", 2, 0], boxes["record", 3, 0] = boxes["record", 3, 0], boxes["record", 2, 0]
    refused(device, "record 2 is not the one that was sealed")


def test_a_host_that_changes_a_byte_is_refused():
    size = len(three().host.boxes["record", 2, 0])
    for at in range(size):
        device = three()
        box = bytearray(device.host.boxes["record", 2, 0])
        box[at] ^= 1
        device.host.boxes["record", 2, 0] = bytes(box)
        refused(device, "record 2 is not the one that was sealed")


def test_a_host_that_brings_rubbish_is_refused():
    for rubbish in (b"", bytes(16), bytes(17), bytes(33), bytes(1000)):
        device = three()
        device.host.boxes["record", 4, 0] = rubbish
        refused(device, "record 4 is not the one that was sealed")


def test_a_host_rolled_back_to_any_former_time_is_refused():
    for least in (1 << 18, 1):
        device = plain(least)
        store = device.store()
        times = [device.host.boxes.copy()]
        for number in range(5):
            put(store, b"value %d" % number)
            times.append(device.host.boxes.copy())
        for boxes in times[:-1]:
            device.host.boxes = boxes
            refused(device, "all up to 5")
        device.host.boxes = times[-1]
        assert device.store().count() == 5


def test_an_older_checkpoint_with_the_records_of_today_is_refused():
    device = plain()
    store = device.store()
    put(store, b"one", b"two")
    store.keep_checkpoint()
    former = device.host.boxes.copy()
    put(store, b"three")
    device.host.boxes = {key: box for key, box in former.items() if key[0] == "checkpoint"}
    refused(device, "records up to 2 only")


def test_a_checkpoint_under_another_number_is_refused():
    device = plain()
    store = device.store()
    put(store, b"one", b"two")
    store.keep_checkpoint()
    box = device.host.boxes.pop(("checkpoint", 2, 0))
    for number in (1, 2, 3):
        device.host.boxes = {("checkpoint", number, 0): box}
        if number == 2:
            device.store()
        else:
            refused(device)


def test_a_checkpoint_of_more_than_the_anchor_knows_is_refused():
    device = plain()
    former = bytes(device.flash.content)
    store = device.store()
    put(store, b"one")
    store.keep_checkpoint()
    device.flash.content[:] = former
    refused(device, "the host has a checkpoint of record 1")


def test_a_checkpoint_whose_end_is_missing_is_refused():
    device = plain(least=1)
    store = device.store()
    for number in range(4):
        store.put("kind", bytes([number]), bytes(40_000))
    store.commit()
    assert ("checkpoint", 1, 3) in device.host.boxes
    del device.host.boxes["checkpoint", 1, 3]
    refused(device, "checkpoint 1 is missing, part 3")


def test_parts_of_two_checkpoints_of_one_record_are_refused():
    device = plain(least=1)
    store = device.store()
    for number in range(4):
        store.put("kind", bytes([number]), bytes(40_000))
    store.commit()
    first = device.host.boxes["checkpoint", 1, 1]
    store.keep_checkpoint()
    assert device.host.boxes["checkpoint", 1, 1] != first
    device.store()
    device.host.boxes["checkpoint", 1, 1] = first
    refused(device, "checkpoint 1 is not the one that was sealed")


def test_records_of_another_node_are_refused():
    device, other = three(), Device(root=lambda store: bytes(32), key=bytes(32))
    put(other.store(), b"one", b"two", b"three")
    device.host.boxes["record", 1, 0] = other.host.boxes["record", 1, 0]
    refused(device, "record 1 is not the one that was sealed")


def test_a_record_that_was_never_acknowledged_cannot_come_back_beside_another():
    device = plain()
    store = device.store()
    put(store, b"one")
    keep = device.host.keep

    def lie(number, last, drops, boxes):
        keep(number, last, drops, boxes)
        device.lost = device.host.boxes.copy()
        raise StorageFailed("the disk is full")

    device.host.keep = lie
    try:
        put(store, b"two")
    except StorageFailed:
        pass
    device.host.keep = keep
    put(store, b"three")
    good = device.host.boxes
    device.host.boxes = device.lost
    refused(device, "record 2 does not lead to where this node was")
    device.host.boxes = good
    assert device.store().get("kind", ID) == b"three"


def bad_entry(device, number):
    store = device.store()
    try:
        store.entry(number)
    except StorageFailed as error:
        assert f"entry {number}" in str(error) and error.todo
        return
    raise AssertionError("the entry was taken")


def test_entries_that_are_dropped_swapped_or_changed_are_refused():
    device = three()
    boxes = device.host.boxes
    boxes["entry", 0, 0], boxes["entry", 1, 0] = boxes["entry", 1, 0], boxes["entry", 0, 0]
    bad_entry(device, 0)
    bad_entry(device, 1)
    boxes["entry", 2, 0] = boxes["entry", 2, 0][:-1] + bytes([boxes["entry", 2, 0][-1] ^ 1])
    bad_entry(device, 2)
    del boxes["entry", 2, 0]
    bad_entry(device, 2)


def test_an_entry_as_it_was_before_an_erasure_is_refused():
    device = three()
    former = device.host.boxes["entry", 1, 0]
    store = device.store()
    store.replace(1, None, None, None)
    store.commit()
    device.host.boxes["entry", 1, 0] = former
    bad_entry(device, 1)


def test_a_blank_anchor_is_refused():
    device = three()
    for sector in range(device.flash.sectors):
        device.flash.erase(sector)
    refused(device, "the anchor is lost")


# -------------------------------------------------------------------------------- a node


def test_a_node_goes_the_whole_path_on_it_and_comes_back():
    crypto = ToyCrypto()
    device = Device(crypto, least=20_000)
    world = World(device.store(), crypto).ready()
    world.user = world.enrol(world.person("Ada"), VALUES)
    code = world.generate(world.user)
    world.viewed(world.user, code)
    record = world.activate(world.user, code).record
    world.view(record)
    before = world.node.journal.size, world.node.journal.tree.root()
    world.store = device.store()
    world.boot(knows_time=False)
    assert (world.node.journal.size, world.node.journal.tree.root()) == before
    assert world.node.verified == before[0]
    assert world.store.checkpoint > 0
    world.boot()
    world.settle(code)
    assert world.state("code", code).status == "settled"
    assert not world.failures, world.failures

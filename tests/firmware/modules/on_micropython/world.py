"""Whole engagements with store, crypto and accelerator in C."""

import gc
import os
import time

from accelerator import Accelerator
from ramstore import RamStore

from firmware.node.crypto import Crypto
from runtime.wire.errors import StorageFailed
from tests.firmware.modules.engagement import described, run
from tests.portable.world import VALUES

ENGAGEMENTS = 30
MAX_LIVE = 16  # entities in the heap at a time, 10 KB each
LEAVES = 600  # bytes that the journal's tree may take for the entries of an engagement


def settled(world, name):
    user = world.enrol(world.person(name), VALUES)
    code = world.generate(user)
    world.viewed(user, code)
    world.view(world.activate(user, code).record)
    world.settle(code)


def test_an_engagement_settles_with_everything_in_c():
    begin = time.ticks_ms()
    print(described(run(RamStore(StorageFailed), Crypto(os.urandom), Accelerator())))
    print(f"an engagement with its preparation: {time.ticks_ms() - begin} ms")


def test_what_engagements_leave_is_not_in_the_collected_heap():
    store = RamStore(StorageFailed)
    world = run(store, Crypto(os.urandom), Accelerator(), MAX_LIVE)
    world.deposit(500_000_000, b"payment 2")
    world.publish(serial=2, budget=500_000_000)
    sizes = []
    for number in range(ENGAGEMENTS):
        settled(world, f"user {number}")
        if number in (4, ENGAGEMENTS - 1):
            gc.collect()
            sizes.append((gc.mem_alloc(), store.used()))
    (heap, used), (heap_at_last, used_at_last) = sizes
    count = ENGAGEMENTS - 5
    each = (heap_at_last - heap) // count
    print(f"heap {heap_at_last} bytes, {each} more for an engagement;", end=" ")
    print(f"store {used_at_last} bytes, {(used_at_last - used) // count} more")
    assert each < LEAVES
    assert (used_at_last - used) // count > 20_000, "it is not in the store either"

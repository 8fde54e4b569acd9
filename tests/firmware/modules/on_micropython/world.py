"""Whole engagements with store, crypto and accelerator in C."""

import gc
import time

from accelerator import Accelerator
from ramstore import RamStore

from firmware.node.crypto import Crypto
from runtime.wire.errors import StorageFailed
from tests.firmware.modules.engagement import described, run
from tests.portable.world import VALUES

ENGAGEMENTS = 12


def test_an_engagement_settles_with_everything_in_c():
    begin = time.ticks_ms()
    world, _, _ = run(RamStore(StorageFailed), Crypto(), Accelerator())
    print(described(world))
    print(f"an engagement with its preparation: {time.ticks_ms() - begin} ms")


def test_what_engagements_leave_is_not_in_the_collected_heap():
    store = RamStore(StorageFailed)
    world, _, _ = run(store, Crypto(), Accelerator())
    world.deposit(500_000_000, b"payment 2")
    world.publish(serial=2, budget=500_000_000)
    sizes = []
    for number in range(ENGAGEMENTS):
        settled(world, f"user {number}")
        if number in (1, ENGAGEMENTS - 1):
            world.node.directory.passivate_all()
            gc.collect()
            sizes.append((gc.mem_alloc(), store.used()))
    (heap, used), (heap_at_last, used_at_last) = sizes
    each = (heap_at_last - heap) // (ENGAGEMENTS - 2)
    print(f"heap {heap_at_last} bytes, {each} more for an engagement;", end=" ")
    print(f"store {used_at_last} bytes, {(used_at_last - used) // (ENGAGEMENTS - 2)} more")


def settled(world, name):
    user = world.enrol(world.person(name), VALUES)
    code = world.generate(user)
    world.viewed(user, code)
    world.view(world.activate(user, code).record)
    world.settle(code)

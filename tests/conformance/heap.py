"""Prints what of MicroPython's heap a node takes, after more and more engagements.

    micropython tests/conformance/heap.py ENGAGEMENTS STEP

One line each STEP engagements: engagements, requests, bytes of the collected heap in use, and of
the store beside it. The parties are in this heap too; their share does not grow.
"""

import gc
import sys

from ramstore import RamStore

from firmware.node.crypto import Crypto
from runtime.wire.errors import StorageFailed
from tests.portable.world import World

LIVE = 32  # entities in memory, as on a board


def main(engagements, step):
    store = RamStore(StorageFailed)
    world = World(store, Crypto(), max_live=LIVE)
    world.ready(10**12)
    world.publish(serial=2, budget=10**12)
    sent = 0
    for number in range(engagements + 1):
        if number % step == 0:
            gc.collect()
            print(number, sent, gc.mem_alloc(), store.used())
        user = world.enrol(world.person(f"user {number}"), (b"Ada Lovelace", b"a@example.org"))
        code = world.generate(user)
        world.viewed(user, code)
        world.view(world.activate(user, code).record)
        world.settle(code)
        sent += 8


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

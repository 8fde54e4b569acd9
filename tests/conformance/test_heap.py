"""What a node on MicroPython takes of its heap does not grow with what it has done."""

from __future__ import annotations

import os

from tests.conformance.heap_of import READS, engagements, heap_of, requests

ENGAGEMENTS = int(os.environ.get("OPTIN_ENGAGEMENTS", "48"))
STEP = 8
MIB = 1 << 20
RULES = 520  # bytes in the store of rules, their entry's mark and what the journal's tree adds


def test_ten_thousand_requests_leave_nothing_in_the_heap_and_only_state_beside_it() -> None:
    _, first, middle, last = heap_of(
        requests(0, 2000), requests(2000, 6000), requests(6000, 10_000)
    )
    assert last.requests > 10_000
    assert max(middle.heap, last.heap) - first.heap < 4096
    for before, after in ((first, middle), (middle, last)):
        commands = 4000 // (READS + 1)
        assert 0 < after.store - before.store < RULES * commands


def test_engagements_come_and_go_within_a_mebibyte() -> None:
    """The heap rises and falls with what is kept at hand; `make bench` has a thousand of them."""
    steps = range(0, ENGAGEMENTS, STEP)
    lines = heap_of(*[engagements(first, first + STEP) for first in steps])
    heap = [line.heap for line in lines[1:]]
    early, late = heap[: len(heap) // 2], heap[len(heap) // 2 :]
    assert max(heap) < MIB
    assert max(late) - max(early) < 16 * 1024

"""What a node on MicroPython takes of its heap does not grow with what it has done."""

from __future__ import annotations

import os

from firmware import micropython
from tests.conformance.heap_of import heap_of

ENGAGEMENTS = int(os.environ.get("OPTIN_ENGAGEMENTS", "120"))
MIB = 1 << 20


def test_a_node_with_many_engagements_stays_under_a_mebibyte() -> None:
    lines = heap_of(micropython.ensure().micropython, ENGAGEMENTS, ENGAGEMENTS // 4)
    assert lines[-1].requests == 8 * ENGAGEMENTS
    settled = [line.heap for line in lines[1:]]
    assert max(settled) < MIB
    # Entities come and go within the bound; beyond that nothing is left of a request.
    assert settled[-1] - settled[0] < 64 * 1024

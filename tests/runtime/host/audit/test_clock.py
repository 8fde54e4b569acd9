"""The clock moves forward, and far only with two witnesses."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.wire.schema import evolve
from tests.portable.world import SECOND
from tests.runtime.host.audit.journal import (
    Journal,
    event_of,
    fails,
    recommanded,
    with_event,
    without,
)


def stepped(journal: Journal, which: int, seconds: int, **changes: Any) -> tuple[int, list[Any]]:
    """The entries with another step of the clock, witnesses' signatures erased: (where, they)."""
    position = journal.position("set_clock", which)
    entry = without(journal.entries[position], "witness-signature")
    time = entry.header.time + seconds * SECOND
    forged = recommanded(journal, entry, journal.world.operator, time=time, **changes)
    return position, journal.with_entry(position, with_event(forged, "clock_set", time=time))


def test_a_large_step_needs_two_witnesses(journal: Journal) -> None:
    position, entries = stepped(journal, 1, 36_000, witnesses=())
    fails(journal.audit(entries), position, "clock",
          "a step of 36000 s by the operator alone; expected two witnesses")  # fmt: skip
    one = journal.world.witnesses[0].id
    position, entries = stepped(journal, 1, 36_000, witnesses=(one, one))
    fails(journal.audit(entries), position, "clock", "expected two witnesses")
    position, entries = stepped(journal, 1, 36_000, witnesses=(one, journal.world.partner.id))
    fails(journal.audit(entries), position, "clock", "expected two witnesses")


def test_how_far_is_far_depends_on_the_longest_uptime_there_can_have_been(
    journal: Journal,
) -> None:
    position, entries = stepped(journal, 0, 10 * 3600)
    fails(journal.audit(entries), position, "clock", "a step of 36000 s by the operator alone")
    # Less than a thousandth of a year: it may have been up that long before its first entry.
    position, entries = stepped(journal, 0, 8 * 3600)
    fails(journal.audit(entries), position + 1, "times", "to which the clock was set")


@pytest.mark.parametrize("seconds", [0, -5])
def test_a_step_that_is_none_or_back_is_named(journal: Journal, seconds: int) -> None:
    position, entries = stepped(journal, 1, seconds)
    fails(journal.audit(entries), position, "clock", "expected a time to come")


def test_signatures_for_another_time_are_named(journal: Journal) -> None:
    position = journal.position("set_clock", 1)
    entry = journal.entries[position]
    time = event_of(entry, "clock_set").time - 1
    forged = recommanded(journal, entry, journal.world.operator, time=time)
    forged = with_event(forged, "clock_set", time=time)
    fails(journal.audit(journal.with_entry(position, forged)), position, "witness signatures",
          "not valid as that of witness")  # fmt: skip
    signed = [item for item in entry.attachments if item.label == "witness-signature"]
    other = [item for item in entry.attachments if item.label != "witness-signature"]
    swapped = evolve(entry, attachments=(*other, signed[1], signed[0]))
    fails(journal.audit(journal.with_entry(position, swapped)), position, "witness signatures",
          "not valid as that of witness")  # fmt: skip


def test_signatures_that_are_there_must_be_right_whatever_the_step(journal: Journal) -> None:
    small, large = (journal.position("set_clock", which) for which in (0, 1))
    given = tuple(item for item in journal.entries[large].attachments
                  if item.label == "witness-signature")  # fmt: skip
    entry = journal.entries[small]
    entry = evolve(entry, attachments=entry.attachments + given)
    fails(journal.audit(journal.with_entry(small, entry)), small, "clock", "two witnesses")
    named = tuple(witness.id for witness in journal.world.witnesses[:2])
    entry = recommanded(journal, entry, journal.world.operator, witnesses=named)
    fails(journal.audit(journal.with_entry(small, entry)), small, "witness signatures",
          "not valid as that of witness")  # fmt: skip


def test_time_before_that_to_which_the_clock_was_set_is_named(journal: Journal) -> None:
    position, entries = stepped(journal, 1, 40_001)
    fails(journal.audit(entries), position + 1, "times", "to which the clock was set")

"""Scores of users, computed anew from what sources saw."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runtime.host.audit.bundle import Identity
from runtime.host.audit.known import Activity, Known
from runtime.host.audit.report import Checks, Report
from runtime.host.audit.scores import DAY, FEEDS, YEAR, _composite
from runtime.wire import records
from runtime.wire.schema import make_id
from tests.portable.world import stage
from tests.runtime.host.audit.journal import (
    MASK,
    Journal,
    acted,
    fails,
    recommanded,
    with_event,
)


def test_a_code_for_a_user_whose_score_is_too_low_is_named(journal: Journal) -> None:
    strict = event_number(journal, journal.strict)
    position = journal.position("optin_record_event", 2)
    entries = journal.entries[:position] + journal.entries[position + 1 :]
    report = journal.audit(journal.renumbered(entries))
    fails(report, strict - 1, "scores", "got a code with a score of 82; expected at least 98")


def event_number(journal: Journal, offer: bytes) -> int:
    """Number of the entry that generated the first code of an offer."""
    return next(
        position
        for position in range(len(journal.entries))
        if offer in journal.entries[position].body
        and b"code_generated" in journal.entries[position].body
    )


def test_a_code_for_a_user_whose_score_jumped_is_named(journal: Journal) -> None:
    position = journal.position("define_weights")
    steep = records.Weights("steep", 1000, 1000, 8000)
    forged = recommanded(journal, journal.entries[position], journal.world.operator, weights=steep)
    forged = with_event(forged, "weights_defined", weights=steep)
    report = journal.audit(journal.with_entry(position, forged))
    fails(report, event_number(journal, journal.strict), "scores",
          "went from 19 to 99 in a day; expected an offer that accepts flagged")  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": MASK}, "its user is not enrolled"),
        ({"points": 0}, "it has 0 points"),
        ({"points": 1001}, "it has 1001 points; expected 1 to 1000"),
        ({"age": -1}, "it happened -1 ns ago"),
        ({"age": YEAR}, "within the last 365 days"),
        ({"event": make_id("test/event", 1)}, "counts again"),
    ],
)
def test_an_event_that_does_not_count_is_named(
    journal: Journal, changes: dict[str, Any], words: str
) -> None:
    event = {"event": MASK, "user": journal.eve.id, "points": 5, "age": 0, **changes}
    time = journal.entries[-1].header.time - event["age"]
    report = acted(journal, journal.source, "optin_record_event", event["event"], event["user"],
                   "ForumPost", event["points"], time)  # fmt: skip
    fails(report, len(journal.entries), "scores", words)


def test_an_event_of_somebody_who_is_no_source_is_named(journal: Journal) -> None:
    report = acted(journal, journal.world.partner, "optin_record_event", MASK, journal.eve.id,
                   "ForumPost", 1, 1)  # fmt: skip
    fails(report, len(journal.entries), "roles", "expected a party that is source")


AGES = st.one_of(st.integers(0, 2 * DAY), st.integers(YEAR - DAY, YEAR - 1), st.just(0))
EVENTS = st.tuples(st.sampled_from([t for types in FEEDS.values() for t in types]),
                   st.integers(1, 1000), AGES)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.lists(EVENTS, max_size=12), st.integers(0, 2 * DAY))
@example([("ApiVerification", 1000, DAY)], 0)
@example([("ApiVerification", 1000, DAY)], 1)
@example([("ApiVerification", 1000, YEAR - 1)], 0)
@example([("ApiVerification", 1000, YEAR - 1)], 1)
@example([("ApiVerification", 1000, 0), ("ForumPost", 1000, DAY + 1)], 0)
def test_node_and_auditor_come_to_the_same_score(seen: list[Any], later: int) -> None:
    world = stage("sourced")
    known = Known(Identity(bytes(32), b""), Checks(Report()))
    dimensions = {each: name for name, types in FEEDS.items() for each in types}
    for kind, points, age in seen:
        world.record_event(world.user, kind, points, world.now - age)
        activity = Activity(world.now - age, dimensions[kind], points)
        known.activities[world.user.id].append(activity)
    world.uptime.ns += later
    score = world.score(world.user)
    now, before = (_composite(known, world.user.id, world.now, until) for until in (0, DAY))
    assert (score.composite, score.flagged) == (now, now - before >= 30)

"""Activity scores: what counts towards them, and what a score was when a code was generated.

A score is as of a moment: three dimensions of what sources saw within a year, each the points in
tens and at most 100, weighted to one number. It is flagged if it is 30 or more above what it would
be without the last day.
"""

from __future__ import annotations

from collections import Counter

from runtime.host.audit.known import Activity, Known
from runtime.host.audit.parties import WHOLE
from runtime.host.audit.report import show
from runtime.host.audit.turn import Turn
from runtime.wire import records
from runtime.wire.schema import make_id

DAY = 86400 * 10**9  # ns
YEAR = 365 * DAY
MOST = 100  # of a dimension
MOST_POINTS = 1000  # of an event
JUMP = 30  # of a score within a day

FEEDS = {
    "authentication": ("ApiVerification",),
    "engagement": ("FormCompletion", "QuestionAsked", "DocumentDownload", "SurveyCompleted"),
    "sharing": ("ReferralMade", "ForumPost"),
}


def define_weights(known: Known, turn: Turn, message: records.DefineWeights) -> None:
    """Three parts of the whole, under a name of their own."""
    weights = message.weights
    total = weights.authentication + weights.engagement + weights.sharing
    known.check(
        "scores", total == WHOLE and weights.model not in ("", known.weights.model),
        f"the weights {weights.model!r:.60} sum to {total} basis points",
        f"{WHOLE}, under a name other than {known.weights.model!r:.60}",
    )  # fmt: skip
    known.weights = weights
    turn.expect("weights", records.SINGLETON, records.WeightsDefined(weights))


def optin_record_event(known: Known, turn: Turn, message: records.OptinRecordEvent | None) -> None:
    """What a source saw a user do within a year counts, once."""
    if message is None or turn.signer is None:
        accepted, seen = turn.event("event_accepted"), turn.first("activity_recorded")
        known.check(
            "scores", 1 <= seen.points <= MOST_POINTS and 0 <= turn.time - seen.time < YEAR,
            f"an event of {seen.points} points at {seen.time} ns counts",
            f"1 to {MOST_POINTS} within the last 365 days",
        )  # fmt: skip
        turn.expect("activity", accepted.entity, accepted.fields)
        turn.expect("score", None, seen)
        return
    user, age = message.user, turn.time - message.time
    identity = make_id("optin/v1/activity", turn.signer, message.event)
    known.check.each(
        "scores", f"event {show(message.event)} of source {show(turn.signer)}",
        (user in known.users, "its user is not enrolled", "an enrolled user"),
        (1 <= message.points <= MOST_POINTS, f"it has {message.points} points",
         f"1 to {MOST_POINTS}"),
        (0 <= age < YEAR, f"it happened {age} ns ago", "within the last 365 days"),
        (identity not in known.activity_ids, "it counts again", "once"),
    )  # fmt: skip
    known.activity_ids.add(identity)
    dimension = next(name for name, types in FEEDS.items() if message.type in types)
    known.activities[user].append(Activity(message.time, dimension, message.points))
    turn.expect("activity", identity, records.EventAccepted(turn.signer))
    turn.expect("score", user, records.ActivityRecorded(message.type, message.points, message.time))


def good_enough(known: Known, turn: Turn, user: bytes, terms: records.Terms) -> None:
    """Check that the user's score was what the offer asks for."""
    if terms.least_score == 0 and terms.accept_flagged:
        return
    if turn.time < known.activities_from:
        known.check.report.erased["scores"] += 1
        return
    now, before = (_composite(known, user, turn.time, until) for until in (0, DAY))
    known.check(
        "scores", now >= terms.least_score,
        f"user {show(user)} got a code with a score of {now}", f"at least {terms.least_score}",
    )  # fmt: skip
    known.check(
        "scores", terms.accept_flagged or now - before < JUMP,
        f"user {show(user)} got a code with a score that went from {before} to {now} in a day",
        "an offer that accepts flagged scores",
    )  # fmt: skip


def _composite(known: Known, user: bytes, time: int, leave_out: int) -> int:
    """The score at a time; without what happened in the last `leave_out` ns before it."""
    points: Counter[str] = Counter()
    for activity in known.activities.get(user, ()):
        if time - activity.time < YEAR and (not leave_out or time - activity.time > leave_out):
            points[activity.dimension] += activity.points
    weights = known.weights._asdict()
    whole: int = sum(weights[name] * min(MOST, points[name] // 10) for name in FEEDS)
    return whole // WHOLE

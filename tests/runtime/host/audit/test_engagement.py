"""Codes, consents and views that the rules do not allow."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.wire import records
from runtime.wire.schema import canonical, decode, evolve, unpack
from tests.portable.world import Use
from tests.runtime.host.audit.journal import (
    MASK,
    Journal,
    acted,
    event_of,
    fails,
    recommanded,
    with_body,
    with_event,
)


def test_a_view_for_somebody_who_is_no_partner_is_named(journal: Journal) -> None:
    ann = journal.world.person("ann").id
    bodies = [decode(records.Body, entry.body) for entry in journal.entries]
    position = next(
        body.sequence for body in bodies if body.method == "optin_enforce_view"
        and decode(records.Command, body.command).party == ann
    )  # fmt: skip
    access = records.AccessLogged(ann, MASK, MASK, MASK, True)
    events = bodies[position].events + (canonical(["access", MASK, "access_logged", access]),)
    forged = with_body(journal.entries[position], events=events)
    fails(journal.audit(journal.with_entry(position, forged)), position, "views",
          "access_logged .* is there; expected no such event")  # fmt: skip


def test_a_grant_after_consent_was_taken_back_is_named(journal: Journal) -> None:
    position = journal.position("optin_enforce_view", 2)
    entry = journal.entries[position]
    assert not event_of(entry, "access_logged").granted
    forged = with_event(entry, "access_logged", granted=True)
    fails(journal.audit(journal.with_entry(position, forged)), position, "views",
          "was granted; expected a refusal")  # fmt: skip


def test_a_refusal_for_another_reply_key_is_in_the_access_log(journal: Journal) -> None:
    position = journal.wrong_key
    entry = journal.entries[position]
    logged = event_of(entry, "access_logged")
    assert (logged.granted, logged.returned) == (False, bytes(32))
    shown = with_event(entry, "access_logged", returned=MASK)
    fails(journal.audit(journal.with_entry(position, shown)), position, "views",
          "has returned 0100000000000000; expected returned 0000000000000000")  # fmt: skip
    events = decode(records.Body, entry.body).events
    silent = [event for event in events if unpack(event)[2] != "access_logged"]
    unlogged = with_body(entry, events=tuple(silent))
    fails(journal.audit(journal.with_entry(position, unlogged)), position, "views",
          "there is no access_logged after optin_enforce_view")  # fmt: skip


def test_a_repeated_view_has_the_same_bytes(journal: Journal) -> None:
    bodies = [decode(records.Body, entry.body) for entry in journal.entries]
    repeats = [body.sequence for body in bodies if body.command == self_body(journal)]
    assert len(repeats) == 3  # granted, granted again, refused after revocation
    other = recommanded(journal, journal.entries[repeats[1]], journal.world.partner,
                        requested=b"\xff" * 32)  # fmt: skip
    report = journal.audit(journal.with_entry(repeats[1], other))
    fails(report, repeats[1], "nonces", "the party's last")


def self_body(journal: Journal) -> bytes:
    return bytes(journal.repeated[0])


def test_a_dead_code_stays_dead(journal: Journal) -> None:
    entry = journal.entries[journal.position("optin_generate_code", -1)]
    expires_at = event_of(entry, "code_generated").expires_at
    report = acted(journal, journal.carol, "mark_viewed", journal.waiting, time=expires_at)
    fails(report, len(journal.entries), "code states", "of a code that is dead")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"partner": MASK}, "partner, offer, compensation, amount or currency is another"),
        ({"amount": 5}, "amount or currency is another; expected as offered"),
        ({"fields": (Use(0, "ExactValue"),)}, "lacks a required field"),
        ({"fields": (Use(0, "ExactValue"), Use(2, "BooleanOnly"), Use(9, "ExactValue"))},
         "not asked for"),
        ({"fields": (Use(2, "BooleanOnly"), Use(0, "ExactValue"))}, "not ascending"),
    ],
)  # fmt: skip
def test_a_consent_to_something_else_is_named(
    journal: Journal, changes: dict[str, Any], words: str
) -> None:
    position = journal.position("optin_activate_code")
    entry = journal.entries[position]
    consent = evolve(event_of(entry, "consent_recorded").consent, **changes)
    forged = recommanded(journal, entry, journal.world.person("bob"), consent=consent)
    fails(journal.audit(journal.with_entry(position, forged)), position, "consents", words)

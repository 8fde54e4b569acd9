"""How presence was given: each consent and revocation says so, since there is a schema for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runtime.host.audit import verify_bundle
from runtime.wire import records
from runtime.wire.schema import decode, evolve, unpack
from tests.runtime.host.audit.journal import Journal, fails, with_body, with_event

GOLDEN = Path(__file__).parent / "golden"
METHODS = ("optin_activate_code", "optin_revoke_code")


def events_of(entry: Any) -> list[tuple[bytes, str]]:
    body = decode(records.Body, entry.body)
    return [(event, unpack(event)[2]) for event in body.events]


def test_the_auditor_counts_how_presence_was_given(journal: Journal) -> None:
    positions = [journal.position(METHODS[0]), journal.position(METHODS[1])]
    asked = [decode(records.Body, entry.body).method for entry in journal.entries]
    told = sum(asked.count(method) for method in METHODS)
    entries = list(journal.entries)
    for position, kind in zip(positions, ("button", "terminal"), strict=True):
        entries[position] = with_event(entries[position], "presence_given", kind=kind)
    report = journal.audit(entries)
    assert report.ok, report.failure
    assert report.presence == {"own": told - 2, "button": 1, "terminal": 1}
    assert "presence button" in str(report)


@pytest.mark.parametrize("method", METHODS)
def test_an_entry_that_does_not_say_it_is_named(journal: Journal, method: str) -> None:
    position = journal.position(method)
    entry = journal.entries[position]
    silent = [event for event, name in events_of(entry) if name != "presence_given"]
    forged = with_body(entry, events=tuple(silent))
    fails(journal.audit(journal.with_entry(position, forged)), position, "presence",
          f"there is no presence_given after {method}")  # fmt: skip


@pytest.mark.parametrize("method", [*METHODS, "mark_viewed"])
def test_an_entry_that_says_it_once_too_often_is_named(journal: Journal, method: str) -> None:
    position = journal.position(method)
    (said,) = [e for e, n in events_of(journal.entries[journal.position(METHODS[0])])
               if n == "presence_given"]  # fmt: skip
    entry = journal.entries[position]
    events = (*decode(records.Body, entry.body).events, said)
    forged = with_body(entry, events=events)
    fails(journal.audit(journal.with_entry(position, forged)), position, "presence",
          "presence_given .* is there; expected no such event")  # fmt: skip


def test_a_schema_does_not_go_back(journal: Journal) -> None:
    position = journal.position(METHODS[0])
    entry = journal.entries[position]
    silent = [event for event, name in events_of(entry) if name != "presence_given"]
    header = evolve(entry.header, schema=1)
    older = with_body(evolve(entry, header=header), events=tuple(silent), schema=1)
    fails(journal.audit(journal.with_entry(position, older)), position, "schema",
          "the schema is version 1; expected version 2 to 2")  # fmt: skip


@pytest.mark.parametrize("version", range(1, records.SCHEMA_VERSION))
def test_a_journal_of_an_earlier_schema_holds(version: int) -> None:
    report = verify_bundle(GOLDEN / f"schema-{version}.optin")
    assert report.ok, report.failure
    assert report.entries == 25 and report.presence == {}
    assert report.checks["consents"] > 0 and report.checks["settlements"] > 0

"""What an auditor is shown: no user is in it, and what is there is followed and must be right."""

from __future__ import annotations

import io
from typing import Any

import pytest

from actors.payee import payee_id
from runtime.host.audit import Bundle, Report, follow_bundle, verify_bundle
from runtime.host.audit.tree import Tree
from runtime.host.recovery.redacted import for_auditors
from runtime.wire import records
from runtime.wire.proofs import part_digest, shown_leaf
from runtime.wire.schema import canonical, evolve, unpack
from tests.portable.world import EUR
from tests.runtime.host.audit.journal import MASK, Journal, bundle, fails, flipped


@pytest.fixture(scope="module")
def seen(journal: Journal) -> list[Any]:
    """The journal as the node shows it to its auditor."""
    entries: list[Any] = []
    while len(entries) < len(journal.entries):
        page = journal.world.do(journal.auditor, "journal_entries", len(entries), 255)
        entries += page.entries
    return entries[: len(journal.entries)]


def audit(journal: Journal, entries: list[Any]) -> Report:
    return verify_bundle(io.BytesIO(bundle(journal, entries, journal.signed)))


def changed(entries: list[Any], position: int, **changes: Any) -> list[Any]:
    made = evolve(entries[position], **changes)
    return entries[:position] + [made] + entries[position + 1 :]


def with_part(entry: Any, name: str, **changes: Any) -> Any:
    """The entry with one of its events shown otherwise."""
    events = list(entry.shown.events)
    at = next(i for i, part in enumerate(events) if unpack(part.content)[2] == name)
    events[at] = evolve(events[at], **changes)
    return evolve(entry, shown=evolve(entry.shown, events=tuple(events)))


def test_a_whole_journal_is_redacted_to_what_the_node_shows(
    journal: Journal, seen: list[Any]
) -> None:
    _, known = follow_bundle(io.BytesIO(bundle(journal, journal.entries, journal.signed)))
    assert known is not None
    whole = Bundle(journal.identity, journal.measured, journal.entries, journal.signed)
    assert for_auditors(whole, known).entries == seen


def test_what_an_auditor_is_shown_holds(journal: Journal, seen: list[Any]) -> None:
    report = audit(journal, seen)
    assert report.failure is None, report.failure
    assert report.entries == len(seen)
    assert report.head == journal.signed.head
    whole = journal.audit(signed=journal.signed)
    for check in (
        "settlement chain", "consent chain", "witness signatures", "consent signatures",
        "node signatures", "escrow", "code states", "views", "expiry",
    ):  # fmt: skip
        assert report.checks[check] == whole.checks[check], check
    hidden = report.hidden["command signatures"]
    assert hidden + report.checks["command signatures"] == whole.checks["command signatures"]


def test_nothing_of_it_names_a_user(journal: Journal, seen: list[Any]) -> None:
    shown = b"".join(canonical(entry) for entry in seen)
    whole = b"".join(canonical(entry) for entry in journal.entries)
    people = [journal.world.person(name) for name in ("ann", "bob", "carol", "dave", "eve")]
    named = 0
    for person in people:
        for name in (person.id, person.key[:32], payee_id(person.id, EUR)):
            assert name not in shown
            named += name in whole
    assert named >= 10
    for made in (journal.entries[at] for at in range(len(journal.entries))):
        for event in unpack(made.body)[5]:
            kind, _, name, fields = unpack(event)
            if name == "code_assigned":
                assert fields[1] not in shown


def test_events_and_commands_changed_in_the_file_are_named(
    journal: Journal, seen: list[Any]
) -> None:
    for position, entry in enumerate(seen):
        part = entry.shown.events[0]
        events = (evolve(part, content=flipped(part.content, -1)), *entry.shown.events[1:])
        other = evolve(entry.shown, events=events)
        report = audit(journal, changed(seen, position, shown=other))
        assert report.failure is not None
        assert report.failure.entry == position


def test_an_event_that_is_not_shown_at_all_is_named(journal: Journal, seen: list[Any]) -> None:
    position = journal.position("optin_deposit_escrow")
    entry = seen[position]
    part = next(p for p in entry.shown.events if unpack(p.content)[2] == "deposited")
    digest = part_digest(part.salt, part.content)
    entry = with_part(entry, "deposited", salt=None, content=b"", hidden=digest)
    report = audit(journal, seen[:position] + [entry] + seen[position + 1 :])
    fails(report, position, "form", "an event is not shown at all")


def test_a_command_that_names_no_user_must_be_shown(journal: Journal, seen: list[Any]) -> None:
    position = journal.position("define_rules")
    command = seen[position].shown.command
    hidden = records.Part(None, b"", part_digest(command.salt, command.content))
    shown = evolve(seen[position].shown, command=hidden)
    report = audit(journal, changed(seen, position, shown=shown))
    fails(report, position, "commands", "the command of define_rules is not shown")


def test_a_signature_of_what_is_shown_must_be_right(journal: Journal, seen: list[Any]) -> None:
    for method, label, check in (
        ("optin_activate_code", "consent-signature", "consent signatures"),
        ("optin_activate_code", "node-signature", "node signatures"),
        ("optin_generate_code", "node-signature", "node signatures"),
        ("optin_settle_engagement", "witness-signature", "witness signatures"),
        ("publish_offer", "command-signature", "command signatures"),
    ):
        position = journal.position(method)
        beside = tuple(
            evolve(item, content=flipped(item.content)) if item.label == label else item
            for item in seen[position].attachments
        )
        report = audit(journal, changed(seen, position, attachments=beside))
        fails(report, position, check, "not valid")


def rehashed(journal: Journal, entries: list[Any]) -> Report:
    """Audit entries that the node had hashed and signed like this."""
    tree, made = Tree(), []
    for entry in entries:
        made.append(evolve(entry, leaf=shown_leaf(entry.header, entry.salt, entry.shown)))
        tree.append(made[-1].leaf)
    head = evolve(journal.signed.head, root=tree.root())
    return verify_bundle(io.BytesIO(bundle(journal, made, journal.signed_head(head))))


@pytest.mark.parametrize(
    ("method", "event", "field", "value", "check"),
    [
        ("optin_generate_code", "funds_reserved", "amount", 7, "escrow"),
        ("optin_generate_code", "code_generated", "expires_at", 7, "code states"),
        ("optin_generate_code", "code_generated", "partner", MASK, "code states"),
        ("optin_activate_code", "code_activated", "complete_by", 7, "code states"),
        ("optin_activate_code", "view_created", "pad", 7, "views"),
        ("optin_settle_engagement", "payee_credited", "amount", 7, "payees"),
        ("optin_record_event", "activity_recorded", "points", 1001, "scores"),
        ("withdraw_balance", "payee_paid", "amount", 1 << 60, "payees"),
    ],
)
def test_a_node_that_breaks_a_rule_is_found_by_what_it_shows(
    journal: Journal, seen: list[Any], method: str, event: str, field: str, value: Any, check: str
) -> None:
    position = journal.position(method)
    part = next(p for p in seen[position].shown.events if unpack(p.content)[2] == event)
    kind, entity, name, fields = unpack(part.content)
    fields[records.EVENTS[event]._fields.index(field)] = value
    content = canonical([kind, entity, name, fields])
    entry = with_part(seen[position], event, content=content)
    report = rehashed(journal, seen[:position] + [entry] + seen[position + 1 :])
    assert report.failure is not None
    assert (report.failure.entry, report.failure.check) == (position, check), report.failure

"""What expires, and when: asked for by anyone, signed by nobody."""

from __future__ import annotations

from runtime.wire import records
from runtime.wire.schema import decode
from tests.portable.world import DAY
from tests.runtime.host.audit.journal import (
    Journal,
    asked,
    event_of,
    fails,
    retimed,
    with_body,
    with_event,
)

EXPIRED = records.CodeExpired()


def test_an_expiry_before_its_time_is_named(journal: Journal) -> None:
    lapsed, late = (journal.position("optin_expire_reservation", which) for which in (0, 1))
    for entries in (
        journal.entries[: lapsed + 1],
        journal.renumbered(journal.entries[: journal.refused_late] + [journal.entries[late]]),
    ):
        report = journal.audit(entries)
        assert report.ok, report.failure
        *before, entry = entries
        sooner = retimed(entry, entry.header.time - 1)
        fails(journal.audit([*before, sooner]), len(before), "expiry", "expected no sooner than")


def test_an_expiry_of_what_does_not_expire_is_named(journal: Journal) -> None:
    activated = journal.position("optin_activate_code") + 1
    event = ["code", journal.code, "code_expired", EXPIRED]
    report = asked(journal, journal.entries[:activated], "optin_expire_reservation", event)
    fails(report, activated, "expiry", "expected never: it has no time to expire")
    completed = journal.position("optin_enforce_view") + 1
    report = asked(journal, journal.entries[:completed], "optin_expire_reservation", event)
    fails(report, completed, "expiry", "expected never: it was completed")
    settled = journal.position("replace_witness")  # after the view that came in time
    code = event_of(journal.entries[settled - 3], "view_created").code
    event = ["code", code, "code_expired", EXPIRED]
    report = asked(journal, journal.entries[:settled], "optin_expire_reservation", event, later=DAY)
    fails(report, settled, "expiry", "expected never: it was completed")
    event = ["code", journal.code, "code_expired", EXPIRED]
    report = asked(journal, journal.entries, "optin_expire_reservation", event)
    fails(report, len(journal.entries), "code states", "which is revoked")
    report = asked(journal, journal.entries, "optin_expire_reservation")
    fails(report, len(journal.entries), "code states", "there is no code_expired")


def test_a_view_granted_after_complete_by_is_named(journal: Journal) -> None:
    position = journal.refused_late
    entry = journal.entries[position]
    assert not event_of(entry, "access_logged").granted
    forged = with_event(entry, "access_logged", granted=True)
    fails(journal.audit(journal.with_entry(position, forged)), position, "views",
          "was granted; expected a refusal")  # fmt: skip


def test_what_nobody_signs_has_no_command(journal: Journal) -> None:
    position = journal.position("optin_expire_reservation")
    entry = journal.entries[position]
    command = journal.entries[journal.position("mark_viewed")]
    signed = with_body(entry, command=decode(records.Body, command.body).command)
    fails(journal.audit(journal.with_entry(position, signed)), position, "commands",
          "a command of optin_expire_reservation; expected none")  # fmt: skip
    item = next(i for i in command.attachments if i.label == "command-signature")
    more = entry._replace(attachments=(item,))
    fails(journal.audit(journal.with_entry(position, more)), position, "attachments",
          "1 attachments 'command-signature'")  # fmt: skip


def test_what_somebody_must_sign_has_a_command(journal: Journal) -> None:
    position = journal.position("mark_viewed")
    bare = with_body(journal.entries[position], command=b"")
    fails(journal.audit(journal.with_entry(position, bare)), position, "form",
          "mark_viewed without a command")  # fmt: skip

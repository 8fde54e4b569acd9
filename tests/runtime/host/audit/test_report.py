"""What a report says of an audit."""

from __future__ import annotations

import re

from runtime.wire.schema import evolve
from tests.runtime.host.audit.journal import LABELS, Journal


def test_the_report_counts_every_signature(journal: Journal) -> None:
    checks = journal.audit().checks
    labels = [item.label for entry in journal.entries for item in entry.attachments]
    for label, check in LABELS.items():
        if label.endswith("signature"):
            assert checks[check] == labels.count(label), check
    assert checks["leaves"] == checks["sequence"] == len(journal.entries)


def test_the_report_reads_as_a_table_with_a_verdict(journal: Journal) -> None:
    text = str(journal.audit())
    assert re.search(r"^node signatures +25$", text, re.M), text
    assert text.endswith(f"{len(journal.entries)} entries hold")


def test_progress_is_told_to_the_end(journal: Journal) -> None:
    told: list[tuple[int, int]] = []
    journal.audit(progress=lambda done, total: told.append((done, total)))
    assert len(told) == len(journal.entries)
    assert told == sorted(told)
    assert 0 < told[0][0] < told[-1][0] < told[-1][1]


def test_an_audit_without_signatures_says_what_it_could_not_check(journal: Journal) -> None:
    bare = [evolve(entry, attachments=()) for entry in journal.entries]
    report = journal.audit(bare, signed=journal.signed)
    assert report.ok, report.failure
    whole = journal.audit().checks
    for check in ("command signatures", "node signatures", "witness signatures",
                  "consent signatures", "registration signatures", "public keys"):  # fmt: skip
        assert report.erased[check] == whole[check], check
        assert check not in report.checks
    assert "not checked: erased" in str(report)

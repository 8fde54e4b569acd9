"""A recovered journal as an auditor is shown it: each entry proves itself, and names no user.

A living node leaves this out by itself (`journal_entries`); of a dead one the operator has the
whole, and makes the same of it.
"""

from __future__ import annotations

from runtime.host.audit.bundle import Bundle
from runtime.host.audit.known import Known
from runtime.wire import records
from runtime.wire.proofs import redacted
from runtime.wire.schema import decode


def for_auditors(journal: Bundle, known: Known) -> Bundle:
    """The journal without what names users.

    Args:
        journal: shown whole.
        known: what an auditor knows at its end.
    """
    return journal._replace(entries=[_shown(entry, known) for entry in journal.entries])


def _shown(entry: records.Entry, known: Known) -> records.Entry:
    if entry.salt is None:
        return entry
    body: records.Body = decode(records.Body, entry.body)
    shown, beside = redacted(body, entry.attachments, lambda party: known.party(party).roles)
    made: records.Entry = entry._replace(body=b"", shown=shown, attachments=beside)
    return made

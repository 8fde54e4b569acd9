"""A recovered journal as an auditor is shown it: each entry proves itself, and names no user.

A living node leaves this out by itself (`journal_entries`); of a dead one the operator has the
whole, and makes the same of it.
"""

from __future__ import annotations

from runtime.host.audit.bundle import Bundle
from runtime.host.audit.known import Known
from runtime.wire import records
from runtime.wire.proofs import shown_of
from runtime.wire.schema import decode, spec_of

NAMING = ("command-signature", "public-key", "public-keys", "rotation-signature")


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
    named = _names_user(body, known)
    beside = tuple(item for item in entry.attachments if not (named and item.label in NAMING))
    shown = shown_of(body, not named, lambda event: True)
    made: records.Entry = entry._replace(body=b"", shown=shown, attachments=beside)
    return made


def _names_user(body: records.Body, known: Known) -> bool:
    more = spec_of(records.REQUESTS[body.method]).more
    if more["names_user"] == "signer":
        command: records.Command = decode(records.Command, body.command)
        roles = known.party(command.party).roles
        return "user" in roles and more["signer"] not in roles
    return bool(more["names_user"])

"""How users came to an offer: hops of a session, each behind the other."""

from __future__ import annotations

from typing import Any

from runtime.wire import records
from runtime.wire.schema import evolve
from tests.runtime.host.audit.journal import (
    MASK,
    Journal,
    acted,
    event_of,
    fails,
    recommanded,
    with_event,
    without,
)


def test_a_hop_left_out_is_missed(journal: Journal) -> None:
    first, second = (journal.position("record_hop", which) for which in (0, 1))
    entries = journal.renumbered(journal.entries[:first] + journal.entries[first + 1 :])
    fails(journal.audit(entries), second - 1, "provenance",
          "follows .* expected 0000000000000000, the session's last")  # fmt: skip
    entries = journal.renumbered(journal.entries[:second] + journal.entries[second + 1 :])
    fails(journal.audit(entries), activation(journal) - 1, "provenance",
          "cites hop .* expected a hop that was recorded")  # fmt: skip


def activation(journal: Journal) -> int:
    """Number of the entry in which eve opted in."""
    return journal.position("optin_activate_code", 3)


def test_a_hop_that_does_not_follow_the_last_is_named(journal: Journal) -> None:
    for previous in (journal.last_hop, bytes(32), MASK):
        report = acted(journal, journal.world.partner, "record_hop", journal.session, previous,
                       "AdClick", MASK)  # fmt: skip
        fails(report, len(journal.entries), "provenance", "the session's last")


def test_an_opt_in_hop_of_anybody_but_the_node_is_named(journal: Journal) -> None:
    report = acted(journal, journal.world.partner, "record_hop", MASK, bytes(32), "OptIn", MASK)
    fails(report, len(journal.entries), "provenance", "OptIn hop; expected the node alone")


def test_an_opt_in_that_follows_another_hop_is_named(journal: Journal) -> None:
    position = activation(journal)
    entry = without(journal.entries[position], "consent-signature", "node-signature")
    consent = evolve(event_of(entry, "consent_recorded").consent, hop=journal.hop)
    forged = recommanded(journal, entry, journal.eve, consent=consent)
    fails(journal.audit(journal.with_entry(position, forged)), position, "provenance",
          "the session's last")  # fmt: skip


def test_node_signatures_in_another_order_are_named(journal: Journal) -> None:
    position = activation(journal)
    entry = journal.entries[position]
    own = [item for item in entry.attachments if item.label == "node-signature"]
    rest = tuple(item for item in entry.attachments if item.label != "node-signature")
    assert len(own) == 3
    for order in ((1, 0, 2), (0, 2, 1), (2, 1, 0)):
        swapped = evolve(entry, attachments=rest + tuple(own[i] for i in order))
        report = journal.audit(journal.with_entry(position, swapped))
        fails(report, position, "node signatures", "not valid as the node's")


def test_a_root_of_two_consents_is_named(journal: Journal) -> None:
    first = journal.entries[journal.position("optin_activate_code")]
    position = activation(journal)
    entry = without(journal.entries[position], "node-signature")
    root = event_of(first, "view_created").root
    forged = with_event(entry, "view_created", root=root)
    fails(journal.audit(journal.with_entry(position, forged)), position, "roots attested",
          "another consent's; expected one of its own")  # fmt: skip


def test_roots_are_counted_as_attested(journal: Journal) -> None:
    created: list[Any] = [e for e in journal.entries if b"view_created" in e.body]
    assert journal.audit().checks["roots attested"] == len(created) == 5
    assert records.Commitment._fields[-1] == "root"

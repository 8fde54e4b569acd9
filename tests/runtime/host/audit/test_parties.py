"""Keys, roles and referrals."""

from __future__ import annotations

from typing import Any

from runtime.wire.schema import evolve
from tests.runtime.host.audit.journal import (
    Journal,
    fails,
    recommanded,
    with_attachments,
    with_event,
)


def test_an_act_of_the_wrong_party_is_named(journal: Journal) -> None:
    world = journal.world
    position = journal.position("optin_deposit_escrow")
    partner = world.partner
    forged = recommanded(journal, journal.entries[position], partner, party=partner.id)
    fails(journal.audit(journal.with_entry(position, forged)), position, "roles",
          "a party that is partner; expected a party that is operator")  # fmt: skip
    position = journal.position("mark_viewed")
    ann = world.person("ann")
    forged = recommanded(journal, journal.entries[position], ann, party=ann.id, nonce=50)
    fails(journal.audit(journal.with_entry(position, forged)), position, "roles",
          "expected the code's user")  # fmt: skip


def test_a_key_that_the_operator_planted_is_named(journal: Journal) -> None:
    world = journal.world
    position = journal.position("register_party")
    entry = journal.entries[position]
    planted = world.person("planted")

    def change(item: Any) -> Any:
        return evolve(item, content=planted.key) if item.label == "public-key" else item

    forged = with_attachments(entry, change)
    fails(journal.audit(journal.with_entry(position, forged)), position, "public keys",
          "that of party " + planted.id.hex()[:16])  # fmt: skip


def test_a_user_who_refers_itself_is_named(journal: Journal) -> None:
    position = journal.position("enrol", 1)
    entry = journal.entries[position]
    bob = journal.world.person("bob")
    forged = recommanded(journal, entry, bob, referrer=bob.id)
    forged = with_event(forged, "enrolled", referrer=bob.id)
    fails(journal.audit(journal.with_entry(position, forged)), position, "referrals",
          "is the same user; expected another user")  # fmt: skip

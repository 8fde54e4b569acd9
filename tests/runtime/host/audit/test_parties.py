"""Keys, roles and referrals."""

from __future__ import annotations

from typing import Any

from runtime.wire import records
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


def test_a_key_that_was_replaced_signs_nothing_more(journal: Journal) -> None:
    position = journal.position("optin_record_event", -1)
    forged = recommanded(journal, journal.entries[position], journal.old_source)
    fails(journal.audit(journal.with_entry(position, forged)), position, "command signatures",
          "not valid as that of party")  # fmt: skip
    before = journal.position("optin_record_event")
    forged = recommanded(journal, journal.entries[before], journal.source)
    fails(journal.audit(journal.with_entry(before, forged)), before, "command signatures",
          "not valid as that of party")  # fmt: skip


def test_a_rotation_to_a_key_that_did_not_agree_is_named(journal: Journal) -> None:
    position = journal.position("rotate_key")
    entry = journal.entries[position]
    stranger = journal.world.person("stranger")
    agreed = stranger.sign(b"optin/v1/rotation", b"something else")

    def change(item: Any) -> Any:
        content = {"public-key": stranger.key, "rotation-signature": agreed}.get(item.label)
        return evolve(item, content=content or item.content)

    forged = recommanded(journal, entry, journal.old_source, successor=stranger.id)
    forged = with_attachments(forged, change)
    forged = with_event(forged, "key_rotated", successor=stranger.id)
    fails(journal.audit(journal.with_entry(position, forged)), position, "rotation signatures",
          "not valid as that of the new key")  # fmt: skip


def test_whoever_is_registered_brings_no_key_and_keeps_the_old_roles(journal: Journal) -> None:
    position = next(i for i, e in enumerate(journal.entries) if b"roles_added" in e.body)
    entry = journal.entries[position]
    forged = with_event(entry, "roles_added", roles=("user",))
    fails(journal.audit(journal.with_entry(position, forged)), position, "registrations",
          "has roles .*user.*; expected roles .*operator")  # fmt: skip
    key = records.Attachment("public-key", journal.world.operator.key)
    forged = evolve(entry, attachments=entry.attachments + (key,))
    fails(journal.audit(journal.with_entry(position, forged)), position, "attachments",
          "beside the command of a party that is registered")  # fmt: skip

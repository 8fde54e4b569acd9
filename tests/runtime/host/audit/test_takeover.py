"""A node that took over from a dead one, and split a recovery key: what a liar would change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runtime.wire import records
from runtime.wire.records import ZEROS
from runtime.wire.schema import evolve
from tests.portable.test_recovery import asked
from tests.portable.test_takeover import carry, heirs, take_over, takeover
from tests.portable.world import EUR
from tests.runtime.host.audit.journal import (
    Journal,
    fails,
    flipped,
    recommanded,
    with_attachments,
    with_event,
    without,
)

TAKEN = 1  # entry of the takeover
OTHERS, USERS = 2, 3  # of the parts


class Heir(Journal):
    """A world that took over, and went on."""

    def _live(self) -> None:
        world = self.world
        world.do(world.operator, "provision", enclosures=(world.operator.key,))
        self.parts = heirs(world)
        take_over(world, takeover(world, self.parts))
        for part in self.parts:
            carry(world, part)
        world.do(world.user, "withdraw_balance", EUR, 70)
        world.withdraw_escrow(900)
        for witness in world.witnesses[1:]:
            world.register(witness, ("witness",))
        world.stranger = world.register(world.person("another witness"), ("witness",))
        holders = [*world.witnesses[1:], world.stranger]
        fields, signatures = asked(world, holders)
        world.do(world.operator, "share_recovery", *fields, enclosures=signatures)


@pytest.fixture(scope="module")
def heir() -> Iterator[Heir]:
    made = Heir()
    yield made
    made.world.node.stop()


def forged(heir: Heir, position: int, *others: Any, **changes: Any) -> Any:
    """Entries in which the operator signed something else."""
    entry = recommanded(heir, heir.entries[position], heir.world.operator, **changes)
    for name, fields in others:
        entry = with_event(entry, name, **fields)
    return heir.audit(heir.with_entry(position, entry))


def test_a_takeover_holds_and_is_told(heir: Heir) -> None:
    report = heir.audit()
    assert report.ok, report.failure
    assert report.takeover == takeover(heir.world, heir.parts)
    assert report.is_carried
    assert report.beyond is None


def test_a_carry_over_that_is_not_complete_is_told(heir: Heir) -> None:
    report = heir.audit(heir.entries[:USERS])
    assert report.ok, report.failure
    assert not report.is_carried


def test_a_takeover_that_witnesses_did_not_sign_is_named(heir: Heir) -> None:
    said = takeover(heir.world, heir.parts, size=39)
    report = forged(heir, TAKEN, ("taken_over", {"takeover": said}), takeover=said)
    fails(report, TAKEN, "witness signatures", "is not valid as that of witness")
    elsewhere = takeover(heir.world, heir.parts, successor=ZEROS)
    fails(forged(heir, TAKEN, takeover=elsewhere), TAKEN, "takeover", "by node 0000")
    witness = heir.world.witnesses[0].id
    fails(forged(heir, TAKEN, witnesses=(witness, witness)), TAKEN, "takeover", "1 different")


def test_a_takeover_in_the_middle_of_a_journal_is_named(heir: Heir) -> None:
    again = recommanded(heir, heir.entries[TAKEN], heir.world.operator, nonce=50)
    entries = [*heir.entries[: TAKEN + 1], again]
    fails(heir.audit(heir.renumbered(entries)), 2, "takeover", "it is entry 2")


def test_more_money_than_was_agreed_to_is_named(heir: Heir) -> None:
    partner = heir.world.partner.id
    more = (records.CarriedMoney(partner, EUR, 901),)
    report = forged(heir, OTHERS, ("funds_carried", {"amount": 901}), accounts=more)
    fails(report, OTHERS, "takeover", "as was agreed to")
    entry = with_event(heir.entries[OTHERS], "funds_carried", amount=901)
    fails(heir.audit(heir.with_entry(OTHERS, entry)), OTHERS, "takeover", "amount 901")
    entry = with_event(heir.entries[USERS], "balance_carried", amount=71)
    fails(heir.audit(heir.with_entry(USERS, entry)), USERS, "takeover", "amount 71")


def test_a_part_that_is_left_out_or_carried_twice_is_named(heir: Heir) -> None:
    entries = heir.renumbered(heir.entries[:OTHERS] + heir.entries[USERS:])
    fails(heir.audit(entries), OTHERS, "takeover", "as was agreed to")
    again = recommanded(heir, heir.entries[USERS], heir.world.operator, nonce=50)
    entries = heir.renumbered([*heir.entries[: USERS + 1], again])
    fails(heir.audit(entries), USERS + 1, "takeover", "as was agreed to")


def test_a_part_without_a_takeover_is_named(heir: Heir) -> None:
    entries = heir.renumbered([heir.entries[0], heir.entries[OTHERS]])
    fails(heir.audit(entries), 1, "takeover", "as was agreed to")


def test_a_key_that_the_operator_planted_is_named(heir: Heir) -> None:
    planted = heir.world.person("planted").key

    def change(item: Any) -> Any:
        if item.label != "public-keys":
            return item
        return evolve(item, content=planted + item.content[len(planted) :])

    entry = with_attachments(heir.entries[OTHERS], change)
    fails(heir.audit(heir.with_entry(OTHERS, entry)), OTHERS, "public keys", "key 0 is that of")


def test_a_share_that_the_node_did_not_sign_for_is_named(heir: Heir) -> None:
    last = len(heir.entries) - 1
    made = heir.world.state("recovery", records.SINGLETON).commitments
    other = (flipped(made[0], 3), *made[1:])
    entry = with_event(heir.entries[last], "recovery_shared", commitments=other)
    fails(heir.audit(heir.with_entry(last, entry)), last, "node signatures", "the node's")


def test_holders_who_did_not_agree_are_named(heir: Heir) -> None:
    last = len(heir.entries) - 1
    world = heir.world
    ids = (world.witnesses[1].id, world.witnesses[2].id, world.partner.id)
    report = forged(heir, last, witnesses=ids)
    fails(report, last, "recovery key", "three different witnesses")
    swapped = (world.witnesses[2].id, world.witnesses[1].id, world.stranger.id)
    fails(forged(heir, last, witnesses=swapped), last, "witness signatures", "as that of witness")


def test_erased_attachments_are_counted_and_not_wrong(heir: Heir) -> None:
    entry = without(heir.entries[TAKEN], "witness-key", "witness-signature")
    report = heir.audit(heir.with_entry(TAKEN, entry))
    assert report.ok, report.failure
    assert report.erased["witness signatures"] == 2

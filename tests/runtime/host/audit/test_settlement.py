"""Settlements in the journal that the node would forge, and one exported by itself."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.host.audit import verify_settlement
from runtime.wire import commands, records
from runtime.wire.schema import canonical, evolve, make_id, unpack
from tests.runtime.host.audit.journal import (
    MASK,
    Journal,
    event_of,
    fails,
    flipped,
    recommanded,
    with_attachments,
    with_event,
)


def test_a_settlement_that_pays_other_amounts_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    statement = event_of(entry, "settlement_recorded").statement
    amounts = evolve(statement.amounts, platform=statement.amounts.platform + 1,
                     user=statement.amounts.user - 1)  # fmt: skip
    forged = with_event(entry, "settlement_recorded",
                        statement=evolve(statement, amounts=amounts))  # fmt: skip
    forged = signed_by_node(journal, forged, evolve(statement, amounts=amounts))
    fails(journal.audit(journal.with_entry(position, forged)), position, "amounts",
          "platform 200001, .*expected platform 200000, user 60")  # fmt: skip


def signed_by_node(journal: Journal, entry: Any, statement: Any) -> Any:
    """The settlement's entry as if node and witnesses had no other thought."""
    node = journal.world.node
    signature = node.crypto.sign(node.identity_seed, commands.SETTLEMENT, canonical(statement))

    def change(item: Any) -> Any:
        return evolve(item, content=signature) if item.label == "node-signature" else item

    return with_attachments(entry, change)


def test_a_settlement_to_other_payees_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    statement = event_of(entry, "settlement_recorded").statement
    payees = evolve(statement.payees, user=statement.payees.platform)
    forged = with_event(entry, "settlement_recorded", statement=evolve(statement, payees=payees))
    fails(journal.audit(journal.with_entry(position, forged)), position, "payees", "payees of the")


def test_money_credited_to_somebody_else_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    forged = with_event(journal.entries[position], "payee_credited", party=bytes(32))
    fails(journal.audit(journal.with_entry(position, forged)), position, "payees",
          "payee_credited of payee .* party 0000000000000000")  # fmt: skip
    forged = with_event(journal.entries[position], "payee_credited", amount=1)
    fails(journal.audit(journal.with_entry(position, forged)), position, "payees",
          "has amount 1; expected amount 200000")  # fmt: skip


def test_a_settlement_by_one_witness_twice_is_named(journal: Journal) -> None:
    world = journal.world
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    one = world.witnesses[0].id
    forged = recommanded(journal, entry, world.operator, witnesses=(one, one))
    fails(journal.audit(journal.with_entry(position, forged)), position, "witnesses",
          "two different of")  # fmt: skip
    stranger = world.operator.id
    forged = recommanded(journal, entry, world.operator, witnesses=(one, stranger))
    fails(journal.audit(journal.with_entry(position, forged)), position, "witnesses",
          stranger.hex()[:16])  # fmt: skip


def test_a_witness_counts_until_another_stands_in(journal: Journal) -> None:
    """The settlement by the one who stands in, with the replacement left out."""
    replaced = journal.position("replace_witness")
    entries = journal.renumbered(journal.entries[:replaced] + journal.entries[replaced + 1 :])
    settled = journal.position("optin_settle_engagement", 2) - 1
    fails(journal.audit(entries), settled, "witnesses", journal.stand_in.id.hex()[:16])
    position = settled + 1
    dead = journal.world.witnesses[2].id
    forged = recommanded(journal, journal.entries[position], journal.world.operator,
                         witnesses=(journal.world.witnesses[0].id, dead))  # fmt: skip
    fails(journal.audit(journal.with_entry(position, forged)), position, "witnesses",
          dead.hex()[:16])  # fmt: skip


def test_a_settlement_without_the_witnesses_signatures_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    world = journal.world
    statement = event_of(entry, "settlement_recorded").statement
    own = world.operator.sign(commands.WITNESS, canonical(statement))

    def change(item: Any) -> Any:
        return evolve(item, content=own) if item.label == "witness-signature" else item

    forged = with_attachments(entry, change)
    fails(journal.audit(journal.with_entry(position, forged)), position, "witness signatures",
          world.witnesses[0].id.hex()[:16])  # fmt: skip


def test_signatures_in_each_others_place_are_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    first, second, *rest = entry.attachments
    forged = evolve(entry, attachments=(second, first, *rest))
    fails(journal.audit(journal.with_entry(position, forged)), position, "witness signatures",
          "not valid as that of witness")  # fmt: skip


def test_a_settlement_that_nobody_may_ask_for_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    ann = journal.world.person("ann")
    forged = recommanded(journal, entry, ann, party=ann.id, nonce=1000)
    fails(journal.audit(journal.with_entry(position, forged)), position, "settlements",
          "signed by another party; expected the operator or the partner")  # fmt: skip
    forged = recommanded(journal, entry, journal.world.operator, settlement=MASK)
    fails(journal.audit(journal.with_entry(position, forged)), position, "settlements",
          "the settlement asked for is 0100")  # fmt: skip


def test_a_settlement_before_a_view_is_named(journal: Journal) -> None:
    views = [journal.position("optin_enforce_view", which) for which in (0, 1)]
    entries = [entry for i, entry in enumerate(journal.entries) if i not in views]
    report = journal.audit(journal.renumbered(entries))
    fails(report, journal.position("optin_settle_engagement") - 2, "settlements",
          "settled before a view was granted")  # fmt: skip


@pytest.fixture(scope="module")
def record(journal: Journal) -> Any:
    return journal.world.do(
        journal.world.operator, "get_settlement", journal.settlement
    ).record  # fmt: skip


def witness_keys(journal: Journal) -> dict[bytes, bytes]:
    return {witness.id: witness.key for witness in journal.world.witnesses}


def test_an_exported_settlement_verifies_offline(journal: Journal, record: Any) -> None:
    key = journal.identity.public_key
    valid, reason = verify_settlement(record, key, witness_keys(journal))
    assert valid, reason
    assert "two" in reason
    assert verify_settlement(unpack(canonical(record)), key, witness_keys(journal)) == (
        True, reason)  # fmt: skip


def test_a_forged_settlement_is_refused_with_the_reason(journal: Journal, record: Any) -> None:
    key, keys = journal.identity.public_key, witness_keys(journal)
    statement, (first, second) = record.statement, record.witnesses
    node = journal.world.node

    def reason(forged: Any, node_key: bytes = key, witnesses: Any = keys) -> str:
        valid, why = verify_settlement(forged, node_key, witnesses)
        assert not valid
        return why

    cheaper = evolve(statement, amounts=evolve(statement.amounts, platform=0))
    resigned = node.crypto.sign(node.identity_seed, commands.SETTLEMENT, canonical(cheaper))
    assert "amounts" in reason(evolve(record, statement=cheaper, signature=resigned))
    double = evolve(statement, amounts=records.Amounts(*[2 * part for part in statement.amounts]))
    resigned = node.crypto.sign(node.identity_seed, commands.SETTLEMENT, canonical(double))
    assert reason(evolve(record, statement=double, signature=resigned)).startswith(
        ("the signature of witness", "the amounts")
    )
    shares = records.Shares(10000, 0, 0, 0)
    assert "shares" in reason(evolve(record, shares=shares))
    assert "another node" in reason(record, journal.world.operator.key)
    assert "1 different witnesses" in reason(evolve(record, witnesses=(first, first)))
    assert "1 different witnesses" in reason(evolve(record, witnesses=(first,)))
    assert "none of the offer's" in reason(record, witnesses={first.witness: keys[first.witness]})
    swapped = (evolve(first, signature=second.signature), second)
    assert "witness" in reason(evolve(record, witnesses=swapped))
    assert "node's signature" in reason(evolve(record, signature=flipped(record.signature)))
    assert "expected" in reason(list(record)[:3])
    other = make_id("optin/v1/rules", shares)
    assert "shares" in reason(evolve(record, statement=evolve(statement, rules=other)))

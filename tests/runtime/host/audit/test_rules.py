"""Acts that the rules do not allow, and events that do not follow from an act."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.wire import records
from runtime.wire.schema import canonical, decode, evolve
from tests.portable.world import EUR, SECOND, Use
from tests.runtime.host.audit.journal import (
    MASK,
    Journal,
    acted,
    event_of,
    fails,
    recommanded,
    with_body,
    with_event,
)

EVENT_FORGERIES = [
    # method, which entry of it, event, changes, check, words
    ("optin_deposit_escrow", "deposited", {"amount": 60_000_000}, "deposits",
     "amount 60000000; expected amount 50000000"),
    ("optin_deposit_escrow", "payment_accepted", {"account": MASK}, "deposits", "account 0100"),
    ("register_party", "party_registered", {"roles": ("operator",)}, "registrations",
     "operator.*expected roles"),
    ("provision", "provisioned", {"operator": MASK}, "events", "operator 0100"),
    ("define_rules", "rules_defined", {"entity": MASK}, "events", "rules 0100"),
    ("publish_offer", "command_accepted", {"nonce": 500}, "nonces", "nonce 500; expected nonce 1"),
    ("optin_generate_code", "funds_reserved", {"amount": 1}, "escrow",
     "funds_reserved of account .* has amount 1; expected amount 1000003"),
    ("optin_generate_code", "code_issued", {"amount": 1}, "budgets", "amount 1;"),
    ("optin_generate_code", "code_assigned", {"affiliate": None}, "code states",
     "affiliate None; expected affiliate"),
    ("optin_generate_code", "code_assigned", {"nonce": MASK}, "node signatures", "not valid"),
    ("optin_generate_code", "code_generated", {"expires_at": 1}, "code states", "expires_at 1;"),
    ("optin_generate_code", "code_generated", {"witnesses": (MASK,) * 3}, "code states",
     "witnesses"),
    ("optin_activate_code", "consent_recorded", {"previous": MASK}, "consent chain",
     "previous 0100"),
    ("optin_activate_code", "view_created", {"view_until": 1}, "views", "view_until 1;"),
    ("optin_activate_code", "view_created", {"fields": (Use(9, "ExactValue"),)}, "views",
     "fields"),
    ("optin_activate_code", "code_activated", {"consent_hash": MASK}, "code states",
     "consent_hash 0100"),
    ("optin_enforce_view", "access_logged", {"returned": b"\xff" * 32}, "views", "returned ffff"),
    ("optin_enforce_view", "access_logged", {"granted": False}, "views", "returned 0100"),
    ("optin_settle_engagement", "settlement_recorded", {"previous": MASK}, "settlement chain",
     "previous 0100"),
    ("optin_settle_engagement", "funds_released", {"amount": 1}, "escrow", "amount 1;"),
    ("optin_settle_engagement", "chain_extended", {"link": MASK}, "events", "link 0100"),
    ("optin_revoke_code", "view_stopped", {"entity": MASK}, "views", "view 0100"),
    ("rotate_key", "key_rotated", {"successor": MASK}, "keys", "successor 0100"),
    ("set_clock", "clock_set", {"time": 1}, "clock", "time 1;"),
    ("define_weights", "weights_defined", {"weights": records.Weights("even", 1, 1, 1)}, "scores",
     "weights model even, authentication 1,"),
    ("optin_record_event", "activity_recorded", {"points": 1000}, "scores",
     "points 1000; expected points 333"),
    ("optin_record_event", "activity_recorded", {"entity": MASK}, "scores", "score 0100"),
    ("optin_record_event", "event_accepted", {"source": MASK}, "scores", "source 0100"),
    ("record_hop", "hop_recorded", {"entity": MASK}, "provenance", "hop 0100"),
    ("record_hop", "chain_extended", {"link": MASK}, "events", "link 0100"),
    ("replace_witness", "witness_replaced", {"successor": MASK}, "witnesses", "successor 0100"),
    ("optin_expire_reservation", "funds_expired", {"amount": 1}, "escrow", "amount 1;"),
    ("optin_expire_reservation", "funds_reclaimed", {"amount": 1}, "escrow", "amount 1;"),
    ("optin_expire_reservation", "reservation_expired", {"entity": MASK}, "escrow",
     "reservation 0100"),
    ("optin_expire_reservation", "budget_returned", {"amount": 1}, "budgets", "amount 1;"),
    ("optin_expire_reservation", "code_expired", {"entity": MASK}, "code states",
     "code 0100000000000000, which is not generated"),
    ("withdraw_escrow", "funds_withdrawn", {"amount": 1}, "escrow", "amount 1;"),
    ("withdraw_balance", "payee_paid", {"amount": 1}, "payees", "amount 1;"),
    ("optin_activate_code", "view_created", {"root": MASK}, "node signatures", "not valid"),
    ("optin_activate_code", "view_created", {"consent_hash": MASK}, "views", "consent_hash 0100"),
    ("optin_activate_code", "view_created", {"complete_by": 1}, "views", "complete_by 1;"),
    ("optin_activate_code", "code_activated", {"complete_by": 1}, "code states",
     "complete_by 1;"),
    ("optin_activate_code", "hop_recorded", {"entity": MASK}, "provenance", "hop 0100"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "event", "changes", "check", "words"), EVENT_FORGERIES)
def test_an_event_that_does_not_follow_from_the_command_is_named(
    journal: Journal, method: str, event: str, changes: dict[str, Any], check: str, words: str
) -> None:
    position = journal.position(method)
    forged = with_event(journal.entries[position], event, **changes)
    fails(journal.audit(journal.with_entry(position, forged)), position, check, words)


def test_an_event_too_many_or_too_few_is_named(journal: Journal) -> None:
    position = journal.position("mark_viewed")
    entry = journal.entries[position]
    events = decode(records.Body, entry.body).events
    more = with_body(entry, events=events + (events[-1],))
    fails(journal.audit(journal.with_entry(position, more)), position, "code states",
          "code_viewed of code .* is there; expected no such event")  # fmt: skip
    fewer = with_body(entry, events=events[:-1])
    fails(journal.audit(journal.with_entry(position, fewer)), position, "code states",
          "there is no code_viewed of code")  # fmt: skip
    unknown = with_body(entry, events=(canonical(["code", MASK, "code_painted", []]),))
    fails(journal.audit(journal.with_entry(position, unknown)), position, "form", "code_painted")


@pytest.mark.parametrize(
    ("method", "which", "fails_at", "check", "words"),
    [
        ("register_party", 0, "optin_deposit_escrow", "roles", "not registered"),
        ("optin_deposit_escrow", 0, "publish_offer", "offers", "account cannot pay one"),
        ("mark_viewed", 0, "optin_activate_code", "code states", "which is generated; expected"),
        ("optin_activate_code", 0, "optin_enforce_view", "views", "access_logged .* no such event"),
        ("optin_enforce_view", 0, "optin_enforce_view", "code states", "no code_completed"),
        ("define_rules", 0, "publish_offer", "offers", "rules are not defined"),
        ("enrol", 0, "enrol", "referrals", "is not enrolled"),
    ],
)  # fmt: skip
def test_an_entry_left_out_is_missed_by_what_needs_it(
    journal: Journal, method: str, which: int, fails_at: str, check: str, words: str
) -> None:
    position = journal.position(method, which)
    entries = journal.renumbered(journal.entries[:position] + journal.entries[position + 1 :])
    report = journal.audit(entries)
    assert report.failure is not None
    assert decode(records.Body, entries[report.failure.entry or 0].body).method == fails_at
    fails(report, report.failure.entry, check, words)


Act = tuple[str, str, tuple[Any, ...], str, str]


FORBIDDEN: list[Act] = [
    ("stranger", "provision", (), "registrations", "provisioned again"),
    ("witness 0", "enrol", (None, MASK), "registrations", "a witness becomes user"),
    ("ann", "enrol", (None, MASK), "registrations", "enrols again"),
    ("operator", "register_party", ("auditor", ("auditor",)), "registrations",
     "registered again"),
    ("operator", "register_party", ("stranger", ("operator",)), "registrations",
     "the roles are operator"),
    ("operator", "register_party", ("stranger", ("auditor", "witness")), "registrations",
     "a witness alone"),
    ("operator", "register_party", ("stranger", ()), "registrations", "the roles are ;"),
    ("operator", "register_party", ("stranger", ("partner", "charity")), "registrations",
     "ascending"),
    ("operator", "define_field", ((0, "shoe_size", "text", ("ExactValue",)),), "registry",
     "defined again"),
    ("operator", "define_field", ((200, "email", "text", ("ExactValue",)),), "registry",
     "defined again"),
    ("operator", "define_rules", ((9999, 0, 0, 0),), "rules", "9999 basis points"),
    ("operator", "define_rules", ((2000, 4000, 2000, 2000),), "rules", "exist already"),
    ("operator", "optin_deposit_escrow", ("partner", b"EUR" + bytes(5), 5, b"payment 1"),
     "deposits", "credited again"),
    ("operator", "optin_deposit_escrow", ("ann", b"EUR" + bytes(5), 5, b"payment 2"),
     "deposits", "to a partner"),
    ("partner", "close_offer", ("closed",), "offers", "is closed"),
    ("another partner", "close_offer", ("offer",), "offers", "another partner's"),
    ("partner", "close_offer", (MASK,), "offers", "no offer 0100"),
    ("operator", "optin_generate_code", ("closed", "dave"), "code states", "offer is closed"),
    ("operator", "optin_generate_code", ("offer", "stranger"), "code states", "not enrolled"),
    ("operator", "optin_generate_code", ("offer", "bob"), "code states", "another live code"),
    ("operator", "optin_generate_code", ("small", "carol"), "code states", "another live code"),
    ("operator", "optin_generate_code", ("small", "dave"), "budgets",
     "has 0 left; expected at least 1000003"),
    ("operator", "optin_settle_engagement", ("code", MASK, ()), "settlements",
     "settled again; expected once"),
    ("operator", "optin_settle_engagement", ("waiting", MASK, ()), "code states",
     "which is generated; expected one that is activated or revoked"),
    ("carol", "optin_revoke_code", ("waiting",), "code states", "which is generated"),
    ("carol", "mark_viewed", (MASK,), "code states", "which is not generated"),
    ("operator", "define_field", ((200, "home", "text", ("MetroAreaOnly",)),), "registry",
     "a text, is shown as MetroAreaOnly"),
    ("operator", "define_weights", (("even", 5000, 4000, 1000),), "scores",
     "under a name other than 'even'"),
    ("operator", "define_weights", (("", 5000, 4000, 1000),), "scores", "under a name"),
    ("operator", "define_weights", (("odd", 5000, 4000, 1001),), "scores", "sum to 10001"),
    ("operator", "replace_witness", ("strict", "witness 2", "witness 1"), "witnesses",
     "none of its witnesses"),
    ("operator", "replace_witness", ("strict", "witness 0", "stand-in"), "witnesses",
     "its witness already"),
    ("operator", "replace_witness", ("strict", "witness 0", "publisher"), "witnesses",
     "is no witness; expected a registered witness"),
    ("partner", "withdraw_escrow", (EUR, 10**15), "withdrawals", "no more than is available"),
    ("partner", "withdraw_escrow", (EUR, 0), "withdrawals", "an amount above zero"),
    ("another partner", "withdraw_escrow", (EUR, 1), "withdrawals", "1 of the 0 available"),
    ("publisher", "withdraw_balance", (EUR, 10**15), "withdrawals", "no more than the balance"),
    ("carol", "withdraw_balance", (EUR, 1), "withdrawals", "1 of the 0 of payee"),
    ("operator", "set_clock", (1, ()), "clock", "a time to come"),
    ("source", "rotate_key", (MASK,), "command signatures", "not valid as that of party"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "method", "fields", "check", "words"), FORBIDDEN)
def test_an_act_that_the_rules_do_not_allow_is_named(
    journal: Journal, who: str, method: str, fields: tuple[Any, ...], check: str, words: str
) -> None:
    meant = [meaning(journal, field) for field in fields]
    events = []
    if method == "optin_generate_code":
        assigned = records.CodeAssigned(meant[1], MASK, None, meant[1])
        events.append(["code", MASK, "code_assigned", assigned])
    report = acted(journal, journal.world.person(who), method, *meant, events=events)
    fails(report, len(journal.entries), check, words)


def meaning(journal: Journal, field: Any) -> Any:
    """Ids for the words of the table above: things of the journal, or people."""
    if not isinstance(field, str):
        return field
    thing = getattr(journal, field, None)
    return thing if isinstance(thing, bytes) else journal.world.person(field).id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code_ttl": 0}, "its codes live 0 ns"),
        ({"code_ttl": 10**18}, "up to ten years"),
        ({"view_until": SECOND}, "its view_until has passed"),
        ({"complete_by": 10**18}, "its complete_by is"),
        ({"least_score": 101}, "its least score is 101"),
        ({"amount": 50_000_001, "budget": 50_000_001}, "cannot pay one"),
    ],
)
def test_an_offer_that_makes_no_sense_is_named(
    journal: Journal, changes: dict[str, Any], words: str
) -> None:
    position = journal.position("publish_offer")
    entry = journal.entries[position]
    terms = evolve(event_of(entry, "offer_published").terms, **changes)
    forged = recommanded(journal, entry, journal.world.partner, terms=terms)
    fails(journal.audit(journal.with_entry(position, forged)), position, "offers", words)

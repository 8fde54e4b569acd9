"""The whole path, end to end: who gets what, who sees what, and what stopping it stops."""

from runtime.wire import commands, records
from runtime.wire.errors import NotAllowedNow, Refused
from runtime.wire.proofs import is_included
from runtime.wire.schema import canonical, evolve, make_id, unpack
from tests.portable.world import DAY, EUR, START, VALUES, Use, refused, stage

AMOUNT = 1_000_003
DEPOSIT = 50_000_000
NAME, MAIL, PHONE = Use(0, "ExactValue"), Use(1, "ExactValue"), Use(2, "BooleanOnly")


def account(world):
    return world.do(world.partner, "get_account", world.partner.id, EUR)


def balance(world, person):
    return world.do(person, "get_balance", person.id, EUR).balance


def engagement(world, user, fields=None, **terms):
    """A completed engagement of a new offer; returns its code."""
    world.publish(serial=9, **terms)
    code = world.generate(user)
    world.viewed(user, code)
    world.record = world.activate(user, code, fields).record
    world.view(world.record)
    return code


def status(world):
    return world.do(world.operator, "get_code", world.code).status


# -------------------------------------------------------------------------------- the states


def test_a_code_goes_through_its_states_in_order():
    for name, expected in (
        ("generated", "generated"), ("viewed", "viewed"), ("activated", "activated"),
        ("completed", "activated"), ("settled", "settled"), ("cancelled", "revoked"),
        ("stopped", "revoked"),
    ):  # fmt: skip
        assert status(stage(name)) == expected


def test_user_partner_and_operator_see_the_same_code():
    world = stage("settled")
    seen = [world.do(person, "get_code", world.code)
            for person in (world.user, world.partner, world.operator)]  # fmt: skip
    assert seen[0] == seen[1] == seen[2]
    assert seen[0].completed and seen[0].amount == AMOUNT and seen[0].record == world.record
    assert seen[0].expires_at == START + 30 * DAY


def test_a_settled_engagement_can_still_be_revoked_and_nothing_is_clawed_back():
    world = stage("settled")
    earned = balance(world, world.user)
    world.revoke(world.user, world.code)
    assert status(world) == "revoked"
    assert balance(world, world.user) == earned
    assert account(world).line.released == AMOUNT
    refused_view(world)


def refused_view(world):
    try:
        world.view(world.record)
    except Refused as error:
        assert "took the consent back" in error.wrong
        return
    raise AssertionError("the view was granted")


# --------------------------------------------------------------------------------- the money


def test_money_moves_from_available_to_reserved_to_released():
    for name, reserved, released in (
        ("enrolled", 0, 0), ("generated", AMOUNT, 0), ("viewed", AMOUNT, 0),
        ("activated", AMOUNT, 0), ("completed", AMOUNT, 0), ("settled", 0, AMOUNT),
        ("cancelled", 0, 0), ("stopped", AMOUNT, 0),
    ):  # fmt: skip
        found = account(stage(name))
        assert (found.line.reserved, found.line.released) == (reserved, released), name
        assert found.line.deposited == DEPOSIT
        assert found.available == DEPOSIT - reserved - released


def test_parts_of_absent_parties_go_to_the_user():
    world = stage("settled")
    assert balance(world, world.operator) == 200_000
    assert balance(world, world.user) == 800_003
    assert balance(world, world.partner) == 0


def test_the_part_of_an_absent_affiliate_goes_to_the_user_not_to_the_publisher():
    world = stage("enrolled")
    publisher = world.register(world.person("a publisher"), ("publisher",))
    world.settle(engagement(world, world.user, publisher=publisher.id))
    found = [balance(world, person) for person in (world.operator, world.user, publisher)]
    assert found == [200_000, 600_001, 200_002]


def test_the_referrer_is_the_affiliate():
    world = stage("enrolled")
    user = world.enrol(world.person("Cleo"), VALUES, referrer=world.other)
    world.settle(engagement(world, user))
    assert balance(world, world.operator) == 200_000
    assert balance(world, user) == 600_003
    assert balance(world, world.other) == 200_000


def test_the_publisher_takes_the_rest_of_the_division():
    world = stage("enrolled")
    publisher = world.register(world.person("a publisher"), ("publisher",))
    user = world.enrol(world.person("Cleo"), VALUES, referrer=world.other)
    world.settle(engagement(world, user, publisher=publisher.id))
    found = [balance(world, person) for person in (world.operator, user, world.other, publisher)]
    assert found == [200_000, 400_001, 200_000, 200_002]
    assert sum(found) == AMOUNT


def test_a_donation_goes_to_the_charity():
    world = stage("enrolled")
    charity = world.register(world.person("a charity"), ("charity",))
    world.settle(engagement(world, world.user, compensation="CharitableDonation",
                            charity=charity.id))  # fmt: skip
    assert balance(world, charity) == 800_003
    assert balance(world, world.user) == 0


def test_the_smallest_amount_is_distributed_whole():
    world = stage("enrolled")
    world.settle(engagement(world, world.user, amount=1, budget=1))
    assert balance(world, world.user) == 1
    assert balance(world, world.operator) == 0


def test_the_largest_amount_is_distributed_whole():
    world = stage("enrolled")
    most = (1 << 64) - 1 - DEPOSIT
    world.deposit(most, b"everything")
    publisher = world.register(world.person("a publisher"), ("publisher",))
    amount = (1 << 64) - 1
    code = engagement(world, world.user, amount=amount, budget=amount, publisher=publisher.id)
    world.settle(code)
    found = [balance(world, person) for person in (world.operator, world.user, publisher)]
    assert sum(found) == amount
    assert found[0] == amount * 2000 // 10000


def test_one_payee_in_several_roles_earns_each_part():
    world = stage("enrolled")
    publisher = world.enrol(
        world.register(world.person("both"), ("publisher",)), VALUES
    )  # a publisher who is a user too
    user = world.enrol(world.person("Cleo"), VALUES, referrer=publisher)
    world.settle(engagement(world, user, publisher=publisher.id))
    assert balance(world, publisher) == 200_000 + 200_002


def test_a_cancelled_code_frees_account_and_budget():
    world = stage("enrolled")
    world.publish(serial=9, budget=AMOUNT)
    code = world.generate(world.user)
    world.viewed(world.user, code)
    world.activate(world.user, code)
    world.revoke(world.user, code)
    assert account(world).available == DEPOSIT
    assert world.state("offer", world.offer).reserved == 0
    world.generate(world.other)


def test_a_cancelled_code_frees_the_budget_of_a_closed_offer():
    world = stage("activated")
    world.do(world.partner, "close_offer", world.offer)
    world.revoke(world.user, world.code)
    assert world.state("offer", world.offer).reserved == 0
    assert world.read("get_offer", world.offer).open is False


def test_closing_an_offer_lets_its_codes_live_on():
    world = stage("generated")
    world.do(world.partner, "close_offer", world.offer)
    world.viewed(world.user, world.code)
    record = world.activate(world.user, world.code).record
    world.view(record)
    world.settle(world.code)
    assert status(world) == "settled"


def test_revoked_after_completion_it_still_settles():
    world = stage("stopped")
    refused_view(world)
    world.settle(world.code)
    assert status(world) == "revoked"
    assert balance(world, world.user) == 800_003
    assert account(world).line.released == AMOUNT
    found = world.do(world.user, "get_code", world.code)
    assert found.settlement != records.ZEROS
    refused(world, NotAllowedNow, world.revoke, world.user, world.code)


def test_a_refused_view_does_not_complete_an_engagement():
    world = stage("cancelled")
    refused_view(world)
    assert world.do(world.user, "get_code", world.code).completed is False


# --------------------------------------------------------------------------------- the views


def test_a_view_returns_what_was_consented_and_nothing_else():
    world = stage("activated")
    grant = world.view(world.record)
    assert grant.fields == b"\x0c\x00Ada Lovelace" + b"\x01\x00\x01"
    assert grant.transforms == ("ExactValue", "BooleanOnly")
    assert grant.returned == b"\x05" + bytes(31)
    assert (grant.record, grant.code) == (world.record, world.code)
    assert grant.pairwise == world.user.pairwise(world.partner.id).id


def test_a_view_returns_requested_and_visible():
    world = stage("activated")
    for requested, returned, fields in (
        (b"\x01", b"\x01", b"\x0c\x00Ada Lovelace"), (b"\x04", b"\x04", b"\x01\x00\x01"),
        (b"\x02", b"\x00", b""), (b"\x00", b"\x00", b""), (b"\xfa", b"\x00", b""),
    ):  # fmt: skip
        grant = world.view(world.record, requested + bytes(31))
        assert (grant.returned, grant.fields) == (returned + bytes(31), fields)
        assert len(grant.transforms) == (1 if fields else 0)


def test_fields_above_the_first_byte_of_the_mask_are_shown():
    world = stage("enrolled")
    world.publish(serial=9, required=(NAME,), optional=(Use(9, "ExactValue"),))
    code = world.generate(world.user)
    world.viewed(world.user, code)
    record = world.activate(world.user, code, (NAME, Use(9, "ExactValue"))).record
    grant = world.view(record)
    assert grant.returned == b"\x01\x02" + bytes(30)
    assert grant.fields == b"\x0c\x00Ada Lovelace\x0a\x001815-12-10"
    assert world.view(record, b"\x00\x02" + bytes(30)).fields == b"\x0a\x001815-12-10"


def test_an_optional_field_is_shown_only_if_it_was_added():
    world = stage("viewed")
    record = world.activate(world.user, world.code, (NAME, MAIL, PHONE)).record
    assert world.view(record).fields == b"\x0c\x00Ada Lovelace\x0f\x00ada@example.org\x01\x00\x01"


def test_values_are_frozen_when_the_user_consents():
    world = stage("activated")
    fields = records.SealedFields(bytes(32), (b"Ada Byron", b"", b""))
    commitment = make_id("optin/v1/fields", fields.blind, fields.values)
    params = world.sealed(world.user, "update_fields", commitment,
                          enclosures=(canonical(fields),))  # fmt: skip
    world.do(world.user, "update_fields", params=params)
    assert world.view(world.record).fields == b"\x0c\x00Ada Lovelace" + b"\x01\x00\x01"


def test_every_reply_has_the_length_of_its_class():
    world = stage("activated")
    lengths = set()
    for requested in (b"\xff" * 32, bytes(32), b"\x01" + bytes(31)):
        world.view(world.record, requested)
        lengths.add(len(world.sealed_reply.box))
    # Text, phone and email at their longest, each with an opening, are past the class of 1,024.
    assert lengths == {4096 + 16}


def test_the_first_granted_view_completes_the_engagement():
    world = stage("activated")
    assert world.do(world.user, "get_code", world.code).completed is False
    world.view(world.record, bytes(32))
    assert world.do(world.user, "get_code", world.code).completed is True


def test_every_look_is_logged():
    world = stage("completed")
    world.view(world.record)
    world.revoke(world.user, world.code)
    refused_view(world)
    state = world.state("access", world.record)
    assert (state.granted, state.refused) == (2, 1)
    event = unpack(unpack(world.store.entries[-1][2])[5][-1])
    assert event[2] == "access_logged"
    partner, requested, returned, address, granted = event[3]
    assert (partner, requested, returned) == (world.partner.id, b"\xff" * 32, bytes(32))
    assert granted is False and b"192.0.2.7" not in world.store.entries[-1][2]
    assert address == world.node.address_hash(b"192.0.2.7")


def test_a_partner_finds_its_records():
    world = stage("completed")
    assert world.do(world.partner, "list_views", b"", 9).records == (world.record,)
    found = world.do(world.partner, "get_view", world.record)
    assert found.visible == b"\x05" + bytes(31) and found.open is True
    world.revoke(world.user, world.code)
    assert world.do(world.partner, "get_view", world.record).open is False


# -------------------------------------------------------------------------------- the proofs


def test_the_node_signs_code_consent_and_settlement():
    world = stage("enrolled")
    check = world.crypto.verify
    reply = world.do(world.operator, "optin_generate_code", world.offer, world.user.id)
    grant = records.CodeGrant(world.node.id, reply.code, world.offer, reply.reservation, AMOUNT,
                              reply.expires_at)  # fmt: skip
    assert check(world.node.public_key, commands.CODE, canonical(grant),
                 world.accepted.signatures[0])  # fmt: skip
    world.viewed(world.user, reply.code)
    consent, enclosures = world.consent(world.user, reply.code)
    activated = world.do(world.user, "optin_activate_code", consent, enclosures=enclosures)
    proof = records.ConsentProof(world.node.id, activated.previous,
                                 make_id("optin/v1/consent", consent))  # fmt: skip
    assert activated.proof == make_id("optin/v1/consent-proof", proof)
    assert check(world.node.public_key, commands.CONSENT_PROOF, canonical(proof),
                 world.accepted.signatures[0])  # fmt: skip


def test_consents_form_a_chain():
    world = stage("activated")
    first = world.state("code", world.code).proof
    code = world.generate(world.other)
    world.viewed(world.other, code)
    reply = world.activate(world.other, code)
    assert reply.previous == first and reply.proof != first
    assert world.state("consent", reply.proof).previous == first
    assert world.state("consent", first).previous == records.ZEROS


def test_a_witness_computes_the_statement_from_the_evidence():
    world = stage("completed")
    evidence = world.evidence(world.witnesses[1], world.code)
    shown = {}
    for parts in evidence.evidence:
        assert is_included(parts.inclusion, evidence.signed.head)
        for part in parts.shown.events:
            if part.salt is None:
                continue
            kind, entity, event, fields = unpack(part.content)
            shown[event] = (entity, fields)
    assert sorted(shown) == ["code_activated", "code_completed", "code_generated",
                             "reservation_made"]  # fmt: skip
    statement = evidence.statement
    generated = shown["code_generated"]
    assert generated[0] == statement.code == world.code
    assert generated[1][2] == statement.reservation == shown["reservation_made"][0]
    assert shown["code_activated"][1][0] == statement.consent_hash
    assert make_id("optin/v1/rules", evidence.shares) == statement.rules == generated[1][5]
    assert sum(statement.amounts) == generated[1][3] == shown["reservation_made"][1][2]
    signed = evidence.signed
    assert world.crypto.verify(
        world.node.public_key, commands.HEAD, canonical(signed.head), signed.signature
    )


def test_a_settlement_verifies_and_a_changed_one_does_not():
    world = stage("settled")
    settlement = world.state("code", world.code).settlement
    record = world.do(world.partner, "get_settlement", settlement).record
    verdict = world.read("optin_verify_settlement", record)
    assert verdict.valid is True
    assert make_id("optin/v1/settlement", record.statement) == settlement
    one, two = record.witnesses
    for wrong in (
        evolve(record, statement=evolve(record.statement,
                                        amounts=records.Amounts(0, AMOUNT, 0, 0))),
        evolve(record, shares=records.Shares(0, 10000, 0, 0)),
        evolve(record, time=record.time + 1),
        evolve(record, witnesses=(one,)),
        evolve(record, witnesses=(one, one)),
        evolve(record, witnesses=(two, one)),
        evolve(record, witnesses=(one, evolve(two, signature=one.signature))),
        evolve(record, witnesses=(evolve(one, witness=two.witness), two)),
        evolve(record, signature=one.signature),
        evolve(record, signature=bytes(4627)),
    ):  # fmt: skip
        verdict = world.read("optin_verify_settlement", wrong)
        assert verdict.valid is False and verdict.reason


def test_settlements_form_a_chain():
    world = stage("settled")
    first = world.state("code", world.code).settlement
    code = world.generate(world.other)
    world.viewed(world.other, code)
    world.view(world.activate(world.other, code).record)
    second = world.settle(code, signer=world.partner, witnesses=world.witnesses[1:]).settlement
    assert world.state("settlement", second).previous == first


def test_any_two_of_the_three_witnesses_settle():
    for first, second in ((0, 1), (1, 0), (0, 2), (2, 1)):
        world = stage("completed")
        world.settle(world.code, witnesses=[world.witnesses[first], world.witnesses[second]])
        assert status(world) == "settled"


def test_lists_are_paged_to_the_end():
    world = stage("settled")
    code = world.generate(world.other)
    seen, after, pages = [], b"", 0
    while True:
        page = world.do(world.operator, "list_codes", after, 1)
        seen.extend(page.codes)
        after, pages = page.next, pages + 1
        if not after:
            break
    assert sorted(seen) == sorted([world.code, code]) and pages <= 3
    assert world.do(world.user, "list_codes", b"", 9).codes == (world.code,)
    lines = world.do(world.operator, "list_balances", EUR, b"", 9).balances
    assert sum([line.balance for line in lines]) == AMOUNT
    accounts = world.do(world.operator, "list_accounts", EUR, b"", 9).accounts
    assert [line.deposited for line in accounts] == [DEPOSIT]
    assert world.read("list_offers", bytes(32), 9).offers == (world.offer,)

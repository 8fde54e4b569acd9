"""Keys that change while ids stay, and witnesses who are replaced."""

from runtime.wire import commands, records
from runtime.wire.errors import Missing, NotAllowedNow, Refused, Stale, Unauthorized
from runtime.wire.schema import canonical, make_id
from tests.portable.world import EUR, VALUES, refused, stage

NOBODY = make_id("test/nobody")


def rotation(world, person, fresh, **changes):
    """Arguments of a rotation, with changes to what the new key signs."""
    content = canonical(changes.get("agreed", [world.node.id, person.id, fresh.id]))
    own = changes.get("signer", fresh).sign(changes.get("purpose", commands.ROTATION), content)
    return (person, "rotate_key", changes.get("successor", fresh.id)), (
        changes.get("key", fresh.key), own,
    )  # fmt: skip


# -------------------------------------------------------------------------------- the new key


def test_a_new_key_keeps_id_roles_nonce_and_money():
    world = stage("ready")
    before = world.state("party", world.partner.id)
    account = world.do(world.partner, "get_account", world.partner.id, EUR)
    world.rotate(world.partner)
    after = world.state("party", world.partner.id)
    assert after.public_key == world.partner.key != before.public_key
    assert (after.roles, after.nonce) == (before.roles, before.nonce + 1)
    assert world.do(world.partner, "get_account", world.partner.id, EUR) == account
    assert commands.party_id(world.partner.key) != world.partner.id
    assert world.read("get_party", world.partner.id).roles == ("partner",)


def test_the_old_key_is_dead_at_once_for_everything():
    world = stage("ready")
    old = world.rotate(world.partner)
    refused(world, Unauthorized, world.do, old, "close_offer", world.offer)
    refused(world, Unauthorized, world.do, old, "list_views", b"", 9)
    refused(world, Unauthorized, world.do, old, "next_nonce")
    refused(world, Unauthorized, world.withdraw_escrow, 1, old)
    refused(world, Unauthorized, world.hop, old, NOBODY)
    world.do(world.partner, "close_offer", world.offer)


def test_the_old_key_does_not_rotate_back():
    world = stage("ready")
    old = world.rotate(world.partner)
    refused(world, Unauthorized, world.rotate, old, "a thief's key")


def test_the_old_key_neither_enrols_nor_provisions():
    """Commands that bring their own key: a party that is known signs with its key as of now."""
    world = stage("ready")
    for person in (world.register(world.person("a publisher"), ("publisher",)), world.operator):
        old = world.rotate(person, "next " + person.id.hex())
        refused(world, Unauthorized, world.enrol, old, VALUES)
        refused(world, Unauthorized, world.do, old, "provision", enclosures=(old.key,))
        # Nor under the new key's name: that one is a party that nobody knows.
        stolen = old.copy()
        stolen.key = person.key
        refused(world, Unauthorized, world.enrol, stolen, VALUES)


def test_the_new_key_enrols_under_the_old_id():
    world = stage("ready")
    publisher = world.register(world.person("a publisher"), ("publisher",))
    world.rotate(publisher)
    world.enrol(publisher, VALUES)
    assert world.state("party", publisher.id).roles == ("publisher", "user")
    assert world.state("profile", publisher.id).status == "enrolled"
    assert world.state("profile", commands.party_id(publisher.key)) is None


def test_a_key_that_comes_along_changes_nothing_for_who_is_known():
    world = stage("ready")
    publisher = world.register(world.person("a publisher"), ("publisher",))
    old, other = world.rotate(publisher), world.person("other")
    fields = records.SealedFields(bytes(32), VALUES)
    commitment = make_id("optin/v1/fields", fields.blind, fields.values)
    for key in (old.key, other.key):
        forked = world.fork()
        params = forked.sealed(publisher, "enrol", None, commitment,
                               enclosures=(key, canonical(fields)))  # fmt: skip
        forked.do(publisher, "enrol", params=params)
        assert forked.state("party", publisher.id).public_key == publisher.key
        refused(forked, Unauthorized, forked.do, old, "next_nonce")


def test_a_command_signed_before_and_sent_after_is_refused():
    world = stage("ready")
    params = world.signed(world.partner, "close_offer", world.offer)
    world.partner.nonce += 5
    world.rotate(world.partner)
    refused(world, Unauthorized, world.do, world.partner, "close_offer", params=params)


def test_a_command_behind_the_rotation_in_one_batch_is_judged_by_the_new_key():
    world = stage("ready")
    fresh = world.person("successor")
    arguments, enclosures = rotation(world, world.partner, fresh)
    rotate = world.signed(*arguments, enclosures=enclosures)
    late = world.signed(world.partner, "close_offer", world.offer)
    old = world.partner.seed
    world.partner.seed = fresh.seed
    good = world.signed(world.partner, "publish_offer", world.terms(serial=9))
    world.partner.seed = old
    answers = []
    for method, params in (("rotate_key", rotate), ("close_offer", late),
                           ("publish_offer", good)):  # fmt: skip
        world.node.submit(method, params, lambda error, result: answers.append(error and error[0]))
    assert world.node.run() == 3
    assert answers == [None, "unauthorized", None]


def test_the_same_rotation_again_gets_no_second_one():
    """Signed by the old key, it is not even repeated: nobody but the new key speaks now."""
    world = stage("ready")
    arguments, enclosures = rotation(world, world.partner, world.person("successor"))
    params = world.signed(*arguments, enclosures=enclosures)
    world.do(world.partner, "rotate_key", params=params)
    refused(world, Unauthorized, world.do, world.partner, "rotate_key", params=params)


def test_the_nonce_goes_on():
    world = stage("ready")
    used = world.partner.nonce
    world.rotate(world.partner)
    for nonce in (used, used + 1):
        params = world.signed(world.partner, "close_offer", world.offer, nonce=nonce)
        refused(world, Stale, world.do, world.partner, "close_offer", params=params)
    assert world.do(world.partner, "next_nonce").nonce == used + 2


def test_a_key_is_rotated_as_often_as_one_likes():
    world = stage("ready")
    old = [world.rotate(world.partner, f"key {i}") for i in range(4)]
    for person in old:
        person.nonce = world.partner.nonce
        refused(world, Unauthorized, world.do, person, "close_offer", world.offer)
    world.boot()
    world.do(world.partner, "close_offer", world.offer)


def test_everybody_can_rotate():
    world = stage("completed")
    for person in [world.operator, world.partner, world.user] + world.witnesses:
        world.rotate(person, "next " + person.id.hex())
    world.view(world.record)
    world.settle(world.code)
    world.revoke(world.user, world.code)
    world.deposit(1, b"more")
    assert world.withdraw_balance(world.user, 800_003) == 0


def test_a_rotation_without_the_new_keys_word_is_refused():
    world = stage("ready")
    fresh, other = world.person("successor"), world.person("other")
    node, partner = world.node.id, world.partner
    for changes in (
        {"signer": other}, {"signer": partner}, {"key": other.key}, {"key": b""},
        {"key": other.key, "signer": other},
        {"key": fresh.key[1:]}, {"successor": other.id}, {"successor": NOBODY},
        {"purpose": commands.REGISTRATION}, {"purpose": commands.purpose("rotate_key")},
        {"agreed": [NOBODY, partner.id, fresh.id]}, {"agreed": [node, other.id, fresh.id]},
        {"agreed": [node, partner.id, other.id]},
    ):  # fmt: skip
        arguments, enclosures = rotation(world, partner, fresh, **changes)
        refused(world, Unauthorized, world.do, *arguments, enclosures=enclosures)
    arguments, enclosures = rotation(world, partner, fresh)
    world.do(*arguments, enclosures=enclosures)


def test_nobody_rotates_for_somebody_else():
    world = stage("ready")
    fresh = world.person("successor")
    arguments, enclosures = rotation(world, world.partner, fresh)
    params = world.signed(*arguments, enclosures=enclosures)
    params[1] = world.operator.sign(commands.purpose("rotate_key"), params[0])
    refused(world, Unauthorized, world.do, world.partner, "rotate_key", params=params)
    stranger = world.person("a stranger")
    arguments, enclosures = rotation(world, stranger, fresh)
    refused(world, Unauthorized, world.do, *arguments, enclosures=enclosures)


# -------------------------------------------------------------------- the path and the new key


def test_a_rotated_witness_settles_with_the_new_key_and_not_with_the_old():
    world = stage("completed")
    old = world.rotate(world.witnesses[0])
    refused(world, Unauthorized, world.evidence, old, world.code)
    statement = world.evidence(world.witnesses[0], world.code).statement
    stale = [old.sign(commands.WITNESS, canonical(statement)),
             world.witnesses[1].sign(commands.WITNESS, canonical(statement))]  # fmt: skip
    refused(world, Unauthorized, world.do, world.operator, "optin_settle_engagement", world.code,
            make_id("optin/v1/settlement", statement),
            tuple([witness.id for witness in world.witnesses[:2]]), enclosures=stale)  # fmt: skip
    world.settle(world.code)


def test_a_rotated_partner_looks_and_settles():
    world = stage("activated")
    old = world.rotate(world.partner)
    refused(world, Unauthorized, world.view, world.record, partner=old)
    assert world.view(world.record).fields
    world.settle(world.code, signer=world.partner)


def test_a_settlement_stays_valid_whoever_of_its_witnesses_rotates():
    world = stage("settled")
    settlement = world.state("code", world.code).settlement
    record = world.do(world.partner, "get_settlement", settlement).record
    for witness in world.witnesses:
        world.rotate(witness, "next " + witness.id.hex())
    assert world.do(world.partner, "get_settlement", settlement).record == record
    verdict = world.read("optin_verify_settlement", record)
    assert verdict.valid, verdict.reason


def test_a_rotated_user_consents_with_the_same_pairwise_key():
    world = stage("viewed")
    consent, enclosures = world.consent(world.user, world.code)
    world.rotate(world.user)
    world.do(world.user, "optin_activate_code", consent, enclosures=enclosures)


# ----------------------------------------------------------------------------- the witnesses


def spare(world, name="a fourth witness"):
    return world.register(world.person(name), ("witness",))


def settle_with(world, one, two):
    """Settle with these two, the statement from a third who can get it."""
    able = [witness for witness in world.witnesses + [one, two]
            if witness.id in world.state("offer", world.offer).witnesses]  # fmt: skip
    statement = world.evidence(able[0], world.code).statement
    content = canonical(statement)
    return world.do(world.operator, "optin_settle_engagement", world.code,
                    make_id("optin/v1/settlement", statement), (one.id, two.id),
                    enclosures=[one.sign(commands.WITNESS, content),
                                two.sign(commands.WITNESS, content)])  # fmt: skip


def test_a_dead_witness_is_replaced_by_operator_and_partner():
    world = stage("completed")
    fourth, (dead, one, two) = spare(world), world.witnesses
    world.replace_witness(world.offer, dead, fourth)
    assert world.state("offer", world.offer).witnesses == (fourth.id, one.id, two.id)
    refused(world, Unauthorized, settle_with, world, one, dead)
    settle_with(world, one, fourth)
    assert world.do(world.operator, "get_code", world.code).status == "settled"


def test_a_replaced_witness_gets_no_evidence_and_the_successor_does():
    world = stage("completed")
    fourth, dead = spare(world), world.witnesses[2]
    refused(world, Unauthorized, world.evidence, fourth, world.code)
    world.evidence(dead, world.code)
    world.replace_witness(world.offer, dead, fourth)
    refused(world, Unauthorized, world.evidence, dead, world.code)
    assert world.evidence(fourth, world.code).statement.code == world.code


def test_a_replacement_changes_no_statement():
    world = stage("completed")
    before = world.evidence(world.witnesses[0], world.code).statement
    fourth = spare(world)
    world.replace_witness(world.offer, world.witnesses[1], fourth)
    assert world.evidence(fourth, world.code).statement == before


def test_a_replacement_is_of_one_offer():
    world = stage("completed")
    first, fourth, dead = world.offer, spare(world), world.witnesses[0]
    world.publish(serial=9)
    world.replace_witness(world.offer, dead, fourth)
    assert dead.id in world.state("offer", first).witnesses
    assert fourth.id not in world.state("offer", first).witnesses
    refused(world, Unauthorized, world.evidence, fourth, world.code)


def test_witnesses_of_a_closed_offer_are_replaced():
    world = stage("completed")
    world.do(world.partner, "close_offer", world.offer)
    fourth = spare(world)
    world.replace_witness(world.offer, world.witnesses[0], fourth)
    settle_with(world, world.witnesses[1], fourth)


def test_a_replaced_witness_does_not_come_back_so_an_agreement_serves_once():
    world = stage("completed")
    fourth, dead = spare(world), world.witnesses[0]
    world.replace_witness(world.offer, dead, fourth)
    refused(world, Refused, world.replace_witness, world.offer, fourth, dead)


def test_a_successor_is_another_registered_witness():
    world = stage("completed")
    dead, one, _ = world.witnesses
    for successor in (dead, one):
        refused(world, Refused, world.replace_witness, world.offer, dead, successor)
    for successor in (world.partner, world.operator, world.user, world.person("nobody")):
        refused(world, Missing, world.replace_witness, world.offer, dead, successor)


def test_only_a_witness_of_the_offer_is_replaced():
    world = stage("completed")
    fourth, fifth = spare(world), spare(world, "a fifth")
    for dead in (fourth, world.partner, world.person("nobody")):
        refused(world, Missing, world.replace_witness, world.offer, dead, fifth)
    refused(world, Missing, world.replace_witness, NOBODY, world.witnesses[0], fifth)


def test_a_replacement_needs_the_partners_own_signature_over_exactly_this():
    world = stage("completed")
    fourth, fifth, dead = spare(world), spare(world, "a fifth"), world.witnesses[0]
    second = world.register(world.person("second partner"), ("partner",))
    for signer in (second, world.operator, fourth, dead):
        refused(world, Unauthorized, world.replace_witness, world.offer, dead, fourth, signer)
    node, offer = world.node.id, world.offer
    for agreed, purpose in (
        ([node, offer, dead.id, fifth.id], commands.REPLACEMENT),
        ([node, offer, world.witnesses[1].id, fourth.id], commands.REPLACEMENT),
        ([node, world.code, dead.id, fourth.id], commands.REPLACEMENT),
        ([NOBODY, offer, dead.id, fourth.id], commands.REPLACEMENT),
        ([node, offer, dead.id, fourth.id], commands.REGISTRATION),
    ):
        own = world.partner.sign(purpose, canonical(agreed))
        refused(world, Unauthorized, world.do, world.operator, "replace_witness", offer, dead.id,
                fourth.id, enclosures=(own,))  # fmt: skip


def test_only_the_operator_sends_a_replacement():
    world = stage("completed")
    fourth, dead = spare(world), world.witnesses[0]
    agreed = canonical([world.node.id, world.offer, dead.id, fourth.id])
    own = world.partner.sign(commands.REPLACEMENT, agreed)
    for person in (world.partner, dead, fourth):
        refused(world, Unauthorized, world.do, person, "replace_witness", world.offer, dead.id,
                fourth.id, enclosures=(own,))  # fmt: skip


def test_a_rotated_partner_agrees_with_its_new_key():
    world = stage("completed")
    fourth, dead = spare(world), world.witnesses[0]
    old = world.rotate(world.partner)
    refused(world, Unauthorized, world.replace_witness, world.offer, dead, fourth, old)
    world.replace_witness(world.offer, dead, fourth)


def test_a_settlement_by_who_was_replaced_later_stays_valid():
    world = stage("settled")
    settlement = world.state("code", world.code).settlement
    record = world.do(world.partner, "get_settlement", settlement).record
    world.replace_witness(world.offer, world.witnesses[0], spare(world))
    assert world.read("optin_verify_settlement", record).valid
    assert world.do(world.witnesses[0], "get_settlement", settlement).record == record


# --------------------------------------------------------------------------------- the roles


def test_who_enrols_keeps_the_roles_there_were():
    world = stage("ready")
    person = world.register(world.person("a publisher"), ("publisher", "source"))
    world.enrol(person, VALUES)
    assert world.state("party", person.id).roles == ("publisher", "source", "user")
    assert world.read("get_party", person.id).roles == ("publisher", "source")
    key = world.state("party", person.id).public_key
    assert key == person.key


def test_a_rotation_adds_no_role():
    world = stage("ready")
    world.rotate(world.witnesses[0])
    refused(world, Refused, world.enrol, world.witnesses[0], VALUES)
    refused(world, NotAllowedNow, world.do, world.operator, "provision",
            enclosures=(world.operator.key,))  # fmt: skip

"""A command is done once: the same one again gets the same answer, and nothing happens twice."""

from runtime.wire import commands, records
from runtime.wire.errors import (
    Busy,
    Malformed,
    Refused,
    Stale,
    StorageFailed,
    Unauthorized,
    from_wire,
)
from runtime.wire.schema import decode, spec_of, unpack
from runtime.wire.sealing import unseal
from tests.portable.world import DAY, EUR, SECOND, refused, refused_and_journaled, stage


def accepted(world, method, params):
    error, result = world.send(method, params)
    if error:
        raise from_wire(error)
    return result


def deposit(world, reference=b"payment 2", **options):
    return world.signed(world.operator, "optin_deposit_escrow", world.partner.id, EUR, 7,
                        reference, **options)  # fmt: skip


def test_the_same_command_again_gets_the_same_answer():
    world = stage("ready")
    params = deposit(world)
    first = accepted(world, "optin_deposit_escrow", params)
    before = world.store.content()
    assert accepted(world, "optin_deposit_escrow", params) == first
    assert world.store.content() == before


def test_the_node_signatures_come_again_with_the_answer():
    world = stage("enrolled")
    params = world.signed(world.operator, "optin_generate_code", world.offer, world.user.id)
    first = accepted(world, "optin_generate_code", params)
    assert len(spec_of(records.Accepted).build(first).signatures) == 1
    assert accepted(world, "optin_generate_code", params) == first


def test_the_same_command_is_answered_even_after_its_not_after():
    world = stage("ready")
    params = deposit(world)
    first = accepted(world, "optin_deposit_escrow", params)
    world.uptime.ns += 3 * DAY
    assert accepted(world, "optin_deposit_escrow", params) == first


def test_the_same_command_is_answered_after_newer_ones_and_a_restart():
    world = stage("ready")
    params = deposit(world)
    first = accepted(world, "optin_deposit_escrow", params)
    world.deposit(1, b"payment 3")
    world.boot()
    assert accepted(world, "optin_deposit_escrow", params) == first


def test_a_remembered_answer_is_given_only_for_a_valid_signature():
    world = stage("ready")
    params = deposit(world)
    accepted(world, "optin_deposit_escrow", params)
    params[1] = bytes(4627)
    refused(world, Unauthorized, accepted, world, "optin_deposit_escrow", params)


def test_the_same_command_twice_in_one_batch_is_done_once():
    world = stage("ready")
    params = deposit(world)
    answers = []
    for _ in range(3):
        world.node.submit("optin_deposit_escrow", params, lambda *answer: answers.append(answer))
    before = world.store.count()
    assert world.node.run() == 3
    assert answers[0][0] is None and answers[0] == answers[1] == answers[2]
    assert world.store.count() == before + 1


def test_a_refused_command_is_judged_anew():
    world = stage("ready")
    params = world.signed(world.partner, "close_offer", world.offer)
    world.uptime.ns += 2 * DAY
    refused(world, Stale, accepted, world, "close_offer", params)
    world.uptime.ns = 0
    world.boot()
    accepted(world, "close_offer", params)


def view_params(world, kem_seed=bytes(64), requested=b"\xff" * 32):
    key = world.crypto.kem_public_key(kem_seed)
    return world.signed(world.partner, "optin_enforce_view", world.record, requested,
                        commands.reply_key_id(key), enclosures=(key, b""))  # fmt: skip


def opened(world, result, kem_seed=bytes(64)):
    reply = unpack(spec_of(records.Accepted).build(result).result)
    sealed = spec_of(records.Sealed).build(reply[0])
    return sealed, decode(records.ViewGrant, unseal(world.crypto, kem_seed, commands.VIEW, sealed))


def test_the_same_view_again_is_judged_anew():
    world = stage("activated")
    params = view_params(world)
    before = world.store.count()
    one, first = opened(world, accepted(world, "optin_enforce_view", params))
    two, second = opened(world, accepted(world, "optin_enforce_view", params))
    assert first == second and one != two
    assert world.store.count() == before + 2
    assert world.state("access", world.record).granted == 2


def test_the_same_view_after_revocation_is_refused_and_journaled():
    world = stage("activated")
    params = view_params(world)
    accepted(world, "optin_enforce_view", params)
    world.revoke(world.user, world.code)
    refused_and_journaled(world, Refused, accepted, world, "optin_enforce_view", params)


def test_the_same_view_after_its_not_after_is_refused():
    world = stage("activated")
    params = view_params(world)
    accepted(world, "optin_enforce_view", params)
    world.uptime.ns += 2 * DAY
    refused(world, Stale, accepted, world, "optin_enforce_view", params)


def test_an_older_view_is_repeated_only_if_it_was_accepted():
    world = stage("activated")
    held_back = view_params(world)
    world.view(world.record)
    refused(world, Stale, accepted, world, "optin_enforce_view", held_back)


def test_no_value_of_a_view_is_kept_with_the_answer():
    world = stage("activated")
    params = view_params(world)
    accepted(world, "optin_enforce_view", params)
    known = world.store.get("reply", commands.command_hash(params[0]))
    assert unpack(known)[2] == b"" and b"Ada" not in known


def test_a_reply_is_sealed_to_the_one_key_of_its_request():
    world = stage("activated")
    result = accepted(world, "optin_enforce_view", view_params(world))
    sealed, _ = opened(world, result)
    for seed, purpose in ((b"\x01" * 64, commands.VIEW), (bytes(64), commands.ENROLMENT)):
        try:
            unseal(world.crypto, seed, purpose, sealed)
        except Malformed:
            continue
        raise AssertionError("opened by another key or for another purpose")


def test_nonces_may_leave_gaps_and_never_come_back():
    world = stage("ready")
    used = world.state("party", world.operator.id).nonce
    accepted(world, "optin_deposit_escrow", deposit(world, b"a", nonce=used + 1000))
    refused(world, Stale, accepted, world, "optin_deposit_escrow",
            deposit(world, b"b", nonce=used + 999))  # fmt: skip
    assert world.do(world.operator, "next_nonce").nonce == used + 1001
    world.operator.nonce = used + 1001
    last = deposit(world, b"c", nonce=(1 << 64) - 1)
    accepted(world.fork(), "optin_deposit_escrow", last)


def test_questions_need_no_nonce():
    world = stage("ready")
    for _ in range(2):
        params = world.signed(world.partner, "get_account", world.partner.id, EUR, nonce=0)
        assert accepted(world, "get_account", params)


def test_time_is_the_nodes_and_never_goes_back():
    world = stage("ready")
    world.uptime.ns += 5 * SECOND
    later = world.read("identity").time
    world.uptime.ns -= 3 * SECOND
    assert world.read("identity").time == later


def test_one_request_more_than_the_queue_holds_is_told_when_to_come_again():
    world = stage("ready")
    sequencer = world.node.sequencer
    answers = []
    for _ in range(sequencer.max_queue):
        world.node.submit("identity", [], lambda *answer: answers.append(answer))
    try:
        world.node.submit("identity", [], lambda *answer: answers.append(answer))
    except Busy as error:
        assert error.retry_ms > 0
    else:
        raise AssertionError("the queue has no end")
    while world.node.run():
        pass
    assert len(answers) == sequencer.max_queue
    assert all([error is None for error, _ in answers])
    world.read("identity")


def test_answers_come_in_the_order_of_the_requests():
    world = stage("ready")
    order = []
    for i in range(40):
        world.node.submit("journal_head", [bytes([i]) * 32],
                          lambda error, result: order.append(result[0][0][4][0]))  # fmt: skip
    while world.node.run():
        pass
    assert order == list(range(40))


def test_a_batch_is_as_good_as_one_after_the_other():
    one, two = stage("ready").fork(), stage("ready").fork()
    requests = [deposit(one, bytes([65 + i])) for i in range(5)]
    for params in requests:
        accepted(one, "optin_deposit_escrow", params)
    for params in requests:
        two.node.submit("optin_deposit_escrow", params, lambda *answer: None)
    assert two.node.run() == 5
    assert [entry[:3] for entry in one.store.entries] == [entry[:3] for entry in two.store.entries]


def test_what_the_store_cannot_keep_leaves_nothing():
    world = stage("viewed")
    consent, enclosures = world.consent(world.user, world.code)
    params = world.signed(world.user, "optin_activate_code", consent, enclosures=enclosures)
    before, room = world.store.content(), 0
    while True:
        world.store.room = room
        try:
            accepted(world, "optin_activate_code", params)
            break
        except StorageFailed:
            world.store.room = None
            assert world.store.content() == before
            assert world.node.journal.size == len(before[2])
        room += 1
    assert room >= 8
    world.store.room = None
    assert world.store.count() == len(before[2]) + 1
    assert world.view(world.do(world.user, "get_code", world.code).record).fields


def test_a_batch_that_the_store_cannot_keep_is_refused_whole():
    world = stage("ready")
    requests = [deposit(world, bytes([65 + i])) for i in range(4)]
    before, answers = world.store.content(), []
    for params in requests:
        world.node.submit("optin_deposit_escrow", params, lambda *answer: answers.append(answer))
    world.store.room = 20
    world.node.run()
    world.store.room = None
    assert [error[0] for error, _ in answers] == ["storage"] * 4
    assert world.store.content() == before
    for params in requests:
        accepted(world, "optin_deposit_escrow", params)


def test_the_answer_to_a_command_names_its_place_in_the_journal():
    world = stage("ready")
    world.deposit(7, b"payment 2")
    assert world.accepted.position == world.node.journal.size - 1
    assert world.accepted.leaf == world.node.journal.tree.leaf(world.accepted.position)

"""Retention: what is due is erased, nothing else, and the rest still adds up and verifies."""

from runtime.node.checkpoint import check_chain, states_digest
from runtime.wire import records
from runtime.wire.commands import CHECKPOINT
from runtime.wire.errors import Missing, NotAllowedNow, Refused, Unauthorized
from runtime.wire.schema import decode, spec_of, unpack, unpack_own
from tests.portable.replay import Replay
from tests.portable.world import DAY, SECOND, refused, stage

YEAR = 365 * DAY
SEVEN = 7 * YEAR
ENGAGEMENT = ("code", "reservation", "view", "access", "consent", "settlement")


def erase(world):
    """Erase all that is due; returns (things, entries)."""
    states = entries = 0
    more = True
    while more:
        reply = world.do(world.operator, "erase_due")
        states, entries, more = states + reply.states, entries + reply.entries, reply.more
    return states, entries


def kinds(world):
    """How many states there are of each kind of an engagement."""
    return [len(world.store.states(kind, b"", 99)) for kind in ENGAGEMENT]


def erased(world):
    return [at for at in range(world.node.journal.size) if world.node.journal.entry(at)[2] is None]


def methods(world, positions):
    return [world.node.journal.body(position).method for position in positions]


def balances(world):
    """Accounts, payees and offers, whole."""
    return [world.store.states(kind, b"", 99) for kind in ("account", "payee", "offer")]


# -------------------------------------------------------------------------------- engagements


def test_a_settled_engagement_is_erased_whole_seven_years_later():
    world = stage("settled")
    before = balances(world)
    size = world.node.journal.size
    story = [at for at in range(size) if world.node.journal.body(at).method in (
        "optin_deposit_escrow", "optin_generate_code", "mark_viewed", "optin_activate_code",
        "optin_enforce_view", "optin_settle_engagement")]  # fmt: skip
    world.uptime.ns += SEVEN
    assert kinds(world) == [1, 1, 1, 1, 1, 1]
    erase(world)
    assert kinds(world) == [0, 0, 0, 0, 0, 0]
    assert erased(world) == story and len(story) == 6
    assert balances(world) == before
    refused(world, Missing, world.do, world.user, "get_code", world.code)
    refused(world, Missing, world.do, world.partner, "get_view", world.record)
    assert world.do(world.user, "list_codes", b"", 9).codes == ()


def test_nothing_goes_a_nanosecond_before_its_time():
    world = stage("settled")
    ended = world.state("code", world.code).ended
    assert ended == world.now
    world.uptime.ns += SEVEN - 1
    erase(world)  # the values beside the enrolments are due since long
    assert kinds(world) == [1, 1, 1, 1, 1, 1] and erased(world) == []
    refused(world, NotAllowedNow, world.do, world.operator, "erase_due")
    assert world.do(world.operator, "get_retention").due == ended + SEVEN
    world.uptime.ns += 1
    erase(world)
    assert kinds(world) == [0, 0, 0, 0, 0, 0]


def test_an_engagement_whose_money_is_held_is_kept_however_old():
    world = stage("completed")
    world.uptime.ns += 2 * SEVEN
    erase(world)
    assert kinds(world) == [1, 1, 1, 1, 1, 0]
    assert methods(world, world.state("code", world.code).entries) == [
        "optin_generate_code", "optin_activate_code", "optin_enforce_view"]  # fmt: skip
    world.settle(world.code)  # a witness still gets its evidence
    world.uptime.ns += SEVEN
    erase(world)
    assert kinds(world) == [0, 0, 0, 0, 0, 0]


def test_a_code_that_expired_and_one_that_was_revoked_are_erased_too():
    world = stage("activated")
    code = world.generate(world.other)
    world.revoke(world.user, world.code)
    world.uptime.ns += 30 * DAY
    world.expire(code)
    world.uptime.ns += SEVEN - 1
    erase(world)
    assert kinds(world)[0] == 1  # the revoked one ended sooner
    world.uptime.ns += 1
    erase(world)
    assert kinds(world) == [0, 0, 0, 0, 0, 0]


def test_revoked_after_completion_it_is_kept_until_it_was_settled():
    world = stage("completed")
    world.revoke(world.user, world.code)
    world.uptime.ns += SEVEN
    erase(world)
    assert kinds(world)[0] == 1
    world.settle(world.code)
    world.uptime.ns += SEVEN
    erase(world)
    assert kinds(world) == [0, 0, 0, 0, 0, 0]


def test_a_view_after_its_record_was_erased_is_as_one_of_no_record():
    world = stage("settled")
    world.uptime.ns += SEVEN
    erase(world)
    try:
        world.view(world.record)
    except Missing as error:
        assert "no such view record" in error.wrong
    else:
        raise AssertionError("granted")


def test_an_erased_command_is_not_answered_from_memory():
    world = stage("enrolled")
    params = world.signed(world.operator, "optin_generate_code", world.offer, world.user.id)
    code = (
        spec_of(records.REPLIES["optin_generate_code"])
        .build(
            unpack_own(
                spec_of(records.Accepted).build(world.send("optin_generate_code", params)[1])[0]
            )
        )
        .code
    )
    world.uptime.ns += 30 * DAY
    world.expire(code)
    assert world.send("optin_generate_code", params)[0] is None
    world.uptime.ns += SEVEN
    erase(world)
    error, _ = world.send("optin_generate_code", params)
    assert error is not None
    assert kinds(world)[0] == 0


# ------------------------------------------------------------------------ activity and values


def test_activity_is_erased_after_a_year():
    world = stage("enrolled")
    world.source = world.register(world.person("source"), ("source",))
    world.record_event(world.user, "ForumPost", 100, world.now)
    world.uptime.ns += 100 * DAY
    world.record_event(world.user, "SurveyCompleted", 200, world.now)
    world.uptime.ns += 265 * DAY
    old, young = [at for at in range(world.node.journal.size)
                  if world.node.journal.body(at).method == "optin_record_event"]  # fmt: skip
    erase(world)
    assert erased(world) == [old]
    assert len(world.store.states("activity", b"", 9)) == 1
    score = world.state("score", world.user.id)
    assert (score.sharing, len(score.engagement)) == ((), 1)
    world.uptime.ns += 100 * DAY
    erase(world)
    assert erased(world) == [old, young]
    assert world.store.states("activity", b"", 9) == []
    assert world.store.states("score", b"", 9) == []


def test_a_score_is_the_same_before_and_after():
    world = stage("enrolled")
    world.source = world.register(world.person("source"), ("source",))
    for days in (300, 200, 5):
        world.record_event(world.user, "ForumPost", 100, world.now - days * DAY)
    world.uptime.ns += 200 * DAY
    before = world.do(world.operator, "optin_get_score", world.user.id).score
    erase(world)
    assert len(world.state("score", world.user.id).sharing) == 1
    assert world.do(world.operator, "optin_get_score", world.user.id).score == before


def test_hops_are_erased_with_their_session():
    world = stage("enrolled")
    session = bytes(range(32))
    first = world.hop(world.partner, session, type="AdView")
    world.uptime.ns += DAY
    world.hop(world.partner, session, first, type="AdClick")
    world.uptime.ns += SEVEN - DAY
    erase(world)
    assert len(world.store.states("hop", b"", 9)) == 1
    refused(world, Missing, world.read, "get_hop", first)
    world.uptime.ns += DAY
    chains = len(world.store.states("chain", b"", 9))
    erase(world)
    assert world.store.states("hop", b"", 9) == []
    assert len(world.store.states("chain", b"", 9)) == chains - 1


def test_values_beside_an_enrolment_go_after_a_year_and_the_profile_stays():
    world = stage("enrolled")
    world.update(world.user, (b"Ada King", b"ada@example.org", b"+4930123456"))
    held = b"".join([b"".join(entry) for entry in world.store.entries])
    assert b"Ada Lovelace" in held and b"Ada King" in held
    world.uptime.ns += YEAR
    erase(world)
    held = b"".join([b"".join(entry) for entry in world.store.entries])
    assert b"Ada Lovelace" not in held and b"Ada King" not in held
    assert erased(world) == []
    assert world.state("profile", world.user.id).values[0] == b"Ada King"
    code = world.generate(world.user)
    world.viewed(world.user, code)
    world.view(world.activate(world.user, code).record)


# --------------------------------------------------------------------------- what is left


def test_what_stands_is_never_erased():
    world = stage("ready")
    world.uptime.ns += 100 * YEAR
    erase(world)
    kept = [at for at in range(world.node.journal.size) if at not in erased(world)]
    standing = ["define_field", "define_rules", "erase_due", "provision", "publish_offer",
                "register_party"]  # fmt: skip
    assert sorted(set(methods(world, kept))) == standing
    assert world.do(world.operator, "get_retention").due == 0


def test_a_payment_reference_is_remembered_for_good():
    world = stage("ready")
    world.deposit(5, b"payment 9")
    world.uptime.ns += SEVEN
    erase(world)
    refused(world, Refused, world.deposit, 5, b"payment 9")


def test_the_sums_of_what_was_erased_are_carried_over():
    world = stage("settled")
    world.uptime.ns += SEVEN
    erase(world)
    sums, payees = {}, {}
    for at in range(world.node.journal.size):
        if world.node.journal.entry(at)[2] is not None:
            for event in world.node.journal.body(at).events:
                _, _, name, fields = unpack(event)
                if name == "erased":
                    made = spec_of(records.EVENTS["erased"]).build(fields)
                    for into, lines in ((sums, made.sums), (payees, made.payees)):
                        for line in lines:
                            key = (line.entity, line.event)
                            into[key] = into.get(key, 0) + line.amount
    account = [unpack(state) for _, state in world.store.states("account", b"", 9)][0]
    entity = world.store.states("account", b"", 9)[0][0]
    made = records.AccountState(*account)
    assert sums[entity, "deposited"] == made.deposited
    assert sums[entity, "funds_reserved"] == sums[entity, "funds_released"] == made.released
    earned = [records.PayeeState(*unpack(state)).earned
              for _, state in world.store.states("payee", b"", 9)]  # fmt: skip
    assert sorted(payees.values()) == sorted(earned)
    assert sums[records.ZEROS, "payee_credited"] == sum(earned) == made.released


def test_the_tree_and_a_start_still_verify():
    world = stage("settled")
    heads = [(size, world.node.journal.tree.root(size)) for size in range(world.node.journal.size)]
    world.uptime.ns += SEVEN
    erase(world)
    for size, root in heads:
        assert world.node.journal.tree.root(size) == root
    check_chain(world.node.journal)
    again = world.fork()
    assert again.node.journal.tree.root() == world.node.journal.tree.root()
    assert erased(again) == erased(world)


def test_an_entry_that_is_missing_before_its_time_stops_a_start():
    world = stage("settled")
    header = world.store.entries[5][0]
    world.store.entries[5] = (header, None, None, None)
    try:
        world.fork()
    except Refused as error:
        assert "entry 5 is missing before its time" in error.wrong
    else:
        raise AssertionError("served")


def test_an_erased_entry_is_proved_but_not_shown():
    world = stage("settled")
    auditor = world.register(world.person("auditor"), ("auditor",))
    world.uptime.ns += SEVEN
    erase(world)
    position = erased(world)[0]
    for reader in (world.operator, auditor):
        entry = world.do(reader, "journal_entries", position, 1).entries[0]
        assert (entry.salt, entry.body, entry.shown, entry.attachments) == (None, b"", None, ())
        assert entry.leaf == world.node.journal.tree.leaf(position)
        assert entry.header.sequence == position
    assert world.read("journal_receipt", position, bytes(32)).inclusion.leaf == entry.leaf


# --------------------------------------------------------------------- checkpoint and replay


def states_of(store):
    found = {}
    for kind in records.STATES:
        for key, state in store.states(kind, b"", 999):
            found[kind, key] = spec_of(records.STATES[kind]).build(unpack_own(state))
    return found


def checkpoint(world):
    content, signature = unpack_own(world.store.get("meta", b"checkpoint"))
    assert world.crypto.verify(world.node.public_key, CHECKPOINT, content, signature)
    return decode(records.Checkpoint, content)


def test_a_replay_starts_from_the_signed_checkpoint():
    world = stage("settled")
    world.uptime.ns += SEVEN
    erase(world)
    for _ in range(2):  # after a further erasure from a further one
        signed = checkpoint(world)
        copy = world.store.copy()
        assert signed.states == states_digest(copy)
        assert signed.head.size == world.node.journal.size
        replay = Replay(world.node.journal, states_of(copy), signed.head.size)
        code = world.generate(world.other)
        world.viewed(world.other, code)
        world.view(world.activate(world.other, code).record)
        replay.follow()
        replay.check_whole(world.store)
        world.revoke(world.other, code)
        world.settle(code)
        world.uptime.ns += SEVEN
        erase(world)


def test_states_of_another_content_have_another_digest():
    world = stage("settled")
    before = states_digest(world.store)
    assert before == states_digest(world.store.copy())
    for kind, key in (("account", world.store.states("account", b"", 1)[0][0]),
                      ("code", world.code)):  # fmt: skip
        other = world.store.copy()
        other.put(kind, key, other.get(kind, key)[:-1] + b"\x01")
        assert states_digest(other) != before
        other.drop(kind, key)
        assert states_digest(other) != before


def test_a_replay_over_an_erasure_forgets_the_same():
    world = stage("completed")
    world.source = world.register(world.person("source"), ("source",))
    world.record_event(world.user, "ForumPost", 100, world.now)
    world.revoke(world.user, world.code)
    world.settle(world.code)
    entries = [world.node.journal.entry(at) for at in range(world.node.journal.size)]
    world.uptime.ns += SEVEN
    erase(world)

    class Whole:
        """The journal with what was erased."""

        size = world.node.journal.size

        def entry(self, position):
            return entries[position] if position < len(entries) else (
                world.node.journal.entry(position))  # fmt: skip

    replay = Replay(Whole())
    replay.follow()
    replay.check_whole(world.store)


# ------------------------------------------------------------------------------ who and when


def test_only_the_operator_erases():
    world = stage("settled")
    world.uptime.ns += SEVEN
    for person in (world.partner, world.user, world.witnesses[0]):
        refused(world, Unauthorized, world.do, person, "erase_due")


def test_nothing_is_erased_by_a_clock_that_was_not_set():
    world = stage("settled")
    world.uptime.ns += SEVEN
    world.boot(knows_time=False)
    refused(world, Refused, world.do, world.operator, "erase_due")


def test_a_large_erasure_comes_in_bounded_batches():
    world = stage("enrolled")
    world.source = world.register(world.person("source"), ("source",))
    for number in range(130):
        world.record_event(world.user, "ForumPost", 1 + number % 9, world.now)
    world.uptime.ns += YEAR
    batches = []
    more = True
    while more:
        reply = world.do(world.operator, "erase_due")
        batches.append((reply.states, reply.entries))
        more = reply.more
        assert len(world.node.journal.body(world.node.journal.size - 1).events) <= 64
    assert len(batches) > 2
    assert sum([states for states, _ in batches]) == 131  # events, and the score
    assert sum([entries for _, entries in batches]) == 130 + 2  # and values of two enrolments
    assert world.do(world.operator, "get_retention")[:2] == (132, 131)


def test_entries_of_one_batch_that_is_not_durable_yet_are_left_for_the_next():
    world = stage("enrolled")
    world.source = world.register(world.person("source"), ("source",))
    world.record_event(world.user, "ForumPost", 1, world.now)
    world.uptime.ns += YEAR + SECOND
    erase(world)
    assert world.store.entries[-1][2] is not None

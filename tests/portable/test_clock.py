"""The node's clock: forward only, a little by the operator, far only with two witnesses."""

from runtime.node.clock import Clock
from runtime.wire import commands, records
from runtime.wire.errors import Refused, Unauthorized
from runtime.wire.schema import canonical, make_id, spec_of
from tests.portable.world import DAY, SECOND, START, Stepped, refused, stage

FREE = 60 * SECOND


# ------------------------------------------------------------------------------- the operator


def test_a_small_step_needs_nobody_else():
    world = stage("provisioned")
    world.set_clock(START + FREE)
    assert world.read("identity").time == START + FREE
    world.uptime.ns += SECOND
    assert world.read("identity").time == START + FREE + SECOND


def test_one_nanosecond_more_than_the_bound_needs_two_witnesses():
    world = stage("provisioned")
    refused(world, Unauthorized, world.set_clock, START + FREE + 1)
    assert world.now == START
    world.set_clock(START + FREE + 1, world.witnesses[:2])
    assert world.now == START + FREE + 1


def test_the_bound_grows_with_the_uptime():
    world = stage("provisioned")
    world.uptime.ns += 10 * DAY
    bound = FREE + 10 * DAY // 1000
    refused(world, Unauthorized, world.set_clock, world.now + bound + 1)
    world.set_clock(world.now + bound)


def test_what_was_stepped_before_counts_against_the_bound():
    world = stage("provisioned")
    world.uptime.ns += 10 * DAY
    bound = FREE + 10 * DAY // 1000
    world.set_clock(world.now + 1)
    refused(world, Unauthorized, world.set_clock, world.now + bound)
    world.set_clock(world.now + bound - 1)
    refused(world, Unauthorized, world.set_clock, world.now + 1)


def test_a_step_that_witnesses_agreed_to_takes_nothing_of_the_bound():
    world = stage("provisioned")
    world.set_clock(world.now + DAY, world.witnesses[:2])
    world.set_clock(world.now + FREE)


def test_the_clock_never_goes_back():
    world = stage("provisioned")
    world.uptime.ns += DAY
    for time in (0, START, world.now - 1, world.now):
        refused(world, Refused, world.set_clock, time)
        refused(world, Refused, world.set_clock, time, world.witnesses[:2])
    world.set_clock(world.now + 1)


def test_only_the_operator_sets_the_clock():
    world = stage("enrolled")
    for person in (world.partner, world.user, world.witnesses[0]):
        refused(world, Unauthorized, world.do, person, "set_clock", START + 1, (),
                enclosures=(b"", b""))  # fmt: skip


# ------------------------------------------------------------------------------ the witnesses


def far(world, witnesses, signatures, time=START + 99 * DAY):
    return world.do(world.operator, "set_clock", time, tuple([person.id for person in witnesses]),
                    enclosures=signatures)  # fmt: skip


def test_a_large_step_needs_two_different_witnesses_over_node_and_time():
    world = stage("provisioned")
    time = START + 99 * DAY
    good = canonical([world.node.id, time])

    def signed(person, content=good, purpose=commands.CLOCK):
        return person.sign(purpose, content)

    one, two, three = world.witnesses
    stranger = world.person("a stranger")
    another = canonical([make_id("test/nobody"), time])
    for witnesses, signatures in (
        ((), (b"", b"")), ((one,), (signed(one), b"")), ((one, one), (signed(one),) * 2),
        ((one, two), (signed(one), b"")), ((one, two), (b"", signed(two))),
        ((one, two), (signed(two), signed(one))), ((one, two), (signed(one), signed(three))),
        ((one, world.partner), (signed(one), signed(world.partner))),
        ((one, world.operator), (signed(one), signed(world.operator))),
        ((one, stranger), (signed(one), signed(stranger))),
        ((one, two), (signed(one), signed(two, canonical([world.node.id, time + 1])))),
        ((one, two), (signed(one), signed(two, another))),
        ((one, two), (signed(one), signed(two, good, commands.WITNESS))),
    ):  # fmt: skip
        refused(world, Unauthorized, far, world, witnesses, signatures)
        assert world.now == START
    far(world, (three, one), (signed(three), signed(one)))
    assert world.now == time


def test_signatures_of_witnesses_move_the_clock_once():
    world = stage("provisioned")
    world.set_clock(START + 99 * DAY, world.witnesses[:2])
    refused(world, Refused, world.set_clock, START + 99 * DAY, world.witnesses[:2])


def test_a_rotated_witness_vouches_with_the_new_key():
    world = stage("provisioned")
    old = world.rotate(world.witnesses[0])
    refused(world, Unauthorized, world.set_clock, START + DAY, (old, world.witnesses[1]))
    world.set_clock(START + DAY, world.witnesses[:2])


def test_a_step_makes_codes_due():
    world = stage("generated")
    world.set_clock(START + 30 * DAY, world.witnesses[:2])
    assert world.due() == [world.code]
    world.expire(world.code)


# --------------------------------------------------------------------------- after a power cut


def cut(name):
    """A world of a stage after a power cut: nobody has told the node what time it is."""
    world = stage(name)
    world.uptime.ns += 5 * DAY  # the last entry is as old as that
    world.boot(knows_time=False)
    return world


def test_after_a_power_cut_the_last_journaled_time_holds():
    world = cut("viewed")
    assert world.read("identity").time == START
    world.uptime.ns += DAY
    assert world.read("identity").time == START


def test_timed_acts_are_refused_until_the_clock_is_set():
    world = cut("sourced")
    for action in (
        lambda: world.generate(world.user),
        lambda: world.record_event(world.user, "ForumPost", 1, START),
    ):
        refused(world, Refused, action)
    world = cut("generated")
    refused(world, Refused, world.viewed, world.user, world.code)
    refused(world, Refused, world.expire, world.code)
    world = cut("viewed")
    refused(world, Refused, world.activate, world.user, world.code)
    world = cut("activated")
    refused(world, Refused, world.view, world.record)
    refused(world, Refused, world.do, world.partner, "get_view", world.record)
    refused(world, Refused, world.do, world.user, "optin_get_score", world.user.id)
    refused(world, Refused, world.read, "list_due", b"", 9)


def test_every_request_that_depends_on_the_time_is_marked():
    timed = [name for name in records.REQUESTS if spec_of(records.REQUESTS[name]).more["timed"]]
    for name in (
        "mark_viewed", "optin_activate_code", "optin_enforce_view", "optin_expire_reservation",
        "optin_generate_code", "optin_record_event", "optin_get_score", "get_view", "list_due",
        "erase_due",
    ):  # fmt: skip
        assert name in timed, name
    assert "set_clock" not in timed


def test_what_does_not_depend_on_the_time_goes_on():
    world = cut("completed")
    world.deposit(7, b"payment 2")
    world.settle(world.code)
    world.revoke(world.user, world.code)
    world.withdraw_escrow(1)
    world.withdraw_balance(world.user, 1)
    world.rotate(world.user)
    assert world.read("identity").time == START


def test_an_unset_clock_is_set_with_two_witnesses_however_small_the_step():
    world = cut("viewed")
    for time in (START + 1, START + FREE, START + 5 * DAY):
        refused(world, Unauthorized, world.set_clock, time)
    refused(world, Refused, world.set_clock, START, world.witnesses[:2])
    world.set_clock(START + 5 * DAY, world.witnesses[:2])
    assert world.now == START + 5 * DAY
    world.activate(world.user, world.code)
    world.uptime.ns += SECOND
    assert world.now == START + 5 * DAY + SECOND


def test_a_refused_step_does_not_set_the_clock():
    world = cut("generated")
    refused(world, Unauthorized, world.set_clock, START + 1)
    refused(world, Refused, world.viewed, world.user, world.code)


def test_the_journal_does_not_go_back_over_a_restart():
    world = stage("provisioned")
    world.set_clock(START + 99 * DAY, world.witnesses[:2])
    world.deposit(7)
    world.boot()  # the machine's clock is 99 days behind
    assert world.now == START + 99 * DAY
    world.boot(knows_time=False)
    assert world.now == START + 99 * DAY


# ------------------------------------------------------------------------------ the clock alone


def test_a_clock_shows_no_less_than_its_floor():
    uptime = Stepped()
    assert Clock(uptime, 5, 9).now() == 9
    assert Clock(uptime, None, 9).now() == 9
    assert Clock(uptime, 50, 9).now() == 50
    clock = Clock(uptime, 5, 9)
    uptime.ns += 3
    assert clock.now() == 12


def test_a_clock_that_is_set_to_the_past_stands_still():
    uptime = Stepped()
    clock = Clock(uptime, 1000)
    assert clock.now() == 1000
    clock.set(10, True)
    assert clock.now() == 1000
    clock = Clock(uptime, None, 1000)
    assert not clock.is_set
    clock.set(10, True)
    assert clock.is_set and clock.now() == 1000
    uptime.ns += 1
    assert clock.now() == 1001


def test_uptime_that_goes_back_does_not_take_time_along():
    uptime = Stepped()
    clock = Clock(uptime, 1000)
    uptime.ns = 50
    assert clock.now() == 1050
    uptime.ns = 20
    assert clock.now() == 1050


def test_many_small_steps_take_no_more_than_one_budget():
    world = stage("ready")
    start = world.now
    refusals = 0
    for _ in range(8):
        try:
            world.set_clock(world.now + 10 * SECOND)
        except Unauthorized:
            refusals += 1
    assert refusals == 2
    assert world.now - start == 60 * SECOND


def test_the_clock_starts_no_earlier_than_it_was_set_to():
    world = stage("provisioned")
    world.set_clock(world.now + DAY, world.witnesses[:2])
    later = world.fork()
    assert later.now >= START + DAY


def test_a_step_that_the_store_could_not_keep_is_taken_back():
    clock = Clock(Stepped(), START)
    saved = clock.save()
    clock.set(START + 30 * SECOND, False)
    clock.restore(saved)
    assert clock.free_step() == FREE
    clock.set(START + FREE, False)
    assert clock.now() == START + FREE

"""Expiry: when a code is due, who may say so, and where the money goes."""

from runtime.wire import records
from runtime.wire.errors import Malformed, Missing, NotAllowedNow, Refused
from runtime.wire.schema import make_id, unpack
from tests.portable.world import DAY, EUR, SECOND, VALUES, refused, refused_and_journaled, stage

AMOUNT, DEPOSIT = 1_000_003, 50_000_000
NOBODY = make_id("test/nobody")


def account(world):
    return world.do(world.partner, "get_account", world.partner.id, EUR)


def status(world, code=None):
    return world.do(world.operator, "get_code", code or world.code).status


def last_events(world):
    """Names of the events of the last entry."""
    return [unpack(event)[2] for event in unpack(world.store.entries[-1][2])[5]]


# ----------------------------------------------------------------------------------- the edges


def test_a_code_that_was_not_activated_is_due_at_its_expires_at():
    for name in ("generated", "viewed"):
        world = stage(name)
        world.uptime.ns += 30 * DAY - 1
        refused(world, Refused, world.expire, world.code)
        world.uptime.ns += 1
        world.expire(world.code)
        assert status(world) == "expired"
        assert world.state("reservation", world.reservation).status == "expired"


def test_a_code_that_was_not_completed_is_due_at_its_complete_by():
    world = stage("bounded")
    world.uptime.ns += 7 * DAY - 1
    refused(world, Refused, world.expire, world.code)
    world.uptime.ns += 1
    world.expire(world.code)
    assert status(world) == "expired"


def test_complete_by_is_counted_from_the_activation():
    world = stage("enrolled")
    world.publish(serial=5, complete_by=SECOND)
    code = world.generate(world.user)
    world.viewed(world.user, code)
    world.uptime.ns += 29 * DAY
    record = world.activate(world.user, code).record
    world.uptime.ns += SECOND - 1
    assert world.view(record).fields
    assert world.state("code", code).complete_by == world.now + 1


def test_expires_at_does_not_matter_once_a_code_is_activated():
    for name in ("activated", "bounded"):
        world = stage(name)
        world.uptime.ns += 6 * DAY if name == "bounded" else 400 * DAY
        refused(world, Refused, world.expire, world.code)


def test_complete_by_does_not_matter_before_activation():
    world = stage("enrolled")
    world.publish(serial=5, complete_by=SECOND)
    code = world.generate(world.user)
    world.uptime.ns += DAY
    refused(world, Refused, world.expire, code)


def test_completed_codes_do_not_expire():
    world = stage("bounded")
    world.uptime.ns += 7 * DAY - 1
    world.view(world.record)
    world.uptime.ns += 400 * DAY
    refused(world, Refused, world.expire, world.code)
    assert world.view(world.record).fields
    world.settle(world.code)
    assert status(world) == "settled"


def test_an_offer_without_complete_by_waits_for_ever():
    world = stage("activated")
    world.uptime.ns += 3650 * DAY
    refused(world, Refused, world.expire, world.code)
    world.view(world.record)


def test_codes_that_are_over_do_not_expire():
    for name in ("settled", "cancelled", "stopped"):
        world = stage(name)
        world.uptime.ns += 400 * DAY
        refused(world, NotAllowedNow, world.expire, world.code)


def test_a_code_expires_once():
    for name in ("generated", "viewed", "bounded"):
        world = stage(name)
        world.uptime.ns += 31 * DAY
        world.expire(world.code)
        refused(world, NotAllowedNow, world.expire, world.code)


def test_a_code_that_is_not_there_does_not_expire():
    world = stage("generated")
    refused(world, Missing, world.expire, NOBODY)
    refused(world, Malformed, world.expire, b"short")


def test_a_complete_by_too_long_is_refused():
    world = stage("ready")
    refused(world, Refused, world.publish, serial=9, complete_by=3650 * DAY + 1)
    world.publish(serial=9, complete_by=3650 * DAY)


# -------------------------------------------------------------------------------------- anyone


def test_anyone_may_expire_what_is_due():
    """The request is unsigned: no node knows who asked, and the entry names nobody."""
    world = stage("generated")
    world.uptime.ns += 30 * DAY
    accepted = world.expire(world.code)
    assert accepted.position == world.node.journal.size - 1
    body = unpack(world.store.entries[-1][2])
    assert (body[3], body[4]) == ("optin_expire_reservation", b"")


def test_expiry_is_one_entry_of_these_events():
    world = stage("generated")
    world.uptime.ns += 30 * DAY
    world.expire(world.code)
    assert last_events(world) == [
        "funds_expired", "funds_reclaimed", "reservation_expired", "budget_returned",
        "code_expired",
    ]  # fmt: skip
    world = stage("bounded")
    world.uptime.ns += 7 * DAY
    world.expire(world.code)
    assert last_events(world) == [
        "view_stopped", "funds_expired", "funds_reclaimed", "reservation_expired",
        "budget_returned", "code_expired",
    ]  # fmt: skip


# ----------------------------------------------------------------------------------- the money


def test_what_expired_comes_back_and_both_are_remembered():
    for name in ("generated", "viewed", "bounded"):
        world = stage(name)
        world.uptime.ns += 30 * DAY
        assert account(world).available == DEPOSIT - AMOUNT  # a dead code still holds its money
        world.expire(world.code)
        found = account(world)
        assert found.available == DEPOSIT
        assert found.line == records.AccountLine(
            world.partner.id, DEPOSIT, 0, 0, 0, 0, AMOUNT, AMOUNT
        )


def test_lifetime_counts_only_grow():
    world = stage("enrolled")
    for times in (1, 2, 3):
        code = world.generate(world.user)
        world.uptime.ns += 30 * DAY
        world.expire(code)
        line = account(world).line
        assert (line.expired_ever, line.reclaimed_ever) == (times * AMOUNT, times * AMOUNT)
        assert (line.reserved, line.expired) == (0, 0)
    world.withdraw_escrow(DEPOSIT)
    assert account(world).line.expired_ever == 3 * AMOUNT


def test_cancelled_money_did_not_expire():
    line = account(stage("cancelled")).line
    assert (line.expired_ever, line.reclaimed_ever) == (0, 0)


def test_the_budget_returns():
    world = stage("enrolled")
    world.publish(serial=9, budget=AMOUNT)
    code = world.generate(world.user)
    world.uptime.ns += 30 * DAY
    world.expire(code)
    assert world.state("offer", world.offer).reserved == 0
    world.generate(world.other)


def test_the_budget_of_a_closed_offer_returns_too():
    world = stage("generated")
    world.do(world.partner, "close_offer", world.offer)
    world.uptime.ns += 30 * DAY
    world.expire(world.code)
    assert world.state("offer", world.offer).reserved == 0
    assert account(world).available == DEPOSIT


def test_counts_that_would_not_fit_are_refused_and_nothing_is_half_done():
    world = stage("enrolled")
    most = (1 << 64) - 1
    world.deposit(most - DEPOSIT, b"everything")
    world.publish(serial=9, amount=most, budget=most)
    world.expire_after = world.generate(world.user)
    world.uptime.ns += 30 * DAY
    world.expire(world.expire_after)
    code = world.generate(world.user)
    world.uptime.ns += 30 * DAY
    refused(world, Refused, world.expire, code)


# ------------------------------------------------------------------------------------ the view


def test_a_view_is_refused_from_complete_by_on_whether_it_was_expired_or_not():
    world = stage("bounded")
    world.uptime.ns += 7 * DAY
    assert world.do(world.partner, "get_view", world.record).open is False
    error = refused_and_journaled(world, Refused, world.view, world.record)
    assert "complete_by" in error.wrong
    world.expire(world.code)
    assert world.do(world.partner, "get_view", world.record).open is False
    error = refused_and_journaled(world, Refused, world.view, world.record)
    assert "complete_by" in error.wrong and "took the consent back" not in error.wrong


def test_a_refused_view_does_not_save_a_code_from_expiry():
    world = stage("bounded")
    world.uptime.ns += 7 * DAY
    refused_and_journaled(world, Refused, world.view, world.record)
    world.expire(world.code)


def test_what_expired_is_neither_viewed_nor_activated_nor_revoked_nor_settled():
    for name in ("generated", "viewed", "bounded"):
        world = stage(name)
        world.uptime.ns += 30 * DAY
        world.expire(world.code)
        refused(world, NotAllowedNow, world.viewed, world.user, world.code)
        refused(world, NotAllowedNow, world.activate, world.user, world.code)
        refused(world, NotAllowedNow, world.revoke, world.user, world.code)
        refused(world, NotAllowedNow, world.do, world.operator, "optin_settle_engagement",
                world.code, NOBODY, (NOBODY, world.code), enclosures=(b"", b""))  # fmt: skip


def test_a_late_code_may_still_be_revoked_until_it_is_expired():
    world = stage("bounded")
    world.uptime.ns += 8 * DAY
    world.revoke(world.user, world.code)
    assert status(world) == "revoked" and account(world).available == DEPOSIT
    refused(world, NotAllowedNow, world.expire, world.code)
    assert account(world).line.expired_ever == 0


# ---------------------------------------------------------------------------- another code


def test_a_dead_code_frees_its_user_for_another():
    for name, days in (("generated", 30), ("viewed", 30), ("bounded", 7)):
        world = stage(name)
        refused(world, Refused, world.generate, world.user)
        world.uptime.ns += days * DAY
        world.expire(world.code)
        code = world.generate(world.user)
        assert code != world.code and status(world, code) == "generated"


def test_a_late_code_frees_its_user_only_once_it_is_expired():
    world = stage("bounded")
    world.uptime.ns += 7 * DAY
    refused(world, Refused, world.generate, world.user)
    world.expire(world.code)
    world.generate(world.user)


# --------------------------------------------------------------------------------- what is due


def test_what_is_due_is_listed_in_order_of_time_and_in_pages():
    world = stage("enrolled")
    expected = []
    for days in (5, 1, 3):
        world.publish(serial=100 + days, code_ttl=days * DAY, amount=7, budget=100)
        for user in (world.user, world.other):
            expected.append((days, world.generate(user)))
    expected = [code for _, code in sorted(expected)]
    assert world.due() == []
    world.uptime.ns += DAY - 1
    assert world.due() == []
    for days, count in ((1, 2), (2, 2), (3, 4), (5, 6), (99, 6)):
        world.uptime.ns = days * DAY
        for limit in (1, 2, 4, 255):
            assert world.due(limit) == expected[:count]
    refused(world, Refused, world.read, "list_due", b"", 0)


def test_what_is_due_can_be_expired_and_nothing_else():
    world = stage("bounded")
    waiting = world.generate(world.other)
    world.uptime.ns += 7 * DAY
    assert world.due() == [world.code]
    world.uptime.ns += 23 * DAY
    assert world.due() == [world.code, waiting]
    for code in world.due():
        world.expire(code)
    assert world.due() == []


def test_what_is_over_or_complete_is_not_due():
    for name in ("activated", "completed", "settled", "cancelled", "stopped"):
        world = stage(name)
        world.uptime.ns += 400 * DAY
        assert world.due() == []
    world = stage("bounded")
    world.view(world.record)
    world.uptime.ns += 400 * DAY
    assert world.due() == []


def test_activation_moves_what_is_due():
    world = stage("enrolled")
    world.publish(serial=5, complete_by=60 * DAY)
    code = world.generate(world.user)
    world.viewed(world.user, code)
    world.activate(world.user, code)
    world.uptime.ns += 59 * DAY
    assert world.due() == []
    world.uptime.ns += DAY
    assert world.due() == [code]


def test_a_hundred_codes_are_expired_page_by_page():
    world = stage("enrolled")
    world.publish(serial=9, amount=1, code_ttl=DAY)
    people = [world.enrol(world.person(f"user {i}"), VALUES[:1]) for i in range(20)]
    codes = sorted([world.generate(person) for person in people])
    world.uptime.ns += DAY
    while True:
        page = world.read("list_due", b"", 7).codes
        if not page:
            break
        for code in page:
            world.expire(code)
            codes.remove(code)
    assert not codes and account(world).available == DEPOSIT

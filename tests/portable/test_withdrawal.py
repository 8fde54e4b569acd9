"""Withdrawals: a partner's available money, a payee's balance, and nobody else's."""

from runtime.wire import records
from runtime.wire.errors import Malformed, Missing, NoFunds, Refused, Unauthorized
from tests.portable.world import DAY, EUR, refused, stage

AMOUNT, DEPOSIT = 1_000_003, 50_000_000
CHF = b"CHF" + bytes(5)


def account(world, partner=None):
    partner = partner or world.partner
    return world.do(partner, "get_account", partner.id, EUR)


def balance(world, person):
    return world.do(person, "get_balance", person.id, EUR)


# --------------------------------------------------------------------------------- the partner


def test_a_partner_takes_out_what_is_available():
    world = stage("ready")
    assert world.withdraw_escrow(1) == DEPOSIT - 1
    assert world.withdraw_escrow(DEPOSIT - 1) == 0
    found = account(world)
    assert found.available == 0
    assert (found.line.deposited, found.line.withdrawn) == (DEPOSIT, DEPOSIT)
    refused(world, NoFunds, world.withdraw_escrow, 1)


def test_more_than_is_available_is_refused():
    for name, held in (("enrolled", 0), ("generated", AMOUNT), ("completed", AMOUNT),
                       ("settled", AMOUNT), ("cancelled", 0), ("stopped", AMOUNT)):  # fmt: skip
        world = stage(name)
        refused(world, NoFunds, world.withdraw_escrow, DEPOSIT - held + 1)
        refused(world, NoFunds, world.withdraw_escrow, (1 << 64) - 1)
        assert world.withdraw_escrow(DEPOSIT - held) == 0


def test_a_dead_code_holds_its_money_until_it_is_expired():
    world = stage("generated")
    world.uptime.ns += 30 * DAY
    refused(world, NoFunds, world.withdraw_escrow, DEPOSIT)
    world.expire(world.code)
    assert world.withdraw_escrow(DEPOSIT) == 0


def test_what_was_withdrawn_pays_no_code():
    world = stage("enrolled")
    world.withdraw_escrow(DEPOSIT - AMOUNT + 1)
    refused(world, NoFunds, world.generate, world.user)
    refused(world, NoFunds, world.publish, serial=9)
    world.deposit(1, b"a micro-unit")
    world.generate(world.user)


def test_a_withdrawal_of_nothing_is_refused():
    world = stage("settled")
    refused(world, Refused, world.withdraw_escrow, 0)
    refused(world, Refused, world.withdraw_balance, world.user, 0)
    refused(world, Malformed, world.withdraw_escrow, -1)
    refused(world, Malformed, world.withdraw_balance, world.user, 1 << 64)


def test_a_partner_reaches_its_own_account_alone():
    world = stage("ready")
    second = world.register(world.person("second partner"), ("partner",))
    refused(world, Missing, world.withdraw_escrow, 1, second)
    world.deposit(5, b"second", second)
    refused(world, NoFunds, world.withdraw_escrow, 6, second)
    assert world.withdraw_escrow(5, second) == 0
    assert account(world).available == DEPOSIT


def test_nobody_but_a_partner_takes_escrow():
    world = stage("settled")
    for person in (world.operator, world.user, world.witnesses[0]):
        refused(world, Unauthorized, world.withdraw_escrow, 1, person)


def test_currencies_do_not_mix():
    world = stage("settled")
    refused(world, Missing, world.withdraw_escrow, 1, None, CHF)
    refused(world, Missing, world.withdraw_balance, world.user, 1, CHF)
    world.do(world.operator, "optin_deposit_escrow", world.partner.id, CHF, 7, b"francs")
    refused(world, NoFunds, world.withdraw_escrow, 8, None, CHF)
    assert world.withdraw_escrow(7, None, CHF) == 0


def test_a_withdrawal_is_done_once():
    world = stage("ready")
    params = world.signed(world.partner, "withdraw_escrow", EUR, 7)
    for _ in range(3):
        assert world.do(world.partner, "withdraw_escrow", params=params).available == DEPOSIT - 7
    assert account(world).line.withdrawn == 7


def test_the_lifetime_of_an_account_is_bounded_whatever_was_withdrawn():
    world = stage("ready")
    world.deposit((1 << 64) - 1 - DEPOSIT, b"everything")
    world.withdraw_escrow((1 << 64) - 1)
    refused(world, Refused, world.deposit, 1, b"more")


# ----------------------------------------------------------------------------------- the payee


def test_payees_take_out_what_they_earned():
    world = stage("settled")
    for person, earned in ((world.user, 800_003), (world.operator, 200_000)):
        assert world.withdraw_balance(person, 3) == earned - 3
        found = balance(world, person)
        assert (found.balance, found.earned) == (earned - 3, earned)
        refused(world, NoFunds, world.withdraw_balance, person, earned - 2)
        assert world.withdraw_balance(person, earned - 3) == 0
        refused(world, NoFunds, world.withdraw_balance, person, 1)
        assert balance(world, person).earned == earned


def test_who_earned_nothing_takes_nothing():
    world = stage("settled")
    for person in (world.other, world.partner, world.witnesses[0]):
        refused(world, Missing, world.withdraw_balance, person, 1)
    refused(world, Unauthorized, world.withdraw_balance, world.person("a stranger"), 1)


def test_nothing_is_earned_before_the_settlement():
    for name in ("activated", "completed", "cancelled", "stopped"):
        world = stage(name)
        refused(world, Missing, world.withdraw_balance, world.user, 1)


def test_a_payee_is_paid_under_its_own_signature_alone():
    world = stage("settled")
    params = world.signed(world.user, "withdraw_balance", EUR, 1)
    params[1] = world.operator.sign(b"optin/v1/withdraw_balance", params[0])
    refused(world, Unauthorized, world.do, world.user, "withdraw_balance", params=params)


def test_earnings_go_on_after_a_withdrawal():
    world = stage("settled")
    world.withdraw_balance(world.operator, 200_000)
    code = world.generate(world.other)
    world.viewed(world.other, code)
    world.view(world.activate(world.other, code).record)
    world.settle(code)
    found = balance(world, world.operator)
    assert (found.balance, found.earned) == (200_000, 400_000)


# ------------------------------------------------------------------------------------ the sum


def conserved(world):
    """Deposits = available + reserved + expired + payee balances + all withdrawals."""
    accounts = world.do(world.operator, "list_accounts", EUR, b"", 255).accounts
    payees = world.do(world.operator, "list_balances", EUR, b"", 255).balances
    left = right = 0
    for line in accounts:
        spoken = line.reserved + line.released + line.expired + line.withdrawn
        assert line.deposited >= spoken
        left += line.deposited
        right += line.deposited - spoken + line.reserved + line.expired + line.withdrawn
    for line in payees:
        assert line.earned == line.balance + line.withdrawn
        right += line.balance + line.withdrawn
    return left == right


def test_money_is_conserved_at_every_step():
    world = stage("completed")
    assert conserved(world)
    dead = world.generate(world.other)
    for step in (
        lambda: world.withdraw_escrow(1_000_000), lambda: world.settle(world.code),
        lambda: world.withdraw_balance(world.user, 1), lambda: world.expire(dead),
        lambda: world.withdraw_balance(world.operator, 200_000),
        lambda: world.withdraw_escrow(account(world).available),
        lambda: world.deposit(5, b"more"), lambda: world.withdraw_balance(world.user, 800_002),
    ):  # fmt: skip
        world.uptime.ns += 30 * DAY
        step()
        assert conserved(world)
    line = account(world).line
    assert line == records.AccountLine(world.partner.id, DEPOSIT + 5, 0, AMOUNT, 0,
                                       DEPOSIT - AMOUNT, AMOUNT, AMOUNT)  # fmt: skip

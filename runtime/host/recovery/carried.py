"""What goes over from a dead node to its successor: computed from the journal, by anybody alike.

Carried are parties with their roles and the keys they have now, what accounts can promise, payees'
balances, and used payment references. Money that is held for an engagement goes where it would
have: of one that is completed and not settled to its payees, by its rules; of any other back to
the account. Offers, codes, consents, views, scores, the registry of fields and the rules stay
behind: they were signed for the dead node, or lived on what only it had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from runtime.host.audit.known import Known, account_of
from runtime.host.audit.report import currency_name
from runtime.host.audit.settlement import split
from runtime.wire import commands, records
from runtime.wire.errors import Refused
from runtime.wire.records import ZEROS
from runtime.wire.schema import make_id

PARTIES, ACCOUNTS, PAYEES = 8, 24, 40  # in a part, at most: what a command and its entry hold
T = TypeVar("T")


class Part(NamedTuple):
    """A part that is carried over: the request, and the keys that come beside it."""

    request: records.CarryOver | records.CarryUsers
    keys: bytes

    @property
    def id(self) -> bytes:
        """By what the part before it knows this one."""
        return commands.carried_id(self.request)


class Money(NamedTuple):
    """What a party has in a currency, at the end of a journal."""

    accounts: list[records.CarriedMoney]
    payees: list[records.CarriedMoney]


def parts(known: Known) -> list[Part]:
    """All parts, in order, each naming the next.

    Args:
        known: what an auditor knows at the end of a journal that is shown whole.

    Raises:
        Refused: the journal does not say whose some money is.
    """
    money = money_of(known)
    others, users = _parties(known)
    makers: list[tuple[Callable[[bytes], records.CarryOver | records.CarryUsers], bytes]] = []
    for lines, accounts, payments in _together(
        _pieces(others, PARTIES),
        _pieces(money.accounts, ACCOUNTS),
        _pieces(sorted(known.payments), ACCOUNTS),
    ):
        makers.append((_carry_over(lines, accounts, payments), _keys(known, lines)))
    for lines, payees in _together(_pieces(users, PARTIES), _pieces(money.payees, PAYEES)):
        makers.append((_carry_users(lines, payees), _keys(known, lines)))
    made: list[Part] = []
    following = ZEROS
    for maker, keys in reversed(makers):
        made.append(Part(maker(following), keys))
        following = made[-1].id
    return made[::-1]


def first_id(made: list[Part]) -> bytes:
    """What a takeover says of all parts: the first names the second, and so on."""
    return made[0].id if made else ZEROS


def _carry_over(
    lines: tuple[records.CarriedParty, ...],
    accounts: tuple[records.CarriedMoney, ...],
    payments: tuple[bytes, ...],
) -> Callable[[bytes], records.CarryOver]:
    return lambda following: records.CarryOver(lines, accounts, payments, following)


def _carry_users(
    lines: tuple[records.CarriedParty, ...], payees: tuple[records.CarriedMoney, ...]
) -> Callable[[bytes], records.CarryUsers]:
    return lambda following: records.CarryUsers(lines, payees, following)


def _parties(known: Known) -> tuple[list[records.CarriedParty], list[records.CarriedParty]]:
    """(parties that are no users, or something else besides; users)."""
    others, users = [], []
    for party, facts in sorted(known.parties.items()):
        if facts.key is None:
            continue  # erased: whoever it is registers anew
        key = commands.party_id(facts.key)
        roles = [role for role in sorted(facts.roles) if role != "operator"]
        if "user" in roles:
            users.append(records.CarriedParty(party, tuple(roles), key))
            roles.remove("user")
            if not roles:
                continue
        others.append(records.CarriedParty(party, tuple(roles), key))
    return others, users


def _keys(known: Known, lines: Iterable[records.CarriedParty]) -> bytes:
    return b"".join(known.parties[line.party].key or b"" for line in lines)


def money_of(known: Known) -> Money:
    """Whose all money is: nothing is made or lost.

    Raises:
        Refused: the journal does not say whose some of it is.
    """
    ledger = known.ledger
    currencies = sorted(set(ledger.currencies.values()))
    owed: Counter[bytes] = Counter()  # of accounts, to payees
    due: Counter[tuple[bytes, bytes]] = Counter()  # (party, currency)
    for code in known.codes.values():
        if code.completed and code.settlement == ZEROS:
            made = code.made
            owed[account_of(made)] += made.amount
            amounts = split(made.amount, known.rules[made.rules], made.payees)
            for party, amount in zip(code.paid, amounts, strict=True):
                if party is not None:
                    due[party, made.currency] += amount
    accounts, payees = [], []
    for party in sorted(known.parties.keys() | {party for party, _ in due}):
        for currency in currencies:
            account = make_id("optin/v1/account", party, currency)
            books = ledger.accounts.get(account, Counter[str]())
            left = books["available"] + books["reserved"] - owed[account]
            if left:
                accounts.append(records.CarriedMoney(party, currency, left))
            payee = make_id("optin/v1/payee-account", party, currency)
            balance = ledger.payees.get(payee, 0) + due[party, currency]
            if balance:
                payees.append(records.CarriedMoney(party, currency, balance))
    for currency in currencies:
        books = ledger.sums[currency]
        there = books["deposited"] + books["carried"] - books["withdrawn"] - books["paid"]
        found = sum(line.amount for line in accounts + payees if line.currency == currency)
        if there != found:
            raise Refused(
                f"{there} {currency_name(currency)} are in the books and {found} are somebody's",
                "a journal that is shown whole, and says whose each account is",
                "recover it anew; if it stays so, ask an auditor",
            )
    return Money(accounts, payees)


def _pieces(lines: list[T], size: int) -> list[tuple[T, ...]]:
    return [tuple(lines[at : at + size]) for at in range(0, len(lines), size)]


def _together(*columns: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Pieces of each column side by side, as long as any has one."""
    for index in range(max(map(len, columns))):
        yield tuple(column[index] if index < len(column) else () for column in columns)

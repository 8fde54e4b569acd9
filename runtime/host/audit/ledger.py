"""The money: every account and payee, and their sums per currency, from nothing but the events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from runtime.host.audit.report import Checks, currency_name, show
from runtime.host.audit.turn import Event

MAX_AMOUNT = (1 << 64) - 1

# What an event adds its amount to, or takes it from.
MOVES = {
    "deposited": {"deposited": 1, "available": 1},
    "funds_reserved": {"available": -1, "reserved": 1},
    "funds_returned": {"reserved": -1, "available": 1},
    "funds_released": {"reserved": -1, "released": 1},
    "funds_expired": {"reserved": -1, "expired": 1},
    "funds_reclaimed": {"expired": -1, "available": 1},
    "funds_withdrawn": {"available": -1, "withdrawn": 1},
    "payee_credited": {"payees": 1},
    "payee_paid": {"payees": -1, "paid": 1},
    "funds_carried": {"deposited": 1, "available": 1},
    "balance_carried": {"payees": 1, "carried": 1},
}


# Where money is that came in, deposited or carried with payees; withdrawn by partners, paid to
# payees.
PARTS = ("available", "reserved", "expired", "payees", "withdrawn", "paid")
UNKNOWN = bytes(8)  # currency of what was moved from nowhere


def payee_of(event: Event) -> bytes:
    """Whom an event is about; all payees of the currency are one where they are not shown."""
    return bytes(event.fields.currency) if event.entity is None else event.entity


class Ledger:
    """Books what the journal says; whether it should say so is for others."""

    def __init__(self, check: Checks) -> None:
        self._check = check
        self.accounts: defaultdict[bytes, Counter[str]] = defaultdict(Counter)
        self.payees: Counter[bytes] = Counter()
        self.currencies: dict[bytes, bytes] = {}  # of accounts and payees
        self.sums: defaultdict[bytes, Counter[str]] = defaultdict(Counter)  # by currency

    def available(self, account: bytes) -> int:
        """What an account can still promise."""
        return self.accounts.get(account, Counter[str]())["available"]

    def book(self, events: Iterable[Event]) -> None:
        """Book all events of an entry, and check that nothing was made or lost."""
        touched = set()
        for event in events:
            currency = self.apply(event)
            if currency is not None:
                touched.add(currency)
            if event.kind == "account" and event.entity is not None:
                self._above_zero(event.entity)
            if event.kind == "payee":
                payee = payee_of(event)
                self._check(
                    "accounts above zero", self.payees[payee] >= 0,
                    f"payee {show(payee)} has {self.payees[payee]}", "no less than zero",
                )  # fmt: skip
        for currency in touched:
            self._conserved(currency)

    def apply(self, event: Event) -> bytes | None:
        """Book an event; returns the currency if it moved money."""
        moves = MOVES.get(event.name)
        if moves is None:
            return None
        entity, amount = payee_of(event), event.fields.amount
        if hasattr(event.fields, "currency"):
            self.currencies[entity] = event.fields.currency
        currency = self.currencies.get(entity, UNKNOWN)
        books = [self.sums[currency]]
        if "payees" in moves:
            self.payees[entity] += moves["payees"] * amount
        else:
            books.append(self.accounts[entity])
        for book in books:
            for column, sign in moves.items():
                book[column] += sign * amount
        return currency

    def _above_zero(self, account: bytes) -> None:
        found = self.accounts[account]
        available, reserved = found["available"], found["reserved"]
        expired = found["expired"]
        self._check(
            "accounts above zero",
            min(available, reserved, expired) >= 0 and found["deposited"] <= MAX_AMOUNT,
            f"account {show(account)} has {available} available, {reserved} reserved"
            + (f", {expired} expired" if expired else ""),
            "none below zero",
        )

    def _conserved(self, currency: bytes) -> None:
        sums = self.sums[currency]
        parts = sum(sums[column] for column in PARTS)
        self._check(
            "money conserved", sums["deposited"] + sums["carried"] == parts,
            f"{sums['deposited'] + sums['carried']} {currency_name(currency)} came in and "
            f"{parts} are there",
            "deposits = available + reserved + expired + payees' balances + withdrawals",
        )  # fmt: skip

    def sums_in_full(self) -> None:
        """At the end, once more from all accounts: sums that were carried along may be wrong."""
        for currency, sums in self.sums.items():
            total: Counter[str] = Counter()
            for account, columns in self.accounts.items():
                if self.currencies[account] == currency:
                    total.update(columns)
            self._check(
                "money conserved",
                total["deposited"] == sums["deposited"]
                and total["released"] + sums["carried"] == sums["payees"] + sums["paid"],
                f"{total['released']} of {total['deposited']} {currency_name(currency)} "
                "left the accounts",
                f"the {sums['payees'] + sums['paid'] - sums['carried']} that payees have or "
                "took out, "
                f"of {sums['deposited']}",
            )
        paid = sum(self.payees.values())
        credited = sum(sums["payees"] for sums in self.sums.values())
        self._check("money conserved", paid == credited, f"payees have {paid}", str(credited))

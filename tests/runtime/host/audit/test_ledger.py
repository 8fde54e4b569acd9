"""The money is counted from the events, whatever the rules say."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.host.audit import auditor
from runtime.host.audit.ledger import Ledger
from tests.runtime.host.audit.journal import Journal, fails, with_event


@pytest.mark.parametrize(
    ("method", "event", "changes", "check", "words"),
    [
        ("optin_settle_engagement", "payee_credited", {"amount": 1}, "money conserved",
         "50000000 EUR came in and 49800001 are there"),
        ("optin_settle_engagement", "funds_released", {"amount": 5_000_000},
         "accounts above zero", "-3999997 reserved"),
        ("optin_generate_code", "funds_reserved", {"amount": 60_000_000},
         "accounts above zero", "-10000000 available"),
        ("optin_deposit_escrow", "deposited", {"amount": (1 << 64) - 1}, "head", ""),
        ("optin_expire_reservation", "funds_expired", {"amount": 5_000_000},
         "accounts above zero", "-3999997 reserved, 5000000 expired"),
        ("optin_expire_reservation", "funds_reclaimed", {"amount": 1_000_004},
         "accounts above zero", ", -1 expired"),
        ("withdraw_escrow", "funds_withdrawn", {"amount": 60_000_000},
         "accounts above zero", "account .* has -"),
        ("withdraw_balance", "payee_paid", {"amount": 10_000_000},
         "accounts above zero", "payee .* has -"),
        ("withdraw_balance", "payee_paid", {"entity": bytes(32)}, "accounts above zero",
         "payee 0000000000000000 has -100000"),
    ],
)  # fmt: skip
def test_money_is_counted_by_itself_even_if_the_rules_were_wrong(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, method: str, event: str,
    changes: dict[str, Any], check: str, words: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(auditor, "compare", lambda check, found, expected: None)
    position = journal.position(method)
    forged = with_event(journal.entries[position], event, **changes)
    if check == "head":  # a sum at the very limit is still a sum
        assert journal.audit(journal.with_entry(position, forged)).ok
        return
    fails(journal.audit(journal.with_entry(position, forged)), position, check, words)


def test_sums_that_were_carried_along_wrong_are_found_at_the_end(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ledger, "_conserved", lambda self, currency: None)
    monkeypatch.setattr(auditor, "compare", lambda check, found, expected: None)
    position = journal.position("optin_settle_engagement")
    forged = with_event(journal.entries[position], "payee_credited", amount=1)
    fails(journal.audit(journal.with_entry(position, forged)), None, "money conserved",
          "3000009 of 50000000 EUR left the accounts; expected the 2800010")  # fmt: skip
    carried = Ledger.apply

    def forgetful(ledger: Ledger, event: Any) -> Any:
        currency = carried(ledger, event)
        if event.name == "payee_credited":
            ledger.payees[event.entity] -= 1
        return currency

    monkeypatch.setattr(Ledger, "apply", forgetful)
    fails(journal.audit(), None, "money conserved", "payees have")

"""Erasing what is due, from the command line, on a node whose years pass in a moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from runtime.host import client
from tests.runtime.host.cli.market import Machine, Market
from tests.runtime.host.served import DAY, Served, serving

YEAR = 365 * DAY


class Old:
    """A market on a node in this process; years pass for it and for its clients alike."""

    def __init__(self, market: Market, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        self.market = market
        self._waited = 0
        clock = served.node.clock
        uptime = clock._uptime_ns
        clock._uptime_ns = lambda: uptime() + self._waited
        later = {"time_ns": lambda: time.time_ns() + self._waited}
        monkeypatch.setattr(client, "time", SimpleNamespace(**{**vars(time), **later}))

    def wait(self, years: int) -> None:
        self._waited += years * YEAR


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Old]:
    operator = Machine(tmp_path, "operator")
    with serving(tmp_path / "node", operator=bytes.fromhex(operator.id)) as served:
        yield Old(Market(tmp_path, operator), served, monkeypatch)


def test_what_is_due_is_erased_and_nothing_else(old: Old, tmp_path: Path) -> None:
    operator, market = old.market.operator, old.market
    assert "nothing is due" in operator.ok("audit", "erase")
    assert "next due:" in operator.ok("audit", "erase")
    journal = operator.file("journal.optin")
    operator.ok("audit", "export", journal, "--as", "operator")
    before = operator.json("audit", "verify", journal)

    old.wait(7)
    said = operator.ok("audit", "erase", "--dry-run")
    assert "something is due since" in said
    assert "nothing was erased" in said
    done = operator.json("audit", "erase")
    # One engagement of three was settled: its six things, the money of the others is held.
    assert done["states"] == 4  # the engagement, and three hops of the node
    assert done["entries"] > 5
    assert "nothing is due" in operator.ok("audit", "erase")
    assert "no such code" in operator.fails("code", "show", market.code)
    assert operator.json("code", "show", market.open)["status"] == "activated"

    operator.ok("audit", "export", journal, "--as", "operator")
    after = operator.json("audit", "verify", journal)
    assert after["valid"]
    assert after["entries"] == before["entries"] + 1
    assert after["erased_entries"] > 4
    said = operator.ok("audit", "verify", journal)
    assert f"{after['erased_entries']} of {after['entries']} entries were erased" in said


def test_only_the_operator_erases(old: Old) -> None:
    assert "a host that is operator" in old.market.partner.fails(
        "audit", "erase", "--operator", "acme"
    )

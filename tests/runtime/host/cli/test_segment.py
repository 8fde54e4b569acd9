"""Codes for many users at once."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from runtime.host.cli.segment import AT_ONCE, each
from tests.runtime.host.cli.market import Machine, Market
from tests.runtime.host.served import serving
from tests.runtime.host.test_cli import start

CROWD = [f"user-{number:02d}" for number in range(40)]


@pytest.fixture(scope="module")
def crowd(market: Market) -> list[str]:
    """Forty users whom the operator knows by name, and one more of whom there is only the id."""
    rows = ["name,full_name", *(f"{name},{name}" for name in CROWD), "stranger,Stranger"]
    file = Path(market.people.file("crowd.csv"))
    file.write_text("\n".join(rows) + "\n")
    made = market.people.json("user", "enrol", "--csv", str(file), "--no-receipt")
    for row in made[:-1]:
        market.operator.ok("keys", "remember", row["name"], row["user"])
    return [row["user"] for row in made]


def test_a_segment_of_a_file_gets_codes_and_the_others_a_reason(
    market: Market, crowd: list[str]
) -> None:
    market.publish("small", serial=2, amount="0.01 EUR", budget="1.00 EUR")
    lines = ["# the segment", "", *CROWD[:30], crowd[-1], "nobody", "acme", CROWD[0]]
    file = Path(market.operator.file("segment.txt"))
    file.write_text("\n".join(lines) + "\n")
    result = market.operator.run("code", "generate", "small", "--users", str(file), "--json")
    assert result.exit_code == 1
    assert "2 of 33 users got no code" in result.stderr
    rows = json.loads(result.stdout)
    assert [row["user"] for row in rows] == [*crowd[:30], crowd[-1], "nobody", market.partner.id]
    assert all(row["receipt_checked"] for row in rows[:31])
    assert len({row["code"] for row in rows[:31]}) == 31
    assert "not known" in rows[31]["refused"]
    assert "not enrolled" in rows[32]["refused"]

    # Once more: nobody gets a second one, and those who were not there before get theirs.
    said = market.operator.run("code", "generate", "small", "--users", "-",
                               stdin="\n".join(CROWD[:32]))  # fmt: skip
    assert said.exit_code == 1
    assert "2 codes, receipts of 2 checked" in said.stdout
    assert "no code for 30: the user already has a code of this offer" in said.stdout
    assert max(map(len, said.stdout.splitlines())) <= 100
    for name in CROWD[:30]:
        assert name in said.stdout


def test_all_users_are_those_of_the_key_folder_and_nobody_else(
    market: Market, crowd: list[str]
) -> None:
    market.publish("all", serial=3, amount="0.01 EUR", budget="1.00 EUR")
    rows = market.operator.json("code", "generate", "all", "--all-users", "--progress")
    people = market.people.json("keys", "list")["keys"]
    assert {row["user"] for row in rows} == {
        people[name] for name in (*CROWD, "anna", "ben", "cleo")
    }
    assert all("code" in row for row in rows)


def test_a_budget_that_ends_half_way_is_said_of_everyone_after(
    market: Market, crowd: list[str]
) -> None:
    market.publish("scarce", serial=4, amount="0.10 EUR", budget="1.00 EUR")
    said = market.operator.run("code", "generate", "scarce", *CROWD)
    assert said.exit_code == 1
    assert "10 codes, receipts of 10 checked" in said.stdout
    assert "no code for 30: 0 micro-units of the offer's budget are left" in said.stdout
    assert "30 of 40 users got no code" in said.stderr
    totals = market.operator.json("escrow", "totals", "EUR")
    assert totals["conserved"] is True


def test_one_user_who_is_refused_is_answered_by_the_error_alone(market: Market) -> None:
    result = market.operator.run("code", "generate", "call", "anna")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "already has a code" in result.stderr


def test_ctrl_c_half_way_says_what_exists_and_the_rest_follows_when_it_is_said_again(
    tmp_path: Path,
) -> None:
    operator = Machine(tmp_path, "operator")
    with serving(tmp_path / "node", operator=bytes.fromhex(operator.id)) as served:
        market = Market(tmp_path, operator)
        market.publish("large", serial=2, amount="0.01 EUR", budget="1.00 EUR")
        file = Path(market.people.file("crowd.csv"))
        file.write_text("\n".join(["name,full_name", *(f"{n},{n}" for n in CROWD)]) + "\n")
        made = market.people.json("user", "enrol", "--csv", str(file), "--no-receipt")
        users = Path(market.operator.file("users.txt"))
        users.write_text("\n".join(row["user"] for row in made) + "\n")
        words = ("code", "generate", "large", "--users", str(users))

        drawn, started, entropy = 0, threading.Event(), served.node.entropy

        def interrupting(label: str, *args: Any) -> Any:
            nonlocal drawn
            drawn += label == "code"
            if drawn == 25:
                started.wait()
                command.send_signal(signal.SIGINT)
            return entropy(label, *args)

        served.node.entropy = interrupting
        command = start(*words, env=market.operator.env, stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE)  # fmt: skip
        started.set()
        said, errors = (text.decode() for text in command.communicate(timeout=60))
        assert command.returncode == 130, errors
        match = re.search(r"^(\d+) not asked, or their answer is not known: say it again$", said,
                          re.MULTILINE)  # fmt: skip
        assert match, said
        known = len(re.findall(r"^[0-9a-f]{8} +[0-9a-f]{8} ", said, re.MULTILINE))
        assert 0 < known < len(CROWD)
        assert known + int(match[1]) == len(CROWD)

        again = market.operator.run(*words, "--json")
        rows = json.loads(again.stdout)
        refused = [row["refused"] for row in rows if "refused" in row]
        assert all("already has a code" in reason for reason in refused)
        assert known <= len(refused) < len(CROWD)
        listed = market.operator.json("code", "list")
        offer = market.operator.json("offer", "show", "large")["offer"]
        assert len([row for row in listed if row["offer"] == offer]) == len(CROWD)
        assert market.operator.json("escrow", "totals", "EUR")["conserved"] is True


@pytest.mark.parametrize("words", ["", "anna --all-users", "--users x --all-users"])
def test_a_segment_is_named_in_one_way(market: Market, words: str) -> None:
    said = market.operator.fails("code", "generate", "call", *words.split(), status=2)
    assert "--users FILE" in said


def test_no_more_than_so_many_are_under_way_at_once() -> None:
    under_way, most, seen = 0, 0, []

    async def work(item: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(item % 5):
            await asyncio.sleep(0)
        seen.append(item)
        under_way -= 1

    asyncio.run(each(range(200), work))
    assert sorted(seen) == list(range(200))
    assert most == AT_ONCE


def test_a_failure_that_concerns_all_ends_it() -> None:
    seen: list[int] = []

    async def work(item: int) -> None:
        await asyncio.sleep(0)
        seen.append(item)
        if item == 20:
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        asyncio.run(each(range(1000), work))
    assert len(seen) < 100

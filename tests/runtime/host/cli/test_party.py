"""Parties whose keys are on other machines than the operator's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.host.cli.market import Machine, Market


def test_a_party_is_registered_by_a_file_from_its_own_machine(market: Market) -> None:
    found = market.operator.json("party", "show", "acme")
    assert found == {"party": market.partner.id, "roles": ["partner"]}
    text = Path(market.partner.file("request.json")).read_text()
    assert set(json.loads(text)) == {
        "format", "name", "node", "party", "public_key", "roles", "signature"}  # fmt: skip


def test_either_machine_then_acts_for_its_own_party_alone(market: Market) -> None:
    assert market.partner.json("escrow", "show", "acme", "EUR", "--as", "acme")["available"]
    assert "optin keys create acme" in market.operator.fails(
        "escrow", "withdraw", "acme", "1.00", "EUR")  # fmt: skip
    assert "optin keys create operator" in market.partner.fails("code", "list")


def test_a_request_may_be_made_without_a_line_and_for_several_roles(market: Market) -> None:
    machine = Machine(market.folder, "blog")
    node = market.operator.json("node", "status")["node"]
    offline = (
        "--line=",
        "party",
        "request",
        "blog",
        "-",
        "--role",
        "publisher",
        "--role",
        "charity",
    )
    assert "has met 0 nodes" in machine.fails(*offline)
    text = machine.ok(*offline, "--node", node)
    assert json.loads(text)["roles"] == ["charity", "publisher"]
    said = market.operator.ok("party", "register", "the-blog", "--request", "-", stdin=text)
    assert "the-blog is registered as charity, publisher" in said
    assert f"be sure that it is the-blog's: {machine.id[:4]}-" in said
    machine.ok("node", "status")
    assert json.loads(machine.ok(*offline))["node"] == node  # the only one that it has met


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"roles": ["auditor"]}, "was changed"),
        ({"party": "00" * 32}, "was changed"),
        ({"signature": "00" * 4627}, "was changed"),
        ({"public_key": "00" * 2592}, "was changed"),
        ({"node": "00" * 32}, "was changed"),
        ({"roles": ["king"]}, "is no request"),
        ({"roles": "partner"}, "is no request"),
        ({"roles": None}, "is no request"),
        ({"name": 5}, "is no request"),
        ({"party": "00"}, "is no request"),
        ({"format": "x"}, "is no request"),
    ],
)
def test_a_request_that_was_changed_is_refused(
    market: Market, change: dict[str, Any], words: str
) -> None:
    form = json.loads(Path(market.partner.file("request.json")).read_text())
    before = market.operator.json("node", "status")["entries"]
    said = market.operator.fails("party", "register", "--request", "-",
                                 stdin=json.dumps({**form, **change}))  # fmt: skip
    assert words in said
    assert market.operator.json("node", "status")["entries"] == before


def test_a_request_for_another_node_says_how_to_ask_anew(market: Market) -> None:
    text = market.partner.ok(
        "party", "request", "acme", "-", "--role", "source", "--node", "11" * 32
    )
    said = market.operator.fails("party", "register", "--request", "-", stdin=text)
    assert "is for node 1111-1111" in said
    assert "optin party request --node " in said


def test_a_rotated_key_cannot_ask(market: Market) -> None:
    machine = market.join("initech", "partner")
    machine.ok("keys", "rotate", "initech")
    said = machine.fails("party", "request", "initech", "-", "--role", "source")
    assert "a key that was never rotated" in said


@pytest.mark.parametrize(
    "words",
    ["party register", "party register acme", "party register --role partner",
     "party register acme --role partner --request x", "party request acme x",
     "party request acme --role partner"],
)  # fmt: skip
def test_half_a_registration_is_wrong_usage(market: Market, words: str) -> None:
    assert "Usage:" in market.operator.fails(*words.split(), status=2)

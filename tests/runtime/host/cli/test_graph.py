"""The graph as the operator sees it."""

from __future__ import annotations

import json

from tests.runtime.host.cli.market import Market


def test_a_user_leads_to_codes_reservations_and_view_records(market: Market) -> None:
    found = market.operator.json("graph", "anna")
    code = next(node for node in found["has_code"] if node["id"] == market.code)
    assert (found["kind"], code["kind"]) == ("user", "code")
    shown = market.operator.json("code", "show", market.code)
    assert [node["id"] for node in code["holds"]] == [shown["reservation"]]
    assert [node["id"] for node in code["lead"]] == [shown["record"]]
    said = market.operator.ok("graph", "anna")
    assert said.startswith("user anna\n")
    assert f"led to view record {shown['record'][:8]}" in said


def test_a_code_by_its_first_digits_and_as_far_as_was_asked(market: Market) -> None:
    found = market.operator.json("graph", market.code[:8], "--edge", "lead")
    assert found["id"] == market.code
    assert "holds" not in found
    assert "lead" not in market.operator.json("graph", "anna", "--depth", "1")["has_code"][0]


def test_who_brought_whom_and_what_is_left_out_is_said(market: Market) -> None:
    for name in ("dora", "emil"):
        market.people.ok("user", "enrol", name, "--field=full_name=" + name, "--referrer", "ben")
    found = market.operator.json("graph", "ben", "--edge", "referred")
    people = market.people.json("keys", "list")["keys"]
    assert {node["id"] for node in found["referred"]} == {people["dora"], people["emil"]}
    few = market.operator.json("graph", "ben", "--edge", "referred", "--most", "1")
    assert (len(few["referred"]), few["more"]) == (1, ["referred"])
    assert "and more" in market.operator.ok("graph", "ben", "--edge", "referred", "--most", "1")


def test_hops_follow_hops(market: Market) -> None:
    first = market.partner.json("hop", "record", "AdView", "--party", "acme")["hop"]
    second = market.partner.json("hop", "record", "AdClick", "--party", "acme", "--after", first)
    said = market.operator.ok("graph", first)
    assert f"followed by hop {second['hop'][:8]}" in said


def test_the_graph_is_the_operators(market: Market) -> None:
    assert "operator" in market.partner.fails("graph", "acme", "--operator", "acme")
    assert json.loads(market.operator.ok("graph", "11" * 32, "--json")) == {
        "id": "11" * 32, "kind": None}  # fmt: skip
    assert "nothing follows from it" in market.operator.ok("graph", "11" * 32)

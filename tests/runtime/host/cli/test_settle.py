"""Settling with witnesses whose keys are on other machines, or are no more."""

from __future__ import annotations

import json
from pathlib import Path

from tests.runtime.host.cli.market import Market


def test_signatures_travel_as_files_and_the_partner_settles(market: Market) -> None:
    assert market.settled["code"] == market.code
    assert market.settled["amounts"]["user"] == 1_200_000
    record = market.operator.json("settlement", "show", market.code[:8])
    assert set(record["witnesses"]) == {witness.id for witness in market.witnesses[:2]}


def test_a_witness_that_is_not_here_is_told_how_to_sign_there(market: Market) -> None:
    said = market.operator.fails("settle", market.open[:8], "--witness", "witness-1",
                                 "--witness", "witness-2")  # fmt: skip
    for words in (
        "the key of witness witness-1 is not here",
        "expected: two of the offer's witnesses witness-1, witness-2, witness-3",
        f"optin witness sign {market.open} --witness witness-1 --out FILE",
        "witness-4 could stand in: optin witness replace",
    ):
        assert words in said
    assert "or let another sign" not in said


def test_one_whose_key_is_here_is_offered_instead(market: Market) -> None:
    machine = market.witnesses[1]
    said = market.partner.fails("settle", market.open, "--signer", "acme", "--witness", "witness-1",
                                "--signature", market.sign(machine, market.open))  # fmt: skip
    assert "the key of witness witness-1 is not here" in said
    said = market.partner.fails("settle", market.open, "--signer", "acme", "--witness", "acme",
                                "--signature", market.sign(machine, market.open))  # fmt: skip
    assert "expected" in said


def test_too_few_witnesses_are_answered_with_their_names(market: Market) -> None:
    said = market.operator.fails("settle", market.open[:8])
    assert "0 witnesses" in said
    assert "the offer's are witness-1, witness-2, witness-3" in said


def test_a_signature_for_another_code_or_changed_does_not_settle(
    market: Market, tmp_path: Path
) -> None:
    one = market.sign(market.witnesses[0], market.open)
    words = ("settle", market.open, "--signature", market.signed[1], "--signature", one)
    assert "is for another code" in market.operator.fails(*words)
    form = json.loads(Path(one).read_text())
    form["signature"] = "00" * 4627
    (tmp_path / "changed.json").write_text(json.dumps(form))
    other = market.sign(market.witnesses[1], market.open)
    changed = ("--signature", str(tmp_path / "changed.json"), "--signature", other)
    assert "signature" in market.operator.fails("settle", market.open, *changed)
    assert market.operator.json("code", "show", market.open)["status"] == "activated"


def test_a_stand_in_settles_once_partner_and_operator_agreed_by_a_file(market: Market) -> None:
    offer = market.publish("stand-in", serial=5)
    code = market.operator.json("code", "generate", "stand-in", "cleo")[0]["code"]
    market.people.ok("user", "view", "cleo", code)
    market.people.ok("user", "activate", "cleo", code, "--yes")
    market.partner.ok("view", "fetch", code, "--partner", "acme")
    market.partner.ok("keys", "create", "witness-5")
    request, file = market.partner.file("w5.json"), market.partner.file("agreement.json")
    market.partner.ok("party", "request", "witness-5", request, "--role", "witness")
    market.operator.ok("party", "register", "--request", request)

    words = ("witness", "agree", "stand-in", "witness-1", "witness-5", file, "--partner", "acme")
    assert f"optin witness replace {offer[:8]} " in market.partner.ok(*words)
    replace = ("witness", "replace", "stand-in", "witness-1", "witness-5", "--agreement", file)
    others = ("witness", "replace", "call", "witness-1", "witness-5", "--agreement", file)
    assert "agrees to another offer" in market.operator.fails(*others)
    others = ("witness", "replace", "stand-in", "witness-2", "witness-5", "--agreement", file)
    assert "agrees to another dead" in market.operator.fails(*others)
    assert "is no agreement" in market.operator.fails(*replace[:-1], market.signed[0])
    assert "witness-5 stands in for witness-1" in market.operator.ok(*replace)
    market.operator.fails(*replace[:-2], status=2)

    other = market.sign(market.witnesses[1], code)
    settle = ("settle", code[:8], "--signer", "acme", "--signature", other, "--witness")
    assert "one that stands in is witness-5=DEAD" in market.partner.fails(*settle, "witness-5")
    market.partner.ok(*settle, "witness-5=witness-1")
    assert market.operator.json("code", "show", code)["status"] == "settled"


def test_a_witness_gives_the_whole_code_for_nobody_tells_it_of_any(market: Market) -> None:
    witness = market.witnesses[0]
    said = witness.fails("witness", "sign", market.open[:8], "--witness", "witness-1")
    assert "all 64 digits" in said

"""What a user may have of what the node holds, in a file."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from runtime.host.crypto import Crypto
from runtime.host.keyfolder import KeyFolder
from runtime.wire import commands, records
from runtime.wire.proofs import is_included
from runtime.wire.schema import canonical, decode, make_id
from tests.runtime.host.cli.market import VALUES, Market


@pytest.fixture(scope="module")
def exported(market: Market) -> dict[str, Any]:
    file = market.people.file("anna.json")
    said = market.people.ok("user", "export", "anna", file)
    assert "receipts        3, all checked" in said
    assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
    return json.loads(Path(file).read_text())  # type: ignore[no-any-return]


def test_the_export_says_what_was_agreed_to(market: Market, exported: dict[str, Any]) -> None:
    code = next(row for row in exported["codes"] if row["code"] == market.code)
    assert (code["code"], code["status"], code["completed"]) == (market.code, "settled", True)
    assert code["partner"]["id"] == market.partner.id
    assert code["offer_in_words"]["you may add"] == "email: as it is"
    assert code["consent"]["fields"] == {
        "full_name": "as it is",
        "email": "as it is",
        "phone": "only whether there is one",
    }
    consent = decode(records.Consent, bytes.fromhex(code["consent"]["signed"]))
    assert make_id("optin/v1/consent", consent).hex() == code["consent_hash"]
    assert code["partner"]["knows_you_as"] == consent.pairwise.hex()
    assert (code["amount_text"], code["your_part_at_least_text"]) == ("1.50 EUR", "0.60 EUR")


def test_the_export_has_money_score_and_enrolment_but_no_value(exported: dict[str, Any]) -> None:
    (line,) = exported["balances"]
    assert line["earned"] == line["balance"] + line["withdrawn"] == 1_200_000
    assert exported["score"]["composite"] == 0
    assert exported["enrolment"]["fields"] == list(VALUES)
    text = json.dumps(exported)
    assert not any(value in text for value in VALUES.values())


def test_an_update_and_a_referrer_are_part_of_the_enrolment(market: Market) -> None:
    values = ("--field=full_name=Fay Holt", "--field=email=fay@example.org")
    market.people.ok("user", "enrol", "fay", *values, "--referrer", "anna")
    market.people.ok("user", "update", "fay", values[0])
    file = Path(market.people.file("fay.json"))
    market.people.ok("user", "export", "fay", str(file))
    found = json.loads(file.read_text())
    assert found["enrolment"]["fields"] == ["full_name"]
    assert found["enrolment"]["referrer"]["name"] == "anna"
    assert [row["method"] for row in found["receipts"]] == ["enrol", "update_fields"]
    assert found["codes"] == []


def test_its_receipts_hold_without_the_node(exported: dict[str, Any]) -> None:
    node, key = bytes.fromhex(exported["node"]["id"]), exported["node"]["public_key"]
    assert commands.node_id(bytes.fromhex(key)) == node
    methods = [row["method"] for row in exported["receipts"]]
    assert methods == ["enrol", "mark_viewed", "optin_activate_code"]
    for row in exported["receipts"]:
        raw = row["head"]
        head = records.Head(
            node, raw["size"], bytes.fromhex(raw["root"]), raw["time"], bytes.fromhex(raw["nonce"])
        )
        signature = bytes.fromhex(row["signature"])
        assert Crypto().verify(bytes.fromhex(key), commands.HEAD, canonical(head), signature)
        path = tuple(bytes.fromhex(digest) for digest in row["path"])
        leaf = bytes.fromhex(row["leaf"])
        assert is_included(records.Inclusion(row["position"], leaf, path), head)


def test_an_entry_that_is_not_what_the_user_noted_is_no_receipt(
    market: Market, tmp_path: Path
) -> None:
    book = KeyFolder.open(market.people.env["OPTIN_KEYS"], None)
    path = book.path / "ben.deeds"
    before = path.read_text()
    form = json.loads(before)
    form["deeds"][0]["leaf"] = "00" * 32
    path.write_text(json.dumps(form))
    try:
        said = market.people.fails("user", "export", "ben", str(tmp_path / "ben.json"))
    finally:
        path.write_text(before)
    assert "do not trust this node: entry" in said
    assert not (tmp_path / "ben.json").exists()


def test_what_was_not_done_from_here_is_said_to_be_unknown(market: Market, tmp_path: Path) -> None:
    book = KeyFolder.open(market.people.env["OPTIN_KEYS"], None)
    (book.path / "ben.deeds").rename(tmp_path / "ben.deeds")
    try:
        market.people.ok("user", "export", "ben", str(tmp_path / "ben.json"))
    finally:
        (tmp_path / "ben.deeds").rename(book.path / "ben.deeds")
    found = json.loads((tmp_path / "ben.json").read_text())
    assert found["receipts"] == []
    assert "not known" in found["enrolment"]["fields"]
    consents = [code["consent"] for code in found["codes"] if code["consent"]]
    assert consents
    assert all("not known" in consent for consent in consents)


def test_a_file_that_others_could_read_is_made_private(market: Market, tmp_path: Path) -> None:
    file = tmp_path / "anna.json"
    file.touch(0o644)
    found = market.people.json("user", "export", "anna", str(file))
    assert found["receipts"] == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_whoever_is_not_enrolled_has_nothing_to_export(market: Market) -> None:
    assert "people is not enrolled" in market.people.fails("user", "export", "people", "-")


def test_a_user_asks_for_their_own_score(market: Market) -> None:
    assert market.people.json("user", "score", "anna")["user"] == market.people.json(
        "keys", "list")["keys"]["anna"]  # fmt: skip

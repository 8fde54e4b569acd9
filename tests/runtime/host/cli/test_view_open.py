"""A view that a partner keeps, and opens where there is neither node nor key."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.host.cli.market import VALUES, Market

NOWHERE = ("--line=", "--keys", "/nowhere")


def test_a_kept_view_is_read_as_it_was_shown(market: Market) -> None:
    assert stat.S_IMODE(Path(market.view_file).stat().st_mode) == 0o600
    found = market.partner.json("--line=", "view", "open", market.view_file)
    assert found["values"] == {**VALUES, "phone": True}
    assert found["forms"]["2"] == "BooleanOnly"
    assert found["code"] == market.code
    said = market.partner.ok("--line=", "view", "open", market.view_file)
    for words in (VALUES["full_name"], "only whether there is one", "committed itself"):
        assert words in said
    assert VALUES["phone"] not in said


def test_anybody_who_knows_the_node_opens_it(market: Market) -> None:
    node = market.operator.json("node", "status")["node"]
    other = ("view", "open", market.view_file, "--node")
    assert market.partner.json(*NOWHERE, *other, node)["valid"] is True
    assert "a node that your key folder has met" in market.partner.fails(*NOWHERE, *other[:3])
    assert "the node that --node names" in market.partner.fails(*NOWHERE, *other, "00" * 32)
    assert "the node's id is not whole" in market.partner.fails(*NOWHERE, *other, "00")


def test_any_byte_that_was_changed_is_noticed(market: Market, tmp_path: Path) -> None:
    form = json.loads(Path(market.view_file).read_text())
    file = tmp_path / "changed.json"
    for part in ("grant", "commitment", "signature", "node_key"):
        data = bytearray.fromhex(form[part])
        for at in range(0, len(data), max(1, len(data) // 12)):
            if part == "grant" and pairwise(form) <= at < pairwise(form) + 32:
                continue  # bound to nothing that the node has signed, and said to be so
            data[at] ^= 1
            file.write_text(json.dumps({**form, part: data.hex()}))
            data[at] ^= 1
            said = market.partner.fails("view", "open", str(file))
            assert "does not hold" in said or "is no view" in said or "its key is not" in said \
                or "is of node" in said  # fmt: skip
            assert not any(value in said for value in VALUES.values())


def pairwise(form: dict[str, Any]) -> int:
    """Where in the grant the pairwise id is: behind array, record and code."""
    return 1 + 34 + 34 + 2


@pytest.mark.parametrize(
    "change",
    [{"format": "x"}, {"grant": "zz"}, {"grant": None}, {"names": []}, {"names": {"x": "y"}},
     {"names": {"0": 5}}, {"signature": "00"}, {"commitment": ""}],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused(market: Market, change: dict[str, Any]) -> None:
    form = json.loads(Path(market.view_file).read_text())
    text = json.dumps({**form, **change})
    assert "is no view that was kept" in market.partner.fails("view", "open", "-", stdin=text)


def test_a_code_stands_for_its_view_record_too(market: Market) -> None:
    for typed in (market.open, market.open[:8]):
        found = market.partner.json("view", "fetch", typed, "--partner", "acme")
        assert found["code"] == market.open
    assert "no view record" in market.partner.fails("view", "fetch", "0" * 20, "--partner", "acme")


def test_a_partner_finds_its_codes_by_their_first_digits(market: Market) -> None:
    assert (
        market.partner.json("code", "show", market.open[:8], "--as", "acme")["code"] == market.open
    )
    listed = market.partner.json("code", "list", "--as", "acme")
    assert {row["code"] for row in listed} >= set(market.codes.values())

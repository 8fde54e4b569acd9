"""What a node is made of, on the command line: listed, verified, pinned, accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.node.made import Made
from runtime.wire.records import Measurement
from tests.runtime.host.served import serving
from tests.runtime.host.test_cli import Terminal

OTHER = (Measurement("actors", bytes(32)), Measurement("runtime", bytes([1]) * 32))


def test_a_journal_is_verified_against_the_list_of_this_version(tmp_path: Path) -> None:
    with serving(tmp_path / "node"):
        terminal = Terminal(tmp_path)
        terminal.ok("--insecure-no-passphrase", "keys", "create", "operator")
        terminal.ok("node", "provision")
        journal, good, bad = (str(tmp_path / name) for name in ("journal", "good", "bad"))
        terminal.ok("audit", "export", journal, "--as", "operator")
    published = terminal.ok("board", "measure", "software")
    Path(good).write_text(published)
    Path(bad).write_text(published.replace('"good"', '"bad"'))
    terminal.ok("audit", "verify", "--measurements", good, journal)
    known = terminal.json("audit", "verify", "--measurements", good, journal)
    assert known["valid"] and known["findings"] == []
    said = terminal.fails("audit", "verify", "--measurements", bad, journal)
    assert "known to be bad" in said and "have the operator update the node" in said
    Path(bad).write_text(json.dumps({"format": "optin/v1/published", "measurements": []}))
    said = terminal.fails("audit", "verify", "--measurements", bad, journal)
    assert "in no published list" in said and "make reproducible" in said
    Path(bad).write_text("{}")
    assert "no list of measurements" in terminal.fails(
        "audit", "verify", "--measurements", bad, journal
    )


def test_a_node_that_is_made_of_something_else_is_refused_until_it_is_accepted(
    tmp_path: Path,
) -> None:
    with serving(tmp_path / "node") as served:
        terminal = Terminal(tmp_path)
        terminal.ok("--insecure-no-passphrase", "keys", "create", "operator")
        terminal.ok("node", "status")
        served.node.made = Made(served.node, OTHER)
        for words in (("node", "status"), ("node", "provision")):
            said = terminal.fails(*words)
            assert "not made of what it was" in said and "optin node accept" in said
        assert bytes(32).hex() in terminal.ok("node", "accept")
        terminal.ok("node", "status")


def test_a_node_without_randomness_is_still_asked_how_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path / "node") as served:
        terminal = Terminal(tmp_path)
        terminal.ok("--insecure-no-passphrase", "keys", "create", "operator")
        assert "sound" in terminal.ok("node", "status")
        random = served.node.randomness
        monkeypatch.setattr(random, "_noise", bytes)
        asked = terminal.run("node", "status")
        assert asked.exit_code == 0
        assert "what the node is made of is not checked" in asked.stderr
        assert "FAILED: the source is stuck" in asked.stdout
        asked = terminal.run("audit", "head")
        assert asked.exit_code == 1
        assert "error: the source of randomness has failed" in asked.stderr

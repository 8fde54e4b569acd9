"""What a node is made of, on the command line: listed, verified, pinned, accepted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from runtime.host import steps
from runtime.host.client import Client
from runtime.node.made import Made
from runtime.wire import records
from runtime.wire.errors import NoEntropy
from runtime.wire.records import Measurement
from tests.runtime.host.served import OPERATOR, serving
from tests.runtime.host.test_cli import Terminal, node_of

OTHER = (Measurement("actors", bytes(32)), Measurement("runtime", bytes([1]) * 32))


def test_a_journal_is_verified_against_the_list_of_this_version(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    with node_of(terminal):
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


def test_a_node_whose_source_dies_says_so_and_goes_on_reading_for_who_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(line: str) -> None:
        async with await Client.connect(line, host=OPERATOR) as client:
            await steps.provision(client, OPERATOR)
            assert (await client.read(records.Status())).no_entropy == ""
            monkeypatch.setattr(served.node.randomness, "_noise", bytes)
            with pytest.raises(NoEntropy, match="nothing is signed without"):
                await client.latest_head()
            assert "stuck" in (await client.read(records.Status())).no_entropy
            assert (await client.read(records.ListFields())).fields == ()

    with serving(tmp_path / "node") as served:
        terminal = Terminal(tmp_path)
        terminal.ok("--insecure-no-passphrase", "keys", "create", "operator")
        terminal.ok("node", "status")
        asyncio.run(work(served.line))
        # A channel begins with the node's signature: whoever comes now learns why there is none.
        said = terminal.fails("node", "status")
        assert "the source of randomness has failed" in said and "start the node anew" in said

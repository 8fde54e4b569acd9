"""A software node's store is not sealed: the same commands recover it, without a share."""

from __future__ import annotations

from pathlib import Path

from runtime.host import audit
from tests.runtime.host.cli.market import Machine
from tests.runtime.host.served import node_process


def test_a_software_node_is_taken_over_from_its_store_alone(tmp_path: Path) -> None:
    with node_process(tmp_path / "node") as process:
        operator = Machine(tmp_path, "operator", "acme", "witness-1", "witness-2")
        node = operator.json("node", "provision")["node"]
        for name, role in (("acme", "partner"), ("witness-1", "witness"), ("witness-2", "witness")):
            operator.ok("party", "register", name, "--role", role)
        operator.ok("escrow", "deposit", "acme", "3.00", "EUR", "--reference", "R-1")
        operator.ok("keys", "rotate", "acme")
        process.kill()
        process.wait()
    (tmp_path / "node" / "seed").unlink()
    journal = operator.file("recovered.optin")
    store = str(tmp_path / "node" / "node.db")
    found = operator.json("recover", "open", store, journal, "--node", node)
    assert found["signed"] <= found["entries"] == 6
    assert audit.verify_bundle(journal, bytes.fromhex(node)).ok
    with node_process(tmp_path / "heir"):
        operator.env["OPTIN_LINE"] = str(tmp_path / "heir" / "tty")
        heir = operator.json("node", "status")["node"]
        words = ["node", "provision", "--recover", journal]
        for name in ("witness-1", "witness-2"):
            file = operator.file(f"{name}.json")
            operator.ok("recover", "agree", journal, file, "--node", heir, "--witness", name)
            words += ["--agreement", file]
        # Whatever was done before an interruption is not done again.
        operator.ok("node", "provision")
        operator.ok(*words)
        # It signs with the key that it had last.
        operator.ok("escrow", "withdraw", "acme", "3.00", "EUR")
        exported = operator.file("heir.optin")
        operator.ok("audit", "export", exported, "--as", "operator")
    assert "comes to" in operator.ok("audit", "verify", exported, "--predecessor", journal)


def test_a_node_that_nobody_here_has_met_is_refused(tmp_path: Path) -> None:
    with node_process(tmp_path / "node") as process:
        operator = Machine(tmp_path, "operator")
        operator.ok("node", "provision")
        stranger = Machine(tmp_path, "stranger")
        process.kill()
        process.wait()
    store = str(tmp_path / "node" / "node.db")
    said = stranger.fails("recover", "open", store, "out", "--node", "11" * 32)
    assert "has not met node" in said
    assert "give --node ID" in stranger.fails("recover", "open", store, "out")

"""Keys that the node keeps, by the command line, with somebody at the node's own terminal.

Everything is real: node, terminal, line, keys. Afterwards no secret of the run is in anything that
was sent, shown, stored, journaled or said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware import micropython
from firmware.node.serve import SEED
from runtime.host.cli.offer import EXAMPLE
from runtime.host.crypto import Crypto
from runtime.host.keyfolder import HeldKey, KeyFolder
from runtime.wire import commands
from runtime.wire.hkdf import hkdf
from tests.runtime.host import secrets
from tests.runtime.host.at_node import NodeProcess, Tap
from tests.runtime.host.test_cli import Terminal

PASSPHRASE = "a passphrase of anna's"
WORDS = "revoke everything"


class Run(Terminal):
    """A node, the people around it, and what could be seen of it."""

    def __init__(self, folder: Path, kind: str) -> None:
        super().__init__(folder)
        self.kind = kind
        self.env["OPTIN_EXPORT_PASSPHRASE"] = PASSPHRASE
        self.printed = ""
        self.passed = b""
        made = self.json("--insecure-no-passphrase", "keys", "create", "operator")
        self.operator: str = made[0]["id"]
        self.node: NodeProcess
        self.tap: Tap

    def start(self) -> None:
        """Start the node, and tap its line."""
        words = ("--kind", self.kind, "--operator", self.operator)
        self.node = NodeProcess(*words, str(self.folder / "node"))
        self.tap = Tap(str(self.folder / "node" / "tty"))
        self.env["OPTIN_LINE"] = self.tap.path

    def stop(self) -> None:
        """Stop it; what was seen of it stays."""
        self.tap.close()
        self.node.end()
        self.passed += bytes(self.tap.passed) + self.node.said + self.node.person.shown

    def run(self, *words: str, stdin: str | None = None, **env: str) -> Any:
        result = super().run(*words, stdin=stdin, **env)
        self.printed += result.output
        return result

    def does(self, *words: str) -> str:
        """What a command prints that succeeds, with what it says of presses."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return str(result.output)

    def refuses(self, *words: str, **env: str) -> str:
        """What a command says that fails."""
        result = self.run(*words, **env)
        assert result.exit_code == 1, result.output
        return str(result.output)

    def set_up(self) -> None:
        """An offer, and two users whose keys the node keeps."""
        names = ("operator", "acme", "witness-1", "witness-2", "witness-3", "blog")
        self.ok("--insecure-no-passphrase", "keys", "create", *names[1:])
        self.ok("node", "provision")
        roles = ("partner", "witness", "witness", "witness", "publisher")
        for name, role in zip(names[1:], roles, strict=True):
            self.ok("party", "register", name, "--role", role)
        self.set_clock()
        for index, (name, kind) in enumerate(
            (("full_name", "text"), ("email", "email"), ("phone", "phone"))
        ):
            self.ok("field", "add", str(index), name, kind, "--form", "exact", "--form", "presence")
        shares = ("--platform", "20%", "--user", "40%", "--affiliate", "20%", "--publisher", "20%")
        self.ok("rules", "define", *shares, "--name", "usual")
        self.ok("escrow", "deposit", "acme", "500.00", "EUR", "--reference", "R-1")
        form = {**json.loads(EXAMPLE), "publisher": "blog"}
        (self.folder / "offer.json").write_text(json.dumps(form))
        self.ok("offer", "publish", str(self.folder / "offer.json"), "--name", "call")
        values = ("--field", "full_name=Anna Berg", "--field", "phone=+49 30 5550101")
        self.ok("user", "enrol", "anna", "--held", "--exportable", *values)
        self.ok("user", "enrol", "ben", "--held", *values)
        self.codes = {
            name: row["code"]
            for name, row in zip(
                ("anna", "ben"), self.json("code", "generate", "call", "anna", "ben"), strict=True
            )
        }
        for name, code in self.codes.items():
            self.ok("user", "view", name, code)

    def set_clock(self) -> None:
        if self.kind == "unix":
            self.ok("node", "clock", "now", "--witness", "witness-1", "--witness", "witness-2")

    def state(self, name: str) -> str:
        """Of a user's code."""
        return str(self.json("code", "show", self.codes[name])["status"])

    def secrets(self) -> dict[str, bytes]:
        """All that is nobody's business, but that of whoever keeps it."""
        if self.kind == "software":
            found = secrets.of_node((self.folder / "node" / "seed").read_bytes())
        else:
            device = (self.folder / "node" / "device" / "key").read_bytes()
            found = {"device key": device, **secrets.of_node(hkdf(device, b"", SEED))}
        folder = KeyFolder.open(self.folder / "keys")
        for name in folder.names():
            key = folder.key(name)
            if not isinstance(key, HeldKey):
                found["seed of " + name] = key._seed
        return found


@pytest.fixture(scope="module", params=["software", "unix"])
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    run = Run(tmp_path_factory.mktemp(request.param), request.param)
    if run.kind == "unix":
        micropython.ensure(frozen=True)
    run.start()
    try:
        run.set_up()
        yield run
    finally:
        if run.node.process.poll() is None:
            run.stop()


def test_the_whole_life_of_kept_keys_and_no_secret_of_it_anywhere(held: Run) -> None:
    person = held.node.person
    # The same code on both screens, and the same words.
    before = len(person.shown)
    said = held.does("user", "activate", "anna", held.codes["anna"], "--yes")
    shown = person.shown[before:].decode()
    (here,) = re.findall(r"Its code is (\d{3} \d{3})", said)
    assert f"the code {here} too" in shown
    for word in ("full_name", "phone (only whether there is one)", "1.50 EUR"):
        assert word in shown, shown
    assert held.state("anna") == "activated"
    held.does("user", "activate", "ben", held.codes["ben"], "--yes")
    record = held.json("view", "list", "--partner", "acme")[0]["record"]
    assert "Anna Berg" in held.ok("view", "fetch", record, "--partner", "acme")
    # Home and back.
    file = str(held.folder / "anna.key.json")
    held.does("keys", "export", "anna", file)
    wrong = held.refuses("keys", "export", "anna", file, OPTIN_EXPORT_PASSPHRASE="another")
    assert "7 tries are left" in wrong
    assert "enrolled to stay" in held.refuses("keys", "export", "ben", file)
    held.does("user", "revoke", "anna", held.codes["anna"])
    assert held.state("anna") == "revoked"
    # A no is a no.
    person.answer = lambda code: "no"
    failed = held.refuses("user", "revoke", "ben", held.codes["ben"])
    assert "whoever is at the node said no" in failed
    assert held.state("ben") == "activated"
    # By hand alone.
    person.answer = lambda code: code
    person.type(WORDS)
    person.sees("consents taken back: 1")
    assert held.state("ben") == "revoked"
    held.ok("audit", "export", str(held.folder / "journal.optin"), "--as", "operator")
    audited = held.json("audit", "verify", str(held.folder / "journal.optin"))
    assert audited["valid"] and audited["presence"] == {"terminal": 4}
    assert held.ok("keys", "list").count("kept by node") == 2
    imported = held.does("keys", "import", "anna", file)
    assert "anna" in imported and not isinstance(_key(held, "anna"), HeldKey)
    held.ok("user", "codes", "anna")  # signed by the key itself now
    held.stop()
    nowhere(held)


def _key(held: Run, name: str) -> Any:
    return KeyFolder.open(held.folder / "keys").key(name)


def nowhere(held: Run) -> None:
    """Look for every secret in every byte that could be seen."""
    found = held.secrets()
    partner = KeyFolder.open(held.folder / "keys").lookup("acme")
    anna = _key(held, "anna")
    ben = _key(held, "ben")
    found["pairwise seed of anna"] = hkdf(anna._seed, b"", commands.PAIRWISE + partner)
    found["access to ben's key"] = ben.access
    found["passphrase"] = PASSPHRASE.encode()
    seen = {
        "the line, the terminal and the log": held.passed,
        "what commands printed": held.printed.encode(),
        "the exported file": (held.folder / "anna.key.json").read_bytes(),
        "the exported journal": (held.folder / "journal.optin").read_bytes(),
    }
    for path in (held.folder / "node").rglob("*"):
        if path.is_file() and path.name not in ("seed", "key"):
            seen[path.name] = path.read_bytes()
    assert sum(map(len, seen.values())) > 1_000_000
    assert commands.party_id(Crypto().public_key(anna._seed)) == anna.id
    secrets.nowhere(found, seen)

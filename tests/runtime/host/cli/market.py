"""One node and several machines, each with the keys of its own party alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runtime.host.cli.offer import EXAMPLE
from tests.runtime.host.test_cli import Terminal

VALUES = {"full_name": "Anna Berg", "email": "anna@example.org", "phone": "+49 30 5550101"}
WITNESSES = ("witness-1", "witness-2", "witness-3", "witness-4")


class Machine(Terminal):
    """Somebody's own machine, connected to the node."""

    def __init__(self, folder: Path, name: str, *keys: str) -> None:
        super().__init__(folder)
        self.name = name
        self.env["OPTIN_KEYS"] = str(folder / name / "keys")
        (folder / name).mkdir()
        made = json.loads(
            self.ok("--insecure-no-passphrase", "keys", "create", name, *keys, "--json")
        )
        self.ids: dict[str, str] = {row["name"]: row["id"] for row in made}
        self.id = self.ids[name]

    def file(self, name: str) -> str:
        """Path of a file on this machine."""
        return str(self.folder / self.name / name)


class Market:
    """Everybody, up to one settled engagement and two that wait for a settlement."""

    def __init__(self, folder: Path, operator: Machine) -> None:
        self.folder = folder
        self.operator = operator
        self.operator.ok("node", "provision")
        self.partner = self.join("acme", "partner")
        self.witnesses = [self.join(name, "witness") for name in WITNESSES]
        for index, (name, kind) in enumerate(
            (("full_name", "text"), ("email", "email"), ("phone", "phone"))
        ):
            forms = ("--form", "exact", "--form", "presence")
            self.operator.ok("field", "add", str(index), name, kind, *forms)
        shares = ("--platform", "20%", "--user", "40%", "--affiliate", "20%", "--publisher", "20%")
        rules = self.operator.json("rules", "define", *shares, "--name", "usual")["rules"]
        self.operator.ok("escrow", "deposit", "acme", "500.00", "EUR", "--reference", "R-1")
        self.partner.ok("keys", "remember", "usual", rules)
        for witness in self.witnesses:
            self.partner.ok("keys", "remember", witness.name, witness.id)
        self.offer = self.publish("call")
        self.people = Machine(folder, "people")
        for name in ("anna", "ben", "cleo"):
            self.enrol(name)
        self.codes = {
            row["user"]: row["code"]
            for row in self.operator.json("code", "generate", "call", "anna", "ben", "cleo")
        }
        self.code, self.open, self.early = self.codes.values()
        for name, code in zip(("anna", "ben", "cleo"), self.codes.values(), strict=True):
            self.people.ok("user", "view", name, code[:8])
            self.people.ok("user", "activate", name, code[:8], "--also", "email", "--yes")
        self.view_file = self.partner.file("view.json")
        self.fetched = self.partner.ok("view", "fetch", self.code[:8], "--partner", "acme",
                                       "--save", self.view_file)  # fmt: skip
        self.partner.ok("view", "fetch", self.open, "--partner", "acme")
        self.signed = [self.sign(witness, self.code) for witness in self.witnesses[:2]]
        self.settled = self.settle(self.partner, "acme")

    def join(self, name: str, role: str) -> Machine:
        """A party on a machine of its own, registered by the file that it sends."""
        machine = Machine(self.folder, name)
        machine.ok("party", "request", name, machine.file("request.json"), "--role", role)
        self.operator.ok("party", "register", "--request", machine.file("request.json"))
        return machine

    def publish(self, name: str, **changes: Any) -> str:
        """An offer of acme's, by its id; the operator knows it by name too."""
        form = json.dumps({**json.loads(EXAMPLE), **changes})
        said = self.partner.ok("offer", "publish", "-", "--name", name, "--json", stdin=form)
        offer: str = json.loads(said)["offer"]
        self.operator.ok("keys", "remember", name, offer)
        return offer

    def enrol(self, name: str) -> str:
        """A user with a key on the people's machine, whose name the operator knows."""
        fields = [f"--field={field}={value}" for field, value in VALUES.items()]
        user: str = self.people.json("user", "enrol", name, *fields)["user"]
        self.operator.ok("keys", "remember", name, user)
        return user

    def sign(self, witness: Machine, code: str) -> str:
        """The file in which a witness signs; it travels to whoever settles."""
        file = witness.file(f"{code[:8]}.json")
        witness.ok("witness", "sign", code, "--witness", witness.name, "--out", file)
        return file

    def settle(self, machine: Machine, signer: str) -> Any:
        """What the settlement by two files answers; the code is given by its first digits."""
        files = [word for file in self.signed for word in ("--signature", file)]
        return machine.json("settle", self.code[:8], "--signer", signer, *files)

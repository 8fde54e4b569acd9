"""A node behind a real pseudo-terminal, in this process, where a test may make it lie."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from runtime.cpython.software import RING, Folder, Server, make_node
from runtime.host import steps
from runtime.host.client import Client
from runtime.host.crypto import Crypto
from runtime.node.session import Session
from runtime.wire import commands, records
from runtime.wire.link import Link
from runtime.wire.schema import make_id

EUR = b"EUR" + bytes(5)
DAY = 86400 * 10**9
SHARES = records.Shares(2000, 4000, 2000, 2000)


class Someone:
    """A party whose key follows from its name."""

    _crypto = Crypto()

    def __init__(self, name: str, partner: bytes | None = None) -> None:
        self._name = name
        self._seed: bytes = make_id("test/someone", name, partner)
        self.public_key = self._crypto.public_key(self._seed)
        identify = commands.pairwise_id if partner else commands.party_id
        self.id: bytes = identify(self.public_key)

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """Sign."""
        return self._crypto.sign(self._seed, purpose, message)

    def pairwise(self, partner: bytes) -> Someone:
        """Who this is for a partner."""
        return Someone(self._name, partner)


OPERATOR = Someone("operator")  # whom every node here awaits


class Served:
    """A node and its server.

    Attributes:
        line: path of its terminal.
        node: Node, to be tampered with before requests come.
    """

    def __init__(self, folder: Path, seed: bytes, operator: bytes) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "seed").write_bytes(seed)
        self.folder = Folder(folder)
        self.node: Any = make_node(self.folder)
        self.operator = operator
        self.server: Any = Server(self.node, self.folder.line, operator)
        self.line = str(self.folder.line)
        self.thread = Thread(target=self.server.serve, daemon=True)

    def start_anew(self) -> None:
        """What the other end sees of a node that was restarted: another boot on the same line."""
        link = Link(secrets.token_bytes(8), ring=RING)
        self.server._session = Session(self.node, link, secrets.token_bytes, self.operator)

    def close(self) -> None:
        """Stop it."""
        self.server.stop()
        self.thread.join()
        self.server.close()
        self.node.stop()
        self.folder.close()


@contextmanager
def serving(
    folder: Path, seed: bytes = bytes(range(32)), operator: bytes = OPERATOR.id
) -> Iterator[Served]:
    """A node in this process, which awaits an operator of that id."""
    served = Served(folder, seed, operator)
    served.thread.start()
    try:
        yield served
    finally:
        served.close()


@contextmanager
def node_process(folder: Path, operator: str = "") -> Iterator[subprocess.Popen[str]]:
    """A node in a process of its own, for an operator of that id in hex, or for OPERATOR."""
    awaited = operator or OPERATOR.id.hex()
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime.cpython", str(folder), "--operator", awaited],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    assert " ready on " in process.stdout.readline()
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def terms(partner: Someone, rules: bytes, witnesses: list[Someone], **changes: Any) -> Any:
    """Terms of a usual offer, with changes."""
    use = records.FieldUse
    usual: dict[str, Any] = {
        "partner": partner.id,
        "serial": 1,
        "description": make_id("optin/v1/description", "Call me"),
        "purpose": "a call back",
        "retention": 30 * DAY,
        "jurisdiction": "DE",
        "required": (use(0, "ExactValue"), use(2, "BooleanOnly")),
        "optional": (use(1, "ExactValue"),),
        "compensation": "EarlyAccess",
        "charity": None,
        "amount": 1_000_003,
        "currency": EUR,
        "budget": 50_000_000,
        "rules": rules,
        "witnesses": tuple(witness.id for witness in witnesses),
        "publisher": None,
        "code_ttl": 30 * DAY,
        "view_until": 0,
        "complete_by": 0,
        "least_score": 0,
        "accept_flagged": False,
    }
    return records.Terms(**{**usual, **changes})


class Cast:
    """Everyone in a usual engagement."""

    def __init__(self) -> None:
        self.operator = OPERATOR
        self.partner = Someone("partner")
        self.auditor = Someone("auditor")
        self.witnesses = [Someone(f"witness {i}") for i in range(3)]
        self.offer = b""

    async def set_up(self, client: Client) -> Cast:
        """Provision a node up to an open offer."""
        await self.introduce(client)
        return await self.open_offer(client)

    async def introduce(self, client: Client) -> None:
        """Make everybody known."""
        operator = self.operator
        await steps.provision(client, operator)
        await steps.register(client, operator, self.partner, ["partner"])
        await steps.register(client, operator, self.auditor, ["auditor"])
        for witness in self.witnesses:
            await steps.register(client, operator, witness, ["witness"])

    async def open_offer(self, client: Client) -> Cast:
        """Fields, rules, money and an offer; the node must know the time."""
        operator = self.operator
        for index, kind in enumerate(("text", "email", "phone")):
            forms = ("ExactValue", "BooleanOnly")
            await steps.define_field(client, operator, index, f"field {index}", kind, forms)
        rules = (await steps.define_rules(client, operator, SHARES)).reply.rules
        await steps.deposit(client, operator, self.partner.id, 100_000_000, EUR, b"first")
        offered = terms(self.partner, rules, self.witnesses)
        self.offer = (await steps.publish_offer(client, self.partner, offered)).reply.offer
        return self

"""What tests of the key folder share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runtime.host.crypto import Crypto
from runtime.host.keyfolder import Key
from runtime.wire import commands

CHEAP = 16  # scrypt's N
WORDS = "correct horse battery staple"
PARTY = bytes(range(32))
NODE_KEY = Crypto().public_key(bytes(32))
NODE = commands.node_id(NODE_KEY)
OTHER_KEY = Crypto().public_key(bytes([1]) * 32)
OTHER = commands.node_id(OTHER_KEY)


class Killed(BaseException):
    """The process is gone."""


def seed_of(key: Key) -> bytes:
    """What must never be seen."""
    return key._seed


def contents(path: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {entry.name: entry.read_bytes() for entry in path.iterdir()}


def edit(path: Path, **changes: Any) -> None:
    """Change some facts of a file."""
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, **changes}))

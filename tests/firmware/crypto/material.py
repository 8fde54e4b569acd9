"""What tests of the cryptography share: vectors, and bytes that are the same in every run."""

import json
import os
import random
from hashlib import shake_256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def vectors(name: str) -> list[dict]:
    """The test groups of a file of NIST's vectors; skips the test if they are not here."""
    folder = Path(os.environ.get("OPTIN_VECTORS") or ROOT.parent / "shared/vectors")
    path = folder / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is missing: let OPTIN_VECTORS name the folder of NIST's vectors")
    return json.loads(path.read_text())["testGroups"]


def some(label: str, number: int, size: int) -> bytes:
    """Bytes that depend on label and number alone."""
    return shake_256(f"{label} {number}".encode()).digest(size)


def around(size: int) -> list[int]:
    """Sizes that are wrong, at and about the right one."""
    return [0, 1, size // 2, *range(size - 8, size), *range(size + 1, size + 9), 2 * size]


def record(rng: random.Random, fields: int, longest: int) -> bytes:
    """A well-formed record of random fields for the redactor."""
    parts = [rng.randbytes(rng.randint(0, longest)) for _ in range(fields)]
    return b"".join(len(part).to_bytes(2, "little") + part for part in parts)

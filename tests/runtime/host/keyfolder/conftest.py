"""A key folder for a test."""

from pathlib import Path

import pytest

from runtime.host.keyfolder import KeyFolder
from tests.runtime.host.keyfolder.folders import CHEAP, WORDS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def folder(path: Path) -> KeyFolder:
    return KeyFolder.create(path, WORDS, cost=CHEAP)

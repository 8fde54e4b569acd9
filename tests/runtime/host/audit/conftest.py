"""One journal for all tests of audits: none changes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime.host.audit.journal import Journal


@pytest.fixture(scope="session")
def journal() -> Iterator[Journal]:
    made = Journal()
    yield made
    made.world.node.stop()

"""One journal for all tests of audits: none changes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from runtime.host.audit import report
from runtime.host.crypto import Crypto
from tests.runtime.host.audit.journal import Journal


class Remembering(Crypto):
    """Verifies each signature once: most audits of the tests are of nearly the same journal."""

    known: ClassVar[dict[tuple[bytes, ...], bool]] = {}

    def verify(self, *signed: bytes) -> bool:
        """As the real one."""
        if signed not in self.known:
            self.known[signed] = super().verify(*signed)
        return self.known[signed]


@pytest.fixture(scope="session", autouse=True)
def remembering() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "Crypto", Remembering)
        yield


@pytest.fixture(scope="session")
def journal() -> Iterator[Journal]:
    made = Journal()
    yield made
    made.world.node.stop()

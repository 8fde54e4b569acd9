"""Nodes that were lost, once for all tests."""

import pytest

from tests.runtime.host.keeper.kept import CPYTHON, UNIX
from tests.runtime.host.recovery.lost import Lost


@pytest.fixture(scope="session", params=[CPYTHON, UNIX], ids=["cpython", "unix"])
def lost(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lost:
    return Lost(tmp_path_factory.mktemp("lost"), request.param)

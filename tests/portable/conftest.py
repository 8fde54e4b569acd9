"""What `run.py` does after each test, for pytest: no actor outlives its test."""

import pytest
from pykka import ActorRegistry


@pytest.fixture(autouse=True)
def stop_actors():
    ActorRegistry.stop_all()
    yield
    ActorRegistry.stop_all()

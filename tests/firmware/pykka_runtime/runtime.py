"""The conftest of Pykka's own tests with our runtime in place of the threads.

`test_pykka_own_suite.py` puts it beside theirs, which it renames to `pykka_conftest.py`.
"""

from unittest import mock

import pytest
from pykka import ThreadingActor, ThreadingFuture
from pykka._scheduler import Event

from tests.pykka_conftest import *  # noqa: F403
from tests.pykka_conftest import _stop_all  # noqa: F401
from tests.types import Runtime


class MainThreadEvent(Event):
    """An event that survives what ends all actors, as one in a thread of its own does.

    In Pykka a bare `BaseException` ends with the actor's thread. Here it goes on to whoever runs
    the actors, and in these tests that is who waits for an event.
    """

    def wait(self, timeout=None):
        try:
            return super().wait(timeout)
        except BaseException as error:
            if type(error) is not BaseException:
                raise
            return self.is_set()


@pytest.fixture(scope="session")
def runtime():
    return Runtime(
        name="cooperative",
        actor_class=ThreadingActor,
        event_class=MainThreadEvent,
        future_class=ThreadingFuture,
        sleep_func=lambda seconds: None,
    )


class Mocker:
    """The part of pytest-mock that the tests use."""

    Mock = mock.Mock
    MagicMock = mock.MagicMock
    NonCallableMock = mock.NonCallableMock

    def __init__(self):
        self.patch = self
        self.patches = []

    def object(self, *args, **kwargs):
        patch = mock.patch.object(*args, **kwargs)
        self.patches.append(patch)
        return patch.start()


@pytest.fixture
def mocker():
    mocker = Mocker()
    yield mocker
    for patch in reversed(mocker.patches):
        patch.stop()

import shutil

import pytest

from firmware.crypto.build import SANITIZED, SECRETS
from tests.firmware.crypto.native import VALGRIND, Library, Process


@pytest.fixture(scope="session")
def library():
    return Library()


@pytest.fixture
def sanitized():
    """The library under AddressSanitizer and UndefinedBehaviorSanitizer."""
    process = Process(SANITIZED)
    yield process
    assert process.finish() == (0, "")


@pytest.fixture
def secret_keeping():
    """The library under valgrind, with everything secret marked undefined."""
    if shutil.which("valgrind") is None:
        pytest.fail("valgrind is missing; install the Debian package valgrind")
    process = Process(SECRETS, VALGRIND)
    yield process
    assert process.finish() == (0, "")

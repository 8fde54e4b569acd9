"""The modules as tests reach them: their plain C under sanitizers, all of it on MicroPython."""

import os
import subprocess
from pathlib import Path

import pytest

from firmware.crypto.build import SANITIZED, SECRETS
from firmware.micropython import ensure
from tests.firmware.crypto.native import EXCHANGE, VALGRIND, Process

ROOT = Path(__file__).parents[3]
MODULES = ROOT / "firmware/modules"
FOLDER = Path(__file__).parent
DEBUGGED = ("-O1", "-g")


def plain_c(options, command=()):
    """The plain C in a process of its own, which must end well."""
    options = (*options, "-Wl,--wrap=free", f"-I{MODULES}", f"-I{EXCHANGE.parent}")
    files = sorted(MODULES.glob("*.c"))
    process = Process(options, command, files, FOLDER / "driver.c")
    yield process
    assert process.finish() == (0, "")


@pytest.fixture
def sanitized():
    """The plain C under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer."""
    yield from plain_c(SANITIZED)


@pytest.fixture
def undefined_watched():
    """The plain C under valgrind, which sees what depends on memory that was not written."""
    yield from plain_c(DEBUGGED, VALGRIND)


@pytest.fixture
def secret_keeping():
    """The plain C under valgrind, with everything secret marked undefined."""
    yield from plain_c(SECRETS, VALGRIND)


@pytest.fixture(params=["plain", "sanitized"])
def micropython(request):
    """A function that runs a file on MicroPython with lines as its input; gives its output.

    Each test runs twice, the second time under sanitizers, bindings and all.
    """
    program = ensure(sanitized=request.param == "sanitized").micropython

    def run(file, lines=(), arguments=()):
        done = subprocess.run(
            [program, "-X", "heapsize=64m", file, *arguments],
            env={**os.environ, "MICROPYPATH": f"{ROOT}:{ROOT / 'firmware'}"},
            input="".join(line + "\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    return run

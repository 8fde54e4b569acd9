"""Portable code compiles for MicroPython, and its tests pass on every Python we run on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.micropython import ensure

ROOT = Path(__file__).parents[1]
RUNNER = Path(__file__).parent / "portable" / "run.py"
FOLDERS = (
    "actors",
    "runtime/actor",
    "runtime/node",
    "runtime/wire",
    "firmware/node",
    "firmware/pykka",
    "firmware/node",
)


def relative(path):
    return str(path.relative_to(ROOT))


MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted(RUNNER.parent.glob("test_*.py"))


@pytest.fixture(scope="session")
def toolchain():
    return ensure()


@pytest.fixture(scope="session")
def only_our_pykka(tmp_path_factory):
    """A folder with our Pykka and nothing else of the firmware."""
    folder = tmp_path_factory.mktemp("path")
    (folder / "pykka").symlink_to(ROOT / "firmware/pykka")
    return folder


@pytest.fixture(params=["cpython_pykka", "cpython_our_pykka", "micropython"])
def interpreter(request, toolchain, only_our_pykka):
    """A command that runs Python files, and the environment it needs."""
    cpython = [sys.executable, "-B"]
    return {
        "cpython_pykka": (cpython, {"PYTHONPATH": path(ROOT)}),
        "cpython_our_pykka": (cpython, {"PYTHONPATH": path(only_our_pykka, ROOT)}),
        "micropython": (
            [toolchain.micropython, "-X", "heapsize=64m"],
            {"MICROPYPATH": path(ROOT, ROOT / "firmware")},
        ),
    }[request.param]


def path(*folders):
    return os.pathsep.join(str(folder) for folder in folders)


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_portable_module_compiles_for_micropython(module, toolchain, tmp_path):
    done = subprocess.run(
        [toolchain.mpy_cross, "-o", tmp_path / "module.mpy", module],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("tests", TESTS, ids=relative)
def test_portable_tests_pass(tests, interpreter):
    command, environment = interpreter
    done = subprocess.run(
        [*command, RUNNER, tests],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    assert not done.stdout.endswith("\n0 passed, 0 failed\n"), "no tests in the file"


@pytest.mark.parametrize("broken", ["def test_it():\n    assert False\n", "import absent\n"])
def test_the_runner_reports_failures(broken, interpreter, tmp_path):
    file = tmp_path / "test_broken.py"
    file.write_text(broken + "def test_that_passes():\n    pass\n")
    command, environment = interpreter
    done = subprocess.run(
        [*command, RUNNER, file],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "FAILED" in done.stdout and "Traceback" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("1 failed")

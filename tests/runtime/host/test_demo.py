"""The demo, as `make run` starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.host.demo import clear, stop

ROOT = Path(__file__).parents[3]


def demo(folder: Path, columns: int = 80) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end; its node goes on."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPTIN")}
    return subprocess.run(
        [sys.executable, "-m", "runtime.host.demo", str(folder)],
        cwd=ROOT,
        env=env | {"COLUMNS": str(columns)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "demo"
    yield path
    if (path / "demo.json").exists():
        clear(path)


def test_it_ends_well_and_its_last_words_work(folder: Path) -> None:
    began = time.monotonic()
    ran = demo(folder)
    assert time.monotonic() - began < 20
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert len(lines) <= 70
    assert max(len(line) for line in lines if str(folder) not in line and "alias" not in line) <= 80
    assert re.search(r"EUR deposits .*\n +100\.00 = 80\.999943 \+ 3\.000009 \+ ", ran.stdout)
    # Say the printed commands as a shell would.
    said = ran.stdout[ran.stdout.index("To look around:\n") :].splitlines()
    commands = [line for line in said if line.startswith("  ")]
    assert len(commands) >= 6
    script = "shopt -s expand_aliases\nset -e\n" + "\n".join(commands)
    walked = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (walked.returncode, walked.stderr) == (0, "")
    assert "entries of node" in walked.stdout
    # Stop it as printed.
    pid = int(re.search(r"To stop it: kill (\d+)", ran.stdout)[1])  # type: ignore[index]
    assert pid == json.loads((folder / "demo.json").read_text())["pid"]
    os.kill(pid, signal.SIGTERM)
    stop(folder)  # returns once it has ended


def test_a_second_one_takes_the_place_of_the_first(folder: Path) -> None:
    assert demo(folder).returncode == 0
    first = (folder / "demo.json").read_text()
    again = demo(folder)
    assert (again.returncode, again.stderr) == (0, "")
    assert (folder / "demo.json").read_text() != first


def test_a_folder_with_something_else_in_it_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    ran = demo(folder)
    assert ran.returncode == 1
    assert "holds something that is no demo" in ran.stderr
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_only_one_folder_is_taken() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "runtime.host.demo", "a", "b"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "usage" in ran.stderr

"""The same bytes to every kind of node: the same answers, bodies, ids and tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from firmware import micropython
from runtime.host.audit import verify_bundle
from tests.conformance.whole import record

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path, every refusal and random histories, as bytes on the line."""
    path = tmp_path_factory.mktemp("conformance") / "recording"
    assert record(path) > 5000
    return path


def play(kind: str, command: list[Any], recording: Path, environment: dict[str, str]) -> Path:
    """Play the recording in a process; returns the folder of its journals."""
    bundles = recording.parent / kind
    bundles.mkdir()
    done = subprocess.run(
        [*command, ROOT / "tests/conformance/play.py", recording, kind, bundles],
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return bundles


def audited(bundles: Path) -> int:
    """Verify every journal, with the library of this side; returns how many there are."""
    paths = sorted(bundles.iterdir())
    for path in paths:
        report = verify_bundle(path)
        assert report.failure is None, report.failure
        assert report.checks["measurements"] == 2
    return len(paths)


def test_the_software_node_answers_as_recorded(recording: Path) -> None:
    bundles = play("software", [sys.executable, "-B"], recording, {"PYTHONPATH": str(ROOT)})
    assert audited(bundles) > 100


def test_the_unix_node_answers_as_recorded(recording: Path) -> None:
    command = [micropython.ensure(frozen=True).micropython, "-X", "heapsize=64m"]
    bundles = play("unix", command, recording, {"MICROPYPATH": f".frozen{os.pathsep}{ROOT}"})
    assert audited(bundles) > 100

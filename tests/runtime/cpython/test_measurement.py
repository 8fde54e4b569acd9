"""What a software node is made of."""

import shutil
from pathlib import Path

import pytest

from runtime.cpython import measurement
from runtime.cpython.measurement import measure


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The actors, in a place of their own."""
    shutil.copytree(measurement.ROOT / "actors", tmp_path / "actors")
    monkeypatch.setattr(measurement, "ROOT", tmp_path)
    return tmp_path / "actors"


def test_the_same_files_have_the_same_measurement(copy: Path) -> None:
    first = measure("actors")
    shutil.rmtree(copy / "__pycache__", ignore_errors=True)
    (copy / "notes.txt").write_text("not part of the node")
    assert measure("actors") == first


def test_any_change_of_any_file_is_seen(copy: Path) -> None:
    seen = {measure("actors")}
    rules = copy / "rules.py"
    rules.write_bytes(rules.read_bytes() + b"\n")
    seen.add(measure("actors"))
    rules.rename(copy / "rules2.py")
    seen.add(measure("actors"))
    (copy / "rules2.py").unlink()
    seen.add(measure("actors"))
    assert len(seen) == 4


def test_each_package_is_measured_by_itself() -> None:
    actors, runtime = measure("actors", "runtime")
    assert (actors.name, runtime.name) == ("actors", "runtime")
    assert actors.digest != runtime.digest

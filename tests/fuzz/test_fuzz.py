"""The fuzzers, run for a short while with a fixed seed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ITERATIONS = 50_000


def run_fuzzer(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_fuzzing_frames_finds_nothing(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: install the extra `test` to fuzz the frames")
    result = run_fuzzer("tests.fuzz.fuzz_frames", str(ITERATIONS), "-seed=1", cwd=tmp_path)
    assert result.returncode == 0, result.stderr[-4000:]
    assert f"Done {ITERATIONS}" in result.stderr


def test_a_fuzzer_without_atheris_says_so(tmp_path: Path) -> None:
    (tmp_path / "atheris.py").write_text("raise ImportError")
    result = run_fuzzer("tests.fuzz.fuzz_frames", cwd=tmp_path)
    assert result.returncode == 2
    assert "atheris is not installed" in result.stdout

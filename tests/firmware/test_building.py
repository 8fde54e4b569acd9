"""How build tools are run."""

import sys
from pathlib import Path

import pytest

from firmware.building import CommandFailed, cache, run, workspace


def test_the_cache_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache() == tmp_path / "optin-node"


def test_what_a_tool_says_on_either_output_is_returned_in_order(tmp_path: Path) -> None:
    assert run(["sh", "-c", "echo one; echo two >&2; pwd"], tmp_path) == f"one\ntwo\n{tmp_path}\n"


def test_a_tool_sees_no_settings_of_make_and_speaks_english(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAKEFLAGS", "-j64")
    monkeypatch.setenv("CFLAGS", "-O0")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("KEPT", "yes")
    said = run([sys.executable, "-c", "import os; print(dict(os.environ))"])
    assert "MAKEFLAGS" not in said
    assert "CFLAGS" not in said
    assert "'LC_ALL': 'C'" in said
    assert "'KEPT': 'yes'" in said


def test_a_failure_tells_the_end_and_has_the_whole() -> None:
    with pytest.raises(CommandFailed) as failed:
        run(["sh", "-c", "seq 100; exit 3"])
    assert str(failed.value).splitlines() == [str(number) for number in range(81, 101)]
    assert failed.value.log.splitlines()[0] == "1"


def test_a_tool_gets_no_input() -> None:
    assert run(["cat"]) == ""


def test_a_workspace_lies_beside_what_is_made_and_is_gone_behind_it(tmp_path: Path) -> None:
    made = tmp_path / "kept" / "program"
    with workspace(made) as work:
        assert work.parent == made.parent
        (work / "half").touch()
    assert list(made.parent.iterdir()) == []

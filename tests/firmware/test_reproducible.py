"""What `make reproducible` says of two builds; it is itself too long for a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware import reproducible
from firmware.measurement import of_program


@pytest.mark.parametrize(
    ("first", "second", "places"),
    [(b"", b"", []), (b"abc", b"abc", []), (b"abc", b"aXc", [1]), (b"ab", b"abc", [2]),
     (b"Xbc", b"ab", [0, 2])],
)  # fmt: skip
def test_differences_are_found_where_they_are(
    first: bytes, second: bytes, places: list[int]
) -> None:
    assert reproducible.differences(first, second) == places


def built(folder: Path, content: bytes) -> dict[str, Path]:
    """One thing that was built."""
    folder.mkdir()
    (folder / "program").write_bytes(content)
    return {"unix": folder / "program"}


def test_equal_builds_are_named_with_their_measurement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (built(tmp_path / name, b"program") for name in "ab")
    assert reproducible.report(first, second, "ulx3s_45f") == 0
    assert of_program(first["unix"]).hex() in capsys.readouterr().out


def test_builds_that_differ_fail_and_the_places_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = built(tmp_path / "a", b"program"), built(tmp_path / "b", b"proGrAm")
    assert reproducible.report(first, second, "ulx3s_45f") == 1
    assert capsys.readouterr().err == "unix: 2 bytes differ, the first at 0x3, 0x5\n"


def test_the_builds_are_on_another_day_and_in_folders_of_another_length() -> None:
    names, zones = list(reproducible.PLACES), list(reproducible.PLACES.values())
    assert len(names[0]) != len(names[1])
    assert zones == ["A-14", "B+12"]  # 26 hours apart


def test_a_copy_has_all_that_is_built_from_and_nothing_that_was_made(tmp_path: Path) -> None:
    reproducible.copy(tmp_path)
    source = tmp_path / "source"
    assert {path.name for path in source.iterdir()} == set(reproducible.SOURCES)
    assert (source / "firmware/port/start.S").exists()
    assert not list(source.rglob("__pycache__")) and not list(source.rglob("*.pyi"))

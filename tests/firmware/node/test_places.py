"""The table in its files says of every postal code what the software node's says."""

from pathlib import Path

import pytest

from firmware.node.places import InMemory, places_of, read_places
from runtime.cpython import software

FOLDER = Path(software.__file__).with_name("places")


def test_every_postal_code_has_the_same_metro_area() -> None:
    read, plain = read_places(str(FOLDER)), software.read_places()
    found = set()
    for number in range(100_000):
        code = b"%05d" % number
        area = plain.metro_area(code)
        assert read.metro_area(code) == area, code
        found.add(area)
    assert len(found) > 900


def test_a_table_in_memory_says_the_same_as_one_in_files() -> None:
    files = [InMemory((FOLDER / f"metro_{name}.csv").read_bytes()) for name in ("zips", "names")]
    held, plain = places_of(*files), software.read_places()
    for number in range(0, 100_000, 7):
        code = b"%05d" % number
        assert held.metro_area(code) == plain.metro_area(code), code


def test_a_table_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="metro_zips"):
        read_places(str(tmp_path))

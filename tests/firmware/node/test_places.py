"""The table in its files says of every postal code what the software node's says."""

from pathlib import Path

import pytest

from firmware.node.places import read_places
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


def test_a_table_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="metro_zips"):
        read_places(str(tmp_path))

"""The table of metro areas that ships."""

import re

from actors.fields import DEGRADED
from runtime.cpython.software import read_places

PLACES = read_places()


def test_places_that_everybody_knows():
    for code, city in (
        (b"10001", "New York"), (b"94105", "San Francisco"), (b"60601", "Chicago"),
        (b"77002", "Houston"), (b"02108-1234", "Boston"), (b"33131", "Miami"),
    ):  # fmt: skip
        assert PLACES.metro_area(code).startswith(city), code


def test_runs_are_of_zip_codes_ascending_and_apart():
    before = ""
    for first, last, _ in PLACES._runs:
        assert re.fullmatch("[0-9]{5}", first) and re.fullmatch("[0-9]{5}", last)
        assert before < first <= last
        before = last


def test_every_area_has_a_name_that_fits_into_a_view():
    for first, last, area in PLACES._runs:
        for code in (first, last):
            name = PLACES.metro_area(code.encode())
            assert bool(name) == bool(area)
            assert len(name.encode()) <= DEGRADED
            assert not area or re.fullmatch("[A-Za-z .'-]+ [A-Z]{2} metro", name), name

"""How values are degraded: dates, ages, places, presence; and that what is shown was frozen."""

from actors.fields import DEGRADED
from actors.transforms import BANDS, age_band, civil, is_date, show
from runtime.node.places import Places
from runtime.wire import records
from runtime.wire.errors import Refused
from tests.portable.world import DAY, PLACES, START, VALUES, Use, refused, stage

ZIP, BORN = Use(3, "MetroAreaOnly"), Use(9, "AgeRange")


def at(year, month, day):
    """ns since the epoch of the start of a day; counted day by day from 1970."""
    days, lengths = 0, (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for before in range(1970, year):
        days += 366 if leap(before) else 365
    days += sum(lengths[: month - 1]) + day - 1 + (1 if month > 2 and leap(year) else 0)
    return days * DAY


def leap(year):
    return year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)


# --------------------------------------------------------------------------------- civil dates


def test_days_that_everybody_knows():
    for seconds, date in (
        (0, (1970, 1, 1)), (951782400, (2000, 2, 29)), (951868800, (2000, 3, 1)),
        (1000000000, (2001, 9, 9)), (1800000000, (2027, 1, 15)), (4107542400, (2100, 3, 1)),
        (4107542399, (2100, 2, 28)), (2147483647, (2038, 1, 19)), (16725225600, (2500, 1, 1)),
    ):  # fmt: skip
        assert civil(seconds * 10**9) == date, date


def test_a_day_ends_with_its_last_nanosecond():
    assert civil(at(2024, 2, 29) - 1) == (2024, 2, 28)
    assert civil(at(2024, 2, 29)) == (2024, 2, 29)
    assert civil(at(2024, 3, 1) - 1) == (2024, 2, 29)
    assert civil(at(2025, 1, 1) - 1) == (2024, 12, 31)


def test_every_day_of_centuries_follows_the_one_before():
    time, (year, month, day) = 0, (1970, 1, 1)
    for _ in range(0, 150 * 366, 7):
        assert civil(time) == (year, month, day)
        time += 7 * DAY
        day += 7
        length = 28 + (leap(year) if month == 2 else 2 + (month + month // 8) % 2)
        if day > length:
            day, month = day - length, month + 1
        if month > 12:
            month, year = 1, year + 1


def test_dates_that_are_none():
    for value in (
        b"", b"1984", b"1984-3-12", b"84-03-12", b"1984-13-01", b"1984-00-01", b"1984-01-00",
        b"1984-01-32", b"1984-04-31", b"1985-02-29", b"1900-02-29", b"2100-02-29", b"1984/03/12",
        b"12-03-1984", b"1984-03-12 ", b"1984-03-12-01", b"-984-03-12", b"1984--3-12",
        b"0000-01-01", b"1984-0a-12", b"+984-03-12", b"\xd9\xa1984-03-1",
    ):  # fmt: skip
        assert not is_date(value), value


def test_dates_that_are_some():
    for value in (b"1984-03-12", b"2000-02-29", b"1984-02-29", b"1815-12-10", b"0001-01-01",
                  b"1984-12-31", b"9999-12-31"):  # fmt: skip
        assert is_date(value), value


def test_a_birth_date_that_is_none_is_not_enrolled():
    world = stage("enrolled")
    for born in (b"1985-02-29", b"yesterday", b"1984-3-12", b"1984-03-12T00"):
        refused(world, Refused, world.enrol, world.person("Cleo"), VALUES[:9] + (born,))
        refused(world, Refused, world.update, world.user, VALUES[:9] + (born,))
    world.enrol(world.person("Cleo"), VALUES[:9] + (b"1984-02-29",))


# ----------------------------------------------------------------------------------------- ages


def test_a_band_begins_on_the_birthday():
    for years, before, after in (
        (18, "0-17", "18-24"), (25, "18-24", "25-34"), (35, "25-34", "35-44"),
        (45, "35-44", "45-54"), (55, "45-54", "55-64"), (65, "55-64", "65+"),
    ):  # fmt: skip
        birthday = at(1990 + years, 6, 15)
        assert age_band(b"1990-06-15", birthday - 1) == before
        assert age_band(b"1990-06-15", birthday) == after


def test_bands_leave_no_age_out():
    found = [age_band(b"1950-01-01", at(1950 + age, 1, 1)) for age in range(20, 130)]
    found = [age_band(b"1970-01-01", at(1970 + age, 1, 1)) for age in range(20)] + found
    for age in range(130):
        low, _, high = found[age].rstrip("+").partition("-")
        assert int(low) <= age and (not high or age <= int(high)), age
        assert bool(high) == (age < 65)
    assert [name for _, name in BANDS][-1] == "65+"


def test_who_is_born_on_the_29th_of_february_is_a_year_older_on_the_1st_of_march():
    assert age_band(b"2000-02-29", at(2018, 2, 28)) == "0-17"
    assert age_band(b"2000-02-29", at(2018, 3, 1) - 1) == "0-17"
    assert age_band(b"2000-02-29", at(2018, 3, 1)) == "18-24"
    assert age_band(b"1960-02-29", at(1978, 2, 28)) == "0-17"
    assert age_band(b"2012-02-29", at(2030, 3, 1)) == "18-24"


def test_on_the_last_day_of_the_year_the_new_one_has_not_come():
    assert age_band(b"2000-12-31", at(2018, 12, 31) - 1) == "0-17"
    assert age_band(b"2000-12-31", at(2018, 12, 31)) == "18-24"
    assert age_band(b"2000-01-01", at(2018, 1, 1) - 1) == "0-17"
    assert age_band(b"2000-01-01", at(2018, 1, 1)) == "18-24"


def test_who_is_not_born_yet_has_no_age():
    assert age_band(b"2030-06-15", at(2030, 6, 15) - 1) == ""
    assert age_band(b"2030-06-15", at(2030, 6, 15)) == "0-17"


# --------------------------------------------------------------------------------------- places


def test_a_metro_area_is_found_by_its_zip_code():
    for code, name in (
        (b"00501", "New York NY metro"), (b"00544", "New York NY metro"),
        (b"10001", "New York NY metro"), (b"10115", "New York NY metro"),
        (b"10292", "New York NY metro"), (b"94016", "San Francisco CA metro"),
        (b"94188", "San Francisco CA metro"), (b"94203", "Sacramento CA metro"),
        (b"99950", "Ketchikan AK metro"), (b"99999", "Ketchikan AK metro"),
    ):  # fmt: skip
        assert PLACES.metro_area(code) == name, code


def test_codes_beside_a_run_are_in_no_metro_area():
    for code in (b"00000", b"00500", b"00545", b"10000", b"10293", b"94015", b"94189", b"94202",
                 b"94204", b"99949"):  # fmt: skip
        assert PLACES.metro_area(code) == "", code


def test_codes_of_a_run_without_an_area_are_in_none():
    for code in (b"59001", b"59002", b"59003"):
        assert PLACES.metro_area(code) == ""


def test_zip_plus_four_is_its_zip():
    assert PLACES.metro_area(b"94105-1234") == "San Francisco CA metro"
    assert PLACES.metro_area(b"94202-1234") == ""


def test_codes_of_other_shapes_are_in_no_metro_area():
    for code in (
        b"", b"9410", b"941051", b"94105 1234", b"941051234", b"SW1A 1AA", b"D-10115", b"K1A 0B1",
        b" 94105", b"9410a", b"-9410", b"\xff" * 5, b"9410\x00", b"1010",
    ):  # fmt: skip
        assert PLACES.metro_area(code) == "", code


def test_a_node_without_a_table_knows_no_place():
    assert Places().metro_area(b"94105") == ""


# ----------------------------------------------------------------------------------------- show


def test_presence_is_all_that_boolean_only_tells():
    for value in (b"x", b"+4930123456", b"\x00", b"1815-12-10", b"x" * 254):
        assert show(value, "BooleanOnly", START, PLACES) == b"\x01"
    assert show(b"", "BooleanOnly", START, PLACES) == b"\x00"


def test_an_exact_value_is_the_value():
    for value in (b"", b"x", b"\xff\x00", b"x" * 254):
        assert show(value, "ExactValue", START, PLACES) == value


def test_what_is_absent_has_neither_age_nor_place():
    for transform in ("AgeRange", "MetroAreaOnly"):
        assert show(b"", transform, START, PLACES) == b""


def test_a_degraded_value_fits_into_its_place():
    for _, name in BANDS:
        assert len(name) <= DEGRADED
    for code in (b"10115", b"94105", b"94203", b"99999"):
        assert 0 < len(show(code, "MetroAreaOnly", START, PLACES)) <= DEGRADED


# -------------------------------------------------------------------------------- the registry


ALLOWED = {
    "text": (), "email": (), "phone": (), "postal_code": ("MetroAreaOnly",),
    "birth_date": ("AgeRange",),
}  # fmt: skip


def test_every_kind_may_be_shown_exactly_or_as_presence_and_in_its_own_form_alone():
    origin = stage("provisioned")
    assert sorted(ALLOWED) == sorted(records.FIELD_KIND.words)
    for kind in ALLOWED:
        for transform in records.TRANSFORM.words:
            world = origin.fork()
            field = records.FieldDefinition(77, "a field", kind, (transform,))
            if transform in ("ExactValue", "BooleanOnly") + ALLOWED[kind]:
                world.do(world.operator, "define_field", field)
            else:
                refused(world, Refused, world.do, world.operator, "define_field", field)


def test_a_form_that_the_field_does_not_have_is_not_offered():
    world = stage("ready")
    for use in (Use(3, "AgeRange"), Use(9, "MetroAreaOnly"), Use(0, "AgeRange"),
                Use(1, "MetroAreaOnly")):  # fmt: skip
        refused(world, Refused, world.publish, serial=9, required=(use,), optional=())


def test_a_consent_to_another_form_than_the_offered_is_refused():
    world = stage("enrolled")
    world.publish(serial=9, required=(), optional=(ZIP, BORN))
    code = world.generate(world.user)
    world.viewed(world.user, code)
    for fields in ((Use(3, "ExactValue"),), (ZIP, Use(9, "ExactValue")), (Use(3, "BooleanOnly"),)):
        refused(world, Refused, world.activate, world.user, code, fields)
    world.activate(world.user, code, (ZIP,))


# ------------------------------------------------------------------------------------ the views


def shown(world, user, fields, required=True):
    """The record of a new engagement of a user who shows these fields."""
    uses = {"required": fields, "optional": ()} if required else {"required": (),
                                                                  "optional": fields}  # fmt: skip
    world.publish(serial=9, **uses)
    code = world.generate(user)
    world.viewed(user, code)
    return world.activate(user, code, fields).record


def framed(*values):
    return b"".join([bytes([len(value), 0]) + value for value in values])


def test_a_view_returns_the_degraded_values_and_nothing_of_the_exact_ones():
    world = stage("enrolled")
    grant = world.view(shown(world, world.user, (ZIP, BORN)))
    assert grant.transforms == ("MetroAreaOnly", "AgeRange")
    assert grant.fields == framed(b"New York NY metro", b"65+")


def test_the_age_is_that_of_the_consent_and_stays():
    world = stage("enrolled")
    world.uptime.ns = at(2028, 3, 1) - 1 - START
    user = world.enrol(world.person("Leap"), VALUES[:9] + (b"2010-03-01",))
    record = shown(world, user, (BORN,))
    assert world.view(record).fields == framed(b"0-17")
    world.uptime.ns += 1
    assert world.view(record).fields == framed(b"0-17")
    other = world.enrol(world.person("Twin"), VALUES[:9] + (b"2010-03-01",))
    code = world.generate(other)
    world.viewed(other, code)
    assert world.view(world.activate(other, code).record).fields == framed(b"18-24")


def test_the_place_is_that_of_the_consent_and_stays():
    world = stage("enrolled")
    record = shown(world, world.user, (ZIP,))
    world.update(world.user, VALUES[:3] + (b"94105",) + VALUES[4:])
    assert world.view(record).fields == framed(b"New York NY metro")
    world.places = Places()
    world.boot()
    assert world.view(record).fields == framed(b"New York NY metro")


def test_a_required_value_that_cannot_be_degraded_is_refused():
    world = stage("enrolled")
    offers = (((ZIP,), VALUES[:3] + (b"SW1A 1AA",)), ((ZIP,), VALUES[:3] + (b"59001",)),
              ((BORN,), VALUES[:9] + (b"2999-01-01",)), ((BORN,), VALUES[:3]),
              ((ZIP,), VALUES[:3]))  # fmt: skip
    for serial in range(len(offers)):
        fields, values = offers[serial]
        user = world.enrol(world.person(str(serial)), values)
        world.publish(serial=100 + serial, required=fields, optional=())
        code = world.generate(user)
        world.viewed(user, code)
        refused(world, Refused, world.activate, user, code)


def test_an_optional_value_that_cannot_be_degraded_is_shown_as_nothing():
    world = stage("enrolled")
    user = world.enrol(world.person("Cleo"), VALUES[:3] + (b"SW1A 1AA",))
    grant = world.view(shown(world, user, (ZIP, BORN), required=False))
    assert grant.fields == framed(b"", b"")


def test_a_required_presence_may_be_absence():
    world = stage("enrolled")
    user = world.enrol(world.person("Cleo"), (b"Cleo",))
    uses = (Use(0, "BooleanOnly"), Use(1, "BooleanOnly"), Use(3, "BooleanOnly"))
    assert world.view(shown(world, user, uses)).fields == framed(b"\x01", b"\x00", b"\x00")

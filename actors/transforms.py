"""How a value is shown in degraded form: metro area, age band, presence."""

PRESENT, ABSENT = b"\x01", b"\x00"  # what BooleanOnly shows

# First age of each band, as people are asked in forms.
BANDS = ((0, "0-17"), (18, "18-24"), (25, "25-34"), (35, "35-44"), (45, "45-54"), (55, "55-64"),
         (65, "65+"))  # fmt: skip


def show(value, transform, time, places):
    """A value as it is shown.

    Args:
        value: bytes as the user gave them; empty if there are none.
        transform: a form that the registry allows for it.
        time: ns since the epoch, for ages.
        places: port that knows metro areas.

    Returns:
        Bytes; empty if the value cannot be shown in this form.
    """
    if transform == "BooleanOnly":
        return PRESENT if value else ABSENT
    if not value or transform == "ExactValue":
        return value
    if transform == "AgeRange":
        return age_band(value, time).encode()
    return places.metro_area(value).encode()


def is_date(value):
    """Whether bytes are a date of the Gregorian calendar as 1984-03-12."""
    parts = value.split(b"-")
    if [len(part) for part in parts] != [4, 2, 2] or not all([part.isdigit() for part in parts]):
        return False
    year, month, day = [int(part) for part in parts]
    return year > 0 and 1 <= month <= 12 and 1 <= day <= _days(year, month)


def age_band(birth_date, time):
    """Band of the age at `time` of who was born on `birth_date`; "" for one not born yet."""
    year, month, day = civil(time)
    born = [int(part) for part in birth_date.split(b"-")]
    age = year - born[0] - ((month, day) < (born[1], born[2]))
    band = ""
    for first, name in BANDS:
        if age >= first:
            band = name
    return band


def civil(time):
    """(year, month, day) in UTC of ns since the epoch."""
    days = time // (86400 * 10**9)
    year = 1970 + days // 366  # or soon after
    days -= _days_before(year)
    while days >= (366 if _is_leap(year) else 365):
        days -= 366 if _is_leap(year) else 365
        year += 1
    month = 1
    while days >= _days(year, month):
        days -= _days(year, month)
        month += 1
    return year, month, days + 1


def _days_before(year):
    """Days from 1970 to a later year."""
    past = year - 1
    leaps = past // 4 - past // 100 + past // 400
    return 365 * (year - 1970) + leaps - 477  # leap years before 1970


def _is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days(year, month):
    if month == 2:
        return 29 if _is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31

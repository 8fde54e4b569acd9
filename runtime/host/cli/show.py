"""How things are written for people, read from people, and put into JSON."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from rich.table import Table
from rich.text import Text

MICRO = 10**6  # micro-units of one unit
SECOND = 10**9  # ns
DAY = 86400 * SECOND
DIGITS = 8  # hex digits of an id that people see
LARGEST = (1 << 64) - 1

FORMS = {
    "exact": "ExactValue",
    "metro": "MetroAreaOnly",
    "age": "AgeRange",
    "presence": "BooleanOnly",
}
IN_WORDS = {
    "ExactValue": "as it is",
    "MetroAreaOnly": "only the metro area",
    "AgeRange": "only the age band",
    "BooleanOnly": "only whether there is one",
}
MARK = {form: name for name, form in FORMS.items()}


class Unreadable(ValueError):
    """What was typed is not what was expected; says what would be."""


# ----------------------------------------------------------------------------------- writing


def plain(text: str) -> str:
    """Text of others without what could drive a terminal."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cf") else c for c in text
    )


def short(identity: bytes) -> str:
    """The first digits of an id."""
    return identity.hex()[:DIGITS]


def currency_text(currency: bytes) -> str:
    """ISO 4217 code of eight bytes."""
    return plain(currency.rstrip(b"\x00").decode("ascii", "replace"))


def amount_text(amount: int, currency: bytes) -> str:
    """Micro-units as people write them: two decimals, or as many as it takes."""
    units, micro = divmod(amount, MICRO)
    decimals = f"{micro:06d}".rstrip("0").ljust(2, "0")
    return f"{units}.{decimals} {currency_text(currency)}"


def money(name: str, amount: int, currency: bytes) -> dict[str, Any]:
    """An amount for JSON: micro-units, and as people write it."""
    return {name: amount, f"{name}_text": amount_text(amount, currency)}


def amounts(currency: bytes, **named: int) -> dict[str, Any]:
    """Amounts of one currency for JSON, and the currency."""
    data: dict[str, Any] = {"currency": currency_text(currency)}
    for name, amount in named.items():
        data |= money(name, amount, currency)
    return data


def time_text(ns: int) -> str:
    """A time in this machine's zone, ISO 8601."""
    try:
        moment = datetime.fromtimestamp(ns // SECOND, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return f"{ns} ns after 1970"
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def duration_text(ns: int) -> str:
    """A duration in the largest unit that fits it."""
    for unit, size in (("day", DAY), ("hour", 3600 * SECOND), ("minute", 60 * SECOND)):
        if ns >= size:
            count, rest = divmod(ns, size)
            number = f"{count}" if not rest else f"{ns / size:.1f}"
            return f"{number} {unit}" + ("" if number == "1" else "s")
    return f"{ns / SECOND:g} s"


def percent(bps: int) -> str:
    """Basis points as a percentage."""
    return f"{bps // 100}" + (f".{bps % 100:02d}" if bps % 100 else "") + " %"


def jsonable(value: Any) -> Any:
    """JSON of records: bytes as hex, named tuples as objects, currencies as their code."""
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    fields = getattr(value, "_fields", None)
    if fields:
        return {
            name: currency_text(item) if name == "currency" else jsonable(item)
            for name, item in zip(fields, value, strict=True)
        }
    if isinstance(value, list | tuple | set):
        return [jsonable(item) for item in value]
    return value


def table(*columns: str, rows: Iterable[Sequence[Any]], title: str = "") -> Table:
    """A plain table; columns whose name ends in `>` are aligned to the right."""
    made = Table(
        box=None, padding=(0, 2, 0, 0), title=title or None, title_justify="left", pad_edge=False
    )
    for column in columns:
        right = column.endswith(">")
        made.add_column(
            column.rstrip(">"), justify="right" if right else "left", header_style="dim"
        )
    for row in rows:
        made.add_row(*[cell if isinstance(cell, Text) else Text(plain(str(cell))) for cell in row])
    return made


def facts(*pairs: tuple[str, Any]) -> Table:
    """Names and what they stand for, one a line."""
    made = Table(box=None, show_header=False, padding=(0, 3, 0, 0), pad_edge=False)
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(name, value if isinstance(value, Text) else Text(plain(str(value))))
    return made


# ----------------------------------------------------------------------------------- reading


def parse_currency(text: str) -> bytes:
    """Eight bytes of an ISO 4217 code."""
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise Unreadable("expected a currency of three capital letters, such as EUR")
    return text.encode() + bytes(5)


def parse_amount(text: str) -> int:
    """Micro-units of an amount with up to six decimals."""
    if not re.fullmatch(r"[0-9]{1,14}(\.[0-9]{1,6})?", text):
        raise Unreadable("expected an amount such as 500, 1.50 or 0.000001: up to six decimals")
    try:
        amount = int(Decimal(text) * MICRO)
    except InvalidOperation as error:
        raise Unreadable("expected an amount such as 1.50") from error
    if amount > LARGEST:
        raise Unreadable(f"expected at most {LARGEST // MICRO}: the node counts in 64 bits")
    return amount


def parse_money(text: str) -> tuple[int, bytes]:
    """(micro-units, currency) of an amount with its currency."""
    parts = text.split()
    if len(parts) != 2:
        raise Unreadable("expected an amount and its currency, such as 1.50 EUR")
    return parse_amount(parts[0]), parse_currency(parts[1])


def parse_share(text: str) -> int:
    """Basis points of a percentage such as 12.5%, or of a plain count."""
    if match := re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?\s*%", text):
        bps = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
    elif re.fullmatch(r"[0-9]{1,5}", text):
        bps = int(text)
    else:
        raise Unreadable("expected a share such as 20%, 12.25%, or basis points such as 2000")
    if bps > 10000:
        raise Unreadable("expected at most 100%, or 10000 basis points")
    return bps


def parse_duration(text: str) -> int:
    """Nanoseconds of a duration in days, hours or minutes."""
    match = re.fullmatch(r"([1-9][0-9]{0,6}) ?(day|hour|minute)s?", text)
    if not match:
        raise Unreadable("expected a duration such as 7 days, 12 hours or 30 minutes")
    unit = {"day": DAY, "hour": 3600 * SECOND, "minute": 60 * SECOND}[match[2]]
    return int(match[1]) * unit


def parse_time(text: str) -> int:
    """Nanoseconds since the epoch of an ISO time; of this machine's zone unless it says."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable("expected a time such as 2027-01-31 or 2027-01-31T18:00") from error
    return int(moment.astimezone().timestamp()) * SECOND

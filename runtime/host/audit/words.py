"""How reports put what was found into words."""

from __future__ import annotations

from typing import Any


def show(value: Any) -> str:
    """A value: of bytes the first 16 hex digits, a record with its fields' names."""
    if isinstance(value, bytes):
        return value.hex()[:16]
    if not hasattr(value, "_asdict"):
        return str(value)
    fields = value._asdict().items()
    return ", ".join(f"{name} {show(each)}" for name, each in fields) or "the event"


def currency_name(currency: bytes) -> str:
    """The letters of a currency."""
    return currency.rstrip(b"\0").decode("ascii", "replace")

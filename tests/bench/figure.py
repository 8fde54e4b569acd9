"""One figure of the benchmark."""

from typing import NamedTuple


class Figure(NamedTuple):
    """What was measured, and what to hold it against."""

    name: str
    value: float
    unit: str
    peer: str = ""
    ratio: float | None = None

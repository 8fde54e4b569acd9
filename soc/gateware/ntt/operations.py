"""What the NTT engine can do: the one table of which decoder, registers and headers are made."""

from dataclasses import dataclass

__all__ = ["CODES", "FLAGS", "OPERATIONS", "Operation"]

# What an operation is made of. One that is no transform and does not store computes d = x + y w
# or d = x - y w for each coefficient: x is 0 or slot d, y a slot or the stream, w 1 or a slot.
FLAGS = (
    "transform",  # butterflies between the slot's own coefficients
    "inverse",  # and these are Gentleman and Sande's
    "accumulate",  # x is slot d
    "subtract",
    "stream",  # y is what comes on `sink`, in place of slot a
    "times",  # w is slot b
    "check",  # nothing is written but whether a coefficient is out of bounds
    "store",  # slot a goes to `source`
    "clear",  # everything is 0
)


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        effect: what it does; a, b and d are slots, `*` is coefficient by coefficient
        slots: the letters of the slots that it uses
        flags: some of FLAGS
    """

    effect: str
    slots: str
    flags: tuple[str, ...] = ()


OPERATIONS = {
    "ntt": Operation("d = NTT(a)", "ad", ("transform",)),
    "inverse_ntt": Operation("d = inverse NTT(a)", "ad", ("transform", "inverse")),
    "copy": Operation("d = a", "ad"),
    "add": Operation("d = d + a", "ad", ("accumulate",)),
    "subtract": Operation("d = d - a", "ad", ("accumulate", "subtract")),
    "multiply": Operation("d = a * b", "abd", ("times",)),
    "multiply_add": Operation("d = d + a * b", "abd", ("accumulate", "times")),
    "multiply_subtract": Operation("d = d - a * b", "abd", ("accumulate", "subtract", "times")),
    "load": Operation("d = stream", "d", ("stream",)),
    "load_add": Operation("d = d + stream", "d", ("stream", "accumulate")),
    "load_subtract": Operation("d = d - stream", "d", ("stream", "accumulate", "subtract")),
    "load_multiply": Operation("d = stream * b", "bd", ("stream", "times")),
    "load_multiply_add": Operation("d = d + stream * b", "bd", ("stream", "accumulate", "times")),
    "load_multiply_subtract": Operation(
        "d = d - stream * b", "bd", ("stream", "accumulate", "subtract", "times")
    ),
    "store": Operation("memory = a", "a", ("store",)),
    "check": Operation(
        "exceeds = whether a centred coefficient of a has at least the absolute value `bound`",
        "a",
        ("check",),
    ),
    "clear": Operation("d = 0", "d", ("clear",)),
}

# Codes begin with 1, so that registers after a reset ask for nothing.
CODES = {name: code for code, name in enumerate(OPERATIONS, 1)}

"""Cuts a stream of words into candidates of a few bits."""

from collections.abc import Sequence

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import Case, If, Signal

__all__ = ["Gearbox"]


class Gearbox(LiteXModule):
    """Gives a candidate a cycle, from the lowest bits of the first word on.

    Args:
        widths: of a candidate by kind, multiples of 4 up to 24

    Attributes:
        sink: words of 32 bits
        source: candidates, beyond their width arbitrary bits
        kind: index into `widths`; held
    """

    def __init__(self, widths: Sequence[int]) -> None:
        self.sink = sink = stream.Endpoint([("data", 32)])
        self.source = source = stream.Endpoint([("data", 24)])
        self.kind = Signal(max=len(widths))

        # # #

        # Before a word is taken fewer bits are held than a candidate has; after it and the
        # candidate at most 28 are left. All is counted in fours.
        held = Signal(28)  # zero above `level`
        level = Signal(3)
        width = Signal(3)
        short = Signal()
        joined = Signal(52)
        rest = Signal(28)
        self.comb += [
            Case(self.kind, {i: width.eq(bits // 4) for i, bits in enumerate(widths)}),
            short.eq(level < width),
            joined.eq(held),
            If(
                short,
                Case(
                    level,
                    {n: joined.eq(held | (sink.data << 4 * n)) for n in range(max(widths) // 4)},
                ),
            ),
            Case(
                width,
                {bits // 4: rest.eq(joined >> bits) for bits in sorted(set(widths))},
            ),
            source.valid.eq(~short | sink.valid),
            source.data.eq(joined),
            sink.ready.eq(short & source.ready),
        ]
        self.sync += If(
            source.valid & source.ready,
            held.eq(rest),
            If(short, level.eq(level + 8 - width)).Else(level.eq(level - width)),
        )

"""From lanes of the state to the words of an output of any size."""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from litex.soc.interconnect.stream import Converter
from migen import Case, If, Mux, Signal

from soc.gateware.keccak.core import LANE

__all__ = ["Cut"]


class Cut(LiteXModule):
    """Gives the first `length` bytes of the lanes that come, the last word filled with zeros.

    Attributes:
        sink: lanes; what is beyond the length is dropped
        source: words, the first byte in bits 7:0, `last` on the final one
        start: high for a cycle: begin with `length`
        length: in bytes
    """

    def __init__(self) -> None:
        self.sink = sink = stream.Endpoint(LANE)
        self.source = source = stream.Endpoint([("data", 32)])
        self.start = Signal()
        self.length = Signal(18)

        # # #

        self.words = words = Converter(64, 32)
        left = Signal(18)
        short = Signal()
        self.comb += [
            words.sink.valid.eq(sink.valid),
            words.sink.data.eq(sink.lane),
            sink.ready.eq(words.sink.ready),
            short.eq(left[2:] == 0),
            source.valid.eq(words.source.valid & (left != 0)),
            source.last.eq(short | (left == 4)),
            words.source.ready.eq(source.ready | (left == 0)),
            source.data.eq(words.source.data),
            If(
                short,
                Case(
                    left[:2],
                    {n: source.data.eq(words.source.data & ((1 << 8 * n) - 1)) for n in range(4)},
                ),
            ),
        ]
        self.sync += [
            If(source.valid & source.ready, left.eq(Mux(short, 0, left - 4))),
            If(self.start, left.eq(self.length)),
        ]

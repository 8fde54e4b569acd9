"""From the words of a message to the lanes of padded blocks (FIPS 202, section 5.1)."""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from litex.soc.interconnect.stream import Converter
from migen import Case, If, Mux, Signal

from soc.gateware.keccak.core import LANE

__all__ = ["Pad"]


class Pad(LiteXModule):
    """Takes `length` bytes and gives whole blocks of lanes.

    Attributes:
        sink: words, the message's first byte in bits 7:0
        source: lanes, `last` on the final one
        start: high for a cycle: begin with `length`
        length: of the message in bytes; whole blocks if it is not `final`
        words: of 32 bits in a block; held until the end, like the two that follow
        final: the message ends here, so it is padded
        suffix: what follows it, with the first bit of the padding
    """

    def __init__(self) -> None:
        self.sink = sink = stream.Endpoint([("data", 32)])
        self.source = source = stream.Endpoint(LANE)
        self.start = Signal()
        self.length = Signal(18)
        self.words = Signal(6)
        self.final = Signal()
        self.suffix = Signal(8)

        # # #

        self.lanes = lanes = Converter(32, 64)
        active = Signal()
        left = Signal(18)  # bytes of the message
        word = Signal(6)  # of the block
        short = Signal()  # fewer than 4 bytes are left, so the suffix is here or was before
        placed = Signal()
        at_end = Signal()
        message = Signal(32)
        suffix = Signal(32)

        self.comb += [
            short.eq(left[2:] == 0),
            at_end.eq(word == self.words - 1),
            message.eq(sink.data),
            If(
                short,
                Case(
                    left[:2],
                    {n: message.eq(sink.data & ((1 << 8 * n) - 1)) for n in range(4)},
                ),
            ),
            If(
                self.final & short & ~placed,
                Case(left[:2], {n: suffix.eq(self.suffix << 8 * n) for n in range(4)}),
            ),
            lanes.sink.valid.eq(active & (sink.valid | (left == 0))),
            lanes.sink.data.eq(message | suffix),
            If(self.final & short & at_end, lanes.sink.data[31].eq(1)),
            lanes.sink.last.eq(at_end & Mux(self.final, short, left == 4)),
            sink.ready.eq(active & lanes.sink.ready & (left != 0)),
            source.valid.eq(lanes.source.valid),
            source.last.eq(lanes.source.last),
            source.lane.eq(lanes.source.data),
            lanes.source.ready.eq(source.ready),
        ]
        self.sync += [
            If(
                lanes.sink.valid & lanes.sink.ready,
                left.eq(Mux(short, 0, left - 4)),
                placed.eq(short),
                word.eq(Mux(at_end, 0, word + 1)),
                If(lanes.sink.last, active.eq(0)),
            ),
            If(self.start, active.eq(1), left.eq(self.length), placed.eq(0), word.eq(0)),
        ]

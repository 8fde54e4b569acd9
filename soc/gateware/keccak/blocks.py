"""Whether a length is a whole number of blocks."""

from litex.gen import LiteXModule
from migen import If, Mux, Signal

__all__ = ["WholeBlocks"]


class WholeBlocks(LiteXModule):
    """Divides by the rate, a bit a cycle, and keeps the remainder.

    Attributes:
        start: high for a cycle: begin with `length`
        length: in bytes, 18 bits
        rate: in lanes; held until the end
        done: high for a cycle, 16 after `start`
        whole: then: the length is a multiple of the rate
    """

    def __init__(self) -> None:
        self.start = Signal()
        self.length = Signal(18)
        self.rate = Signal(5)
        self.done = Signal()
        self.whole = Signal()

        # # #

        bits = Signal(15)  # of the length in lanes, the highest first
        left = Signal(max=16)
        rest = Signal(5)
        doubled = Signal(6)
        odd = Signal()  # the length has part of a lane
        self.comb += [
            doubled.eq((rest << 1) | bits[-1]),
            self.whole.eq((rest == 0) & ~odd),
        ]
        self.sync += [
            self.done.eq(left == 1),
            bits.eq(bits << 1),
            rest.eq(Mux(doubled >= self.rate, doubled - self.rate, doubled)),
            If(left != 0, left.eq(left - 1)).Else(rest.eq(rest)),
            If(
                self.start,
                bits.eq(self.length[3:]),
                odd.eq(self.length[:3] != 0),
                left.eq(15),
                rest.eq(0),
            ),
        ]

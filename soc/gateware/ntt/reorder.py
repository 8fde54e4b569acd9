"""Coefficients come in the order of their indexes and leave in that of the banks."""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import If, Mux, Signal

from soc.gateware.dma import WORD
from soc.gateware.ntt.arithmetic import BITS

__all__ = ["Reorder"]


class Reorder(LiteXModule):
    """Exchanges the coefficients of a pair whose first one belongs to the second bank.

    Attributes:
        enable: coefficients are taken; if low, nothing is kept
        phase: the bank whose turn it is
        swap: of the pair that is to leave next
        sink: in the order of indexes
        whole: a pair is there; it leaves in this cycle, in phase 0, and the next one
        data: the coefficient for the bank whose turn it is
    """

    def __init__(self) -> None:
        self.enable = Signal()
        self.phase = phase = Signal()
        self.swap = swap = Signal()
        self.sink = sink = stream.Endpoint(WORD)
        self.whole = Signal()
        self.data = Signal(BITS)

        # # #

        held = Signal()
        first = Signal(BITS)  # of the pair that comes
        other = Signal(BITS)  # of the pair that leaves, for the second bank
        self.comb += [
            sink.ready.eq(self.enable & (~held | ~phase)),
            self.whole.eq(held & sink.valid & ~phase),
            self.data.eq(Mux(phase, other, Mux(swap, sink.data, first))),
        ]
        self.sync += [
            If(phase, other.eq(0)),
            If(
                sink.valid & sink.ready,
                held.eq(~held),
                If(held, other.eq(Mux(swap, first, sink.data)), first.eq(0)).Else(
                    first.eq(sink.data)
                ),
            ),
            If(~self.enable, held.eq(0), first.eq(0)),
        ]

"""Coefficients come in the order of their indexes and leave in that of the banks."""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import If, Mux, Signal

from soc.gateware.dma import WORD
from soc.gateware.ntt.arithmetic import BITS
from soc.gateware.ntt.model import COEFFICIENTS

__all__ = ["Reorder"]


class Reorder(LiteXModule):
    """Collects pairs; the coefficient of the first bank leaves first, that of the other one after.

    Pairs leave at every second cycle only. Since they are collected before and one more word can
    wait, a stream that gives a word a cycle is not stopped, wherever it begins and after a gap:
    DMA that is would lose the bus.

    Attributes:
        enable: 256 coefficients are taken; if low, nothing is kept
        phase: the bank whose turn it is
        swap: the first coefficient of the pair that leaves next belongs to the second bank
        sink: in the order of indexes
        whole: a pair can leave in this cycle, which is of phase 0, and the next one
        leaves: half of it has, the other half does
        data: the coefficient for the bank whose turn it is
    """

    def __init__(self) -> None:
        self.enable = Signal()
        self.phase = Signal()
        self.swap = Signal()
        self.sink = sink = stream.Endpoint(WORD)
        self.whole = Signal()
        self.leaves = Signal()
        self.data = Signal(BITS)

        # # #

        waits = Signal()
        waiting = Signal(BITS)  # what came while no place was free
        word = Signal(BITS)
        comes = Signal()
        free = Signal()
        count = Signal(max=COEFFICIENTS + 1)
        held = Signal()
        first = Signal(BITS)  # of the pair that comes
        full = Signal()
        even = Signal(BITS)  # of the pair that leaves
        odd = Signal(BITS)
        self.comb += [
            comes.eq(sink.valid & sink.ready),
            word.eq(Mux(waits, waiting, sink.data)),
            free.eq(~held | ~full | self.leaves),
            sink.ready.eq(self.enable & (count != COEFFICIENTS) & (~waits | free)),
            self.whole.eq(full & ~self.phase),
            self.data.eq(Mux(self.phase ^ self.swap, odd, even)),
        ]
        self.sync += [
            If(self.leaves, full.eq(0)),
            If(
                free & (waits | comes),
                held.eq(~held),
                If(held, full.eq(1), even.eq(first), odd.eq(word)).Else(first.eq(word)),
            ),
            waits.eq(Mux(free, waits & comes, waits | comes)),
            If(comes, waiting.eq(sink.data), count.eq(count + 1)),
            If(
                ~self.enable,
                [kept.eq(0) for kept in (count, waits, waiting, held, first, full, even, odd)],
            ),
        ]

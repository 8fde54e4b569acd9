"""A queue that leaves nothing behind: a reset writes zeros over all that it held."""

from collections.abc import Sequence

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import If, Memory, Mux, Signal

__all__ = ["Fifo"]


class Fifo(LiteXModule):
    """A queue in distributed memory.

    After a reset it takes nothing for `depth` cycles, in which it writes zeros.

    Args:
        layout: of the streams; `last` passes too
        depth: in entries, a power of two

    Attributes:
        sink, source: the streams
        wiped: nothing of the past is left
    """

    autocsr_exclude = {"memory"}  # or LiteX would map it on the bus

    def __init__(self, layout: Sequence[tuple[str, int]], depth: int) -> None:
        self.sink = sink = stream.Endpoint(layout)
        self.source = source = stream.Endpoint(layout)
        self.wiped = Signal()

        # # #

        if depth & (depth - 1):
            raise ValueError(f"a queue's depth is a power of two, not {depth}")
        width = len(sink.payload.raw_bits()) + 1
        self.memory = memory = Memory(width, depth)
        self.specials += memory
        write = memory.get_port(write_capable=True)
        read = memory.get_port(async_read=True)
        self.specials += write, read

        level = Signal(max=depth + 1)
        put = Signal()
        taken = Signal()
        entry = Signal(width)
        at = Signal(max=depth)
        self.comb += [
            sink.ready.eq(self.wiped & (level != depth)),
            source.valid.eq(level != 0),
            put.eq(sink.valid & sink.ready),
            taken.eq(source.valid & source.ready),
            entry.eq(Mux(put, (sink.payload.raw_bits() << 1) | sink.last, 0)),
            write.adr.eq(at),
            write.we.eq(put | ~self.wiped),
            write.dat_w.eq(entry),
            source.last.eq(read.dat_r[0]),
            source.payload.raw_bits().eq(read.dat_r[1:]),
        ]
        self.sync += [
            If(write.we, at.eq(at + 1)),
            If(~self.wiped & (at == depth - 1), self.wiped.eq(1)),
            If(taken, read.adr.eq(read.adr + 1)),
            level.eq(level + put - taken),
        ]

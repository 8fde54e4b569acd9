"""Single words of the engine's slots on the bus of the CPU."""

from litex.gen import LiteXModule
from litex.soc.interconnect import wishbone
from migen import FSM, If, NextState, Signal

from soc.gateware.ntt.core import NTT

__all__ = ["Window"]


class Window(LiteXModule):
    """A Wishbone slave: slots one after the other, 1 KiB each, as whole words.

    Args:
        core: whose slots they are.

    Attributes:
        bus: 32 bits wide, with word addresses; those above the slots repeat them
        closed: a job runs: reads give zero, writes are ignored
        abandon: pulse: what waits is answered as if closed
        refused: pulse: an access when closed, or a write of less than a word
        writing: the core gets the word on the bus
    """

    def __init__(self, core: NTT) -> None:
        self.bus = bus = wishbone.Interface(data_width=32, address_width=32, addressing="word")
        self.closed = Signal()
        self.abandon = Signal()
        self.refused = Signal()
        self.writing = Signal()

        # # #

        self.fsm = fsm = FSM(reset_state="IDLE")
        self.comb += core.word.eq(bus.adr)
        fsm.act(
            "IDLE",
            If(
                bus.cyc & bus.stb,
                If(
                    self.closed | self.abandon | bus.we & (bus.sel != 0b1111),
                    self.refused.eq(1),
                    bus.ack.eq(1),
                ).Else(
                    core.read_word.eq(~bus.we),
                    core.write_word.eq(bus.we),
                    NextState("WAIT"),
                ),
            ),
        )
        fsm.act(
            "WAIT",
            self.writing.eq(bus.we),
            If(
                core.word_done | self.abandon,
                bus.ack.eq(1),
                If(core.word_done & ~bus.we, bus.dat_r.eq(core.source.data)),
                NextState("IDLE"),
            ),
        )

"""Single words of the engine's slots on the bus of the CPU."""

from litex.gen import LiteXModule
from litex.soc.interconnect import wishbone
from migen import FSM, If, NextState, NextValue, Signal

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
        writing: the core gets a word
        data: that word, from a register: the check whether it is below q takes most of a cycle
    """

    def __init__(self, core: NTT) -> None:
        self.bus = bus = wishbone.Interface(data_width=32, address_width=32, addressing="word")
        self.closed = Signal()
        self.abandon = Signal()
        self.refused = Signal()
        self.writing = Signal()
        self.data = Signal(32)

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
                    If(bus.we, NextValue(self.data, bus.dat_w), NextValue(self.writing, 1)),
                    NextState("WAIT"),
                ),
            ),
        )
        fsm.act(
            "WAIT",
            If(
                core.word_done | self.abandon,
                bus.ack.eq(1),
                If(core.word_done & ~bus.we, bus.dat_r.eq(core.source.data)),
                NextValue(self.data, 0),
                NextValue(self.writing, 0),
                NextState("IDLE"),
            ),
        )

"""The engine's memory: polynomials in two banks, so that a butterfly finds one operand in each."""

from functools import reduce
from operator import xor

from litex.gen import LiteXModule
from migen import If, Memory, Signal
from migen.fhdl.specials import NO_CHANGE, READ_FIRST

from soc.gateware.ntt.arithmetic import BITS
from soc.gateware.ntt.model import COEFFICIENTS

__all__ = ["PAIRS", "Bank", "parity"]

PAIRS = COEFFICIENTS // 2


def parity(signal):
    """The bank of a coefficient: the parity of its index."""
    return reduce(xor, [signal[i] for i in range(len(signal))])


class Bank(LiteXModule):
    """Half of each slot: of coefficients 2 k and 2 k + 1 the one whose index has its parity.

    Two words are read a cycle, or one is read and one written. What is read of a word while it
    is written is of no use to anybody: tools need not care (`no_rw_check`).

    Args:
        slots: how many polynomials there are

    Attributes:
        address: of the first port, k and then the slot; `read` two cycles later, if `advance` is
            high all the while
        beside: address of the second port; `read_beside` two cycles later
        write: `written` goes where `beside` says
    """

    def __init__(self, slots: int) -> None:
        words = slots * PAIRS
        self.address = Signal(max=words)
        self.advance = Signal()
        self.read = Signal(BITS)
        self.beside = Signal(max=words)
        self.read_beside = Signal(BITS)
        self.write = Signal()
        self.written = Signal(BITS)

        # # #

        memory = Memory(BITS, words)
        memory.attr = {("no_rw_check", 1)}
        first = memory.get_port(has_re=True, mode=READ_FIRST)
        second = memory.get_port(write_capable=True, mode=NO_CHANGE)
        self.specials += memory, first, second
        self.comb += [
            first.adr.eq(self.address),
            first.re.eq(self.advance),
            second.adr.eq(self.beside),
            second.we.eq(self.write),
            second.dat_w.eq(self.written),
        ]
        self.sync += [
            If(self.advance, self.read.eq(first.dat_r)),
            self.read_beside.eq(second.dat_r),
        ]

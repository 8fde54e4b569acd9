"""A counter of cycles since reset that nothing can set."""

from litex.gen import LiteXModule
from migen import If, Signal

__all__ = ["Uptime"]


class Uptime(LiteXModule):
    """Counts cycles, and keeps the count of the moment in which it was asked.

    Attributes:
        latch: driven for one cycle to keep the count
        latched: 64 bits; the number of cycles between reset and the last `latch`
    """

    def __init__(self) -> None:
        self.latch = Signal()
        self.latched = Signal(64)

        # # #

        self.cycles = Signal(64)
        self.sync += [
            self.cycles.eq(self.cycles + 1),
            If(self.latch, self.latched.eq(self.cycles)),
        ]

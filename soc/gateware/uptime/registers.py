"""Registers of the uptime counter."""

from litex.gen import LiteXModule
from litex.soc.interconnect.csr import CSRField, CSRStatus, CSRStorage

from soc.gateware.uptime.core import Uptime

__all__ = ["UptimeRegisters"]


class UptimeRegisters(LiteXModule):
    """The uptime counter on the bus: latch it, then read it in two words."""

    def __init__(self) -> None:
        self.control = CSRStorage(
            description="Latch the counter.",
            fields=[CSRField("latch", pulse=True, description="Keep the count of this moment.")],
        )
        self.cycles = CSRStatus(
            64, description="Cycles from reset to the last latch. Nothing but a reset sets it back."
        )

        # # #

        self.core = core = Uptime()
        self.comb += [
            core.latch.eq(self.control.fields.latch),
            self.cycles.status.eq(core.latched),
        ]

"""Registers of the entropy source."""

from litex.soc.interconnect.csr import CSRField, CSRStatus
from migen import If, Signal

from soc.gateware.engine import Engine
from soc.gateware.entropy.core import DEPTH, SAMPLE_CYCLES, Entropy

__all__ = ["EntropyRegisters"]


class EntropyRegisters(Engine):
    """The entropy source on the bus: a job is the start-up test; once it has passed, words come.

    Args:
        noise: one bit, of any clock
        sample_cycles: from one sample to the next
    """

    def __init__(self, noise: Signal, sample_cycles: int = SAMPLE_CYCLES) -> None:
        super().__init__(
            (
                ("repetition", "the source is stuck; it is silent until cleared and started"),
                ("proportion", "the source leans to one value; silent until cleared and started"),
                ("failed", "a test has failed before: clear it first"),
            )
        )
        self.words = CSRStatus(
            description="How many words can be read.",
            fields=[CSRField("count", size=DEPTH.bit_length(), description=f"Up to {DEPTH}.")],
        )
        self.data = CSRStatus(
            32,
            description="The oldest word of raw samples, its first in bit 0; it is zeroised by "
            "reading it. 0 if there is none.",
        )

        # # #

        self.core = core = Entropy(noise, sample_cycles)
        self.comb += [
            core.start.eq(self.start),
            core.clear.eq(self.clear),
            core.take.eq(self.data.we),
            self.busy.eq(core.starting),
            self.done.eq(core.started),
            If(core.repeats, self.refuse.eq(self.codes["repetition"]))
            .Elif(core.leans, self.refuse.eq(self.codes["proportion"]))
            .Elif(self.start & core.failed, self.refuse.eq(self.codes["failed"])),
            self.words.fields.count.eq(core.words),
            self.data.status.eq(core.word),
        ]

"""Registers and DMA of the redactor."""

from litex.soc.interconnect.csr import CSRStatus, CSRStorage
from migen import If, ResetInserter, Signal

from soc.gateware.dma import Reader, Writer, memory_bus
from soc.gateware.engine import Engine
from soc.gateware.redactor.core import LIMIT, Redactor

__all__ = ["RedactorEngine"]


class RedactorEngine(Engine):
    """Redacts a record in main memory. The result takes as many words there as the record.

    Args:
        core: to use in place of a new Redactor.

    Attributes:
        bus: to main memory
        limit: bytes of the largest record
    """

    def __init__(self, core: Redactor | None = None, limit: int = LIMIT) -> None:
        super().__init__(
            [
                ("unaligned", "an address is no multiple of 4"),
                ("too_long", f"the record is longer than {limit} bytes"),
                ("malformed", "a field ends behind the record, or it has more than 256 of them; "
                 "the result is zero"),
                ("bus", "main memory refused an access; the job was ended as by clear"),
            ]
        )  # fmt: skip
        self.limit = limit
        self.constants = {"limit": limit}
        self.bus = memory_bus()
        self.mask = CSRStorage(
            32,
            write_from_dev=True,
            description="Fields to keep. Write eight words: the first has fields 0 to 31, field 0 "
            "in bit 0. Reads as zero. The mask is used up by the job.",
        )
        self.record = CSRStorage(32, description="Where the record is, a multiple of 4.")
        self.size = CSRStorage(32, description="Size of the record, bytes.")
        self.result = CSRStorage(
            32,
            description="Where the result goes, a multiple of 4; may be the record's place. "
            "The size rounded up to words is written: kept fields, then zeros.",
        )
        self.kept = CSRStatus(32, description="Size of the kept fields, bytes; zero during a job.")

        # # #

        self.core = core = ResetInserter()(core or Redactor(limit))
        self.reader = reader = Reader(memory_bus())
        self.writer = writer = Writer(memory_bus())

        unaligned = Signal()
        too_long = Signal()
        refused = Signal()
        failed = Signal()
        ends = Signal()
        was_good = Signal()  # the core is done; the end of the result is still on its way
        was_bad = Signal()
        code = self.codes
        self.comb += [
            self.mask.we.eq(self.mask.re),
            core.push.eq(self.mask.re),
            core.word.eq(self.mask.storage),
            core.size.eq(self.size.storage),
            If(~self.busy, self.kept.status.eq(core.kept)),
            unaligned.eq((self.record.storage[:2] | self.result.storage[:2]) != 0),
            too_long.eq(self.size.storage > limit),
            refused.eq(unaligned | too_long),
            core.start.eq(self.start & ~refused),
            reader.sink.valid.eq(core.start),
            reader.sink.address.eq(self.record.storage),
            reader.sink.words.eq((self.size.storage[:16] + 3)[2:]),
            writer.sink.valid.eq(core.start),
            writer.sink.address.eq(self.result.storage),
            writer.sink.words.eq(reader.sink.words),
            # The writer has nothing to write before the reader has read everything.
            If(reader.busy, reader.bus.connect(self.bus)).Else(writer.bus.connect(self.bus)),
            reader.source.connect(core.sink),
            core.source.connect(writer.data),
            failed.eq(reader.error | writer.error),
            core.reset.eq(self.clear | failed),
            reader.reset.eq(core.reset),
            writer.reset.eq(core.reset),
            self.busy.eq(core.busy | reader.busy | writer.busy | was_good | was_bad),
            ends.eq((was_good | was_bad) & ~writer.busy & ~core.reset),
            self.done.eq(ends & was_good),
            If(self.start & unaligned, self.refuse.eq(code["unaligned"]))
            .Elif(self.start & too_long, self.refuse.eq(code["too_long"]))
            .Elif(ends & was_bad, self.refuse.eq(code["malformed"]))
            .Elif(failed & ~self.clear, self.refuse.eq(code["bus"])),
        ]
        self.sync += [
            If(core.done, was_good.eq(1)),
            If(core.malformed, was_bad.eq(1)),
            If(ends | core.reset, was_good.eq(0), was_bad.eq(0)),
        ]

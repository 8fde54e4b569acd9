"""Registers, DMA and window of the NTT engine."""

from functools import reduce
from operator import or_

from litex.soc.interconnect import stream, wishbone
from litex.soc.interconnect.csr import CSRField, CSRStatus, CSRStorage
from migen import Case, If, Signal

from soc.gateware.dma import Reader, Writer, memory_bus
from soc.gateware.engine import Engine
from soc.gateware.ntt.arithmetic import BITS
from soc.gateware.ntt.core import NTT
from soc.gateware.ntt.model import COEFFICIENTS
from soc.gateware.ntt.operations import CODES, OPERATIONS
from soc.gateware.ntt.window import Window

__all__ = ["NTTEngine"]


class NTTEngine(Engine):
    """Arithmetic on polynomials in slots.

    Args:
        slots: how many there are, from 2 to 16.

    Attributes:
        bus: to main memory
        window: with `bus`, the slave at which the CPU sees the slots
        sink: coefficients from a sampler, from 0 to q-1
    """

    def __init__(self, slots: int = 16) -> None:
        super().__init__(
            [
                ("operation", "no operation has this code"),
                ("slot", f"a slot that the operation uses is not below {slots}"),
                ("address", "the address is no multiple of 4"),
                ("coefficient", "a word is not below q: slot d was cleared; a word for the window "
                 "was not written"),
                ("bus", "main memory refused an access: slot d was cleared, unless it was stored"),
                ("window", "the window was used while a job ran, or a part of a word was written: "
                 "reads gave 0, writes were ignored"),
            ]
        )  # fmt: skip
        self.constants = {f"operation_{name}": code for name, code in CODES.items()}
        self.bus = memory_bus()
        self.sink = stream.Endpoint([("data", BITS)])
        effects = [(str(CODES[name]), f"`{name}`: {o.effect}") for name, o in OPERATIONS.items()]
        self.command = CSRStorage(
            description="What the next job does; may be written while one runs.",
            fields=[
                CSRField("operation", size=5, values=effects, description="Code of the operation."),
                CSRField(
                    "memory",
                    offset=7,
                    description="The stream comes from main memory, else from the sampler.",
                ),
                CSRField("a", offset=8, size=8, description="Slot a."),
                CSRField("b", offset=16, size=8, description="Slot b."),
                CSRField("d", offset=24, size=8, description="Slot d."),
            ],
        )
        self.address = CSRStorage(
            32, description="Where 256 words are or go in main memory, a multiple of 4."
        )
        self.bound = CSRStorage(
            BITS, description="Bound of `check`; must not be written while that runs."
        )
        self.result = CSRStatus(
            description="Result of `check`.",
            fields=[
                CSRField(
                    "exceeds",
                    description="A coefficient reached the bound. 0 when the next job starts.",
                )
            ],
        )

        # # #

        self.core = core = NTT(slots)
        self.window = window = Window(core)
        self.reader = reader = Reader(memory_bus())
        self.writer = writer = Writer(memory_bus())
        self.arbiter = wishbone.Arbiter([reader.bus, writer.bus], self.bus)

        asked, codes = self.command.fields, self.codes
        known = Signal()
        uses = {letter: Signal() for letter in "abd"}
        streams = Signal()
        stores = Signal()
        beyond = Signal()  # it uses a slot that is not there
        unaligned = Signal()
        wrong = Signal.like(self.refuse)
        from_memory = Signal()  # of the job that runs
        bus_error = Signal()
        spoiled = Signal()  # the cycle after a word that is no coefficient
        ending = Signal()
        reason = Signal.like(self.refuse)  # why it ends badly, else 0
        ends = Signal()
        self.comb += [
            Case(
                asked.operation,
                {
                    CODES[name]: [
                        known.eq(1),
                        [uses[letter].eq(1) for letter in operation.slots],
                        streams.eq("stream" in operation.flags),
                        stores.eq("store" in operation.flags),
                    ]
                    for name, operation in OPERATIONS.items()
                },
            ),
            beyond.eq(reduce(or_, [uses[slot] & (getattr(asked, slot) >= slots) for slot in uses])),
            unaligned.eq((stores | streams & asked.memory) & (self.address.storage[:2] != 0)),
            If(~known, wrong.eq(codes["operation"]))
            .Elif(beyond, wrong.eq(codes["slot"]))
            .Elif(unaligned, wrong.eq(codes["address"])),
        ]
        self.comb += [
            core.operation.eq(asked.operation),
            core.a.eq(asked.a),
            core.b.eq(asked.b),
            core.d.eq(asked.d),
            core.bound.eq(self.bound.storage),
            core.start.eq(self.start & (wrong == 0)),
            core.wipe.eq(self.clear),
            core.abort.eq(bus_error & core.busy & ~self.clear),
            self.result.fields.exceeds.eq(core.exceeds),
            reader.sink.valid.eq(core.start & streams & asked.memory),
            writer.sink.valid.eq(core.start & stores),
            [master.sink.address.eq(self.address.storage) for master in (reader, writer)],
            [master.sink.words.eq(COEFFICIENTS) for master in (reader, writer)],
            bus_error.eq(reader.error | writer.error),
            reader.reset.eq(self.clear | spoiled),
            writer.reset.eq(self.clear),
            core.source.connect(writer.data),
            If(window.writing, core.sink.data.eq(window.data))
            .Elif(from_memory, reader.source.connect(core.sink, omit={"last"}))
            .Else(self.sink.connect(core.sink, omit={"last"})),
            window.closed.eq(self.busy | self.start),
            window.abandon.eq(self.clear),
            self.busy.eq(core.busy | reader.busy | writer.busy | ending),
            ends.eq(ending & ~reader.busy & ~writer.busy & ~self.clear),
            self.done.eq(ends & (reason == 0)),
            If(self.start & (wrong != 0), self.refuse.eq(wrong))
            .Elif(ends & (reason != 0), self.refuse.eq(reason))
            .Elif(window.refused, self.refuse.eq(codes["window"]))
            .Elif(window.writing & core.improper, self.refuse.eq(codes["coefficient"])),
        ]
        self.sync += [
            spoiled.eq(core.improper & ~window.writing),
            If(core.start, from_memory.eq(asked.memory & streams), reason.eq(0)),
            If(core.improper & ~window.writing, reason.eq(codes["coefficient"])),
            If(bus_error, reason.eq(codes["bus"])),
            If(core.done | core.failed | bus_error & ~core.busy, ending.eq(1)),
            If(ends | self.clear, ending.eq(0)),
        ]

"""Registers and DMA of the Keccak engine."""

from litex.soc.interconnect.csr import CSRField, CSRStatus, CSRStorage
from migen import FSM, Case, If, NextState, ResetInserter, Signal

from soc.gateware.dma import Reader, Writer, memory_bus
from soc.gateware.engine import Engine
from soc.gateware.keccak.blocks import WholeBlocks
from soc.gateware.keccak.core import Keccak, Share
from soc.gateware.keccak.model import FUNCTIONS, LANES
from soc.gateware.keccak.sponge import MAX_LENGTH, Operation, Sponge

__all__ = ["ERRORS", "KeccakEngine"]

ERRORS = (
    ("lent", "the samplers are at work on the core"),
    ("operation", "there is no such operation"),
    ("address", "the address is not a multiple of 4"),
    (
        "length",
        f"the length is 0, above {MAX_LENGTH}, or not of whole blocks before the last piece",
    ),
    ("lane", f"the lane is above {LANES - 1}"),
    ("order", "no message is open to go on with, or none has ended that could be squeezed"),
    ("bus", "an address does not answer; the state is cleared"),
)

OPERATIONS = {
    Operation.ABSORB: "absorb `length` bytes from `address`",
    Operation.SQUEEZE: "squeeze `length` bytes to `address`, on from the last whole lane",
    Operation.PERMUTE: "permute",
    Operation.LOAD: "load the state, 200 bytes, from `address`, squeezed up to `lane`",
    Operation.SAVE: "save the state, 200 bytes, to `address`",
    Operation.LANE: "put what `lane` holds into `before` and add `value` to it",
}


class KeccakEngine(Engine):
    """The sponge with registers and DMA, on a core that can be lent.

    Attributes:
        bus: Wishbone master
        guest: `Port` to the core for another user
        lent: driven by that user while it is at work; only from a cycle in which `free` is high
        free: no job runs and no message is open
    """

    def __init__(self) -> None:
        super().__init__(ERRORS)
        self.constants = {
            **{f"operation_{operation.name}": int(operation) for operation in Operation},
            **{f"function_{name}": at for at, name in enumerate(FUNCTIONS)},
        }
        self.keccak = Keccak()
        self.share = share = Share(self.keccak)
        self.sponge = sponge = ResetInserter()(Sponge(share.owner))
        self.bus = bus = memory_bus()
        self.guest = share.guest
        self.lent = share.lent
        self.free = Signal()

        self.job = CSRStorage(
            description="What to do.",
            fields=[
                CSRField(
                    "operation",
                    size=3,
                    values=[(str(int(at)), text) for at, text in OPERATIONS.items()],
                    description="What the job does.",
                ),
                CSRField(
                    "function",
                    size=2,
                    offset=4,
                    values=[(str(at), name) for at, name in enumerate(FUNCTIONS)],
                    description="Rate and padding, for absorb and squeeze.",
                ),
                CSRField("first", offset=8, description="Absorb: a message begins here."),
                CSRField("last", offset=9, description="Absorb: the message ends here: pad."),
                CSRField("wipe", offset=10, description="Clear the state when the job is done."),
            ],
        )
        self.address = CSRStorage(32, description="Byte address in memory, a multiple of 4.")
        self.length = CSRStorage(
            32,
            description="Bytes to absorb or squeeze. A message that does not end here is absorbed "
            "in whole blocks; the last word squeezed is filled with zeros.",
        )
        self.lane = CSRStorage(8, description="Index of a lane of 8 bytes, 0 to 24.")
        self.value = CSRStorage(
            64, write_from_dev=True, description="To add to a lane; zero after that."
        )
        self.before = CSRStatus(64, description="What a lane held.")
        self.context = CSRStatus(
            description="Of the state.",
            fields=[
                CSRField("open", description="The state holds something; `clear` ends it."),
                CSRField("position", size=5, offset=8, description="Lanes squeezed of the block."),
            ],
        )

        # # #

        self.reader = reader = Reader(memory_bus())
        self.writer = writer = Writer(memory_bus())
        self.blocks = blocks = ResetInserter()(WholeBlocks())
        asked = self.job.fields
        length, address = self.length.storage, self.address.storage
        is_a = {operation: asked.operation == operation for operation in Operation}
        reads = is_a[Operation.ABSORB] | is_a[Operation.LOAD]
        writes = is_a[Operation.SQUEEZE] | is_a[Operation.SAVE]
        sized = is_a[Operation.ABSORB] | is_a[Operation.SQUEEZE]
        indexed = is_a[Operation.LANE] | is_a[Operation.LOAD]

        opened = self.context.fields.open
        absorbs = Signal()  # a message is open
        squeezes = Signal()  # one has ended, and all its lanes so far were whole
        words = Signal(16)
        wrong = Signal.like(self.refuse)
        failed = Signal()
        abandoned = Signal()  # the cycle after
        wipe = Signal()

        codes = self.codes
        empty = (length == 0) & ~(is_a[Operation.ABSORB] & asked.last)
        unordered = (is_a[Operation.ABSORB] & ~asked.first & ~absorbs) | (
            is_a[Operation.SQUEEZE] & ~squeezes
        )
        self.comb += [
            If(self.lent, wrong.eq(codes["lent"]))
            .Elif(asked.operation >= len(Operation), wrong.eq(codes["operation"]))
            .Elif((reads | writes) & (address[:2] != 0), wrong.eq(codes["address"]))
            .Elif(sized & (empty | (length > MAX_LENGTH)), wrong.eq(codes["length"]))
            .Elif(indexed & (self.lane.storage >= LANES), wrong.eq(codes["lane"]))
            .Elif(unordered, wrong.eq(codes["order"])),
            self.free.eq(~self.busy & ~opened),
            failed.eq(reader.error | writer.error),
            wipe.eq(self.clear | failed | (self.done & asked.wipe)),
            sponge.reset.eq(wipe),
            sponge.clear.eq(wipe),
            blocks.reset.eq(wipe),
            reader.reset.eq(self.clear | abandoned),
            writer.reset.eq(self.clear | abandoned),
            self.value.we.eq(wipe | (self.done & is_a[Operation.LANE])),
            self.before.status.eq(sponge.before),
            self.context.fields.position.eq(sponge.position),
            If(writer.busy, writer.bus.connect(bus)).Else(reader.bus.connect(bus)),
            reader.source.connect(sponge.sink),
            sponge.source.connect(writer.data),
            [
                [master.sink.address.eq(address), master.sink.words.eq(words)]
                for master in (reader, writer)
            ],
            words.eq((length + 3) >> 2),
            If(~sized, words.eq(2 * LANES)),
            sponge.job.operation.eq(asked.operation),
            sponge.job.function.eq(asked.function),
            sponge.job.fresh.eq(asked.first),
            sponge.job.final.eq(asked.last),
            sponge.job.length.eq(length),
            sponge.job.lane.eq(self.lane.storage),
            sponge.job.value.eq(self.value.storage),
            blocks.length.eq(length),
            Case(
                asked.function,
                {i: blocks.rate.eq(rate // 8) for i, (rate, _) in enumerate(FUNCTIONS.values())},
            ),
        ]

        self.fsm = fsm = ResetInserter()(FSM(reset_state="IDLE"))
        self.comb += [fsm.reset.eq(wipe), self.busy.eq(~fsm.ongoing("IDLE"))]
        fsm.act(
            "IDLE",
            If(
                self.start,
                self.refuse.eq(wrong),
                If(
                    wrong == 0,
                    NextState("BEGIN"),
                    If(
                        is_a[Operation.ABSORB] & ~asked.last,
                        blocks.start.eq(1),
                        NextState("DIVIDE"),
                    ),
                ),
            ),
        )
        fsm.act(
            "DIVIDE",
            If(
                blocks.done,
                NextState("BEGIN"),
                If(~blocks.whole, self.refuse.eq(codes["length"]), NextState("IDLE")),
            ),
        )
        fsm.act(
            "BEGIN",
            reader.sink.valid.eq(reads),
            writer.sink.valid.eq(writes),
            If((reader.sink.ready | ~reads) & (writer.sink.ready | ~writes), NextState("RUN")),
        )
        fsm.act("RUN", sponge.job.valid.eq(1), If(sponge.job.ready, NextState("END")))
        fsm.act("END", If(~writer.busy, self.done.eq(1), NextState("IDLE")))
        self.comb += If(failed, self.refuse.eq(codes["bus"]))

        self.sync += [
            abandoned.eq(failed),
            If(
                self.done,
                opened.eq(opened | ~is_a[Operation.SAVE]),
                Case(
                    asked.operation,
                    {
                        Operation.ABSORB: [absorbs.eq(~asked.last), squeezes.eq(asked.last)],
                        Operation.SQUEEZE: [absorbs.eq(0), squeezes.eq(length[:3] == 0)],
                        Operation.PERMUTE: [absorbs.eq(1), squeezes.eq(1)],
                        Operation.LOAD: [absorbs.eq(1), squeezes.eq(1)],
                        Operation.LANE: absorbs.eq(1),
                    },
                ),
            ),
            If(wipe, opened.eq(0), absorbs.eq(0), squeezes.eq(0)),
        ]

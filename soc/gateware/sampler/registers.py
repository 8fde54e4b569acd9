"""Registers and DMA of the samplers."""

from functools import reduce
from operator import and_

from litex.soc.interconnect import stream
from litex.soc.interconnect.csr import CSRField, CSRStorage
from migen import FSM, Case, If, NextState, ResetInserter, Signal

from soc.gateware.dma import Writer, memory_bus
from soc.gateware.engine import Engine
from soc.gateware.keccak.registers import KeccakEngine
from soc.gateware.sampler.core import Sampler
from soc.gateware.sampler.model import COEFFICIENTS, KINDS, PUBLIC_BYTES
from soc.gateware.sampler.seeds import WORDS
from soc.gateware.sampler.select import COEFFICIENT

__all__ = ["ERRORS", "SamplerEngine"]

ERRORS = (
    ("kind", "there is no such kind"),
    ("nonce", "the nonce is above 255, and the kind has one byte of it"),
    ("address", "the address is not a multiple of 4"),
    ("seed", "a word of the seed has not been written since it was cleared"),
    ("context", "the Keccak engine is at work or a message is open in it"),
    ("bus", "the address does not answer; the seeds are cleared"),
)


class SamplerEngine(Engine):
    """Samples polynomials to memory or to a stream, on the core of the Keccak engine.

    Args:
        keccak: lends its core while a job runs

    Attributes:
        bus: Wishbone master
        source: coefficients, of jobs that ask for the stream
    """

    def __init__(self, keccak: KeccakEngine) -> None:
        super().__init__(ERRORS)
        self.constants = {f"kind_{name}": at for at, name in enumerate(KINDS)}
        self.sampler = sampler = ResetInserter()(Sampler(keccak.guest))
        self.bus = bus = memory_bus()
        self.source = stream.Endpoint(COEFFICIENT)

        self.job = CSRStorage(
            description="What to sample: 256 coefficients.",
            fields=[
                CSRField(
                    "kind",
                    size=3,
                    values=[(str(at), name) for at, name in enumerate(KINDS)],
                    description="Seed, function and distribution.",
                ),
                CSRField("stream", offset=4, description="To the stream instead of to memory."),
            ],
        )
        self.nonce = CSRStorage(
            16,
            description="What follows the seed, low byte first: column and row, or a counter.",
        )
        self.address = CSRStorage(
            32, description="Byte address of 256 words in memory, a multiple of 4."
        )
        self.seed_index = CSRStorage(
            5,
            write_from_dev=True,
            description="Word of the seeds to write next: from 0 on the 32 public bytes, "
            "from 8 on the 64 secret ones. A write to `seed` moves it on.",
        )
        self.seed = CSRStorage(
            32, write_from_dev=True, description="A word of a seed, first byte lowest; reads as 0."
        )

        # # #

        self.writer = writer = Writer(bus)
        asked = self.job.fields
        to_stream = asked.stream
        index = self.seed_index.storage
        known = Signal()
        wide = Signal()
        wrong = Signal.like(self.refuse)
        failed = Signal()
        abandoned = Signal()  # the cycle after
        wipe = Signal()
        codes = self.codes
        self.comb += [
            Case(
                asked.kind,
                {
                    i: [
                        known.eq(reduce(and_, [sampler.seeds.known[n] for n in words_of(kind)])),
                        wide.eq(self.nonce.storage >> 8 * kind.nonce != 0),
                    ]
                    for i, kind in enumerate(KINDS.values())
                },
            ),
            If(asked.kind >= len(KINDS), wrong.eq(codes["kind"]))
            .Elif(wide, wrong.eq(codes["nonce"]))
            .Elif(~to_stream & (self.address.storage[:2] != 0), wrong.eq(codes["address"]))
            .Elif(~known, wrong.eq(codes["seed"]))
            .Elif(~keccak.free, wrong.eq(codes["context"])),
            failed.eq(writer.error),
            wipe.eq(self.clear | failed),
            sampler.clear.eq(wipe),
            sampler.reset.eq(wipe),
            writer.reset.eq(self.clear | abandoned),
            keccak.lent.eq(self.busy),
            sampler.job.kind.eq(asked.kind),
            sampler.job.nonce.eq(self.nonce.storage),
            sampler.seeds.write.eq(self.seed.re & (index < WORDS)),
            sampler.seeds.index.eq(index),
            sampler.seeds.word.eq(self.seed.storage),
            self.seed.we.eq(self.seed.re),
            self.seed_index.we.eq(self.seed.re),
            self.seed_index.dat_w.eq(index + 1),
            writer.sink.address.eq(self.address.storage),
            writer.sink.words.eq(COEFFICIENTS),
            If(
                to_stream,
                sampler.source.connect(self.source),
            ).Else(
                sampler.source.connect(writer.data),
            ),
        ]
        self.sync += abandoned.eq(failed)

        self.fsm = fsm = ResetInserter()(FSM(reset_state="IDLE"))
        self.comb += [
            fsm.reset.eq(wipe),
            self.busy.eq(~fsm.ongoing("IDLE") | ~sampler.seeds.wiped),
        ]
        fsm.act(
            "IDLE",
            If(
                self.start,
                self.refuse.eq(wrong),
                If(wrong == 0, NextState("BEGIN"), If(to_stream, NextState("RUN"))),
            ),
        )
        fsm.act("BEGIN", writer.sink.valid.eq(1), If(writer.sink.ready, NextState("RUN")))
        fsm.act("RUN", sampler.job.valid.eq(1), If(sampler.job.ready, NextState("END")))
        fsm.act("END", If(~writer.busy, self.done.eq(1), NextState("IDLE")))
        self.comb += If(failed, self.refuse.eq(codes["bus"]))


def words_of(kind) -> range:
    """The words of the seeds that a kind uses."""
    first = 0 if kind.public else PUBLIC_BYTES // 4
    return range(first, first + kind.seed // 4)

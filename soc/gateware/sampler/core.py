"""The sampler: expands a seed on the Keccak core and turns what comes out into a polynomial."""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from litex.soc.interconnect.stream import Converter
from migen import FSM, Case, If, NextState, ResetInserter, Signal

from soc.gateware.keccak.core import LANE, Port
from soc.gateware.keccak.fifo import Fifo
from soc.gateware.keccak.model import FUNCTIONS
from soc.gateware.sampler.gearbox import Gearbox
from soc.gateware.sampler.model import KINDS, PUBLIC_BYTES, Kind
from soc.gateware.sampler.seeds import Seeds
from soc.gateware.sampler.select import COEFFICIENT, Select

__all__ = ["JOB", "Sampler"]

JOB = [("kind", 3), ("nonce", 16)]  # kind: index into KINDS


class Sampler(LiteXModule):
    """Samples one polynomial a job. A reset with `clear` wipes the seeds too.

    The state permutes while candidates are rejected: a queue of 16 lanes keeps them apart.

    Args:
        port: of the core, whose state nobody else needs

    Attributes:
        job: `JOB`, held valid until the job is done: ready in its last cycle
        source: 256 coefficients of 23 bits, from 0 to q-1
        seeds: a `Seeds`
        clear: zeroises the state of the core
    """

    def __init__(self, port: Port) -> None:
        self.job = job = stream.Endpoint(JOB)
        self.source = source = stream.Endpoint(COEFFICIENT)
        self.seeds = Seeds()
        self.clear = Signal()

        # # #

        kinds = list(KINDS.values())
        ended = Signal()
        self.fifo = fifo = ResetInserter()(Fifo(LANE, 16))
        self.words = words = ResetInserter()(Converter(64, 32))
        self.gearbox = gearbox = ResetInserter()(Gearbox([kind.bits for kind in kinds]))
        self.select = select = ResetInserter()(Select())
        self.comb += [streams.reset.eq(ended) for streams in (fifo, words, gearbox, select)]

        rate = Signal(5)
        at = Signal(5)  # lane of the block that holds seed and nonce
        begins = Signal()
        self.comb += [
            Case(
                job.kind,
                {i: self.block(kind, at, rate, port.sink.lane) for i, kind in enumerate(kinds)},
            ),
            gearbox.kind.eq(job.kind),
            select.kind.eq(job.kind),
            port.source.connect(fifo.sink),
            words.sink.valid.eq(fifo.source.valid),
            words.sink.data.eq(fifo.source.lane),
            fifo.source.ready.eq(words.sink.ready),
            words.source.connect(gearbox.sink),
            gearbox.source.connect(select.sink),
            select.source.connect(source),
            port.clear.eq(self.clear | begins | ended),
        ]
        self.sync += If(port.sink.valid & port.sink.ready, at.eq(at + 1))
        self.sync += If(ended, at.eq(0))

        self.fsm = fsm = FSM(reset_state="BEGIN")
        fsm.act("BEGIN", begins.eq(1), If(job.valid, NextState("ABSORB")))
        fsm.act(
            "ABSORB",
            port.command.valid.eq(1),
            port.command.stop.eq(rate),
            port.command.absorb.eq(1),
            port.command.permute.eq(1),
            port.sink.valid.eq(1),
            If(port.command.ready, NextState("SQUEEZE")),
        )
        fsm.act(
            "SQUEEZE",
            port.command.valid.eq(1),
            port.command.stop.eq(rate),
            port.command.squeeze.eq(1),
            port.command.permute.eq(1),
            If(source.valid & source.ready & source.last, NextState("END")),
        )
        fsm.act("END", ended.eq(1), job.ready.eq(1), NextState("BEGIN"))

    def block(self, kind: Kind, at: Signal, rate: Signal, lane: Signal) -> list:
        """Seed, nonce and padding of a kind, of which lane `at` is asked for."""
        size, suffix = FUNCTIONS[kind.function]
        seeded = kind.seed // 8
        nonce = self.job.nonce[: 8 * kind.nonce]
        return [
            rate.eq(size // 8),
            self.seeds.at.eq(at if kind.public else at + PUBLIC_BYTES // 8),
            If(at < seeded, lane.eq(self.seeds.lane))
            .Elif(at == seeded, lane.eq(nonce | (suffix << 8 * kind.nonce)))
            .Elif(at == size // 8 - 1, lane.eq(1 << 63)),
        ]

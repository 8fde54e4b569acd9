"""The sponge (FIPS 202, section 4): jobs made of passes over the state."""

from enum import IntEnum

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import FSM, Case, If, Mux, NextState, NextValue, ResetInserter, Signal

from soc.gateware.keccak.core import LANE, Port
from soc.gateware.keccak.cut import Cut
from soc.gateware.keccak.fifo import Fifo
from soc.gateware.keccak.model import FUNCTIONS, LANES
from soc.gateware.keccak.pad import Pad

__all__ = ["JOB", "MAX_LENGTH", "Operation", "Sponge"]

MAX_LENGTH = (1 << 18) - 8  # bytes

JOB = [
    ("operation", 3),
    ("function", 2),  # index into FUNCTIONS
    ("fresh", 1),
    ("final", 1),
    ("length", 18),
    ("lane", 5),
    ("value", 64),
]


class Operation(IntEnum):
    """What a job does."""

    ABSORB = 0
    SQUEEZE = 1
    PERMUTE = 2
    LOAD = 3
    SAVE = 4
    LANE = 5


class Sponge(LiteXModule):
    """Runs jobs on a port of the core. A reset wipes all but the state behind the port.

    - absorb: `length` bytes of `sink`; first sets the state to zero if `fresh`, pads if `final`,
      else the length is whole blocks; permutes after every block
    - squeeze: `length` bytes to `source`; goes on where the last one ended if that had whole lanes
    - permute
    - load: 200 bytes of `sink` become the state, and `lane` the place where a squeeze goes on
    - save: the 200 bytes of the state to `source`
    - lane: adds `value` to lane `lane`; `before` shows what it held

    Args:
        port: of the core

    Attributes:
        job: `JOB`, held valid until the job is done: ready in its last cycle
        sink, source: words of 32 bits, the first byte in bits 7:0
        position: lanes of the block that have been squeezed
        before: what the last job on a lane found
        clear: zeroises the state
    """

    def __init__(self, port: Port) -> None:
        self.job = job = stream.Endpoint(JOB)
        self.sink = stream.Endpoint([("data", 32)])
        self.source = stream.Endpoint([("data", 32)])
        self.position = position = Signal(5)
        self.before = Signal(64)
        self.clear = Signal()

        # # #

        # The streams of a job are reset at its end, so that no word of a message stays in them.
        ended = Signal()
        self.fifo = fifo = ResetInserter()(Fifo(LANE, 16))
        self.pad = pad = ResetInserter()(Pad())
        self.cut = cut = ResetInserter()(Cut())
        self.comb += [streams.reset.eq(ended) for streams in (fifo, pad, cut)]

        command = port.command
        is_a = {operation: job.operation == operation for operation in Operation}
        rate = Signal(5)  # lanes
        lanes = Signal(15)  # still to squeeze
        planned = Signal(5)
        begins = Signal()  # a message or a state: from the zero state
        complete = Signal()  # the last lane of the message is absorbed

        functions = list(FUNCTIONS.values())
        self.comb += [
            Case(
                job.function,
                {
                    i: [rate.eq(size // 8), pad.suffix.eq(suffix)]
                    for i, (size, suffix) in enumerate(functions)
                },
            ),
            self.sink.connect(pad.sink),
            pad.source.connect(fifo.sink),  # which fills while the state permutes
            pad.length.eq(job.length),
            pad.words.eq(rate << 1),
            pad.final.eq(job.final & is_a[Operation.ABSORB]),
            cut.length.eq(job.length),
            If(
                is_a[Operation.LOAD] | is_a[Operation.SAVE],
                pad.length.eq(8 * LANES),
                pad.words.eq(2 * LANES),
                cut.length.eq(8 * LANES),
            ),
            cut.source.connect(self.source),
            port.clear.eq(self.clear | begins),
            If(
                is_a[Operation.LANE],
                port.sink.valid.eq(1),
                port.sink.lane.eq(job.value),
                port.source.ready.eq(1),
            ).Else(
                fifo.source.connect(port.sink),
                port.source.connect(cut.sink),
            ),
            planned.eq(Mux(lanes > rate - position, rate - position, lanes)),
        ]
        self.sync += [
            If(port.sink.valid & port.sink.ready & port.sink.last, complete.eq(1)),
            If(is_a[Operation.LANE] & port.source.valid, self.before.eq(port.source.lane)),
        ]

        start, stop = Signal(5), Signal(5)
        self.fsm = fsm = FSM(reset_state="BEGIN")
        fsm.act(
            "BEGIN",
            If(
                job.valid,
                begins.eq(
                    is_a[Operation.LOAD] | (is_a[Operation.ABSORB] & job.fresh),
                ),
                pad.start.eq(is_a[Operation.ABSORB] | is_a[Operation.LOAD]),
                cut.start.eq(is_a[Operation.SQUEEZE] | is_a[Operation.SAVE]),
                NextValue(lanes, (job.length + 7) >> 3),
                NextValue(complete, 0),
                NextValue(start, 0),
                NextValue(stop, LANES),
                NextState("PASS"),
                Case(
                    job.operation,
                    {
                        Operation.ABSORB: [NextValue(position, 0), NextValue(stop, rate)],
                        Operation.SQUEEZE: NextState("PLAN"),
                        Operation.PERMUTE: [NextValue(position, 0), NextState("PERMUTE")],
                        Operation.LOAD: NextValue(position, job.lane),
                        Operation.LANE: [NextValue(start, job.lane), NextValue(stop, job.lane + 1)],
                    },
                ),
            ),
        )
        fsm.act(
            "PLAN",
            NextValue(start, position),
            NextValue(stop, position + planned),
            NextValue(position, position + planned),
            NextValue(lanes, lanes - planned),
            NextState("PASS"),
            If(position == rate, NextValue(position, 0), NextState("PERMUTE")),
        )
        fsm.act(
            "PASS",
            command.valid.eq(1),
            command.start.eq(start),
            command.stop.eq(stop),
            command.absorb.eq(
                is_a[Operation.ABSORB] | is_a[Operation.LOAD] | is_a[Operation.LANE],
            ),
            command.squeeze.eq(
                is_a[Operation.SQUEEZE] | is_a[Operation.SAVE] | is_a[Operation.LANE],
            ),
            command.permute.eq(is_a[Operation.ABSORB]),
            If(
                command.ready,
                NextState("END"),
                If(is_a[Operation.SQUEEZE] & (lanes != 0), NextState("PLAN")),
                If(is_a[Operation.ABSORB] & ~complete, NextState("PASS")),
            ),
        )
        fsm.act(
            "PERMUTE",
            command.valid.eq(1),
            command.permute.eq(1),
            If(command.ready, NextState("END")),
            If(command.ready & is_a[Operation.SQUEEZE], NextState("PLAN")),
        )
        fsm.act("END", ended.eq(1), job.ready.eq(1), NextState("BEGIN"))

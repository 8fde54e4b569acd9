"""The redactor: a record in, its chosen fields out, in a time that depends on its size alone."""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import FSM, Cat, If, Memory, Mux, NextState, ResetInserter, Signal
from migen.fhdl.specials import READ_FIRST

from soc.gateware.dma import WORD
from soc.gateware.redactor.parser import Parser

__all__ = ["LIMIT", "Redactor"]

LIMIT = 8192  # bytes of a record: what four block RAMs of an ECP5 hold
LANES = 4  # bytes of a word, each with a memory of its own


class Redactor(LiteXModule):
    """Reads a record, keeps the chosen bytes in a private memory, and gives that out.

    As many words come out as went in: the kept fields, then zeros. Nothing comes out before the
    whole record has been read; if it is malformed, all that comes is zero. Between jobs memory,
    mask and registers are zero: each row is when it has been read, all of them after a reset.
    To be used within a ResetInserter, whose reset ends a job and zeroises everything.

    Args:
        limit: bytes of the largest record, a power of two.

    Attributes:
        sink: the record, its bytes from bits 7:0 on; the rest of the last word means nothing
        source: the result
        size: of the record, bytes, at most `limit`; read at `start`
        push, word: the mask, as Parser has it; ignored during a job
        start: pulse, when not busy
        busy: a job runs or the memory is swept
        done, malformed: pulse: how the job ended; the last word has gone
        kept: bytes of the result, from then until the next start
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.sink = sink = stream.Endpoint(WORD)
        self.source = source = stream.Endpoint(WORD)
        self.size = Signal(max=limit + 1)
        self.push = Signal()
        self.word = Signal(32)
        self.start = Signal()
        self.busy = Signal()
        self.done = Signal()
        self.malformed = Signal()
        self.kept = kept = Signal(max=limit + 1)
        self.parser = parser = ResetInserter()(Parser())

        # # #

        rows = limit // LANES
        self.lanes = [Memory(8, rows, name=f"redactor_lane{i}") for i in range(LANES)]
        writes = [lane.get_port(write_capable=True, mode=READ_FIRST) for lane in self.lanes]
        reads = [lane.get_port(has_re=True) for lane in self.lanes]
        self.specials += [*self.lanes, *writes, *reads]

        self.fsm = fsm = FSM(reset_state="SWEEP")
        sweeps = fsm.ongoing("SWEEP")
        gives = fsm.ongoing("GIVE")
        self.comb += self.busy.eq(~fsm.ongoing("IDLE"))

        # The record, half a word a cycle: the lower one from the stream, then the upper one.
        left = Signal.like(self.size)  # bytes to come
        upper = Signal()
        half = Signal(16)
        reads_record = Signal()
        self.comb += [
            reads_record.eq(fsm.ongoing("READ") & (left != 0)),
            parser.step.eq(reads_record & (upper | sink.valid)),
            parser.pair.eq(left != 1),
            Cat(parser.low, parser.high).eq(Mux(upper, half, sink.data[:16])),
            parser.push.eq(self.push & ~self.busy),
            parser.word.eq(self.word),
            parser.reset.eq(self.done | self.malformed),
            sink.ready.eq(reads_record & ~upper),
        ]
        self.sync += If(
            parser.step,
            left.eq(left - 1 - parser.pair),
            upper.eq(~upper & (left > 2)),
            half.eq(Mux(~upper & (left > 2), sink.data[16:], 0)),
        )

        # What is kept goes behind what was kept before: the first byte in this lane, a second one
        # in the next.
        lane = kept[:2]
        one = Signal()  # at least one is kept
        two = Signal()  # both are
        first = Signal(8)
        following = Signal.like(kept)
        self.comb += [
            one.eq(parser.keep_low | parser.keep_high),
            two.eq(parser.keep_low & parser.keep_high),
            first.eq(Mux(parser.keep_low, parser.low, parser.high)),
            following.eq(kept + 1),
        ]

        # The result: a row is read, then leaves for `source` while zero is written over it.
        row = Signal(max=rows)  # to be read
        behind = Signal(max=rows)  # read before
        fetched = Signal()  # what was read there is of the result
        to_read = Signal(max=rows + 1)  # rows of the result
        moves = Signal()
        self.comb += moves.eq(gives & (~source.valid | source.ready))
        for i, (write, read) in enumerate(zip(writes, reads, strict=True)):
            self.comb += [
                If(sweeps, write.adr.eq(row), write.we.eq(1))
                .Elif(gives, write.adr.eq(behind), write.we.eq(moves & fetched))
                .Else(
                    # Only lane 0 can be in the row after that of the first byte.
                    write.adr.eq((following if i == 0 else kept)[2:]),
                    write.dat_w.eq(Mux(lane == i, first, parser.high)),
                    write.we.eq(one & (lane == i) | two & (lane == (i - 1) % LANES)),
                ),
                read.adr.eq(row),
                read.re.eq(moves),
            ]
        self.sync += If(
            moves,
            behind.eq(row),
            row.eq(row + 1),
            fetched.eq(to_read != 0),
            If(to_read != 0, to_read.eq(to_read - 1)),
            source.valid.eq(fetched),
            source.data.eq(Mux(fetched & parser.whole, Cat(*[r.dat_r for r in reads]), 0)),
        )

        ended = Signal()
        self.comb += [
            ended.eq(gives & (to_read == 0) & ~fetched & ~source.valid),
            self.done.eq(ended & parser.whole),
            self.malformed.eq(ended & ~parser.whole),
        ]
        self.sync += [
            If(sweeps, row.eq(row + 1)),
            If(parser.step, kept.eq(kept + one + two)),
            If(self.malformed, kept.eq(0)),
            If(
                self.start,
                left.eq(self.size),
                kept.eq(0),
                row.eq(0),
                to_read.eq((self.size + LANES - 1)[2:]),
            ),
        ]
        fsm.act("SWEEP", If(row == rows - 1, NextState("IDLE")))
        fsm.act("IDLE", If(self.start, NextState("READ")))
        fsm.act("READ", If(left == 0, NextState("GIVE")))
        fsm.act("GIVE", If(ended, NextState("IDLE")))

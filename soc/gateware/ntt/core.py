"""The NTT engine: arithmetic on polynomials of ML-DSA in slots of its own memory."""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import FSM, Case, Cat, If, Mux, NextState, Record, ResetInserter, Signal

from soc.gateware.dma import WORD
from soc.gateware.ntt.arithmetic import BITS
from soc.gateware.ntt.butterflies import Butterflies
from soc.gateware.ntt.datapath import Datapath
from soc.gateware.ntt.model import COEFFICIENTS, Q
from soc.gateware.ntt.operations import CODES, FLAGS, OPERATIONS
from soc.gateware.ntt.reorder import Reorder
from soc.gateware.ntt.slots import PAIRS, Bank

__all__ = ["LATENCY", "NTT"]

LAYERS = 8
LATENCY = 4 + Datapath.CYCLES  # from addresses through operands in registers to the write

# What accompanies operands to the end: where their results go.
TOKEN = [
    ("write0", 1), ("write1", 1), ("address0", 7), ("address1", 7), ("swap", 1), ("last", 1),
    ("check", 1),
]  # fmt: skip


class NTT(LiteXModule):
    """Does one operation at a time, in cycles that depend on nothing but which it is.

    A transform issues a butterfly a cycle, eight layers without a pause between them: each reads
    what the one before wrote at least 64 - LATENCY cycles ago. Every other operation issues a
    coefficient a cycle, of both banks in turn: one bank is read for y while the other one is
    for w. x is read on second ports in the cycles in which they do not write; hence LATENCY is
    even.

    Args:
        slots: how many polynomials there are, from 2 to 16

    Attributes:
        operation: code of the operation; this and the slots a, b, d are read at `start`
        bound: of `check`; must not change while that runs
        start: pulse, when not busy
        wipe: pulse: what runs ends, all slots become zero and then all registers of data
        abort: pulse: what runs ends; the slot that it writes is cleared, then `failed`
        busy: something runs, or what a wipe or an abort brings with it
        done, failed: pulse: how an operation ended
        improper: pulse: the stream gave a word that is no coefficient; works like `abort`
        exceeds: result of `check`, from the cycle after `done`
        sink: the stream, canonical coefficients
        source: what `store` gives
        word: slot and coefficient that are to be read or written alone
        read_word: pulse, when not busy: `source.data` has the word with `word_done`
        write_word: pulse, when not busy: `sink.data` has the word until `word_done`; one that is
            `improper` then is not written
        word_done: pulse
    """

    def __init__(self, slots: int = 16) -> None:
        self.operation = Signal(max=len(OPERATIONS) + 1)
        self.a = Signal(max=slots)
        self.b = Signal(max=slots)
        self.d = Signal(max=slots)
        self.bound = Signal(BITS)
        self.start = Signal()
        self.wipe = Signal()
        self.abort = Signal()
        self.busy = Signal()
        self.done = Signal()
        self.failed = Signal()
        self.improper = Signal()
        self.exceeds = Signal()
        self.sink = stream.Endpoint(WORD)
        self.source = stream.Endpoint(WORD)
        self.word = Signal(max=slots * COEFFICIENTS)
        self.read_word = Signal()
        self.write_word = Signal()
        self.word_done = Signal()

        # # #

        self.flags = Record([(flag, 1) for flag in FLAGS])
        self.coming = Record([(flag, 1) for flag in FLAGS])  # of what begins
        self.at = Record([(letter, len(self.a)) for letter in "abd"])
        self.begins = Signal()
        self.halt = Signal()
        self.count = Signal(max=LAYERS * PAIRS)  # of issues
        self.phase = Signal()  # the bank whose turn it is, if there is something to issue
        self.issue = Signal()
        self.pairs = Signal()  # an issue is for both banks, else for one:
        self.bank = Signal()
        self.alone = Signal()  # coefficients are read for `source`
        self.advance = Signal()  # and it takes them
        self.last = Signal()
        self.ended = Record(TOKEN)  # of the results that are there

        self.banks = [Bank(slots), Bank(slots)]
        self.submodules += self.banks
        self.butterflies = Butterflies()
        self.reorder = Reorder()
        self.datapath = Datapath()
        self.fsm = ResetInserter()(FSM(reset_state="IDLE"))
        self._control(slots)
        self._addresses()
        self._operands()

    def _control(self, slots: int) -> None:
        """What begins, what is issued, and how it ends."""
        flags, coming, at, count, fsm = self.flags, self.coming, self.at, self.count, self.fsm
        wiping = Signal(reset=1)  # a reset leaves memory as it was
        failing = Signal()
        again = Signal()
        half = Signal()  # of a pair has been issued
        fetch = Signal()  # a coefficient for `source`
        fetched = Signal(2)  # it is on its way; it is there
        proper = Signal()
        spoiled = Signal()

        fsm.act(
            "IDLE",
            self.begins.eq(wiping | failing | self.start | self.read_word | self.write_word),
            If(wiping | failing, NextState("ISSUE"))
            .Elif(self.start, If(coming.store, NextState("STORE")).Else(NextState("ISSUE")))
            .Elif(self.read_word, NextState("READ WORD"))
            .Elif(self.write_word, NextState("WRITE WORD")),
        )
        fsm.act("ISSUE", If(self.issue & self.last, NextState("DRAIN")))
        fsm.act(
            "DRAIN",
            If(
                self.ended.last,
                If(wiping & (at.d != slots - 1), again.eq(1), NextState("ISSUE")).Else(
                    self.done.eq(~wiping & ~failing),
                    self.failed.eq(failing),
                    NextState("IDLE"),
                ),
            ),
        )
        fsm.act(
            "STORE",
            fetch.eq(~count[8]),
            self.source.valid.eq(fetched[1]),
            self.source.last.eq(~fetched[0] & count[8]),
            self.failed.eq(self.abort),
            If(
                self.source.valid & self.source.ready & self.source.last,
                self.done.eq(1),
                NextState("IDLE"),
            ),
        )
        fsm.act(
            "READ WORD",
            fetch.eq(fetched == 0),
            If(fetched[1], self.word_done.eq(1), NextState("IDLE")),
        )
        fsm.act(
            "WRITE WORD",
            If(proper, NextState("WRITTEN")).Else(NextState("NOT WRITTEN")),
        )
        fsm.act("NOT WRITTEN", self.word_done.eq(1), NextState("IDLE"))
        fsm.act("WRITTEN", If(self.ended.last, self.word_done.eq(1), NextState("IDLE")))

        issuing, writing = fsm.ongoing("ISSUE"), fsm.ongoing("WRITE WORD")
        self.comb += [
            If(wiping | failing, coming.clear.eq(1))
            .Elif(
                self.start,
                Case(
                    self.operation,
                    {
                        CODES[name]: [getattr(coming, flag).eq(1) for flag in operation.flags]
                        for name, operation in OPERATIONS.items()
                    },
                ),
            )
            .Else(coming.stream.eq(1)),
            self.busy.eq(~fsm.ongoing("IDLE") | wiping | failing),
            proper.eq(self.sink.data < Q),
            spoiled.eq(self.sink.valid & self.sink.ready & ~proper),
            self.improper.eq(spoiled | writing & ~proper),
            self.halt.eq(self.wipe | self.abort | spoiled),
            fsm.reset.eq(self.halt),
            self.pairs.eq(flags.transform | flags.clear),
            self.alone.eq(fsm.ongoing("STORE") | fsm.ongoing("READ WORD")),
            self.bank.eq(Mux(writing, self.butterflies.swap ^ count[0], self.phase)),
            self.issue.eq(
                issuing & (self.pairs | half | Mux(flags.stream, self.reorder.whole, ~self.phase))
                | writing & proper
            ),
            If(flags.transform, self.last.eq(count == LAYERS * PAIRS - 1))
            .Elif(flags.clear, self.last.eq(count == PAIRS - 1))
            .Else(self.last.eq((count[:8] == COEFFICIENTS - 1) | writing)),
            self.advance.eq(~fetched[1] | self.source.ready | ~fsm.ongoing("STORE")),
            self.reorder.enable.eq(issuing & flags.stream),
            self.reorder.leaves.eq(half),
        ]
        self.sync += [
            self.phase.eq(~self.phase & ~self.begins),
            half.eq(self.issue & ~self.phase & ~self.pairs & ~writing & ~self.halt),
            If(self.issue | fetch & self.advance, count.eq(count + 1)),
            If(self.advance, fetched.eq(Cat(fetch, fetched))),
            # A transform may begin in another slot.
            If(flags.transform & self.issue & (count == PAIRS - 1), at.a.eq(at.d)),
            If(self.ended.last & ~again, wiping.eq(0), failing.eq(0)),
            If(again, count.eq(0), at.d.eq(at.d + 1)),
            If(
                self.begins,
                flags.eq(coming),
                count.eq(0),
                If(wiping, at.d.eq(0))
                .Elif(failing)
                .Elif(self.start, at.a.eq(self.a), at.b.eq(self.b), at.d.eq(self.d))
                .Else(count.eq(self.word[:8]), at.a.eq(self.word[8:]), at.d.eq(self.word[8:])),
            ),
            If(
                self.ended.check
                & (self.datapath.total >= self.bound)
                & (self.datapath.total <= Q - self.bound),
                self.exceeds.eq(1),
            ),
            If(self.begins & self.start | self.wipe, self.exceeds.eq(0)),
            If(self.halt, fetched.eq(0), failing.eq(~flags.store & ~wiping)),
            If(self.wipe, wiping.eq(1), failing.eq(0)),
        ]

    def _addresses(self) -> None:
        """What is read, and where that which comes of it goes."""
        flags, at, butterflies = self.flags, self.at, self.butterflies
        bank0, bank1 = self.banks
        address0, address1 = butterflies.addresses
        before = Signal.like(address0)
        in_turn = Signal()  # the second bank does what the first one did in the cycle before
        token = Record(TOKEN)
        self.tokens = [Record(TOKEN) for _ in range(LATENCY)]
        self.comb += [
            butterflies.begins.eq(self.begins),
            butterflies.step.eq(self.issue),
            If(
                self.begins,
                butterflies.forward.eq(self.coming.transform & ~self.coming.inverse),
                butterflies.inverse.eq(self.coming.inverse),
            ).Else(
                butterflies.forward.eq(flags.transform & ~flags.inverse),
                butterflies.inverse.eq(flags.inverse),
            ),
            butterflies.n.eq(Mux(self.pairs, self.count[:7], self.count[1:8])),
            in_turn.eq(~self.pairs & ~self.alone),
            bank0.address.eq(Cat(address0, Mux(in_turn & self.phase, at.b, at.a))),
            bank1.address.eq(
                Cat(Mux(in_turn, before, address1), Mux(in_turn & ~self.phase, at.b, at.a))
            ),
            bank0.beside.eq(Cat(Mux(bank0.write, self.ended.address0, address0), at.d)),
            bank1.beside.eq(Cat(Mux(bank1.write, self.ended.address1, before), at.d)),
            [bank.advance.eq(self.advance) for bank in self.banks],
            bank0.write.eq(self.ended.write0),
            bank1.write.eq(self.ended.write1),
            token.write0.eq(self.issue & ~flags.check & (self.pairs | ~self.bank)),
            token.write1.eq(self.issue & ~flags.check & (self.pairs | self.bank)),
            token.address0.eq(address0),
            token.address1.eq(address1),
            token.swap.eq(Mux(self.pairs, butterflies.swap, self.bank ^ flags.subtract)),
            token.last.eq(self.issue & self.last),
            token.check.eq(self.issue & flags.check),
            self.ended.eq(self.tokens[-1]),
        ]
        self.sync += [
            before.eq(address0),
            [
                later.eq(sooner)
                for sooner, later in zip([token, *self.tokens], self.tokens, strict=False)
            ],
            If(self.halt, [record.raw_bits().eq(0) for record in self.tokens]),
        ]

    def _operands(self) -> None:
        """What was read becomes operands, and results are written."""
        flags, datapath = self.flags, self.datapath
        bank0, bank1 = self.banks
        select = Signal()
        selected = Signal(2)
        lower = Signal(BITS)  # of a butterfly; else w
        upper = Signal(BITS)  # of a butterfly; else y of the next coefficient
        lower_before = Signal(BITS)
        streamed = [Signal(BITS), Signal(BITS)]
        y = Signal(BITS)
        valid = Signal()
        self.comb += [
            self.sink.connect(self.reorder.sink),
            self.reorder.phase.eq(self.phase),
            self.reorder.swap.eq(self.butterflies.swap),
            If(self.pairs, select.eq(self.butterflies.swap))
            .Elif(self.alone, select.eq(self.butterflies.swap ^ self.count[0]))
            .Else(select.eq(~self.phase)),
            lower.eq(Mux(selected[1], bank1.read, bank0.read)),
            upper.eq(Mux(selected[1], bank0.read, bank1.read)),
            self.source.data.eq(lower),
            valid.eq(self.tokens[2].write0 | self.tokens[2].write1 | self.tokens[2].check),
            datapath.inverse.eq(flags.inverse),
            bank0.written.eq(Mux(self.ended.swap, datapath.difference, datapath.total)),
            bank1.written.eq(Mux(self.ended.swap, datapath.total, datapath.difference)),
        ]
        self.sync += [
            If(self.advance, selected.eq(Cat(select, selected))),
            lower_before.eq(lower),
            streamed[0].eq(0),
            If(
                self.issue & flags.stream,
                streamed[0].eq(
                    Mux(self.fsm.ongoing("WRITE WORD"), self.sink.data, self.reorder.data)
                ),
            ),
            streamed[1].eq(streamed[0]),
            y.eq(Mux(flags.stream, streamed[1], upper)),
            datapath.x.eq(0),
            datapath.y.eq(0),
            datapath.w.eq(0),
            If(
                valid & ~flags.clear,
                If(flags.transform, datapath.x.eq(lower_before)).Elif(
                    flags.accumulate,
                    datapath.x.eq(Mux(selected[1], bank1.read_beside, bank0.read_beside)),
                ),
                datapath.y.eq(y),
                datapath.w.eq(Mux(flags.times, lower, self.butterflies.root)),
            ),
        ]

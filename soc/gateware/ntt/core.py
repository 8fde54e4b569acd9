"""The NTT engine: arithmetic on polynomials of ML-DSA in slots of its own memory."""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import FSM, Case, Cat, If, Memory, Mux, NextState, Record, ResetInserter, Signal
from migen.fhdl.specials import READ_FIRST

from soc.gateware.dma import WORD
from soc.gateware.ntt.arithmetic import BITS
from soc.gateware.ntt.datapath import Datapath
from soc.gateware.ntt.model import COEFFICIENTS, ZETAS, Q
from soc.gateware.ntt.operations import CODES, FLAGS, OPERATIONS
from soc.gateware.ntt.slots import PAIRS, Bank, parity

__all__ = ["LATENCY", "NTT"]

LAYERS = 8
LATENCY = 4 + Datapath.CYCLES  # from addresses through operands in registers to the write

# Roots in the order of their use, the inverse ones with their sign and halved. The first is 1.
ROOTS = ZETAS + [0] + [-ZETAS[-k] * (Q + 1) // 2 % Q for k in range(1, COEFFICIENTS)]

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
        self.decoded = Record(self.flags.layout)  # those of what begins
        self.at = Record([(letter, len(self.a)) for letter in "abd"])
        self.pairs = Signal()  # an issue is for both banks, else for one
        self.bank = Signal()  # this one
        self.phase = Signal()  # whose turn it is, if a stream lets it
        self.count = Signal(max=LAYERS * PAIRS)  # of issues
        self.issue = Signal()
        self.last = Signal()
        self.ended = Record(TOKEN)  # of what is in the last register
        self.halt = Signal()
        self.begins = Signal()
        self.takes_word = Signal()
        self.alone = Signal()  # coefficients are read for `source`, in the order of indexes
        self.proper = Signal()
        self.offered = Signal()  # the stream lets a pair of coefficients begin
        self.streamed = Signal(BITS)
        self.swap = Signal()  # the first coefficient of a pair is in the second bank
        self.advance = Signal()  # of what is read for `source`

        self.banks = [Bank(slots), Bank(slots)]
        self.submodules += self.banks
        self.datapath = Datapath()
        self._control(slots)
        self._stream()
        self._operands()

    def _control(self, slots: int) -> None:
        flags, at, count = self.flags, self.at, self.count
        decoded = self.decoded
        wiping = Signal()
        failing = Signal()
        again = Signal()
        half = Signal()  # of a pair has been issued
        fetch = Signal()  # a coefficient for `source`
        fetched = Signal(2)  # it is on its way; it is there

        self.fsm = fsm = ResetInserter()(FSM(reset_state="IDLE"))
        fsm.act(
            "IDLE",
            If(wiping | failing, self.begins.eq(1), NextState("ISSUE"))
            .Elif(
                self.start,
                self.begins.eq(1),
                If(decoded.store, NextState("STORE")).Else(NextState("ISSUE")),
            )
            .Elif(self.read_word, self.takes_word.eq(1), NextState("READ WORD"))
            .Elif(self.write_word, self.takes_word.eq(1), NextState("WRITE WORD")),
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
            If(
                self.source.valid & self.source.ready & self.source.last,
                self.done.eq(1),
                NextState("IDLE"),
            ),
            If(self.abort, self.failed.eq(1)),
        )
        fsm.act(
            "READ WORD",
            fetch.eq(fetched == 0),
            If(fetched[1], self.word_done.eq(1), NextState("IDLE")),
        )
        fsm.act(
            "WRITE WORD",
            If(self.proper, NextState("WORD")).Else(self.word_done.eq(1), NextState("IDLE")),
        )
        fsm.act("WORD", If(self.ended.last, self.word_done.eq(1), NextState("IDLE")))

        issuing = fsm.ongoing("ISSUE")
        writing = fsm.ongoing("WRITE WORD")
        spoiled = self.sink.valid & self.sink.ready & ~self.proper
        self.comb += [
            If(wiping | failing, decoded.clear.eq(1)).Else(
                Case(
                    self.operation,
                    {
                        CODES[name]: [getattr(decoded, flag).eq(1) for flag in operation.flags]
                        for name, operation in OPERATIONS.items()
                    },
                )
            ),
            self.busy.eq(~fsm.ongoing("IDLE") | wiping | failing),
            self.alone.eq(fsm.ongoing("STORE") | fsm.ongoing("READ WORD")),
            self.proper.eq(self.sink.data < Q),
            self.improper.eq(spoiled | writing & ~self.proper),
            self.halt.eq(self.wipe | self.abort | spoiled),
            fsm.reset.eq(self.halt),
            self.pairs.eq(flags.transform | flags.clear),
            self.bank.eq(Mux(writing, self.swap ^ count[0], self.phase)),
            self.issue.eq(
                issuing & (self.pairs | half | ~self.phase & (~flags.stream | self.offered))
                | writing & self.proper
            ),
            If(flags.transform, self.last.eq(count == LAYERS * PAIRS - 1))
            .Elif(flags.clear, self.last.eq(count == PAIRS - 1))
            .Else(self.last.eq(writing | (count[:8] == COEFFICIENTS - 1))),
            self.advance.eq(~fetched[1] | self.source.ready | ~fsm.ongoing("STORE")),
        ]
        self.sync += [
            self.phase.eq(~self.phase | self.begins | again),
            half.eq(self.issue & ~self.phase & ~self.pairs & ~self.halt),
            If(self.issue | fetch & self.advance, count.eq(count + 1)),
            If(self.advance, fetched.eq(Cat(fetch, fetched))),
            # A transform may begin in another slot.
            If(flags.transform & self.issue & (count == PAIRS - 1), at.a.eq(at.d)),
            If(self.ended.last & ~again, wiping.eq(0), failing.eq(0)),
            If(again, count.eq(0), at.d.eq(at.d + 1)),
            If(
                self.begins,
                count.eq(0),
                flags.eq(decoded),
                If(wiping, at.d.eq(0)).Elif(
                    ~failing, at.a.eq(self.a), at.b.eq(self.b), at.d.eq(self.d)
                ),
            ),
            If(
                self.takes_word,
                flags.raw_bits().eq(0),
                flags.stream.eq(1),
                count.eq(self.word[:8]),
                at.a.eq(self.word[8:]),
                at.d.eq(self.word[8:]),
            ),
            If(
                self.ended.check,
                If(
                    (self.datapath.total >= self.bound) & (self.datapath.total <= Q - self.bound),
                    self.exceeds.eq(1),
                ),
            ),
            If(self.start & self.begins | self.wipe, self.exceeds.eq(0)),
            If(self.halt, fetched.eq(0), failing.eq(~flags.store & ~wiping)),
            If(self.wipe, wiping.eq(1), failing.eq(0)),
        ]

    def _stream(self) -> None:
        """Coefficients come in the order of their indexes and are issued in that of the banks."""
        sink, phase, swap = self.sink, self.phase, self.swap
        issuing = self.fsm.ongoing("ISSUE")
        held = Signal()
        first = Signal(BITS)  # of the pair that comes
        other = Signal(BITS)  # of the pair that is issued, for the second bank
        takes = Signal()
        self.comb += [
            takes.eq(issuing & self.flags.stream & ~(phase & (self.count[:8] == COEFFICIENTS - 1))),
            sink.ready.eq(takes & (~held | ~phase)),
            self.offered.eq(held & sink.valid),
            self.streamed.eq(
                Mux(self.fsm.ongoing("WRITE WORD") | ~phase & swap, sink.data,
                    Mux(phase, other, first))
            ),
        ]  # fmt: skip
        self.sync += [
            If(
                sink.valid & sink.ready,
                held.eq(~held),
                If(held, other.eq(Mux(swap, first, sink.data)), first.eq(0)).Else(
                    first.eq(sink.data)
                ),
            ),
            If(phase, other.eq(0)),
            If(~issuing | self.halt, held.eq(0), first.eq(0), other.eq(0)),
        ]

    def _operands(self) -> None:
        """Addresses, what is read there, and the way of the results back."""
        flags, at, datapath = self.flags, self.at, self.datapath
        bank0, bank1 = self.banks
        n = Signal(7)  # butterfly, or pair of coefficients
        mask = Signal(7)  # distance of a butterfly's operands, less 1; 0 if it is no transform
        apart = Signal(7)  # bit in which their addresses differ, if there is one
        base = Signal(7)
        base_before = Signal(7)
        in_turn = Signal()  # the second bank does what the first did in the cycle before
        select = Signal()
        selected = Signal(2)
        token = Record(TOKEN)
        tokens = [Record(TOKEN) for _ in range(LATENCY)]
        self.comb += [
            n.eq(Mux(self.pairs, self.count[:7], self.count[1:8])),
            self.swap.eq(parity(n)),
            base.eq((n & ~mask) | ((n >> 1) & (mask >> 1))),
            apart.eq(mask & ~(mask >> 1)),
            token.address0.eq(base | Mux(self.swap, apart, 0)),
            token.address1.eq(base | Mux(self.swap, 0, apart)),
            token.write0.eq(self.issue & ~flags.check & (self.pairs | ~self.bank)),
            token.write1.eq(self.issue & ~flags.check & (self.pairs | self.bank)),
            token.check.eq(self.issue & flags.check),
            token.last.eq(self.issue & self.last),
            token.swap.eq(Mux(self.pairs, self.swap, self.bank ^ flags.subtract)),
            self.ended.eq(tokens[-1]),
            [bank.advance.eq(self.advance) for bank in self.banks],
            in_turn.eq(~(self.pairs | self.alone)),
            If(self.pairs, select.eq(self.swap))
            .Elif(self.alone, select.eq(self.swap ^ self.count[0]))
            .Else(select.eq(~self.phase)),
            bank0.address.eq(Cat(token.address0, Mux(in_turn & self.phase, at.b, at.a))),
            bank1.address.eq(
                Cat(
                    Mux(in_turn, base_before, token.address1),
                    Mux(in_turn & ~self.phase, at.b, at.a),
                )
            ),
            bank0.beside.eq(Cat(Mux(bank0.write, self.ended.address0, base), at.d)),
            bank1.beside.eq(Cat(Mux(bank1.write, self.ended.address1, base_before), at.d)),
        ]
        ends_layer = flags.transform & self.issue & (n == PAIRS - 1)
        self.sync += [
            base_before.eq(base),
            If(self.advance, selected.eq(Cat(select, selected))),
            [later.eq(sooner) for sooner, later in zip([token, *tokens], tokens, strict=False)],
            If(self.halt, [record.raw_bits().eq(0) for record in tokens]),
            If(ends_layer, mask.eq(Mux(flags.inverse, Cat(1, mask), mask >> 1))),
            If(self.begins, mask.eq(Mux(self.decoded.transform & ~self.decoded.inverse, 127, 0))),
            If(self.takes_word, mask.eq(0)),
        ]

        # Of a butterfly, the coefficient with the lower index and the other one; else w, and the
        # next y.
        lower = Signal(BITS)
        upper = Signal(BITS)
        lower_before = Signal(BITS)
        streamed = [Signal(BITS), Signal(BITS)]
        y = Signal(BITS)
        valid = Signal()
        self.comb += [
            lower.eq(Mux(selected[1], bank1.read, bank0.read)),
            upper.eq(Mux(selected[1], bank0.read, bank1.read)),
            valid.eq(tokens[2].write0 | tokens[2].write1 | tokens[2].check),
            self.source.data.eq(lower),
            datapath.inverse.eq(flags.inverse),
            bank0.write.eq(self.ended.write0),
            bank1.write.eq(self.ended.write1),
            bank0.written.eq(Mux(self.ended.swap, datapath.difference, datapath.total)),
            bank1.written.eq(Mux(self.ended.swap, datapath.total, datapath.difference)),
        ]
        self.sync += [
            streamed[0].eq(Mux(self.issue, self.streamed, 0)),
            streamed[1].eq(streamed[0]),
            lower_before.eq(lower),
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
                datapath.w.eq(Mux(flags.times, lower, self._root(mask, n))),
            ),
        ]

    def _root(self, mask: Signal, n: Signal) -> Signal:
        """The root of unity of the butterfly that was issued three cycles ago, else 1."""
        next_root = Signal(max=COEFFICIENTS)
        address = Signal(max=len(ROOTS))
        root = Signal(BITS)
        memory = Memory(BITS, len(ROOTS), init=ROOTS)
        port = memory.get_port(mode=READ_FIRST)
        self.specials += memory, port
        self.sync += [
            If(
                self.flags.transform & self.issue & ((n & mask) == mask),
                next_root.eq(next_root + 1),
            ),
            If(self.begins, next_root.eq(self.decoded.transform)),
            If(self.takes_word, next_root.eq(0)),
            address.eq(Cat(next_root, self.flags.inverse)),
            root.eq(port.dat_r),
        ]
        self.comb += port.adr.eq(address)
        return root

"""Follows the fields of a record, two bytes a cycle, and says which bytes are kept."""

from litex.gen import LiteXModule
from migen import Cat, If, Mux, Signal

__all__ = ["FIELDS", "MASK_WORDS", "Parser"]

FIELDS = 256  # of a record, at most
MASK_WORDS = 8


class Parser(LiteXModule):
    """The state of a record: fields one after the other, each after its u16 length.

    A length has two bytes, so two bytes hold the beginning of one field at most. What it does in
    a cycle differs by secrets only in what it puts into registers. To be used within a
    ResetInserter, whose reset forgets everything, mask included.

    Attributes:
        push: a word of the mask comes in `word`; the last eight count, the first of them holds
            bits 31:0
        step: the next bytes of the record come in `low` and, if `pair`, `high`
        keep_low, keep_high: these bytes are to be kept; combinational, zero without `step`
        whole: the bytes until now are a well-formed record
    """

    def __init__(self) -> None:
        self.push = Signal()
        self.word = Signal(32)
        self.step = Signal()
        self.pair = Signal()
        self.low = Signal(8)
        self.high = Signal(8)
        self.keep_low = Signal()
        self.keep_high = Signal()
        self.whole = Signal()

        # # #

        mask = [Signal(32, name=f"mask{i}") for i in range(MASK_WORDS)]
        begun = Signal(max=FIELDS + 1)  # fields
        overfull = Signal()  # more of them than there may be
        keep = Signal()  # the field under way
        left = Signal(16)  # bytes of its content to come
        first = Signal(8)  # byte of its length
        awaits = Signal()  # the second byte of its length
        length = Signal(16)
        at_low = Signal()  # a field begins with this byte
        at_high = Signal()
        begins = Signal()

        self.comb += [
            length.eq(Mux(awaits, Cat(first, self.low), Cat(self.low, self.high))),
            at_low.eq(~awaits & (left == 0)),
            at_high.eq(self.pair & Mux(awaits, length == 0, left == 1)),
            begins.eq(self.step & (at_low | at_high)),
            self.keep_low.eq(self.step & Mux(at_low, mask[0][0], keep)),
            self.keep_high.eq(self.step & self.pair & Mux(begins, mask[0][0], keep)),
            self.whole.eq(~awaits & (left == 0) & ~overfull),
        ]
        self.sync += [
            If(
                self.step,
                awaits.eq(at_high | at_low & ~self.pair),
                If(at_high, first.eq(self.high), left.eq(0))
                .Elif(at_low, left.eq(Mux(self.pair, length, 0)))
                .Elif(awaits, left.eq(length - self.pair))
                .Else(left.eq(left - 1 - self.pair)),
            ),
            If(
                begins,
                keep.eq(mask[0][0]),
                mask[0].eq(mask[0][1:]),
                begun.eq(begun + 1),
                overfull.eq(overfull | (begun == FIELDS)),
            ),
            If(
                self.push | begins & (begun[:5] == 31),
                [word.eq(after) for word, after in zip(mask, mask[1:], strict=False)],
                mask[-1].eq(self.word),
            ),
        ]

"""The share splitter: an amount and four shares in, four amounts out, in a fixed time."""

from litex.gen import LiteXModule
from migen import FSM, Cat, If, Mux, NextState, Record, Signal

__all__ = ["PARTS", "Splitter"]

PARTS = ("platform", "user", "affiliate", "publisher")
WHOLE = 10_000  # basis points
BITS = 64  # of an amount


class Splitter(LiteXModule):
    """Distributes an amount: amount * share / 10000, rounded down, the publisher the rest.

    Product and quotient are made together, a bit of the amount a cycle, from the highest on: the
    remainder is doubled, the share added if the bit is set, and 10000 taken off twice, once or
    not at all; how often is added to the doubled quotient. A part whose party is absent goes to
    the user. To be used within a ResetInserter, whose reset ends a job and zeroises everything.

    Attributes:
        amount: u64; this and the next three are read at `start`
        shares: basis points, u16 each
        has_affiliate, has_publisher: whether these parties are there
        start: pulse, when not busy
        busy: a job runs
        done, refused: pulse: how the job ended; it is refused if the shares do not sum to 10000
        parts: u64 each, complete with `done`; zero from a start until then, and if it is refused
    """

    def __init__(self) -> None:
        self.amount = Signal(BITS)
        self.shares = Record([(part, 16) for part in PARTS])
        self.has_affiliate = Signal()
        self.has_publisher = Signal()
        self.start = Signal()
        self.busy = Signal()
        self.done = Signal()
        self.refused = Signal()
        self.parts = parts = Record([(part, BITS) for part in PARTS])

        # # #

        self.fsm = fsm = FSM(reset_state="IDLE")
        self.bits = bits = Signal(BITS)  # of the amount, turning: the next one is the highest
        rest = Signal(BITS)  # of the amount, not distributed yet
        shares = Signal(3 * 16)  # the publisher's is what is left
        affiliate = Signal()
        publisher = Signal()
        whole = Signal()
        self.count = count = Signal(max=BITS)
        turn = Signal(max=3)
        quotient = Signal(BITS)
        remainder = Signal(max=WHOLE)

        asked = Signal(18)  # of its own, since Verilog would add in the 16 bits of a share
        total = Signal(max=3 * WHOLE)
        twice = Signal()
        once = Signal()
        self.comb += [
            asked.eq(sum(getattr(self.shares, part) for part in PARTS)),
            total.eq((remainder << 1) + Mux(bits[-1], shares[:16], 0)),
            twice.eq(total >= 2 * WHOLE),
            once.eq((total >= WHOLE) & ~twice),
        ]

        fsm.act("IDLE", If(self.start, NextState("CHECK")))
        fsm.act("CHECK", If(whole, NextState("DIVIDE")).Else(self.refused.eq(1), NextState("IDLE")))
        fsm.act("DIVIDE", If(count == BITS - 1, NextState("ADD")))
        fsm.act("ADD", If(turn == 2, NextState("REST")).Else(NextState("DIVIDE")))
        fsm.act("REST", self.done.eq(1), NextState("IDLE"))

        adds = fsm.ongoing("ADD")
        ends = fsm.ongoing("REST")
        to_user = Signal()
        self.comb += [
            self.busy.eq(~fsm.ongoing("IDLE")),
            to_user.eq(adds & ((turn == 1) | (turn == 2) & ~affiliate) | ends & ~publisher),
        ]
        self.sync += [
            If(
                self.start,
                bits.eq(self.amount),
                rest.eq(self.amount),
                shares.eq(Cat(self.shares.platform, self.shares.user, self.shares.affiliate)),
                affiliate.eq(self.has_affiliate),
                publisher.eq(self.has_publisher),
                whole.eq(asked == WHOLE),
            ),
            If(
                fsm.ongoing("DIVIDE"),
                count.eq(count + 1),
                bits.eq(Cat(bits[-1], bits)),
                remainder.eq(total - Mux(twice, 2 * WHOLE, Mux(once, WHOLE, 0))),
                quotient.eq((quotient << 1) + Cat(once, twice)),
            ),
            If(
                adds,
                If(turn == 0, parts.platform.eq(quotient)),
                If((turn == 2) & affiliate, parts.affiliate.eq(quotient)),
                rest.eq(rest - quotient),
                remainder.eq(0),
                quotient.eq(0),
                shares.eq(shares[16:]),
                turn.eq(turn + 1),
            ),
            If(ends & publisher, parts.publisher.eq(rest)),
            If(to_user, parts.user.eq(parts.user + Mux(ends, rest, quotient))),
            # Last, so that it becomes the registers' reset and not a multiplexer before each.
            If(self.start, parts.raw_bits().eq(0)),
            If(
                self.done | self.refused,
                [state.eq(0) for state in (bits, rest, shares, affiliate, publisher, turn, count)],
            ),
        ]

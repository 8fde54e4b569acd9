"""Arithmetic modulo q = 2^23 - 2^13 + 1 on canonical numbers, in a time that is always the same."""

from litex.gen import LiteXModule
from migen import C, Cat, If, Mux, Signal

from soc.gateware.ntt.model import Q

__all__ = ["BITS", "AddSubtract", "Multiplier", "halved"]

BITS = 23
FOLD = 13  # 2^23 = 2^13 - 1 modulo q
SPLIT = 18  # width of a factor in ECP5's multipliers


class Multiplier(LiteXModule):
    """product = a b modulo q, after CYCLES; one a cycle.

    What is above bit 23 is folded three times: h 2^23 = h 2^13 - h. Then a subtraction of q is
    enough.
    """

    CYCLES = 6

    def __init__(self) -> None:
        self.a = Signal(BITS)
        self.b = Signal(BITS)
        self.product = Signal(BITS)

        # # #

        low = Signal(BITS + SPLIT)
        high = Signal(2 * BITS - SPLIT)
        whole = Signal(2 * BITS)
        once = Signal(36)  # below 2^23 2^13
        twice = Signal(27)  # at most 2^23 - 1 + (2^13 - 1)^2
        thrice = Signal(24)  # at most 2^23 - 1 + 8 (2^13 - 1)
        less = Signal(25)
        self.comb += less.eq(thrice - Q)
        self.sync += [
            low.eq(self.a * self.b[:SPLIT]),
            high.eq(self.a * self.b[SPLIT:]),
            whole.eq(low + Cat(C(0, SPLIT), high)),
            once.eq(folded(whole)),
            twice.eq(folded(once)),
            thrice.eq(folded(twice)),
            self.product.eq(Mux(less[-1], thrice, less)),
        ]


def folded(number):
    """A number congruent to another one that is wider than 23 bits."""
    above = number[BITS:]
    return number[:BITS] + (Cat(C(0, FOLD), above) - above)


class AddSubtract(LiteXModule):
    """total = a + b and difference = a - b modulo q, in the same cycle."""

    def __init__(self) -> None:
        self.a = Signal(BITS)
        self.b = Signal(BITS)
        self.total = Signal(BITS)
        self.difference = Signal(BITS)

        # # #

        plain = Signal(BITS + 1)
        less = Signal(BITS + 1)
        apart = Signal(BITS + 1)
        self.comb += [
            plain.eq(self.a + self.b),
            less.eq(plain - Q),  # the top bit is a borrow: a + b is below 2 q < 2^24
            self.total.eq(Mux(less[-1], plain, less)),
            apart.eq(self.a - self.b),
            If(apart[-1], self.difference.eq(apart + Q)).Else(self.difference.eq(apart)),
        ]


def halved(number):
    """A canonical number times the inverse of 2."""
    return number[1:] + Mux(number[0], (Q + 1) // 2, 0)

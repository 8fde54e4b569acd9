"""The way of coefficients through the engine: one multiplication, an addition and a subtraction."""

from litex.gen import LiteXModule
from migen import If, Mux, Signal

from soc.gateware.ntt.arithmetic import BITS, AddSubtract, Multiplier, halved

__all__ = ["Datapath"]


class Datapath(LiteXModule):
    """A butterfly a cycle; what comes out is in registers, CYCLES after what goes in.

    Forward (J. W. Cooley, J. W. Tukey): total = x + w y, difference = x - w y. With x = 0 or
    w = 1 that is every other operation too. Inverse (W. M. Gentleman, G. Sande):
    total = (x + y) / 2, difference = w (x - y); halving in each of eight layers divides by 256.
    With zeros for CYCLES, nothing of the numbers before stays in it.

    Attributes:
        inverse: which one; not to be changed while there is something in it
        x, y, w: canonical
        total, difference: canonical
    """

    CYCLES = Multiplier.CYCLES + 2

    def __init__(self) -> None:
        self.inverse = inverse = Signal()
        self.x = Signal(BITS)
        self.y = Signal(BITS)
        self.w = Signal(BITS)
        self.total = Signal(BITS)
        self.difference = Signal(BITS)

        # # #

        self.multiplier = multiplier = Multiplier()
        self.adder = adder = AddSubtract()
        factor = Signal(BITS)
        root = Signal(BITS)
        beside = [Signal(BITS) for _ in range(Multiplier.CYCLES + 1)]  # what is not multiplied
        self.comb += [
            multiplier.a.eq(factor),
            multiplier.b.eq(root),
            If(inverse, adder.a.eq(self.x), adder.b.eq(self.y)).Else(
                adder.a.eq(beside[-1]), adder.b.eq(multiplier.product)
            ),
        ]
        self.sync += [
            factor.eq(Mux(inverse, adder.difference, self.y)),
            root.eq(self.w),
            beside[0].eq(Mux(inverse, adder.total, self.x)),
            [later.eq(sooner) for sooner, later in zip(beside, beside[1:], strict=False)],
            self.total.eq(Mux(inverse, halved(beside[-1]), adder.total)),
            self.difference.eq(Mux(inverse, multiplier.product, adder.difference)),
        ]

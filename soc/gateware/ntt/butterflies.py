"""Which coefficients the butterflies of a transform take, and with which roots."""

from litex.gen import LiteXModule
from migen import Cat, If, Memory, Mux, Signal
from migen.fhdl.specials import READ_FIRST

from soc.gateware.ntt.arithmetic import BITS
from soc.gateware.ntt.model import COEFFICIENTS, ZETAS, Q
from soc.gateware.ntt.slots import PAIRS, parity

__all__ = ["Butterflies"]

# Roots in the order of their use, the inverse ones with their sign and halved. The first is 1.
ROOTS = ZETAS + [0] + [-ZETAS[-k] * (Q + 1) // 2 % Q for k in range(1, COEFFICIENTS)]


class Butterflies(LiteXModule):
    """Addresses and roots, layer by layer; for what is no transform, pairs n and the root 1.

    Attributes:
        begins: pulse: n will be 0, of the first layer
        forward, inverse: which transform begins and goes on, if any
        step: n changes
        n: number of the butterfly in its layer
        swap: the coefficient with the lower index is in the second bank
        addresses: in the banks
        root: for the butterfly of three cycles ago
    """

    def __init__(self) -> None:
        self.begins = Signal()
        self.forward = Signal()
        self.inverse = Signal()
        self.step = Signal()
        self.n = n = Signal(max=PAIRS)
        self.swap = Signal()
        self.addresses = [Signal(max=PAIRS), Signal(max=PAIRS)]
        self.root = Signal(BITS)

        # # #

        # The indexes of a butterfly are n with a bit put in: 0 and 1 at the place where `mask`
        # ends. Addresses are indexes without their lowest bit, which the bank implies.
        mask = Signal(max=PAIRS)
        base = Signal(max=PAIRS)
        apart = Signal(max=PAIRS)
        self.comb += [
            self.swap.eq(parity(n)),
            base.eq((n & ~mask) | ((n >> 1) & (mask >> 1))),
            apart.eq(mask & ~(mask >> 1)),
            self.addresses[0].eq(base | Mux(self.swap, apart, 0)),
            self.addresses[1].eq(base | Mux(self.swap, 0, apart)),
        ]
        transforms = Signal()
        self.comb += transforms.eq(self.forward | self.inverse)
        self.sync += [
            If(
                transforms & self.step & (n == PAIRS - 1),
                mask.eq(Mux(self.inverse, Cat(1, mask), mask >> 1)),
            ),
            If(self.begins, mask.eq(Mux(self.forward, PAIRS - 1, 0))),
        ]

        memory = Memory(BITS, len(ROOTS), init=ROOTS)
        port = memory.get_port(mode=READ_FIRST)
        self.specials += memory, port
        following = Signal(max=COEFFICIENTS)
        address = Signal(max=len(ROOTS))
        self.comb += port.adr.eq(address)
        self.sync += [
            If(transforms & self.step & ((n & mask) == mask), following.eq(following + 1)),
            If(self.begins, following.eq(transforms)),
            address.eq(Cat(following, self.inverse)),
            self.root.eq(port.dat_r),
        ]

"""Sources of noise: rings on an FPGA, a seeded register in simulation."""

from functools import reduce
from operator import xor

from litex.gen import LiteXModule
from migen import If, Signal
from migen.genlib.cdc import MultiReg

__all__ = ["RING_LENGTHS", "SEED_BITS", "RingOscillators", "SeededNoise"]

RING_LENGTHS = (3, 5, 7, 9) * 4  # inverters; unequal, so that rings do not lock to each other
SEED_BITS = 64
FEEDBACK = (63, 62, 60, 59)  # x^64 + x^63 + x^61 + x^60 + 1, of maximum length


class RingOscillators(LiteXModule):
    """Rings of inverters, each sampled by itself, then added modulo 2.

    Written without primitives of a vendor: tools keep the inverters for their attribute, and must
    be told to allow combinational loops. Not to be simulated.

    Attributes:
        noise: one bit, in the clock domain
    """

    def __init__(self, lengths: tuple[int, ...] = RING_LENGTHS) -> None:
        self.noise = Signal()

        # # #

        sampled = []
        for number, length in enumerate(lengths):
            ring = [Signal(name=f"ring{number}_{i}", attr={"keep"}) for i in range(length)]
            self.comb += [ring[i].eq(~ring[i - 1]) for i in range(length)]
            sample = Signal()
            self.specials += MultiReg(ring[0], sample)
            sampled.append(sample)
        self.sync += self.noise.eq(reduce(xor, sampled))


class SeededNoise(LiteXModule):
    """A shift register with feedback that repeats exactly: for simulation alone.

    Attributes:
        seed: driven; taken once it is not 0, until then the source is stuck
        noise: one bit, in the clock domain
    """

    def __init__(self) -> None:
        self.seed = Signal(SEED_BITS)
        self.noise = Signal()

        # # #

        state = Signal(SEED_BITS)
        self.comb += self.noise.eq(state[SEED_BITS - 1])
        self.sync += If(
            state == 0,  # a sequence of maximum length never comes back to it
            state.eq(self.seed),
        ).Else(
            state.eq(state << 1 | reduce(xor, [state[bit] for bit in FEEDBACK])),
        )

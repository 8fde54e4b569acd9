"""Sources of noise: rings on an FPGA, a seeded register in simulation."""

from functools import reduce
from operator import xor

from litex.gen import LiteXModule
from migen import Constant, If, Instance, Signal
from migen.genlib.cdc import MultiReg

__all__ = ["RING_LENGTHS", "SEED_BITS", "RingOscillators", "SeededNoise"]

RING_LENGTHS = (3, 5, 7, 9) * 4  # inverters; unequal, so that rings do not lock to each other
SEED_BITS = 64
FEEDBACK = (63, 62, 60, 59)  # x^64 + x^63 + x^61 + x^60 + 1, of maximum length


def inverter(family: str, input_: Signal, output: Signal) -> Instance:
    """An inverter that no tool optimises: yosys cuts a loop of plain assignments open."""
    if family == "ecp5":
        return Instance(
            "LUT4", p_INIT=Constant(0x5555, 16), i_A=input_, i_B=0, i_C=0, i_D=0, o_Z=output
        )
    if family == "artix":
        return Instance("LUT1", p_INIT=Constant(0b01, 2), i_I0=input_, o_O=output)
    raise ValueError(f"no inverter for {family!r}: expected 'ecp5' or 'artix'")


class RingOscillators(LiteXModule):
    """Rings of inverters, each sampled by itself, then added modulo 2.

    Tools must be told to allow combinational loops. Not to be simulated.

    Args:
        family: of the FPGA, "ecp5" or "artix"
        lengths: inverters of each ring, odd

    Attributes:
        noise: one bit, in the clock domain
    """

    def __init__(self, family: str, lengths: tuple[int, ...] = RING_LENGTHS) -> None:
        self.noise = Signal()

        # # #

        sampled = []
        for number, length in enumerate(lengths):
            ring = [Signal(name=f"ring{number}_{i}", attr={"keep"}) for i in range(length)]
            self.specials += [inverter(family, ring[i - 1], ring[i]) for i in range(length)]
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

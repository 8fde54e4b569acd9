"""Where seeds are kept between polynomials: 32 public bytes, 64 secret ones."""

from litex.gen import LiteXModule
from migen import If, Memory, Mux, Signal

from soc.gateware.sampler.model import PUBLIC_BYTES, SECRET_BYTES

__all__ = ["WORDS", "Seeds"]

WORDS = (PUBLIC_BYTES + SECRET_BYTES) // 4
DEPTH = 16  # lanes, of which 12 are used


class Seeds(LiteXModule):
    """Distributed memory written in words and read in lanes.

    After a reset zeros are written over all, a lane a cycle; words that come meanwhile are lost,
    and count as missing.

    Attributes:
        write: write `word` at `index`, from 0 to 23: 8 public words, then 16 secret ones
        at: lane to read: 4 public ones, then 8 secret ones
        lane: what is there, in the same cycle
        known: a bit for each word: written since the reset
        wiped: nothing of the past is left
    """

    autocsr_exclude = {"memories"}  # or LiteX could map them on the bus

    def __init__(self) -> None:
        self.write = Signal()
        self.index = Signal(max=WORDS)
        self.word = Signal(32)
        self.at = Signal(max=DEPTH)
        self.lane = Signal(64)
        self.known = Signal(WORDS)
        self.wiped = Signal()

        # # #

        self.memories = [Memory(32, DEPTH), Memory(32, DEPTH)]  # even words, odd words
        wiping = Signal(max=DEPTH)
        for odd, memory in enumerate(self.memories):
            port = memory.get_port(write_capable=True)
            read = memory.get_port(async_read=True)
            self.specials += memory, port, read
            self.comb += [
                port.we.eq(~self.wiped | (self.write & (self.index[0] == odd))),
                port.adr.eq(Mux(self.wiped, self.index[1:], wiping)),
                port.dat_w.eq(Mux(self.wiped, self.word, 0)),
                read.adr.eq(self.at),
                self.lane[32 * odd : 32 * odd + 32].eq(read.dat_r),
            ]
        self.sync += [
            If(
                ~self.wiped,
                wiping.eq(wiping + 1),
                self.wiped.eq(wiping == DEPTH - 1),
            ).Elif(self.write, self.known.eq(self.known | (1 << self.index))),
        ]

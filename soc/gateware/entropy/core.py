"""The entropy source: samples noise, tests it, packs it into words."""

from litex.gen import LiteXModule
from migen import Array, If, Signal
from migen.genlib.cdc import MultiReg

from soc.gateware.entropy.health import HealthTests

__all__ = ["DEPTH", "SAMPLE_CYCLES", "STARTUP_SAMPLES", "Entropy"]

SAMPLE_CYCLES = 64  # from one sample to the next: lets jitter add up
STARTUP_SAMPLES = 1024  # SP 800-90B, section 4.3: tested, then thrown away
DEPTH = 4  # words

IDLE, STARTUP, WORKING, FAILED = range(4)


class Entropy(LiteXModule):
    """Raw samples of a noise source that passes its tests.

    Samples that gave an alarm, and all that were not read before it, are zeroised. Then the source
    stays silent until it is cleared and started anew.

    Args:
        noise: one bit, of any clock
        sample_cycles: from one sample to the next

    Attributes:
        start: driven for one cycle: throw away what is there and test the source from the start;
            ignored after an alarm
        clear: driven for one cycle: zeroise, stop and forget an alarm
        starting: the start-up test runs
        failed: a test has failed; kept until `clear`
        started: high for one cycle, when the start-up test has passed
        repeats, leans: high for one cycle, when the test fails that the name says
        words: how many there are, up to DEPTH
        word: the oldest, its first sample in bit 0; 0 if there is none
        take: driven for one cycle: the word was read and is zeroised
    """

    def __init__(self, noise: Signal, sample_cycles: int = SAMPLE_CYCLES) -> None:
        self.start = Signal()
        self.clear = Signal()
        self.starting = Signal()
        self.failed = Signal()
        self.started = Signal()
        self.repeats = Signal()
        self.leans = Signal()
        self.words = Signal(max=DEPTH + 1)
        self.word = Signal(32)
        self.take = Signal()

        # # #

        state = Signal(2, reset=IDLE)
        tested = Signal(max=STARTUP_SAMPLES)
        begin, alarm, forget = Signal(), Signal(), Signal()

        self.tests = tests = HealthTests()
        cycle = Signal(max=max(sample_cycles, 2))
        self.specials += MultiReg(noise, tests.sample)
        self.sync += If(cycle == sample_cycles - 1, cycle.eq(0)).Else(cycle.eq(cycle + 1))
        self.comb += [
            begin.eq(self.start & (state != FAILED)),
            forget.eq(begin | alarm | self.clear),
            tests.restart.eq(forget),
            tests.valid.eq(
                (cycle == sample_cycles - 1) & ((state == STARTUP) | (state == WORKING))
            ),
            self.repeats.eq(tests.repeats & ~begin & ~self.clear),
            self.leans.eq(tests.leans & ~begin & ~self.clear),
            alarm.eq(self.repeats | self.leans),
            self.starting.eq(state == STARTUP),
            self.failed.eq(state == FAILED),
            self.started.eq(
                self.starting & tests.valid & (tested == STARTUP_SAMPLES - 1) & ~forget
            ),
        ]
        self.sync += [
            If(self.starting & tests.valid, tested.eq(tested + 1)),
            If(self.started, state.eq(WORKING)),
            If(alarm, state.eq(FAILED)),
            If(begin, state.eq(STARTUP), tested.eq(0)),
            If(self.clear, state.eq(IDLE)),
        ]

        # Words move towards the first; zeros follow them.
        self.packed = packed = Signal(32)
        bits = Signal(max=32)
        self.kept = kept = Array(Signal(32) for _ in range(DEPTH))
        room, push, pop = Signal(), Signal(), Signal()
        after = Signal.like(self.words)  # words there are once the oldest is gone
        self.comb += [
            self.word.eq(kept[0]),
            pop.eq(self.take & (self.words != 0)),
            after.eq(self.words - pop),
            room.eq(self.words != DEPTH),
            push.eq((state == WORKING) & tests.valid & room & (bits == 31)),
        ]
        self.sync += [
            If(
                (state == WORKING) & tests.valid & room,
                bits.eq(bits + 1),
                packed.eq(tests.sample << 31 | packed[1:]),
            ),
            If(pop, *[kept[i].eq(kept[i + 1]) for i in range(DEPTH - 1)], kept[DEPTH - 1].eq(0)),
            If(push, kept[after].eq(tests.sample << 31 | packed[1:]), packed.eq(0)),
            self.words.eq(after + push),
            If(
                forget,
                packed.eq(0),
                bits.eq(0),
                self.words.eq(0),
                *[word.eq(0) for word in kept],
            ),
        ]

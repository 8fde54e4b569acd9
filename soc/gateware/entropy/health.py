"""The continuous health tests of SP 800-90B, section 4.4, on samples of one bit."""

from fractions import Fraction
from math import ceil, exp, lgamma, log

from litex.gen import LiteXModule
from migen import If, Signal

__all__ = [
    "ALPHA_BITS", "ENTROPY", "WINDOW", "HealthTests", "proportion_cutoff", "repetition_cutoff",
]  # fmt: skip

ENTROPY = Fraction(3, 10)  # bits a sample, claimed
ALPHA_BITS = 30  # a sound source is taken for a broken one with a probability of 2^-30
WINDOW = 1024  # samples of an adaptive proportion test on one bit, section 4.4.2


def repetition_cutoff(entropy: Fraction, alpha_bits: int) -> int:
    """Number of equal samples in a row that fails, 1 + ceil(-log2(alpha) / H): section 4.4.1."""
    return 1 + ceil(alpha_bits / entropy)


def proportion_cutoff(entropy: Fraction, alpha_bits: int, window: int = WINDOW) -> int:
    """Number of samples in a window equal to its first that fails: section 4.4.2.

    It is 1 + CRITBINOM(window, 2^-H, 1 - alpha): one more than the least k for which at most k
    successes in `window` trials have at least that probability.
    """
    p = 2.0 ** -float(entropy)
    above = 0.0
    for k in range(window, 0, -1):
        ways = lgamma(window + 1) - lgamma(k + 1) - lgamma(window - k + 1)
        rest = (window - k) * log(1 - p) if k < window else 0.0
        above += exp(ways + k * log(p) + rest)  # probability of k successes or more
        if above > 2.0**-alpha_bits:
            return k + 1
    return 1


class HealthTests(LiteXModule):
    """Looks at every sample, and says in the same cycle that a test fails with it.

    Args:
        entropy: claimed, in bits a sample
        alpha_bits: probability of a false alarm, as -log2

    Attributes:
        sample, valid: driven; a bit, and that there is one
        restart: driven for one cycle: forget all samples
        repeats: the source is stuck
        leans: the source prefers one value
    """

    def __init__(self, entropy: Fraction = ENTROPY, alpha_bits: int = ALPHA_BITS) -> None:
        self.sample = Signal()
        self.valid = Signal()
        self.restart = Signal()
        self.repeats = Signal()
        self.leans = Signal()

        # # #

        run_limit = repetition_cutoff(entropy, alpha_bits)
        last, run = Signal(), Signal(max=run_limit + 1)  # a run of 0: no sample yet
        again = Signal()

        count_limit = proportion_cutoff(entropy, alpha_bits)
        first, count = Signal(), Signal(max=WINDOW + 1)
        index = Signal(max=WINDOW)
        equal = Signal()

        self.comb += [
            again.eq((run != 0) & (self.sample == last)),
            self.repeats.eq(self.valid & again & (run == run_limit - 1)),
            equal.eq((index != 0) & (self.sample == first)),
            self.leans.eq(self.valid & equal & (count == count_limit - 1)),
        ]
        self.sync += [
            If(
                self.valid,
                last.eq(self.sample),
                If(again, run.eq(run + 1)).Else(run.eq(1)),
                index.eq(index + 1),
                If(index == 0, first.eq(self.sample), count.eq(1)).Elif(equal, count.eq(count + 1)),
            ),
            If(self.restart, last.eq(0), run.eq(0), first.eq(0), count.eq(0), index.eq(0)),
        ]

"""Health tests of a source of noise, on every byte of it: SP 800-90B, sections 4.3 to 4.5.

A sample is a byte. Each test guesses it, of what came before it: as the last one (repetition count,
section 4.4.1), as the first one of its window (adaptive proportion, 4.4.2), and as what followed
the last time after the same 12 bits (a test of our own, as 4.5 lets one add; it is the predictor of
section 6.3.9 in little). If a sample has `bits` of min-entropy whatever came before, no guess is
right more often than 2^-bits: what is guessed better has less. The last test is the one that finds
a source that repeats: of a period of up to a window it guesses nearly all in the second one.

The adaptive proportion test sees a bias of the bits in those windows alone that happen to begin
with the favourite byte. So ones and zeros are counted too, with the cutoff for samples of a bit.
"""

from collections import namedtuple

WINDOW = 512  # samples: section 4.4.2 has it so for samples of more than a bit
STARTUP = 1024  # samples that are tested before a key is made of any: section 4.3
CONTEXTS = 4096  # the bits before a sample that are looked at are 12

# What is claimed of a source: tenths of a bit of min-entropy in a byte. Cutoffs: of equal samples
# in a row, of guesses of a window that are right, and of equal bits in a window; a sound
# source comes to one with a probability of 2^-30. A board has no floats to compute them.
# Last the bytes that each start tests: of a board, whose gateware has tested 1,024 samples of a bit
# before, as many again; and what a seed takes, (256 + 64) / 2.4 (SP 800-90C, section 3).
Claim = namedtuple("Claim", ("tenths", "row", "window", "bits", "startup"))
RINGS = Claim(24, 14, 155, 3474, 136)  # 0.3 bit a sample of soc/gateware/entropy
SYSTEM = Claim(60, 6, 31, 2624, STARTUP)  # of an operating system, which promises eight

_ONES = bytes([bin(byte).count("1") for byte in range(256)])


class Unhealthy(Exception):
    """A test failed; says which, and what that tells."""


class Health:
    """The tests. An alarm is final: what failed once fails until it is started anew.

    Args:
        claim: Claim.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._last = -1  # no sample yet
        self._row = 0
        self._at = 0  # in the window
        self._first = 0
        self._alike = 0
        self._ones = 0
        self._context = 0
        self._followed = bytearray(CONTEXTS)
        self._guessed = 0
        self._failure = ""

    def test(self, samples: bytes) -> None:
        """Look at samples.

        Raises:
            Unhealthy: a test fails with one of them, or has failed before.
        """
        for sample in samples:
            self._look_at(sample)
            if self._failure:
                raise Unhealthy(self._failure)

    def _look_at(self, sample):
        claim = self._claim
        self._row = self._row + 1 if sample == self._last else 1
        if self._row >= claim.row:
            self._failure = "the source is stuck (repetition count test)"
        if self._at == 0:
            self._first, self._alike, self._guessed, self._ones = sample, 0, 0, 0
        if sample == self._first:
            self._alike += 1
            if self._alike >= claim.window:
                self._failure = "the source is biased (adaptive proportion test)"
        if sample == self._followed[self._context]:
            self._guessed += 1
            if self._guessed >= claim.window:
                self._failure = "the source repeats itself (prediction test)"
        self._followed[self._context] = sample
        self._context = (self._context << 8 | sample) & (CONTEXTS - 1)
        self._last = sample
        self._ones += _ONES[sample]
        self._at += 1
        if self._at == WINDOW:
            self._at = 0
            if not 8 * WINDOW - claim.bits < self._ones < claim.bits:
                self._failure = "the source is biased (proportion of ones)"

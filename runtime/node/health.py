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
CONTEXTS = 0x1000  # the bits before a sample that are looked at are 12

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
        self._followed = bytearray(CONTEXTS)
        # Last sample, none yet; its row; place in the window, the window's first sample, those like
        # it, guesses that were right, ones; the context.
        self._so_far = (-1, 0, 0, 0, 0, 0, 0, 0)
        self._failure = ""

    def test(self, samples: bytes) -> None:
        """Look at samples.

        Raises:
            Unhealthy: a test fails with one of them, or has failed before.
        """
        # All in names of this function: on a board each start waits for it.
        claim, followed, ones_in, failure = self._claim, self._followed, _ONES, self._failure
        newest = CONTEXTS - 1
        most_row, most_alike, most_ones = claim.row, claim.window, claim.bits
        last, row, at, first, alike, guessed, ones, context = self._so_far
        for sample in samples:
            if failure:
                break
            row = row + 1 if sample == last else 1
            if row >= most_row:
                failure = "the source is stuck (repetition count test)"
            if at == 0:
                first, alike, guessed, ones = sample, 0, 0, 0
            if sample == first:
                alike += 1
                if alike >= most_alike:
                    failure = "the source is biased (adaptive proportion test)"
            if sample == followed[context]:
                guessed += 1
                if guessed >= most_alike:
                    failure = "the source repeats itself (prediction test)"
            followed[context] = last = sample
            context = (context << 8 | sample) & newest
            ones += ones_in[sample]
            at += 1
            if at == WINDOW:
                at = 0
                if not 8 * WINDOW - most_ones < ones < most_ones:
                    failure = "the source is biased (proportion of ones)"
        self._so_far = (last, row, at, first, alike, guessed, ones, context)
        if failure:
            self._failure = failure
            raise Unhealthy(failure)

"""The entropy source in plain Python, sample by sample."""

from collections.abc import Iterator

from soc.gateware.entropy.core import DEPTH, STARTUP_SAMPLES
from soc.gateware.entropy.health import (
    ALPHA_BITS,
    ENTROPY,
    WINDOW,
    proportion_cutoff,
    repetition_cutoff,
)

__all__ = ["Entropy", "leaning", "repeating", "seeded_noise"]


def repeating(samples: list[int]) -> int | None:
    """Index of the sample with which the repetition count test fails, if it does."""
    cutoff = repetition_cutoff(ENTROPY, ALPHA_BITS)
    for end in range(cutoff, len(samples) + 1):
        if len(set(samples[end - cutoff : end])) == 1:
            return end - 1
    return None


def leaning(samples: list[int]) -> int | None:
    """Index of the sample with which the adaptive proportion test fails, if it does."""
    cutoff = proportion_cutoff(ENTROPY, ALPHA_BITS)
    for begin in range(0, len(samples), WINDOW):
        window = samples[begin : begin + WINDOW]
        alike = [i for i, sample in enumerate(window) if sample == window[0]]
        if len(alike) >= cutoff:
            return begin + alike[cutoff - 1]
    return None


def seeded_noise(seed: int) -> Iterator[int]:
    """The bits of the seeded source, one a cycle."""
    state = seed
    while True:
        yield state >> 63
        feedback = (state >> 63 ^ state >> 62 ^ state >> 60 ^ state >> 59) & 1
        state = (state << 1 | feedback) % (1 << 64)


class Entropy:
    """What comes out of a source that was started, for samples of which none is read.

    Args:
        samples: since the start
    """

    def __init__(self, samples: list[int]) -> None:
        alarms = [at for at in (repeating(samples), leaning(samples)) if at is not None]
        self.failed = bool(alarms)
        self.started = len(samples) >= STARTUP_SAMPLES and (
            not alarms or min(alarms) >= STARTUP_SAMPLES
        )
        self.words: list[int] = []
        if self.started and not self.failed:
            good = samples[STARTUP_SAMPLES:][: 32 * DEPTH]
            for begin in range(0, len(good) - 31, 32):
                bits = good[begin : begin + 32]
                self.words.append(sum(bit << i for i, bit in enumerate(bits)))

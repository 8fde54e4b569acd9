"""Test bench of the entropy source."""

import random
from fractions import Fraction
from itertools import islice

import pytest
from migen import Signal
from migen.sim import run_simulation

from soc.gateware.access import Registers
from soc.gateware.entropy import model
from soc.gateware.entropy.core import DEPTH, STARTUP_SAMPLES, Entropy
from soc.gateware.entropy.health import (
    ALPHA_BITS,
    ENTROPY,
    WINDOW,
    HealthTests,
    proportion_cutoff,
    repetition_cutoff,
)
from soc.gateware.entropy.noise import SeededNoise
from soc.gateware.entropy.registers import EntropyRegisters

STUCK = repetition_cutoff(ENTROPY, ALPHA_BITS)
LEANS = proportion_cutoff(ENTROPY, ALPHA_BITS)


def noise(count, seed=0, ones=0.5):
    """Samples that are 1 with a probability."""
    rng = random.Random(seed)
    return [int(rng.random() < ones) for _ in range(count)]


@pytest.mark.parametrize(
    ("entropy", "cutoff"), [("0.2", 941), ("0.4", 840), ("0.6", 748), ("0.8", 664), ("1", 589)]
)
def test_cutoffs_are_those_that_the_standard_gives_as_examples(entropy, cutoff):
    # SP 800-90B, section 4.4.2, table 2: alpha = 2^-20, window of 1,024.
    assert proportion_cutoff(Fraction(entropy), 20) == cutoff


def test_cutoffs_are_those_that_the_readme_states():
    assert (STUCK, LEANS) == (101, 904)
    assert repetition_cutoff(Fraction(1), 20) == 21  # section 4.4.1: 1 + ceil(20 / H)


def alarms(samples):
    """Indices of the first sample with which each of the tests fails."""
    dut, seen = HealthTests(), {"repeats": None, "leans": None}

    def bench():
        for index, sample in enumerate(samples):
            yield dut.valid.eq(1)
            yield dut.sample.eq(sample)
            yield
            for name in seen:
                if seen[name] is None and (yield getattr(dut, name)):
                    seen[name] = index
            if index % 7 == 0:  # between samples nothing counts
                yield dut.valid.eq(0)
                yield dut.sample.eq(~sample)
                yield

    run_simulation(dut, bench())
    return seen["repeats"], seen["leans"]


@pytest.mark.parametrize("value", [0, 1])
def test_a_run_fails_at_the_cutoff_and_not_before(value):
    other = 1 - value
    assert alarms([other] + [value] * (STUCK - 1) + [other] * (STUCK - 1)) == (None, None)
    assert alarms([other] + [value] * STUCK) == (STUCK, None)
    assert alarms([value] * STUCK) == (STUCK - 1, None)


@pytest.mark.parametrize("value", [0, 1])
def test_a_window_fails_with_too_many_of_its_first_value_and_not_with_one_less(value):
    samples = [value] * WINDOW
    others = range(8, WINDOW, 8)  # no long run
    for index in list(others)[: WINDOW - LEANS]:
        samples[index] = 1 - value
    assert samples.count(value) == LEANS
    for begin in (0, WINDOW):  # the first window, and the next
        before = [0, 1] * (begin // 2)
        assert alarms([*before, *samples])[1] == begin + WINDOW - 1
        fewer = samples[:]
        fewer[-1] = 1 - value
        assert alarms([*before, *fewer])[1] is None


@pytest.mark.parametrize("ones", [0.05, 0.15, 0.5, 0.85, 0.95])
def test_alarms_are_those_of_the_model(ones):
    samples = noise(3000, seed=int(100 * ones), ones=ones)
    assert alarms(samples) == (model.repeating(samples), model.leaning(samples))


class Source:
    """The core, a sample a cycle, and what its tests saw."""

    def __init__(self):
        self.noise = Signal()
        self.dut = Entropy(self.noise, sample_cycles=1)
        self.samples = []  # that were tested
        self.events = []

    def feed(self, bits):
        for bit in bits:
            yield self.noise.eq(bit)
            yield from self.cycle()

    def cycle(self):
        yield
        if (yield self.dut.tests.valid):
            self.samples.append((yield self.dut.tests.sample))
        for event in ("started", "repeats", "leans"):
            if (yield getattr(self.dut, event)):
                self.events.append((event, len(self.samples)))

    def pulse(self, signal):
        yield signal.eq(1)
        yield from self.cycle()
        yield signal.eq(0)

    def secrets(self):
        """Whatever registers hold samples."""
        total = 0
        for signal in (*self.dut.kept, self.dut.packed):
            total |= yield signal
        return total

    def words(self):
        found = []
        while (yield self.dut.words):
            found.append((yield self.dut.word))
            yield from self.pulse(self.dut.take)
            yield from self.cycle()
        return found


def test_nothing_is_sampled_before_the_start():
    source = Source()

    def bench():
        yield from source.feed(noise(200))
        assert not source.samples
        assert (yield source.dut.words) == 0

    run_simulation(source.dut, bench())


def test_words_are_those_of_the_model_and_none_of_the_start_up_test():
    source = Source()

    def bench():
        yield from source.pulse(source.dut.start)
        yield from source.feed(noise(STARTUP_SAMPLES - 2))
        assert (yield source.dut.starting)
        assert (yield source.dut.words) == 0
        yield from source.feed(noise(300, seed=1))
        assert source.events == [("started", STARTUP_SAMPLES)]
        assert (yield source.dut.words) == DEPTH
        expected = model.Entropy(source.samples).words
        assert (yield from source.words())[:DEPTH] == expected
        assert len(expected) == DEPTH

    run_simulation(source.dut, bench())


def test_a_word_that_was_read_is_gone_from_all_registers():
    source = Source()

    def bench():
        yield from source.pulse(source.dut.start)
        yield from source.feed(noise(STARTUP_SAMPLES + 32 * DEPTH + 50))
        assert (yield source.dut.packed) == 0  # full: nothing more is packed
        held = []
        for word in source.dut.kept:
            held.append((yield word))
        assert all(held)
        yield from source.pulse(source.dut.take)
        yield
        left = []
        for word in source.dut.kept:
            left.append((yield word))
        assert left == [*held[1:], 0]

    run_simulation(source.dut, bench())


@pytest.mark.parametrize("end", ["clear", "start", "alarm"])
def test_whatever_ends_the_source_zeroises_its_samples(end):
    source = Source()

    def bench():
        yield from source.pulse(source.dut.start)
        yield from source.feed(noise(STARTUP_SAMPLES + 75))
        assert (yield from source.secrets())
        if end == "alarm":
            yield from source.feed([1] * (STUCK + 4))
            assert source.events[-1][0] == "repeats"
        else:
            yield from source.pulse(getattr(source.dut, end))
        yield
        assert not (yield from source.secrets())
        assert (yield source.dut.words) == 0

    run_simulation(source.dut, bench())


def test_an_alarm_silences_the_source_until_it_is_cleared_and_tested_anew():
    source = Source()

    def bench():
        yield from source.pulse(source.dut.start)
        yield from source.feed([*noise(STARTUP_SAMPLES + 40), *[0] * (STUCK + 4)])
        assert (yield source.dut.failed)
        alarm = source.events[-1]
        yield from source.pulse(source.dut.start)  # not enough
        yield from source.feed(noise(2 * STARTUP_SAMPLES))
        assert (yield source.dut.failed)
        assert (yield source.dut.words) == 0
        assert source.events[-1] == alarm
        yield from source.pulse(source.dut.clear)
        yield from source.feed(noise(2 * STARTUP_SAMPLES))
        assert not (yield source.dut.failed)
        assert (yield source.dut.words) == 0
        yield from source.pulse(source.dut.start)
        yield from source.feed(noise(2 * STARTUP_SAMPLES))
        assert (yield source.dut.words) == DEPTH

    run_simulation(source.dut, bench())


@pytest.mark.parametrize(("ones", "event"), [(0.0, "repeats"), (1.0, "repeats"), (0.92, "leans")])
def test_a_bad_source_does_not_pass_the_start_up_test(ones, event):
    source = Source()

    def bench():
        yield from source.feed([int(ones > 0.5)] * 4)
        yield from source.pulse(source.dut.start)
        yield from source.feed(noise(STARTUP_SAMPLES, seed=3, ones=ones))
        assert [name for name, _ in source.events] == [event]
        assert model.Entropy(source.samples).failed
        assert (yield source.dut.words) == 0

    run_simulation(source.dut, bench())


def test_an_alarm_with_the_last_sample_of_the_start_up_test_is_no_start():
    alarms = set()
    for ones in range(STARTUP_SAMPLES - STUCK - 8, STARTUP_SAMPLES - STUCK + 4):
        source = Source()

        def bench(source=source, ones=ones):
            yield from source.pulse(source.dut.start)
            yield from source.feed([1 - i % 2 for i in range(ones)])
            yield from source.feed([ones % 2] * (STUCK + 8))

        run_simulation(source.dut, bench())
        (alarm,) = [at for event, at in source.events if event == "repeats"]
        assert ("started" in dict(source.events)) == (alarm > STARTUP_SAMPLES)
        alarms.add(alarm)
    assert {STARTUP_SAMPLES - 1, STARTUP_SAMPLES, STARTUP_SAMPLES + 1} <= alarms


class Software:
    """The wrapper on a seeded source, and how software uses it."""

    SAMPLE_CYCLES = 2

    def __init__(self, seed):
        self.source = SeededNoise()
        self.bench = Registers(EntropyRegisters(self.source.noise, self.SAMPLE_CYCLES))
        self.bench.source = self.source
        self.seed = seed
        self.read, self.write = self.bench.read, self.bench.write

    def events(self):
        """(finished, error) since the last look."""
        pending = yield from self.read("ev_pending")
        yield from self.write("ev_pending", pending)
        return pending & 1, pending >> 1

    def run(self, software):
        def seeded():
            yield self.source.seed.eq(self.seed)
            yield from software()

        run_simulation(self.bench, seeded())

    def wait(self, samples):
        for _ in range(samples * self.SAMPLE_CYCLES):
            yield


def test_software_reads_the_words_of_a_seeded_source():
    node, words = Software(seed=0x0123456789ABCDEF), []

    def software():
        assert (yield from node.read("data")) == 0
        yield from node.write("control", 1)
        assert (yield from node.read("status")) == 1
        yield from node.wait(STARTUP_SAMPLES + 8)
        assert (yield from node.events()) == (1, 0)
        assert (yield from node.read("status")) == 0
        while len(words) < 10:
            if (yield from node.read("words")):
                words.append((yield from node.read("data")))

    node.run(software)
    bits = list(islice(model.seeded_noise(node.seed), 2 * STARTUP_SAMPLES * node.SAMPLE_CYCLES))
    stream = "".join(map(str, bits[:: node.SAMPLE_CYCLES]))
    odd = "".join(map(str, bits[1 :: node.SAMPLE_CYCLES]))
    read = "".join(f"{word:032b}"[::-1] for word in words)
    assert read in stream or read in odd
    assert len(set(words)) == len(words)


def test_software_hears_of_a_source_that_is_stuck():
    node = Software(seed=0)

    def software():
        codes = node.bench.dut.codes
        yield from node.write("control", 1)
        yield from node.wait(STUCK + 8)
        assert (yield from node.events()) == (0, 1)
        assert (yield from node.read("status")) == codes["repetition"] << 8
        yield from node.write("control", 1)
        assert (yield from node.events()) == (0, 1)
        assert (yield from node.read("status")) == codes["failed"] << 8
        yield from node.write("control", 2)
        assert (yield from node.read("status")) == 0
        yield from node.write("control", 1)
        assert (yield from node.read("status")) == 1

    node.run(software)


def test_a_start_during_the_start_up_test_is_refused():
    node = Software(seed=1 << 60 | 5)

    def software():
        yield from node.write("control", 1)
        yield from node.wait(100)
        yield from node.write("control", 1)
        assert (yield from node.events()) == (0, 1)
        assert (yield from node.read("status")) == 1 | node.bench.dut.codes["busy"] << 8

    node.run(software)

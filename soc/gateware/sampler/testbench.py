import random
from itertools import accumulate
from struct import unpack

import pytest
from litex.gen import LiteXModule
from migen import Signal, passive, run_simulation

from soc.gateware.engine import BUSY
from soc.gateware.keccak.bench import Bench
from soc.gateware.keccak.core import Keccak
from soc.gateware.keccak.registers import KeccakEngine
from soc.gateware.sampler.gearbox import Gearbox
from soc.gateware.sampler.model import (
    COEFFICIENTS,
    GAMMA1,
    KEM_Q,
    KINDS,
    XOFS,
    Q,
    accepted,
    candidates,
    sampled,
)
from soc.gateware.sampler.registers import SamplerEngine
from soc.gateware.sampler.select import Select
from soc.gateware.sampler.volume import cycles, job

PUBLIC = bytes(range(32))
SECRET = bytes(range(100, 164))


def seed_of(kind, public=PUBLIC, secret=SECRET):
    return (public if KINDS[kind].public else secret)[: KINDS[kind].seed]


def used(kind, seed, nonce):
    """How many candidates it takes to have 256 coefficients."""
    one = KINDS[kind]
    data = XOFS[one.function](seed + nonce.to_bytes(one.nonce, "little")).digest(1680)
    fits = [one.coefficient(number) is not None for number in candidates(data, one.bits)]
    return list(accumulate(fits)).index(COEFFICIENTS) + 1


# Of the polynomials that follow: least, mean and most.
CYCLES = {
    "uniform": (308, 308.247, 311),
    "eta": (314, 325.287, 343),
    "mask": (308, 308, 308),
    "uniform_kem": (336, 366.811, 395),
    "cbd2": (308, 308, 308),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_polynomials_agree_with_the_model_in_the_stated_cycles(kind):
    material = random.Random(kind)
    jobs, formula = [], []
    for _ in range(1000):
        public, secret = material.randbytes(32), material.randbytes(64)
        nonce = material.getrandbits(8 * KINDS[kind].nonce)
        seed = seed_of(kind, public, secret)
        jobs.append(job(kind, public, secret, nonce, sampled(kind, seed, nonce)))
        formula.append(52 + used(kind, seed, nonce))
    taken = cycles(jobs)
    assert taken == formula
    assert (min(taken), sum(taken) / 1000, max(taken)) == CYCLES[kind]


def test_a_consumer_that_stalls_gets_every_coefficient():
    material = random.Random(2)
    jobs = []
    for i in range(100):
        kind = list(KINDS)[i % len(KINDS)]
        expected = sampled(kind, seed_of(kind), i)
        stalls = bool(material.randrange(2))
        jobs.append(job(kind, PUBLIC, SECRET, i, expected, stalls=stalls))
    cycles(jobs)


def streamed(dut, given, wanted, seed):
    """What a module makes of `given`, both of its streams stalling at random."""
    material = random.Random(seed)
    got = []

    @passive
    def feed():
        for data in given:
            while material.randrange(4) == 0:
                yield
            yield dut.sink.valid.eq(1)
            yield dut.sink.data.eq(data)
            yield
            while not (yield dut.sink.ready):
                yield
            yield dut.sink.valid.eq(0)

    def collect():
        while len(got) < wanted:
            yield dut.source.ready.eq(material.randrange(4) != 0)
            yield
            if (yield dut.source.valid) and (yield dut.source.ready):
                got.append(((yield dut.source.data), (yield dut.source.last)))

    run_simulation(dut, [feed(), collect()])
    return got


@pytest.mark.parametrize("bits", [4, 12, 20, 24])
def test_candidates_are_cut_at_any_width(bits):
    widths = [kind.bits for kind in KINDS.values()]
    data = random.Random(bits).randbytes(240)
    gearbox = Gearbox(widths)
    gearbox.comb += gearbox.kind.eq(widths.index(bits))
    expected = list(candidates(data, bits))
    got = streamed(gearbox, unpack("<60I", data), len(expected), seed=bits)
    assert [candidate % (1 << bits) for candidate, _ in got] == expected


# Candidates at the edges of what is accepted; bits above a candidate's own mean nothing.
EDGES = {
    "uniform": [0, 1, Q - 2, Q - 1, Q, Q + 1, (1 << 23) - 1, 1 << 23, 1 << 23 | Q, (1 << 24) - 1,
                0x7FDFFF, *(Q ^ 1 | 1 << bit for bit in range(13)),
                *(Q ^ 1 << bit for bit in range(13, 23))],
    "eta": [*range(16), *(0xFFFFF0 | half for half in range(16))],
    "mask": [0, 1, GAMMA1 - 1, GAMMA1, GAMMA1 + 1, 2 * GAMMA1 - 1, 0xF00000, 0xFFFFFF],
    "uniform_kem": [0, 1, KEM_Q - 1, KEM_Q, KEM_Q + 1, 4095, 0xFFF000, 0xFFFD00, 0xFFFD01],
    "cbd2": [*range(16), *(0xABCDE0 | half for half in range(16))],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_at_the_edges_are_rejected_or_mean_what_the_standard_says(kind):
    select = Select()
    select.comb += select.kind.eq(list(KINDS).index(kind))
    bits = KINDS[kind].bits
    given = EDGES[kind] * 128
    random.Random(kind).shuffle(given)
    expected = accepted(KINDS[kind], [number % (1 << bits) for number in given])
    got = streamed(select, given, COEFFICIENTS, seed=3)
    assert [coefficient for coefficient, _ in got] == expected[:COEFFICIENTS]
    assert [last for _, last in got] == [0] * 255 + [1]


class Alone(LiteXModule):
    """The core without the registers of its engine, always free."""

    def __init__(self):
        self.keccak = Keccak()
        self.guest = self.keccak.port
        self.lent = Signal()
        self.free = Signal(reset=1)


class Samplers(Bench):
    """The samplers on a core.

    Args:
        lender: of the core: a KeccakEngine, or Alone, which simulates faster
    """

    def __init__(self, lender):
        self.lender = lender
        super().__init__(SamplerEngine(lender))

    def seed(self, first=0, size=96):
        """Write `size` bytes of the seeds from word `first` on."""
        while (yield self.engine.status.fields.busy):
            yield
        yield from self.write("seed_index", first)
        for word in unpack("<24I", PUBLIC + SECRET)[first : first + size // 4]:
            yield from self.write("seed", word)


class Pair(Samplers):
    """The samplers, and the Keccak engine on registers and memory of its own."""

    def __init__(self):
        self.keccak = Bench(KeccakEngine())
        super().__init__(self.keccak.engine)


def simulated(test, kind=lambda: Samplers(Alone())):
    """Run a test in Migen's simulator."""
    bench = kind()
    run_simulation(bench, test(bench, bench.engine))


def left(bench, seeds=True):
    """All bits that could tell something of a polynomial or, if asked, of the seeds."""
    sampler = bench.engine.sampler
    total = (yield sampler.gearbox.source.data) | (yield sampler.select.source.data)
    total |= (yield bench.engine.bus.dat_w) | (yield bench.engine.seed.storage)
    for lane in bench.lender.keccak.state:
        total |= yield lane
    for entry in range(16):
        total |= yield sampler.fifo.memory[entry]
    if seeds:
        total |= yield sampler.seeds.known
        for memory in sampler.seeds.memories:
            for entry in range(16):
                total |= yield memory[entry]
    return total


def test_no_memory_of_the_engine_is_on_the_bus():
    assert SamplerEngine(KeccakEngine()).get_memories() == []


def test_a_polynomial_goes_to_memory_and_leaves_only_its_seed():
    def test(bench, engine):
        yield from bench.seed()
        yield from bench.run(job=list(KINDS).index("mask"), nonce=513, address=0x400)
        polynomial = yield from bench.get(0x400, 1024)
        assert list(unpack("<256I", polynomial)) == sampled("mask", SECRET, 513)
        assert (yield from bench.get(0x3F0, 16)) == (yield from bench.get(0x800, 16)) == bytes(16)
        for _ in range(16):
            yield
        assert not (yield from left(bench, seeds=False))
        known = yield engine.sampler.seeds.known
        assert known == (1 << 24) - 1

    simulated(test)


def test_a_polynomial_goes_to_the_stream_and_nothing_disturbs_it():
    got = []

    @passive
    def consume(source):
        yield source.ready.eq(1)
        while True:
            yield
            if (yield source.valid):
                got.append((yield source.data))

    def test(bench, engine):
        yield from bench.seed(0, 32)
        yield from bench.start(job=list(KINDS).index("uniform") | 1 << 4, nonce=0x0201)
        assert (yield from bench.keccak.run(job=2)) == "lent"
        yield from bench.keccak.clear()
        yield from bench.start()
        assert (yield engine.status.fields.error) == BUSY
        while (yield engine.status.fields.busy):
            yield
        assert got == sampled("uniform", PUBLIC, 0x0201)
        assert (yield from bench.get(0, 4096)) == bytes(4096)
        assert (yield from bench.keccak.run(job=2)) != "lent"

    bench = Pair()
    run_simulation(bench, [test(bench, bench.engine), consume(bench.engine.source)])


def test_a_refused_job_starts_nothing():
    def test(bench, engine):
        eta, cbd2 = list(KINDS).index("eta"), list(KINDS).index("cbd2")
        yield from bench.seed(8, 60)  # all of the secret words but the last
        assert (yield from bench.run(job=eta)) == "seed"
        assert (yield from bench.run(job=0)) == "seed"
        yield from bench.seed(23, 4)
        refused = [
            ("kind", {"job": 5}),
            ("kind", {"job": 7}),
            ("nonce", {"job": cbd2, "nonce": 256}),
            ("address", {"job": eta, "address": 2}),
            ("seed", {"job": 0, "address": 0}),
        ]
        for why, registers in refused:
            assert (yield from bench.run(**registers)) == why
        yield from bench.keccak.run(job=0 | 3 << 8, length=4)  # absorbs, and keeps what it has
        assert (yield from bench.run(job=eta)) == "context"
        yield from bench.keccak.clear()
        assert (yield from bench.get(0, 4096)) == bytes(4096)
        yield from bench.start(job=eta)
        assert (yield engine.status.fields.busy) and not (yield engine.status.fields.error)

    simulated(test, Pair)


def test_clear_leaves_nothing_of_seeds_and_polynomials_at_whatever_moment():
    def test(bench, engine):
        for after in (0, 30, 90):
            yield from bench.seed(8, 64)
            yield from bench.start(job=list(KINDS).index("mask"), address=0)
            for _ in range(after):
                yield
            yield from bench.clear()
            while (yield engine.status.fields.busy):
                yield
            assert not (yield from left(bench))
        assert (yield from bench.run()) == "seed"

    simulated(test)


def test_an_address_that_does_not_answer_ends_the_job_and_clears_all():
    def test(bench, engine):
        yield from bench.seed()
        assert (yield from bench.run(job=1, address=1 << 31)) == "bus"
        assert not (yield from left(bench))
        assert (yield from bench.run(address=0)) == "seed"
        yield from bench.seed(8, 64)
        yield from bench.start()
        assert (yield engine.status.fields.busy) and not (yield engine.status.fields.error)

    simulated(test)


def test_after_a_failure_and_a_clear_the_next_polynomial_is_right():
    def test(bench, engine):
        yield from bench.seed(8, 64)
        assert (yield from bench.run(job=2, nonce=3, address=1 << 31)) == "bus"
        yield from bench.seed(8, 64)
        yield from bench.start(address=0)
        yield from bench.clear()
        yield from bench.seed(8, 64)
        assert (yield from bench.run()) == 319
        polynomial = yield from bench.get(0, 1024)
        assert list(unpack("<256I", polynomial)) == sampled("mask", SECRET, 3)

    simulated(test)

"""The redactor's core in Migen's simulator: protocol, corner cases, what stays behind."""

import random

import pytest
from migen import ResetInserter, run_simulation
from migen.fhdl.tools import list_targets

from soc.gateware.redactor.core import Redactor
from soc.gateware.redactor.material import some_malformed, some_record
from soc.gateware.redactor.model import redact

LIMIT = 64
PUBLIC = {"row", "behind", "kept", "state"}  # how far a job is, and the size of its result


class Bench:
    """A redactor for small records, with the processes that use it."""

    def __init__(self, seed=0):
        self.dut = ResetInserter()(Redactor(LIMIT))
        self.rng = random.Random(seed)
        self.fragment = self.dut.get_fragment()
        registers = set().union(*(list_targets(s) for s in self.fragment.sync.values()))
        self.secrets = [r for r in registers if name(r) not in PUBLIC]
        ports = [port for lane in self.dut.lanes for port in lane.ports]
        self.secrets += [port.dat_r for port in ports if port.re is not None]

    def run(self, process):
        run_simulation(self.fragment, process)

    def ready(self):
        waited = 0
        while (yield self.dut.busy):
            yield
            waited += 1
            assert waited < 10 * LIMIT, "busy for ever"

    def choose(self, mask):
        for i in range(0, 32, 4):
            yield self.dut.word.eq(int.from_bytes(mask[i : i + 4], "little"))
            yield self.dut.push.eq(1)
            yield
        yield self.dut.push.eq(0)
        yield

    def begin(self, size):
        yield self.dut.size.eq(size)
        yield self.dut.start.eq(1)
        yield
        yield self.dut.start.eq(0)

    def work(self, record, pace=lambda: 1, cycles=10_000):
        """Feed a record and take the result, for as long as it takes or for some cycles.

        Args:
            pace: whether a stream moves, asked for each of both in every cycle

        Returns:
            the words that came, joined; (done, malformed); cycles it took
        """
        noise = self.rng.randbytes(3)  # the rest of the last word
        words = [(record[i : i + 4] + noise)[:4] for i in range(0, len(record), 4)]
        out, ends, offers, used = [], (0, 0), False, 0
        while not any(ends) and used < cycles:
            takes = pace()
            offers = bool(words) and (offers or pace())
            yield self.dut.source.ready.eq(takes)
            yield self.dut.sink.valid.eq(offers)
            yield self.dut.sink.data.eq(int.from_bytes(words[0], "little") if offers else 0)
            yield
            used += 1
            if offers and (yield self.dut.sink.ready):
                words.pop(0)
                offers = False
            if takes and (yield self.dut.source.valid):
                out.append((yield self.dut.source.data).to_bytes(4, "little"))
            ends = (yield self.dut.done), (yield self.dut.malformed)
        yield self.dut.source.ready.eq(0)
        yield self.dut.sink.valid.eq(0)
        yield
        return b"".join(out), ends, used

    def check(self, record, mask, pace=lambda: 1):
        """Redact as the model does, and leave nothing behind; returns the cycles."""
        yield from self.ready()
        yield from self.choose(mask)
        yield from self.begin(len(record))
        out, ends, cycles = yield from self.work(record, pace)
        try:
            expected, good = redact(record, mask), True
        except ValueError:
            expected, good = b"", False
        assert ends == (good, not good)
        assert not (yield self.dut.busy)
        assert (yield self.dut.kept) == len(expected)
        assert out == expected.ljust(-(-len(record) // 4) * 4, b"\0")
        yield from self.holds_nothing()
        return cycles

    def holds_nothing(self):
        """Every register and memory that a secret could be in is zero."""
        for lane in self.dut.lanes:
            for row in range(lane.depth):
                assert not (yield lane[row]), "a byte of the record stayed in memory"
        for register in self.secrets:
            assert not (yield register), f"{name(register)} holds something"


def name(register):
    return register.backtrace[-1][0]


def test_records_of_every_size_take_cycles_that_their_size_alone_decides():
    def process():
        for size in [0, *range(2, LIMIT + 1)]:
            for mask in (bytes(32), b"\xff" * 32, bench.rng.randbytes(32)):
                cycles = yield from bench.check(some_record(bench.rng, size), mask)
                assert cycles == (-(-size // 2) + -(-size // 4) + 4 if size else 2)

    bench = Bench(1)
    bench.run(process())


@pytest.mark.parametrize("seed", range(3))
def test_streams_that_stall_change_nothing_but_the_time(seed):
    def process():
        for _ in range(25):
            share = bench.rng.random()
            record = some_record(bench.rng, bench.rng.randint(2, LIMIT))
            pace = lambda share=share: bench.rng.random() < 0.1 + share  # noqa: E731
            yield from bench.check(record, bench.rng.randbytes(32), pace)

    bench = Bench(seed)
    bench.run(process())


def test_malformed_records_give_zeros_and_leave_nothing():
    def process():
        for record in [b"\0", b"\1", b"\1\0", b"\0\0\0", b"\0\0\1\0", b"\xff\xff\0"]:
            yield from bench.check(record, b"\xff" * 32)
        for _ in range(60):
            record = some_malformed(bench.rng, bench.rng.randint(1, LIMIT))
            yield from bench.check(record, b"\xff" * 32)

    bench = Bench(5)
    bench.run(process())


def test_a_mask_is_used_up_by_its_job_and_the_last_eight_words_count():
    def process():
        record = some_record(bench.rng, 40)
        yield from bench.ready()
        yield from bench.choose(b"\xff" * 32)  # for nothing
        yield from bench.check(record, bytes(32))
        yield from bench.choose(b"\xff" * 32)
        yield from bench.begin(len(record))
        yield from bench.choose(bytes(32))  # ignored during a job
        out, _, _ = yield from bench.work(record)
        assert out == record
        yield from bench.holds_nothing()
        yield from bench.begin(len(record))
        out, ends, _ = yield from bench.work(record)
        assert ends == (1, 0)
        assert not any(out), "the mask of the job before was used again"

    bench = Bench(6)
    bench.run(process())


def test_a_reset_at_any_moment_sweeps_everything():
    def process():
        for moment in range(1, 60, 3):
            record = some_record(bench.rng, 57)
            yield from bench.ready()
            yield from bench.choose(b"\xff" * 32)
            yield from bench.begin(len(record))
            yield from bench.work(record, cycles=moment)
            yield bench.dut.reset.eq(1)
            yield
            yield bench.dut.reset.eq(0)
            yield
            assert (yield bench.dut.busy)
            assert not (yield bench.dut.source.valid)
            yield from bench.ready()
            yield from bench.holds_nothing()
            assert not (yield bench.dut.kept)
        yield from bench.check(some_record(bench.rng, LIMIT), b"\xff" * 32)

    bench = Bench(7)
    bench.run(process())

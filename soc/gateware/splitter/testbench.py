"""The share splitter's core in Migen's simulator: its time, and what stays behind."""

from migen import ResetInserter, run_simulation
from migen.fhdl.tools import list_targets

from soc.gateware.splitter.core import PARTS, Splitter
from soc.gateware.splitter.model import split

CYCLES = 197  # of a job, from the cycle after the start to that of the last part


class Bench:
    """The core with the processes that use it."""

    def __init__(self):
        self.dut = ResetInserter()(Splitter())
        self.fragment = self.dut.get_fragment()
        registers = set().union(*(list_targets(s) for s in self.fragment.sync.values()))
        parts = [getattr(self.dut.parts, part) for part in PARTS]
        self.secrets = [r for r in registers if not any(r is part for part in parts)]
        self.secrets = [r for r in self.secrets if r.backtrace[-1][0] not in ("state", "whole")]

    def begin(self, amount, shares):
        yield self.dut.amount.eq(amount)
        for part, share in zip(PARTS, shares, strict=True):
            yield getattr(self.dut.shares, part).eq(share)
        yield self.dut.has_affiliate.eq(1)
        yield self.dut.has_publisher.eq(1)
        yield self.dut.start.eq(1)
        yield
        yield self.dut.start.eq(0)
        yield self.dut.amount.eq(0)

    def parts(self):
        found = []
        for part in PARTS:
            found.append((yield getattr(self.dut.parts, part)))
        return tuple(found)

    def holds_nothing(self):
        for register in self.secrets:
            assert not (yield register), f"{register.backtrace[-1][0]} holds something"


def test_a_job_takes_its_cycles_and_leaves_nothing_but_the_parts():
    def process():
        for amount in (0, 123456789, 2**64 - 1):
            yield from bench.begin(amount, (1000, 2000, 3000, 4000))
            cycles = 0
            done = 0
            while not done:
                yield
                cycles += 1
                done = yield bench.dut.done
            yield
            yield
            assert cycles == CYCLES
            yield from bench.holds_nothing()
            found = yield from bench.parts()
            assert found == split(amount, (1000, 2000, 3000, 4000), True, True)

    bench = Bench()
    run_simulation(bench.fragment, process())


def test_a_refused_job_leaves_nothing():
    def process():
        yield from bench.begin(2**64 - 1, (1000, 2000, 3000, 4001))
        yield
        yield
        yield
        assert not (yield bench.dut.busy)
        yield from bench.holds_nothing()
        assert (yield from bench.parts()) == (0, 0, 0, 0)

    bench = Bench()
    run_simulation(bench.fragment, process())


def test_a_reset_at_any_moment_leaves_nothing_at_all():
    def process():
        for moment in [*range(4), 63, 64, 65, 66, 67, 130, 131, 132, 195, 196, 197, 198, 199]:
            yield from bench.begin(2**64 - 1, (1000, 2000, 3000, 4000))
            for _ in range(moment):
                yield
            yield bench.dut.reset.eq(1)
            yield
            yield bench.dut.reset.eq(0)
            yield
            assert not (yield bench.dut.busy)
            yield from bench.holds_nothing()
            assert (yield from bench.parts()) == (0, 0, 0, 0)

    bench = Bench()
    run_simulation(bench.fragment, process())

"""Test bench of the uptime counter."""

import random

import pytest
from migen.sim import run_simulation

from soc.gateware.access import Registers
from soc.gateware.uptime import model
from soc.gateware.uptime.core import Uptime
from soc.gateware.uptime.registers import UptimeRegisters


@pytest.mark.parametrize("start", [0, 2**32 - 20, 2**63 - 20, 2**64 - 20])
def test_what_is_latched_is_what_the_model_latches(start):
    dut, expected, rng = Uptime(), model.Uptime(start), random.Random(start)

    def bench():
        yield dut.cycles.eq(start)
        yield
        for _ in range(200):
            latch = rng.random() < 0.2
            yield dut.latch.eq(latch)
            yield
            assert (yield dut.latched) == expected.latched
            expected.step(latch)

    expected.step(False)  # what is driven is seen a cycle later
    run_simulation(dut, bench())


def test_software_reads_both_words_of_one_moment():
    bench = Registers(UptimeRegisters())
    read = []

    def software():
        yield bench.dut.core.cycles.eq(2**32 - 10)
        yield
        yield from bench.write("control", 1)
        for _ in range(3):
            for _ in range(10):
                yield
            read.append((yield from bench.read("cycles")))
        assert (yield bench.dut.core.cycles) > 2**32  # the low word has run over meanwhile

    run_simulation(bench, software())
    assert read == [2**32 - 8] * 3


def test_no_write_changes_the_count():
    bench = Registers(UptimeRegisters())

    def software():
        cycles = yield bench.dut.core.cycles
        for address in range(bench.words):
            for value in (0, 2**32 - 1):
                yield from bench.bus.write(address, value)
                yield
                yield
                cycles += 3
                assert (yield bench.dut.core.cycles) == cycles

    run_simulation(bench, software())

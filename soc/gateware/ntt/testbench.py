"""The NTT engine: in Verilator much of everything, in Migen's simulator how jobs end."""

import os
import random

import pytest
from migen import run_simulation
from migen.fhdl.tools import list_targets

from soc.gateware.access import Registers
from soc.gateware.bench import ERROR
from soc.gateware.ntt import model
from soc.gateware.ntt.arithmetic import BITS
from soc.gateware.ntt.model import COEFFICIENTS, Q
from soc.gateware.ntt.operations import CODES, OPERATIONS
from soc.gateware.ntt.registers import NTTEngine
from soc.gateware.ntt.volume import Jobs

VOLUME = int(os.environ.get("OPTIN_NTT_POLYNOMIALS", "1000"))
SLOTS = 16
TRANSFORM = 1036
PASS = 268
STREAM = 270
STORE = 258
CLEAR = 140
CYCLES = {
    name: TRANSFORM
    if "transform" in operation.flags
    else STORE
    if "store" in operation.flags
    else CLEAR
    if "clear" in operation.flags
    else STREAM
    if "stream" in operation.flags
    else PASS
    for name, operation in OPERATIONS.items()
}
EDGES = [0, 1, 2, (Q - 1) // 2, (Q + 1) // 2, 2**13 - 1, 2**13, 2**22, Q - 2, Q - 1]


def polynomial(rng):
    return [rng.randrange(Q) for _ in range(COEFFICIENTS)]


def edges(rng):
    """All coefficients alike, only edge values, and a single one that is not zero."""
    for value in EDGES:
        yield [value] * COEFFICIENTS
    for _ in range(20):
        yield [rng.choice(EDGES) for _ in range(COEFFICIENTS)]
    for index in range(COEFFICIENTS):
        yield [rng.choice([1, Q - 1]) if i == index else 0 for i in range(COEFFICIENTS)]


def every_polynomial(rng):
    """Edges, then random ones up to the volume."""
    found = list(edges(rng))
    return found + [polynomial(rng) for _ in range(VOLUME - len(found))]


class Slots:
    """What the engine is to do, beside the model of its slots."""

    def __init__(self, rng):
        self.rng = rng
        self.jobs = Jobs()
        self.slots = [[0] * COEFFICIENTS for _ in range(SLOTS)]
        self.names = []

    def do(self, name, a=0, b=0, d=0, stream=(), bound=0, stalls=False):
        expected = self.slots[a] if name == "store" else ()
        self.jobs.add(name, a, b, d, stream=stream, expected=expected, bound=bound, stalls=stalls)
        self.names.append(name)
        after = apply(name, self.slots[a], self.slots[b], self.slots[d], stream)
        if after is not None:
            self.slots[d] = after

    def run(self):
        results = self.jobs.run()
        assert len(results) == len(self.names)
        return results


def apply(name, a, b, d, stream):
    """The new contents of slot d by the model, or None."""
    if name in ("store", "check"):
        return None
    if name == "clear":
        return [0] * COEFFICIENTS
    if name == "ntt":
        return model.ntt(a)
    if name == "inverse_ntt":
        return model.inverse_ntt(a)
    term = stream if name.startswith("load") else a
    if "multiply" in name:
        term = model.multiply(term, b)
    if name.endswith("add"):
        return model.add(d, term)
    if name.endswith("subtract"):
        return model.subtract(d, term)
    return list(term)


def check(slots):
    """Run, and compare the cycles of jobs whose streams did not stall."""
    for name, (cycles, _) in zip(slots.names, slots.run(), strict=True):
        assert cycles == CYCLES[name], name


def test_transforms_are_those_of_the_model_for_edges_and_random_polynomials():
    slots = Slots(random.Random(1))
    for i, w in enumerate(every_polynomial(slots.rng)):
        a, d = i % SLOTS, slots.rng.randrange(SLOTS)
        slots.do("load", d=a, stream=w)
        slots.do("ntt", a=a, d=d)
        slots.do("store", a=d)
        slots.do("inverse_ntt", a=a, d=a)
        slots.do("store", a=a)
    check(slots)


def test_products_and_sums_are_those_of_the_model_for_edges_and_random_polynomials():
    slots = Slots(random.Random(2))
    names = [name for name in OPERATIONS if name.endswith(("multiply", "add", "subtract"))]
    for i, w in enumerate(every_polynomial(slots.rng)):
        name = names[i % len(names)]
        a, b, d = (slots.rng.randrange(SLOTS) for _ in range(3))
        slots.do("load", d=b, stream=slots.rng.choice([w, w[::-1]]))
        streams = name.startswith("load")
        slots.do(name, a=a, b=b, d=d, stream=w if streams else ())
        slots.do("store", a=d)
    check(slots)


def test_operations_in_any_order_and_with_stalls_are_those_of_the_model():
    slots = Slots(random.Random(3))
    for name in slots.rng.choices(list(OPERATIONS), k=VOLUME):
        a, b, d = (slots.rng.randrange(SLOTS) for _ in range(3))
        stream = polynomial(slots.rng) if name.startswith("load") else ()
        slots.do(name, a=a, b=b, d=d, stream=stream, stalls=True)
        slots.do("store", a=slots.rng.randrange(SLOTS), stalls=True)
    for a in range(SLOTS):
        slots.do("store", a=a)
    slots.run()


@pytest.mark.parametrize("bound", [1, 2**19 - 120, (Q - 1) // 32 - 120, (Q - 1) // 2])
def test_a_check_tells_whether_any_coefficient_reaches_the_bound(bound):
    slots = Slots(random.Random(4))
    expected = []
    for index in [*range(0, COEFFICIENTS, 15), COEFFICIENTS - 1]:
        for value in (bound - 1, bound, Q - bound, Q - bound + 1, 0):
            w = [slots.rng.choice([bound - 1, (Q - bound + 1) % Q, 0]) for _ in range(COEFFICIENTS)]
            w[index] = value % Q
            slots.do("load", d=5, stream=w)
            slots.do("check", a=5, bound=bound)
            expected += [False, model.exceeds(w, bound)]
    results = slots.run()
    assert [exceeds for _, exceeds in results] == expected
    assert {cycles for cycles, _ in results[1::2]} == {PASS}
    assert True in expected
    assert False in expected[1::2]


ERROR_CODES = NTTEngine(2).codes


class Bench:
    """The wrapper with two slots in Migen's simulator: the window, and what registers hold."""

    def __init__(self):
        self.registers = Registers(NTTEngine(slots=2))
        self.dut = self.registers.dut
        self.fragment = self.registers.get_fragment()
        written = set().union(*(list_targets(s) for s in self.fragment.sync.values()))
        settings = [self.dut.bound, self.dut.command, self.dut.address]
        public = [register.storage for register in settings]
        public += [self.registers.bus.dat_r, self.dut.core.butterflies.root]
        self.data = [s for s in written if len(s) >= BITS and not any(s is p for p in public)]

    def run(self, process):
        def after_reset():
            while (yield self.dut.busy):
                yield
            yield from process()

        run_simulation(self.fragment, after_reset())

    def start(self, name, a=0, b=0, d=0):
        yield from self.registers.write("command", CODES[name] | a << 8 | b << 16 | d << 24)
        yield from self.registers.write("control", 1)

    def end(self):
        while (yield self.dut.busy):
            yield
        return (yield from self.registers.read("status"))

    def stream(self, polynomial):
        yield self.dut.sink.valid.eq(1)
        for word in polynomial:
            yield self.dut.sink.data.eq(word)
            yield
            while not (yield self.dut.sink.ready):
                yield
        yield self.dut.sink.valid.eq(0)
        yield self.dut.sink.data.eq(0)

    def access(self, address, value=None, sel=0b1111):
        """Read or write a word in the window; returns what it read, and the cycles."""
        bus = self.dut.window.bus
        yield bus.cyc.eq(1)
        yield bus.stb.eq(1)
        yield bus.adr.eq(address)
        yield bus.we.eq(value is not None)
        yield bus.dat_w.eq(value or 0)
        yield bus.sel.eq(sel)
        yield
        cycles = 1
        while not (yield bus.ack):
            yield
            cycles += 1
        found = yield bus.dat_r
        yield bus.cyc.eq(0)
        yield bus.stb.eq(0)
        yield bus.dat_w.eq(0)
        yield
        return found, cycles

    def nonzero(self):
        """Names of the registers of data that hold something."""
        found = []
        for register in self.data:
            if (yield register):
                found.append(register.backtrace[-1][0])
        return set(found)


def test_the_cpu_reads_and_writes_single_words_in_its_window():
    def process():
        expected = {}
        for address in (0, 1, 2, 3, 100, 255, 256, 257, 511):
            expected[address] = rng.randrange(Q)
            _, cycles = yield from bench.access(address, expected[address])
            assert cycles == 14
        for address in sorted({*expected, 4, 254, 510}):
            word, cycles = yield from bench.access(address)
            assert (word, cycles) == (expected.get(address, 0), 4)
        assert (yield from bench.end()) == 0

        # In the order of the slot's coefficients: what the window has written is loaded from.
        yield from bench.start("multiply", a=0, b=0, d=1)
        yield from bench.end()
        word, _ = yield from bench.access(256 + 100)
        assert word == expected[100] ** 2 % Q

    rng = random.Random(12)
    bench = Bench()
    bench.run(process)


def test_the_window_refuses_what_is_no_coefficient_or_no_whole_word():
    def process():
        yield from bench.access(7, 5)
        for value, sel, reason in [
            (Q, 0b1111, "coefficient"), (1, 0b0001, "window"), (2**32 - 1, 0b1111, "coefficient"),
        ]:  # fmt: skip
            yield from bench.access(7, value, sel)
            assert (yield from bench.end()) == ERROR_CODES[reason] << 8
            assert (yield from bench.access(7))[0] == 5
        assert (yield from bench.registers.read("ev_pending")) == ERROR

    bench = Bench()
    bench.run(process)


def test_while_a_job_runs_the_window_is_closed_and_the_job_goes_on():
    def process():
        yield from bench.access(7, 5)
        yield from bench.start("add", a=0, d=1)
        assert (yield from bench.access(7)) == (0, 1)
        assert (yield from bench.access(256 + 7, 9)) == (0, 1)
        assert (yield from bench.end()) == ERROR_CODES["window"] << 8
        assert (yield from bench.access(256 + 7))[0] == 5
        assert (yield from bench.access(7))[0] == 5

    bench = Bench()
    bench.run(process)


def test_registers_hold_nothing_of_a_job_that_has_ended_but_words_read_from_slots():
    def process():
        for name in ("load_multiply_add", "multiply_subtract"):
            yield from bench.start(name, a=1, b=1, d=1)
            if name == "load_multiply_add":
                yield from bench.stream([Q - 1 - i for i in range(COEFFICIENTS)])
            assert (yield from bench.end()) == 0
            for _ in range(3):
                yield
            assert (yield from bench.nonzero()) <= {"read", "read_beside", "lower_before", "y"}

    bench = Bench()
    bench.run(process)


def test_a_clear_leaves_no_register_that_holds_anything():
    def process():
        yield from bench.access(256, Q - 1)
        yield from bench.start("load_multiply_add", b=1, d=1)
        yield bench.dut.sink.valid.eq(1)
        yield bench.dut.sink.data.eq(Q - 1)
        for _ in range(20):
            yield
        assert {"waiting", "even", "streamed", "factor"} <= (yield from bench.nonzero())
        yield bench.dut.sink.valid.eq(0)
        yield bench.dut.sink.data.eq(0)
        yield from bench.registers.write("control", 2)
        assert (yield from bench.end()) == 0
        for _ in range(3):
            yield
        assert (yield from bench.nonzero()) == set()

    bench = Bench()
    bench.run(process)

"""The NTT engine: in Verilator much of everything, in Migen's simulator how jobs end."""

import os
import random

import pytest

from soc.gateware.ntt import model
from soc.gateware.ntt.model import COEFFICIENTS, Q
from soc.gateware.ntt.operations import OPERATIONS
from soc.gateware.ntt.volume import Jobs
from tests.firmware.crypto.native import Library

VOLUME = int(os.environ.get("OPTIN_NTT_POLYNOMIALS", "1000"))
SLOTS = 16
TRANSFORM = 1036
PASS = 269
STORE = 258
CLEAR = 140
CYCLES = {
    name: TRANSFORM
    if "transform" in operation.flags
    else STORE
    if "store" in operation.flags
    else CLEAR
    if "clear" in operation.flags
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
        self.jobs.add(
            name, a, b, d, stream=stream, expected=expected, bound=bound, stalls=stalls
        )
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
    assert {cycles for cycles, _ in results} == {PASS}
    assert True in expected
    assert False in expected[1::2]


def test_the_model_s_transforms_are_the_firmware_s_c():
    library = Library()

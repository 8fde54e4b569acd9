"""The NTT engine as software sees it, in Verilator; its model against the firmware's C."""

import random
from struct import pack, unpack

import pytest

from soc.gateware.bench import ERROR, FINISHED, FORBIDDEN, Script, System, build
from soc.gateware.ntt import model
from soc.gateware.ntt.model import COEFFICIENTS, Q
from soc.gateware.ntt.operations import CODES, OPERATIONS
from soc.gateware.ntt.registers import NTTEngine
from tests.firmware.crypto.native import Library

SLOTS = 16
CLEAR = 140
CLEAR_ALL = SLOTS * CLEAR + 3  # from the write of the register on


def polynomial(rng):
    return [rng.randrange(Q) for _ in range(COEFFICIENTS)]


def packed(polynomial):
    return pack(f"<{COEFFICIENTS}I", *polynomial)


def unpacked(data):
    return list(unpack(f"<{COEFFICIENTS}I", data))


def polynomials(rng):
    yield from ([value] * COEFFICIENTS for value in (0, 1, (Q - 1) // 2, Q - 1))
    yield from ([Q - 1 if i == n else 0 for i in range(COEFFICIENTS)] for n in (0, 1, 128, 255))
    for _ in range(100):
        yield [rng.randrange(Q) for _ in range(COEFFICIENTS)]


def test_the_model_s_transforms_and_products_are_the_firmware_s():
    library = Library()
    every = list(polynomials(random.Random(5)))
    for a, b, d in zip(every, every[1:], every[2:], strict=False):
        assert unpacked(library.get("mldsa_ntt", packed(a))) == model.ntt(a)
        assert unpacked(library.get("mldsa_ntt_inverse", packed(a))) == model.inverse_ntt(a)
        total = library.get("mldsa_multiply_add", packed(d), packed(a), packed(b))
        assert unpacked(total) == model.add(d, model.multiply(a, b))


def command(name, a=0, b=0, d=0, memory=1):
    return CODES[name] | memory << 7 | a << 8 | b << 16 | d << 24


PLACE, ELSEWHERE = 0x1000, 0x2000
CODE = NTTEngine(2).codes


class Software(Script):
    """What software does with the engine."""

    def start(self, word, address=PLACE):
        """Its results: the job, the status and the events since the last one."""
        self.write("command", word)
        self.write("address", address)
        self.write("ev_pending", FINISHED | ERROR)
        self.job()
        self.read("status")
        self.read("ev_pending")


@pytest.fixture(scope="module")
def software():
    system = System(NTTEngine())
    program = build("ntt-registers", system)

    def made():
        script = Software(program, system.registers)
        script.wait(16 * (CLEAR + 2))  # slots are wiped after a reset
        return script

    return made


def test_a_polynomial_from_memory_is_transformed_and_stored(software):
    a, s = polynomial(random.Random(6)), software()
    s.store(PLACE, packed(a))
    s.start(command("load", d=3))
    s.start(command("ntt", a=3, d=15))
    s.start(command("store", a=15), ELSEWHERE)
    s.load(ELSEWHERE - 4, 4 * COEFFICIENTS + 8)
    *outcomes, stored = s.run()
    assert outcomes[1::3] == [0] * 3
    assert outcomes[2::3] == [FINISHED] * 3
    assert stored == bytes(4) + packed(model.ntt(a)) + bytes(4)
    assert [len(job.trace) for job in outcomes[::3]] == [283, 1039, 270]


def test_cycles_and_the_bus_are_the_same_for_all_coefficients(software):
    rng = random.Random(7)
    seen = []
    for a, b in [([0] * 256, [Q - 1] * 256), (polynomial(rng), polynomial(rng))]:
        s = software()
        s.store(PLACE, packed(a))
        s.store(ELSEWHERE, packed(b))
        s.write("bound", 2**19)
        for name in OPERATIONS:
            s.start(command(name, a=1, b=2, d=1 if name == "store" else 2), PLACE)
        seen.append([(job.ended, job.trace) for job in s.run()[::3]])
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("word", "address", "reason"),
    [
        (0, PLACE, "operation"),
        (len(OPERATIONS) + 1, PLACE, "operation"),
        (31, PLACE, "operation"),
        (command("ntt", a=16), PLACE, "slot"),
        (command("multiply", a=1, b=255, d=1), PLACE, "slot"),
        (command("clear", d=16), PLACE, "slot"),
        (command("load", d=1), PLACE + 1, "address"),
        (command("store", a=1), PLACE + 2, "address"),
    ],
)
def test_what_is_illegal_is_refused_and_changes_nothing(word, address, reason, software):
    a, s = polynomial(random.Random(8)), software()
    s.store(PLACE, packed(a))
    s.start(command("load", d=1))
    s.start(word, address)
    s.start(command("store", a=1), ELSEWHERE)
    s.load(ELSEWHERE, 4 * COEFFICIENTS)
    s.load(PLACE, 4 * COEFFICIENTS)
    results = s.run()
    assert results[4:6] == [CODE[reason] << 8, ERROR]
    assert results[7:] == [0, FINISHED, packed(a), packed(a)]


def test_what_an_operation_does_not_use_is_not_judged(software):
    s = software()
    s.start(command("clear", a=255, b=255, d=0), PLACE + 1)
    s.start(command("copy", a=1, b=16, d=0), PLACE + 3)
    assert [r for i, r in enumerate(s.run()) if i % 3] == [0, FINISHED] * 2


@pytest.mark.parametrize("index", [0, 1, 2, 100, 254, 255])
@pytest.mark.parametrize("wrong", [Q, 2**23, 2**32 - 1])
def test_a_word_that_is_no_coefficient_fails_the_job_and_clears_its_slot(index, wrong, software):
    a, s = polynomial(random.Random(9)), software()
    s.store(PLACE, packed(a))
    s.start(command("load", d=1))
    s.start(command("load", d=2))
    s.store(PLACE + 4 * index, pack("<I", wrong))
    s.start(command("load_multiply_add", b=1, d=2))
    for slot in (1, 2):
        s.start(command("store", a=slot), ELSEWHERE)
        s.load(ELSEWHERE, 4 * COEFFICIENTS)
    results = s.run()
    assert results[7:9] == [CODE["coefficient"] << 8, ERROR]
    assert results[10:13] == [0, FINISHED, packed(a)]
    assert results[14:] == [0, FINISHED, bytes(4 * COEFFICIENTS)]


def test_a_refusal_of_the_bus_fails_the_job(software):
    a, s = polynomial(random.Random(10)), software()
    s.store(PLACE, packed(a))
    s.start(command("load", d=1))
    s.start(command("load", d=2))
    s.start(command("load_add", d=2), FORBIDDEN)
    s.start(command("store", a=1), FORBIDDEN)
    s.start(command("load_add", d=1), FORBIDDEN - 4 * 100)
    for slot in (1, 2):
        s.start(command("store", a=slot), ELSEWHERE)
        s.load(ELSEWHERE, 4 * COEFFICIENTS)
    results = s.run()
    assert results[7:9] == results[10:12] == results[13:15] == [CODE["bus"] << 8, ERROR]
    assert results[16:19] == [0, FINISHED, bytes(4 * COEFFICIENTS)], "the last load cleared slot 1"
    assert results[20:] == [0, FINISHED, bytes(4 * COEFFICIENTS)]


def test_a_start_while_a_job_runs_is_refused_and_the_job_goes_on(software):
    a, s = polynomial(random.Random(11)), software()
    s.store(PLACE, packed(a))
    s.start(command("load", d=1))
    s.write("command", command("ntt", a=1, d=2))
    s.write("control", 1)
    s.wait(500)
    s.start(command("clear", d=2))
    s.start(command("store", a=2), ELSEWHERE)
    s.load(ELSEWHERE, 4 * COEFFICIENTS)
    results = s.run()
    assert results[4:6] == [CODE["busy"] << 8, FINISHED | ERROR]
    assert results[-1] == packed(model.ntt(a))


@pytest.mark.parametrize("name", ["ntt", "load_multiply_add", "store", "clear"])
def test_a_clear_at_any_moment_leaves_all_slots_zero(name, software):
    moments = [1, 2, 13, 100, 255, 270, 1030]
    s = software()
    s.store(PLACE, packed([Q - 1] * COEFFICIENTS))
    for moment in moments:
        for slot in range(SLOTS):
            s.start(command("load", d=slot))
        s.write("command", command(name, a=1, b=2, d=1))
        s.write("control", 1)
        s.wait(moment)
        s.job(control=2)
        s.read("status")
        for slot in range(SLOTS):
            s.start(command("store", a=slot), ELSEWHERE)
            s.load(ELSEWHERE, 4 * COEFFICIENTS)
    results = s.run()
    each = 3 * SLOTS + 2 + 4 * SLOTS
    assert len(results) == each * len(moments)
    for at in range(0, len(results), each):
        job, status, *stored = results[at + 3 * SLOTS : at + each]
        assert (len(job.trace), status) == (CLEAR_ALL, 0)
        assert stored[1::4] == [0] * SLOTS
        assert stored[3::4] == [bytes(4 * COEFFICIENTS)] * SLOTS

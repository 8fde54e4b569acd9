"""The redactor as software sees it, in Verilator, with a memory that bursts."""

import random

import pytest

from soc.gateware.bench import CYCLE, ERROR, FINISHED, FORBIDDEN, Script, System, build
from soc.gateware.redactor.core import LIMIT
from soc.gateware.redactor.material import some_malformed, some_record
from soc.gateware.redactor.model import FIELDS, redact
from soc.gateware.redactor.registers import RedactorEngine
from tests.firmware.crypto.native import Library

RECORD, RESULT = 0x1000, 0x8000
UNALIGNED, TOO_LONG, MALFORMED, BUS = (code << 8 for code in range(2, 6))

ALL = (1 << FIELDS) - 1
MASKS = [
    0, ALL, ALL // 3, ALL // 3 * 2, 1, 2, 1 << 31, 1 << 32, 1 << 255, ALL - 1, ALL >> 1,
    (1 << 128) - 1, ALL ^ ((1 << 128) - 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def script():
    system = System(RedactorEngine())
    program = build("redactor", system)

    def fresh():
        script = Script(program, system.registers)
        script.wait(LIMIT // 4 + 2)  # the sweep after reset
        return script

    return fresh


def words(data):
    """The size rounded up to words; what follows in the last one is not zero."""
    return data.ljust(-(-len(data) // 4) * 4, b"\xee")


def prepare(script, record, mask, result=RESULT):
    script.store(RECORD, words(record))
    for i in range(8):
        script.write("mask", mask >> 32 * i & 0xFFFFFFFF)
    script.write("record", RECORD)
    script.write("size", len(record))
    script.write("result", result)


def order(script, record, mask, result=RESULT):
    """Queue a redaction; its results are the job, kept, status, pending and what is written."""
    script.store(result, b"\xdd" * (len(words(record)) + 4))
    prepare(script, record, mask, result)
    script.write("ev_pending", FINISHED | ERROR)  # bits as in a trace
    script.job()
    for register in ("kept", "status", "ev_pending"):
        script.read(register)
    script.load(result, len(words(record)) + 4)


def check(script, cases):
    """Redact all, and compare with the model."""
    for case in cases:
        order(script, *case)
    results = script.run()
    for i, (record, mask, *_) in enumerate(cases):
        job, *seen = results[5 * i : 5 * i + 5]
        assert job.ended
        try:
            expected = redact(record, mask.to_bytes(32, "little"))
            ends = [len(expected), 0, FINISHED]
        except ValueError:
            expected, ends = b"", [0, MALFORMED, ERROR]
        untouched = b"\xdd" * 4
        assert seen == [*ends, expected.ljust(len(words(record)), b"\0") + untouched]


def test_random_records_are_redacted_as_by_the_model(script):
    rng = random.Random(1)
    sizes = [0, 2, 3, 4, 5, LIMIT - 1, LIMIT] + [rng.randint(2, 600) for _ in range(400)]
    check(script(), [(some_record(rng, size), rng.getrandbits(256)) for size in sizes])


@pytest.mark.parametrize("content", [0, 1, 2, 3, 13, 30])
def test_structured_masks_on_as_many_fields_as_there_may_be(content, script):
    rng = random.Random(content)
    field = content.to_bytes(2, "little")
    record = b"".join(field + rng.randbytes(content) for _ in range(FIELDS))
    check(script(), [(record, mask) for mask in MASKS])


def test_the_largest_field_is_kept_and_dropped(script):
    record = (LIMIT - 2).to_bytes(2, "little") + random.Random(2).randbytes(LIMIT - 2)
    check(script(), [(record, 1), (record, 0), (record, ALL ^ 1)])


def test_malformed_records_are_refused_and_their_result_is_zero(script):
    rng = random.Random(3)
    many = bytes(2 * (FIELDS + 1))
    cases = [b"\0", b"\1", b"\1\0", many, many * 2, bytes(LIMIT), b"\xff" * LIMIT]
    cases += [some_malformed(rng, rng.randint(1, 300)) for _ in range(100)]
    check(script(), [(record, ALL) for record in cases])


def test_the_result_may_take_the_place_of_the_record(script):
    rng = random.Random(4)
    script = script()
    cases = [(some_record(rng, size), rng.getrandbits(256)) for size in (2, 7, 500, LIMIT)]
    for record, mask in cases:
        prepare(script, record, mask, RECORD)
        script.job()
        script.load(RECORD, len(words(record)))
    results = script.run()[1::2]
    for (record, mask), result in zip(cases, results, strict=True):
        expected = redact(record, mask.to_bytes(32, "little"))
        assert result == expected.ljust(len(words(record)), b"\0")


def test_the_model_is_the_firmware_s_c():
    rng = random.Random(5)
    library = Library()
    for _ in range(300):
        make = rng.choice([some_record, some_malformed])
        record, mask = make(rng, rng.randint(2, 500)), rng.randbytes(32)
        result, (out, kept) = library.call("redact", record, mask)
        try:
            expected = redact(record, mask)
            assert result == 0
        except ValueError:
            expected = b""
            assert result == -1
        assert out[: int.from_bytes(kept, "little")] == expected


@pytest.mark.parametrize("size", [4, 5, 100, 1023, 4096, LIMIT])
def test_cycles_are_those_of_the_readme(size, script):
    script = script()
    order(script, some_record(random.Random(size), size), ALL)
    job, *_ = script.run()
    amount = -(-size // 4)
    bursts = -(-amount // 64)
    assert len(job.trace) == -(-size // 2) + amount + 2 * bursts + 9


@pytest.mark.parametrize(
    ("register", "value", "status"),
    [
        ("record", RECORD + 1, UNALIGNED), ("record", RECORD + 2, UNALIGNED),
        ("result", RESULT + 3, UNALIGNED), ("size", LIMIT + 1, TOO_LONG),
        ("size", 65536, TOO_LONG), ("size", 0xFFFFFFFF, TOO_LONG),
        ("record", FORBIDDEN, BUS), ("result", FORBIDDEN, BUS),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_the_next_job_is_well(register, value, status, script):
    rng = random.Random(7)
    record = some_record(rng, 1000)
    script = script()
    script.store(RESULT, b"\xdd" * 1000)
    prepare(script, record, ALL)
    script.write(register, value)
    script.job()
    for seen in ("status", "ev_pending", "kept"):
        script.read(seen)
    script.load(RESULT, 1000)
    order(script, record, ALL)
    first, *seen, untouched, _, kept, good, _, result = script.run()
    assert seen == [status, ERROR, 0]
    assert untouched == b"\xdd" * 1000
    assert (kept, good, result[:1000]) == (1000, 0, record)
    reaches_the_bus = any(seen & CYCLE for seen in first.trace)
    assert reaches_the_bus == (status == BUS), "a refused job starts nothing"


def test_a_clear_in_the_middle_ends_a_job_and_another_one_is_well(script):
    record = some_record(random.Random(8), 2000)
    for moment in (1, 2, 3, 30, 31, 32, 700, 1010, 1200):
        run = script()
        prepare(run, record, ALL)
        run.write("control", 1)
        run.wait(moment)
        run.job(control=2)
        run.read("status")
        run.read("kept")
        run.read("ev_pending")
        order(run, record, 0)
        swept, status, kept, pending, _, none, good, _, result = run.run()
        assert swept.ended and (status, kept, pending) == (0, 0, 0)
        assert (none, good) == (0, 0)
        assert result[:2000] == bytes(2000), "the mask of the job before was still there"


def test_a_start_during_a_job_is_refused_and_the_mask_is_never_read_back(script):
    record = some_record(random.Random(9), 400)
    script = script()
    prepare(script, record, ALL)
    script.read("mask")
    script.write("control", 1)
    script.wait(150)  # half of the job
    script.read("kept")
    script.job()
    for seen in ("status", "kept", "ev_pending"):
        script.read(seen)
    script.load(RESULT, 400)
    mask, early, _, status, kept, pending, result = script.run()
    assert (mask, early) == (0, 0)
    assert (status, kept, pending, result) == (1 << 8, 400, FINISHED | ERROR, record)


@pytest.mark.parametrize(
    ("source", "moments", "event"),
    [(RECORD, range(20, 36), FINISHED), (FORBIDDEN, range(10), ERROR)],
    ids=["well", "with an error"],
)
def test_a_clear_wins_over_a_job_that_ends(source, moments, event, script):
    record = some_record(random.Random(10), 20)
    ends = set()
    for moment in moments:
        run = script()
        prepare(run, record, ALL)
        run.write("record", source)
        run.write("control", 1)
        run.wait(moment)
        run.job(control=2)
        run.read("ev_pending")
        run.read("status")
        cleared, pending, status = run.run()
        assert not any(seen & (FINISHED | ERROR) for seen in cleared.trace[1:])
        assert status == 0
        ends.add(pending)
    assert ends == {0, event}, "the job does not end among these moments"

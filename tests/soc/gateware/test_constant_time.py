"""Nothing outside of redactor and splitter tells masks, contents or amounts.

Their registers' status and events and every line of the bus but data are recorded in each cycle,
in Verilator, and the records of different secrets compared. Leaky variants, correct otherwise,
show that the comparison sees what it should.
"""

import random

import pytest
from migen import Cat, If, NextState

from soc.gateware.bench import Script, System, build
from soc.gateware.redactor.core import LIMIT, Redactor
from soc.gateware.redactor.material import some_malformed, some_record
from soc.gateware.redactor.model import FIELDS, fields, redact
from soc.gateware.redactor.registers import RedactorEngine
from soc.gateware.splitter.core import PARTS, Splitter
from soc.gateware.splitter.model import split
from soc.gateware.splitter.registers import SplitterEngine

RECORD, RESULT = 0x1000, 0x8000
ALL = (1 << FIELDS) - 1


class LeakyRedactor(Redactor):
    """Writes a byte a cycle to its memory: two kept ones take a cycle more than others."""

    def __init__(self):
        super().__init__()
        parser = self.parser
        self.fsm.act("READ", If(parser.keep_low & parser.keep_high, NextState("PAUSE")))
        self.fsm.act("PAUSE", NextState("READ"))


class LeakySplitter(Splitter):
    """Skips the upper half of an amount if it is zero."""

    def __init__(self):
        super().__init__()
        half = len(self.bits) // 2
        self.sync += If(
            self.fsm.ongoing("DIVIDE") & (self.count == 0) & (self.bits[half:] == 0),
            self.count.eq(half),
            self.bits.eq(Cat(self.bits[half:], self.bits[:half])),
        )


def made(name, engine):
    system = System(engine)
    program = build(name, system)
    return lambda: Script(program, system.registers)


@pytest.fixture(scope="module")
def redactor():
    return made("redactor", RedactorEngine())


@pytest.fixture(scope="module")
def leaky_redactor():
    return made("leaky_redactor", RedactorEngine(LeakyRedactor()))


@pytest.fixture(scope="module")
def splitter():
    return made("splitter", SplitterEngine())


@pytest.fixture(scope="module")
def leaky_splitter():
    return made("leaky_splitter", SplitterEngine(LeakySplitter()))


def redactions(script, cases, rival=False):
    """What was seen of each job; the results must be right."""
    script.wait(LIMIT // 4 + 2)  # the sweep after reset
    for record, mask in cases:
        padded = record.ljust(-(-len(record) // 4) * 4, b"\0")
        script.store(RECORD, padded)
        for i in range(8):
            script.write("mask", mask >> 32 * i & 0xFFFFFFFF)
        script.write("record", RECORD)
        script.write("size", len(record))
        script.write("result", RESULT)
        script.job(rival=rival)
        script.load(RESULT, len(padded))
    results = script.run()
    for (record, mask), result in zip(cases, results[1::2], strict=True):
        expected = redact(record, mask.to_bytes(32, "little"))
        assert result == expected.ljust(len(result), b"\0")
    return [job.trace for job in results[::2]]


def splits(script, cases):
    """What was seen of each job; the results must be right."""
    for amount, shares, parties in cases:
        script.write("amount", amount)
        for part, share in zip(PARTS, shares, strict=True):
            script.write(f"share_{part}", share)
        script.write("parties", parties)
        script.job()
        for part in PARTS:
            script.read(f"part_{part}")
    results = script.run()
    for i, (amount, shares, parties) in enumerate(cases):
        expected = split(amount, shares, bool(parties & 1), bool(parties & 2))
        assert tuple(results[5 * i + 1 : 5 * i + 5]) == expected
    return [job.trace for job in results[::5]]


def assert_alike(traces):
    first = traces[0]
    assert any(first), "nothing was recorded"
    for i, trace in enumerate(traces):
        for cycle, (seen, expected) in enumerate(zip(trace, first, strict=False)):
            assert seen == expected, f"job {i} differs from the first in cycle {cycle}"
        assert len(trace) == len(first), f"job {i} takes other cycles than the first"


def equal_outputs(rng):
    """Records of 64 fields of 30 bytes, or of other lengths, of which 960 bytes are kept."""
    cases = []
    for _ in range(20):
        record = b"".join(b"\x1c\0" + rng.randbytes(28) for _ in range(64))
        kept = rng.sample(range(64), 32)
        cases.append((record, sum(1 << i for i in kept)))
    for _ in range(20):
        parts, lengths = [], []
        for half in (960, 960):
            part = some_record(rng, half)
            parts.append(part)
            lengths.append(len(list(fields(part))))
        low = (1 << lengths[0]) - 1
        cases.append((b"".join(parts), rng.choice([low, (ALL ^ low)])))
    for record, mask in cases:
        assert len(record) == 1920
        assert len(redact(record, mask.to_bytes(32, "little"))) == 960
    return cases


def equal_sizes(rng, size):
    """Masks of all kinds, on records of all kinds of one size."""
    masks = [0, ALL, ALL // 3, ALL // 3 * 2, 1, 1 << 255, *(rng.getrandbits(256) for _ in range(8))]
    records = [some_record(rng, size) for _ in range(3)]
    records.append((size - 2).to_bytes(2, "little") + bytes(size - 2))
    if size % 2 == 0 and size <= 2 * FIELDS:
        records.append(bytes(size))  # empty fields
    return [(record, mask) for record in records for mask in masks]


@pytest.mark.parametrize("rival", [False, True], ids=["alone", "with a rival on the bus"])
def test_records_and_outputs_of_equal_size_look_alike_whatever_is_kept(rival, redactor):
    assert_alike(redactions(redactor(), equal_outputs(random.Random(1)), rival))


@pytest.mark.parametrize("rival", [False, True], ids=["alone", "with a rival on the bus"])
@pytest.mark.parametrize("size", [2, 3, 5, 256, 301, 512, 1023, 4096])
def test_records_of_equal_size_look_alike_even_if_their_outputs_differ(size, rival, redactor):
    assert_alike(redactions(redactor(), equal_sizes(random.Random(size), size), rival))


def test_malformed_records_look_alike_and_differ_from_others_in_their_end_alone(redactor):
    rng = random.Random(3)
    script = redactor()
    script.wait(LIMIT // 4 + 2)
    records = [some_malformed(rng, 300) for _ in range(20)]
    for record in [*records, some_record(rng, 300)]:
        script.store(RECORD, record)
        script.write("mask", ALL >> 224)
        script.write("record", RECORD)
        script.write("size", len(record))
        script.write("result", RESULT)
        script.write("control", 2)  # what the last job ended with
        script.wait(LIMIT // 4 + 2)
        script.job()
    *bad, good = (job.trace for job in script.run())
    assert_alike(bad)
    assert bad[0] != good
    assert bad[0][:-1] == good[:-1]


def test_amounts_shares_and_parties_look_alike(splitter):
    assert_alike(splits(splitter(), amounts(random.Random(4))))


def amounts(rng):
    cases = []
    for amount in [0, 1, 2**32 - 1, 2**32, 2**64 - 1, *(rng.getrandbits(64) for _ in range(200))]:
        cuts = sorted(rng.choice([0, 10_000, rng.randint(0, 10_000)]) for _ in range(3))
        shares = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
        cases.append((amount >> rng.choice([0, 0, 8, 40]), shares, rng.getrandbits(2)))
    return cases


def test_a_redactor_that_takes_longer_for_what_it_keeps_is_found_out(leaky_redactor):
    traces = redactions(leaky_redactor(), equal_outputs(random.Random(1)))
    with pytest.raises(AssertionError, match="differs from the first|other cycles"):
        assert_alike(traces)


def test_a_splitter_that_skips_leading_zeros_is_found_out(leaky_splitter):
    traces = splits(leaky_splitter(), amounts(random.Random(4)))
    with pytest.raises(AssertionError, match="differs from the first|other cycles"):
        assert_alike(traces)

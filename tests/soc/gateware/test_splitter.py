"""The share splitter as software sees it, in Verilator."""

import os
import random
from struct import pack, unpack

import pytest

from soc.gateware.bench import ERROR, FINISHED, Script, System, build
from soc.gateware.splitter.core import PARTS
from soc.gateware.splitter.model import split
from soc.gateware.splitter.registers import SplitterEngine
from tests.firmware.crypto.native import Library

CYCLES = 199  # of a job, from the write to `control` to the end of `busy`
VOLUME = int(os.environ.get("OPTIN_SPLITS", "10000"))

EDGES = [0, 1, 9999, 10_000, 10_001, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 10_000, 2**64 - 1]
EXTREMES = [
    (10_000, 0, 0, 0), (0, 10_000, 0, 0), (0, 0, 10_000, 0), (0, 0, 0, 10_000),
    (3333, 3333, 3333, 1), (1, 1, 1, 9997), (2500, 2500, 2500, 2500),
]  # fmt: skip
WRONG = [
    (0, 0, 0, 0), (9999, 0, 0, 0), (10_000, 1, 0, 0), (65535, 0, 0, 10_001),
    (65535, 10_001, 0, 0), (65535, 65535, 65535, 65535), (10_000, 10_000, 10_000, 10_000),
]  # fmt: skip


def random_shares(rng):
    cuts = sorted(rng.choice([0, 10_000, rng.randint(0, 10_000)]) for _ in range(3))
    return tuple(b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True))


def every_case(rng, volume):
    """Boundary amounts with extreme shares and all parties, then random ones up to `volume`."""
    cases = [
        (amount, shares, affiliate, publisher)
        for amount in EDGES
        for shares in EXTREMES
        for affiliate in (0, 1)
        for publisher in (0, 1)
    ]
    while len(cases) < volume:
        amount = rng.getrandbits(rng.randint(1, 64))
        cases.append((amount, random_shares(rng), rng.getrandbits(1), rng.getrandbits(1)))
    return cases


@pytest.fixture(scope="module")
def script():
    system = System(SplitterEngine())
    program = build("splitter", system)
    return lambda: Script(program, system.registers)


def order(script, amount, shares, affiliate, publisher):
    """Queue a split; its results are the job, the status, and the four parts."""
    script.write("amount", amount)
    for part, share in zip(PARTS, shares, strict=True):
        script.write(f"share_{part}", share)
    script.write("parties", affiliate | publisher << 1)
    script.job()
    script.read("status")
    for part in PARTS:
        script.read(f"part_{part}")


def test_parts_are_those_of_the_model_for_all_kinds_of_numbers(script):
    cases = every_case(random.Random(1), VOLUME)
    script = script()
    for case in cases:
        order(script, *case)
    results = script.run()
    for i, case in enumerate(cases):
        job, status, *parts = results[6 * i : 6 * i + 6]
        assert (status, tuple(parts)) == (0, split(*case)), case
        assert len(job.trace) == CYCLES


def test_the_model_is_the_firmware_s_c():
    library = Library()
    for amount, shares, affiliate, publisher in every_case(random.Random(2), 2000):
        result, (parts,) = library.call(
            "split", pack("<Q", amount), pack("<4H", *shares), bytes([affiliate, publisher])
        )
        assert result == 0
        assert unpack("<4Q", parts) == split(amount, shares, affiliate, publisher)
    for shares in WRONG:
        assert not library.accepts("split", pack("<Q", 5), pack("<4H", *shares), b"\x01\x01")
        with pytest.raises(ValueError, match="expected 10000"):
            split(5, shares, True, True)


@pytest.mark.parametrize("shares", WRONG)
def test_shares_that_are_not_the_whole_are_refused_and_leave_the_parts_empty(shares, script):
    script = script()
    order(script, 10**9, (2500, 2500, 2500, 2500), 1, 1)
    order(script, 10**9, shares, 1, 1)
    script.read("ev_pending")
    order(script, 10**9, (2500, 2500, 2500, 2500), 1, 1)
    results = script.run()
    good, bad, pending, again = results[:6], results[6:12], results[12], results[13:]
    assert bad[1:] == [2 << 8, 0, 0, 0, 0]
    assert pending == 0b11, "finished by the first job, error by the second"
    assert good[1:] == again[1:] == [0, *[250_000_000] * 4]


def test_a_start_while_a_job_runs_is_refused_and_the_job_goes_on(script):
    script = script()
    order(script, 10**9, (1000, 2000, 3000, 4000), 1, 1)
    script.write("amount", 7)
    script.write("control", 1)
    script.wait(50)
    script.job()
    script.read("status")
    script.read("part_platform")
    *_, second, status, platform = script.run()
    assert len(second.trace) < CYCLES
    assert status == 1 << 8
    assert platform == 7 * 1000 // 10_000


def test_clear_ends_a_job_and_empties_the_parts_and_the_amount_is_never_kept(script):
    shares = (1000, 2000, 3000, 4000)
    for moment in (0, 1, 100, 194, 195, 196, 197, 198, 199, 300):
        run = script()
        order(run, 10**9, shares, 1, 1)  # leaves parts behind
        run.read("amount")
        run.write("ev_pending", FINISHED | ERROR)
        run.write("amount", 7 * 10**9)
        run.write("control", 1)
        run.wait(moment)
        run.write("amount", 5)  # for the next job
        run.job(control=2)
        run.read("amount")
        for register in ("status", *(f"part_{part}" for part in PARTS)):
            run.read(register)
        *_, amount, cleared, waiting, status, platform, user, affiliate, publisher = run.run()
        assert (amount, waiting, status) == (0, 0, 0)
        assert (platform, user, affiliate, publisher) == (0, 0, 0, 0)
        assert not any(seen & (FINISHED | ERROR) for seen in cleared.trace[1:])

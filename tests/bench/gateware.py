"""The cores: simulated cycles of each operation, which repeat exactly."""

import random
from collections.abc import Iterator
from statistics import fmean

from migen import run_simulation

from soc.gateware.bench import Job, Script, System, build
from soc.gateware.engine import Engine
from soc.gateware.keccak.core import Keccak
from soc.gateware.ntt.volume import Jobs
from soc.gateware.redactor.core import LIMIT
from soc.gateware.redactor.material import some_record
from soc.gateware.redactor.registers import RedactorEngine
from soc.gateware.sampler import volume as sampler
from soc.gateware.sampler.model import sampled
from soc.gateware.splitter.registers import SplitterEngine
from tests.bench.figure import Figure

SEEDS = 100
RECORD = 4096  # bytes


def figures() -> Iterator[Figure]:
    """Each beside what it may take."""
    yield _cycles("keccak_f", _permutation(), 24)
    yield _cycles("uniform_poly", _uniform(), 350)
    yield _cycles("ntt", _transform(), 1200)
    yield _cycles("split", len(_split().trace), 400)
    speed = RECORD / len(_redaction().trace)
    yield Figure("soc.redact.bytes_per_cycle", speed, "B/cycle", "at least 1", speed)


def _cycles(name: str, value: float, most: int) -> Figure:
    return Figure(f"soc.{name}.cycles", value, "cycles", f"at most {most}", value / most)


def _permutation() -> int:
    """Of the core, from the command to its end."""
    keccak = Keccak()
    took = []

    def process():
        yield keccak.port.command.valid.eq(1)
        yield keccak.port.command.permute.eq(1)
        yield
        count = 1
        while not (yield keccak.port.command.ready):
            yield
            count += 1
        took.append(count)

    run_simulation(keccak, process())
    return took[0]


def _uniform() -> float:
    """Mean from the start to the last coefficient."""
    rng = random.Random(1)
    jobs = []
    for _ in range(SEEDS):
        public, nonce = rng.randbytes(32), rng.randrange(1 << 16)
        expected = sampled("uniform", public, nonce)
        jobs.append(sampler.job("uniform", public, bytes(64), nonce, expected))
    return fmean(sampler.cycles(jobs))


def _transform() -> int:
    jobs = Jobs()
    jobs.add("ntt")
    return jobs.run()[0][0]


def _split() -> Job:
    """With registers."""
    script = _script("splitter", SplitterEngine())
    script.write("amount", 2**64 - 1)
    for part, share in (
        ("user", 7000),
        ("affiliate", 1000),
        ("platform", 1500),
        ("publisher", 500),
    ):
        script.write(f"share_{part}", share)
    script.write("parties", 3)
    script.job()
    return script.run()[0]


def _redaction() -> Job:
    """With registers and DMA of record and result."""
    script = _script("redactor", RedactorEngine())
    script.wait(LIMIT // 4 + 2)  # the sweep after reset
    script.store(0, some_record(random.Random(1), RECORD))
    for _ in range(8):
        script.write("mask", 0x55555555)
    script.write("record", 0)
    script.write("size", RECORD)
    script.write("result", 2 * RECORD)
    script.job()
    return script.run()[0]


def _script(name: str, engine: Engine) -> Script:
    system = System(engine)
    return Script(build(name, system), system.registers)

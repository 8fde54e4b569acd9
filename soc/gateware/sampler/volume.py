"""Jobs for the bench in Verilator: the sampler on a core of its own, without registers."""

import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from litex.gen import LiteXModule

from soc.gateware.keccak.core import Keccak
from soc.gateware.sampler.core import Sampler
from soc.gateware.sampler.model import KINDS
from soc.gateware.verilate import program

__all__ = ["Core", "cycles", "job"]


class Core(LiteXModule):
    """The sampler on a core."""

    def __init__(self) -> None:
        self.keccak = Keccak()
        self.sampler = Sampler(self.keccak.port)


@cache
def bench() -> Path:
    core = Core()
    sampler = core.sampler
    seeds = sampler.seeds
    ios = {signal for record in (sampler.job, sampler.source) for signal in record.flatten()}
    ios |= {seeds.write, seeds.index, seeds.word, seeds.wiped}
    return program("sampler", core, ios, Path(__file__).with_name("testbench.cpp"))


def job(
    kind: str,
    public: bytes,
    secret: bytes,
    nonce: int,
    expected: Sequence[int],
    stalls: bool = False,
) -> str:
    """A job as the bench reads it, with what must come out.

    Args:
        kind: name of a kind
        public: seed of 32 bytes
        secret: seed of 64 bytes
        nonce: of 16 bits
        expected: 256 coefficients
        stalls: whether the output stalls at random
    """
    words = " ".join(f"{word:x}" for word in expected)
    seeds = (public + secret).hex()
    return f"{list(KINDS).index(kind)} {nonce} {stalls:d} {seeds} {words}"


def cycles(jobs: Iterable[str]) -> list[int]:
    """Run jobs one after the other and return the cycles of each, to the last coefficient.

    Raises:
        AssertionError: if a coefficient differs; says which
    """
    done = subprocess.run([bench()], input="\n".join(jobs), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout.splitlines()[-1]
    return [int(line) for line in done.stdout.split()]

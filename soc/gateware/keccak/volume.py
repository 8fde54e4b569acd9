"""Jobs for the bench in Verilator: the sponge on the core, without registers."""

import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from litex.gen import LiteXModule

from soc.gateware.keccak.core import Keccak
from soc.gateware.keccak.model import FUNCTIONS
from soc.gateware.keccak.sponge import Operation, Sponge
from soc.gateware.verilate import program

__all__ = ["Core", "cycles", "job"]


class Core(LiteXModule):
    """The sponge on the core."""

    def __init__(self) -> None:
        self.keccak = Keccak()
        self.sponge = Sponge(self.keccak.port)


@cache
def bench() -> Path:
    core = Core()
    sponge = core.sponge
    streams = (sponge.job, sponge.sink, sponge.source)
    ios = {signal for record in streams for signal in record.flatten()}
    return program("keccak", core, ios, Path(__file__).with_name("testbench.cpp"))


def job(
    operation: Operation,
    function: str = "sha3_256",
    fresh: bool = False,
    final: bool = False,
    message: bytes = b"",
    expected: bytes = b"",
    lane: int = 0,
    value: int = 0,
) -> str:
    """A job as the bench reads it, with what goes in and what must come out."""
    length = len(message) + len(expected)
    index = list(FUNCTIONS).index(function)
    return (
        f"{operation:d} {index} {fresh:d} {final:d} {length} {lane} {value:x}"
        f" {message.hex() or '-'} {expected.hex() or '-'}"
    )


def cycles(jobs: Iterable[str], stalls: int = 0) -> list[int]:
    """Run jobs one after the other and return the cycles of each.

    Args:
        jobs: of `job`
        stalls: seed of streams that stall, 0 for streams that never do

    Raises:
        AssertionError: if an output differs; says how
    """
    done = subprocess.run(
        [bench(), str(stalls)], input="\n".join(jobs), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]
    return [int(line) for line in done.stdout.split()]

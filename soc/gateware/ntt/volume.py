"""Jobs for the bench in Verilator: the core on its own, without registers."""

import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from soc.gateware.ntt.core import NTT
from soc.gateware.ntt.operations import CODES
from soc.gateware.verilate import program

__all__ = ["Jobs"]

PORTS = ("operation", "a", "b", "d", "bound", "start", "busy", "done", "failed", "exceeds")


@cache
def bench() -> Path:
    core = NTT()
    ios = {getattr(core, name) for name in PORTS}
    ios |= {signal for record in (core.sink, core.source) for signal in record.flatten()}
    return program("ntt", core, ios, Path(__file__).with_name("testbench.cpp"))


class Jobs:
    """Operations to be done one after the other, from a reset on."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(
        self,
        name: str,
        a: int = 0,
        b: int = 0,
        d: int = 0,
        *,
        stream: Sequence[int] = (),
        expected: Sequence[int] = (),
        bound: int = 0,
        stalls: bool = False,
    ) -> None:
        """Queue an operation.

        Args:
            name: of the operation
            a: slot, as are b and d
            b: slot
            d: slot
            stream: 256 coefficients, if it takes them
            expected: what it must give, if it gives anything
            bound: of a check
            stalls: whether streams stall at random
        """
        lists = " ".join(
            f"{len(words)} " + " ".join(f"{word:x}" for word in words)
            for words in (stream, expected)
        )
        self._lines.append(f"{CODES[name]} {a} {b} {d} {bound} {stalls:d} {lists}")

    def run(self) -> list[tuple[int, bool]]:
        """Do them; returns of each the cycles, and whether the bound was exceeded.

        Raises:
            AssertionError: if a coefficient differs
        """
        program = bench()
        done = subprocess.run(
            [program],
            input="\n".join(self._lines),
            capture_output=True,
            text=True,
            cwd=program.parent,
        )
        lines = done.stdout.splitlines()
        assert done.returncode == 0, f"{self._lines[len(lines) - 1][:40]}: {lines[-1]}"
        return [(int(cycles), exceeds == "1") for cycles, exceeds in map(str.split, lines)]

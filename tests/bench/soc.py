"""The system on a chip: the simulator beside LiteX's own."""

import os
import subprocess
from collections.abc import Iterator

from firmware.crypto import build as crypto
from soc.sim.build import build
from soc.software.build import FOLDER, image
from tests.bench import stock
from tests.bench.figure import Figure

FLOOR = 1.4


def figures() -> Iterator[Figure]:
    """Measure the system."""
    yield _speed()


def _speed() -> Figure:
    """Cycles in a second of processor time, over those of LiteX's own; the same program."""
    simulator = build(fast=True)
    program = image(
        "hash",
        [FOLDER / "bench/hash.c", *crypto.sources()],
        simulator.headers,
        includes=[crypto.FOLDER],
    )
    before = os.times()
    ours = subprocess.run(simulator.command(program), capture_output=True, text=True, check=True)
    after = os.times()
    said, seconds = stock.run(program)
    if ours.stdout not in said:  # a hash, and the cycles it took
        raise RuntimeError(f"the simulators differ: {ours.stdout} and {said}")
    ratio = seconds / (after.children_user - before.children_user)
    return Figure(
        "sim.speed_vs_stock", ratio, "times", f"LiteX's own, floor {FLOOR}", ratio / FLOOR
    )

"""The system on a chip: the simulator beside LiteX's own."""

import subprocess
from collections.abc import Iterator

from firmware.crypto import build as crypto
from soc.sim.build import build
from soc.software.build import FOLDER, image
from tests.bench import stock
from tests.bench.figure import Figure

PEER = "LiteX's own simulator"
FLOOR = 1.4


def figures() -> Iterator[Figure]:
    """Measure the system."""
    yield from _simulator()


def _simulator() -> Iterator[Figure]:
    """Cycles a second of processor time, of ours and of LiteX's, with the same program."""
    ours = build()
    program = image(
        "hash",
        [FOLDER / "bench/hash.c", *(crypto.FOLDER / f"{name}.c" for name in ("keccak", "sha3"))],
        ours.headers,
        includes=[crypto.FOLDER],
    )

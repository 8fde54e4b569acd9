"""Runs `heap.py` under MicroPython."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Line(NamedTuple):
    """Engagements and requests so far; bytes of the collected heap, and of the store beside it."""

    engagements: int
    requests: int
    heap: int
    store: int


def heap_of(micropython: str | Path, engagements: int, step: int) -> list[Line]:
    """What a node takes after every `step` of so many engagements."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "firmware")])
    done = subprocess.run(
        [micropython, "-X", "heapsize=8m", ROOT / "tests/conformance/heap.py",
         str(engagements), str(step)],
        env={**os.environ, "MICROPYPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return [Line(*map(int, line.split())) for line in done.stdout.splitlines()]

"""The firmware's node on this machine: instructions of an engagement, speed beside CPython's.

Instructions are counted by callgrind, without hedging, so that they repeat; what is common to two
and to ten engagements is taken off.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from firmware import micropython
from runtime.host.crypto import Crypto
from tests.bench.figure import Figure
from tests.conformance.heap_of import heap_of
from tests.conformance.record import Recorder
from tests.portable import world as worlds
from tests.portable.ram_store import RamStore

ROOT = Path(__file__).parents[2]
PLAYER = ROOT / "tests/conformance/play.py"
FEW, MANY = 2, 10


def _record(path: Path, engagements: int) -> int:
    """Record that many engagements of a node with MANY users; returns how many requests."""
    recorder = Recorder()
    with recorder.recording():
        world = worlds.World(RamStore(), Crypto())
        world.ready(10**12)
        people = [world.enrol(world.person(f"user {i}"), [b"Name"]) for i in range(MANY)]
        for person in people[:engagements]:
            code = world.generate(person)
            world.viewed(person, code)
            world.view(world.activate(person, code).record)
            world.settle(code)
        return recorder.write(path)


def _run(kind: str, recording: Path, *before: str) -> tuple[float, str]:
    """Play a recording in a process; returns (seconds, what it wrote to standard error)."""
    command = [sys.executable, "-B"]
    environment = {"PYTHONPATH": str(ROOT)}
    if kind != "software":
        command = [str(micropython.ensure().micropython), "-X", "heapsize=64m"]
        environment = {"MICROPYPATH": f"{ROOT}{os.pathsep}{ROOT / 'firmware'}"}
    start = time.perf_counter()
    done = subprocess.run(
        [*before, *command, PLAYER, recording, kind],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return time.perf_counter() - start, done.stderr


def _instructions(recording: Path) -> int:
    counted = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
    _, said = _run("unix unhedged", recording, *counted)
    found = re.search(r"Collected : (\d+)", said)
    assert found, said
    return int(found[1])


def figures() -> Iterator[Figure]:
    """Instructions of an engagement; requests a second of the unix node by those of software."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        requests = [_record(few, FEW), _record(many, MANY)]
        one = (_instructions(many) - _instructions(few)) / (MANY - FEW)
        yield Figure("unix.engagement.instructions", one, "", "callgrind, unhedged")
        times = {}
        for kind in ("software", "unix"):
            seconds = min(_run(kind, many)[0] for _ in range(3))
            seconds -= min(_run(kind, few)[0] for _ in range(3))
            times[kind] = seconds / (requests[1] - requests[0])
        heap = heap_of(micropython.ensure().micropython, 1250, 250)
        yield Figure("unix.heap_1000_engagements_kib", heap[4].heap / 1024, "KiB", "bound 1024")
        grown = (heap[5].heap - heap[1].heap) / 1024
        yield Figure("unix.heap_growth_10000_requests_kib", grown, "KiB")
        ratio = times["software"] / times["unix"]
        peer = f"{1 / times['software']:.0f}/s of software, one at a time"
        yield Figure("unix.requests_vs_software", ratio, "", peer, ratio)

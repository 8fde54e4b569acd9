"""The firmware's node on this machine: instructions of an engagement, speed beside CPython's.

Instructions are counted by callgrind; what is common to two and to ten engagements is taken off.
They repeat exactly: nothing is random on either side of the line, and neither the environment nor
the place of a file has a part in it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from firmware import micropython
from runtime.host.crypto import Crypto
from tests.bench.figure import Figure
from tests.conformance.heap_of import engagements, heap_of, requests
from tests.conformance.record import Recorder
from tests.firmware.crypto.native import Library
from tests.portable import world as worlds
from tests.portable.ram_store import RamStore

ROOT = Path(__file__).parents[2]
PLAYER = ROOT / "tests/conformance/play.py"
FEW, MANY = 2, 10


class Unhedged(Crypto):
    """Parties whose signatures and ciphertexts are the same each time: random numbers are zeros."""

    def __init__(self) -> None:
        super().__init__()
        self._library = Library()

    def sign(self, seed: bytes, purpose: bytes, message: bytes) -> bytes:
        return self._library.get("mldsa_sign", seed, bytes(32), purpose, message)

    def encapsulate(self, public_key: bytes) -> tuple[bytes, bytes]:
        _, (ciphertext, secret) = self._library.call("mlkem_encaps", public_key, bytes(32))
        return secret, ciphertext


def _record(path: Path, engagements: int, crypto: Crypto) -> int:
    """Record that many engagements of a node with MANY users; returns how many requests."""
    recorder = Recorder()
    with recorder.recording():
        world = worlds.World(RamStore(), crypto)
        world.ready(10**12)
        people = [world.enrol(world.person(f"user {i}"), [b"Name"]) for i in range(MANY)]
        for person in people[:engagements]:
            code = world.generate(person)
            world.viewed(person, code)
            world.view(world.activate(person, code).record)
            world.settle(code)
        return recorder.write(path)


def _program() -> list[str]:
    return [str(micropython.ensure(frozen=True).micropython), "-X", "heapsize=64m"]


def _seconds(kind: str, recording: Path) -> float:
    """How long it takes to play a recording, in a process."""
    command, environment = [sys.executable, "-B"], {"PYTHONPATH": str(ROOT)}
    if kind != "software":
        command, environment = _program(), {"MICROPYPATH": f".frozen{os.pathsep}{ROOT}"}
    start = time.perf_counter()
    subprocess.run(
        [*command, PLAYER, recording, kind],
        env={**os.environ, **environment}, capture_output=True, check=True,
    )  # fmt: skip
    return time.perf_counter() - start


def instructions(engagements: int) -> int:
    """Instructions of a process that plays so many engagements; the same each time."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise RuntimeError("valgrind is missing; install the Debian package valgrind")
    with tempfile.NamedTemporaryFile() as recording:
        _record(Path(recording.name), engagements, Unhedged())
        done = subprocess.run(
            [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", *_program(),
             PLAYER.relative_to(ROOT), "/dev/stdin", "unix unhedged"],
            cwd=ROOT, env={"MICROPYPATH": f".frozen{os.pathsep}."},
            stdin=recording, capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found, done.stderr
    return int(found[1])


def figures() -> Iterator[Figure]:
    """Instructions of an engagement; requests a second of the unix node by those of software."""
    one = (instructions(MANY) - instructions(FEW)) / (MANY - FEW)
    yield Figure("unix.engagement.instructions", one, "", "callgrind, unhedged")
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        counts = [_record(few, FEW, Crypto()), _record(many, MANY, Crypto())]
        times = {}
        for kind in ("software", "unix"):
            seconds = min(_seconds(kind, many) for _ in range(3))
            seconds -= min(_seconds(kind, few) for _ in range(3))
            times[kind] = seconds / (counts[1] - counts[0])
        _, heap = heap_of(engagements(0, 1000))
        yield Figure("unix.heap_1000_engagements_kib", heap.heap / 1024, "KiB", "bound 1024")
        _, first, last = heap_of(requests(0, 2000), requests(2000, 12_000))
        grown = (last.heap - first.heap) / 1024
        yield Figure("unix.heap_growth_10000_requests_kib", grown, "KiB")
        ratio = times["software"] / times["unix"]
        peer = f"{1 / times['software']:.0f}/s of software, one at a time"
        yield Figure("unix.requests_vs_software", ratio, "", peer, ratio)

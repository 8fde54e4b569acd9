"""A node that holds 100,000 codes: its memory, its start, and pages of its indexes.

The crypto is the portable tests' toy, which changes neither state nor memory: with the real one,
signing alone would take minutes. Run as a process of its own: `python -m tests.bench.scale COUNT`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from actors import KINDS
from runtime.cpython.store import SqliteStore
from runtime.cpython.threads import entities_on_one_core, on_reused_threads
from runtime.node.checkpoint import check_chain
from tests.bench.figure import Figure
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import Person, World

CODES = 100_000
USERS = 1000
PAGE = 255


def resident_mib() -> float:
    """Resident memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def page_us(world: World, after: bytes) -> float:
    """Microseconds of the best of a few reads of one page."""
    message = SimpleNamespace(after=after, limit=PAGE)
    best = 1e9
    for _ in range(20):
        start = time.perf_counter()
        world.node.page("edge.has_code", b"", message)
        best = min(best, (time.perf_counter() - start) * 1e6)
    return best


def _accepted(error: list[object] | None, result: list[object] | None) -> None:
    assert error is None, error


def fill(world: World, users: list[Person], serials: range) -> None:
    """Generate codes: one of each offer for every user."""
    for serial in serials:
        offer = world.publish(serial=serial, amount=1, budget=10**9)
        signed = [
            world.signed(world.operator, "optin_generate_code", offer, user.id) for user in users
        ]
        for params in signed:
            world.node.submit("optin_generate_code", params, _accepted)
            if world.node.sequencer.queued == 32:
                world.node.run()
        world.node.run()


def measure(count: int) -> dict[str, float]:
    """Figures of one life of a node with `count` codes, and of its next start."""
    entities_on_one_core()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "node.db"
        kinds = on_reused_threads(KINDS)
        world = World(SqliteStore(path), ToyCrypto(), kinds=kinds, max_live=512).ready(10**12)
        users = [world.enrol(world.person(f"user {i}"), [b"Name"]) for i in range(USERS)]
        fill(world, users, range(10, 12))
        few = resident_mib()
        start = time.perf_counter()
        fill(world, users, range(12, 10 + count // USERS))
        living = (count - 2 * USERS) / (time.perf_counter() - start)
        many = resident_mib()
        first = page_us(world, b"")
        key, code = world.store.scan("edge.has_code", b"\xf0", None, 1)[0]
        last = page_us(world, key + code)
        world.node.stop()
        world.store = SqliteStore(path)
        start = time.perf_counter()
        world.boot()
        world.read("status")
        booted = time.perf_counter() - start
        start = time.perf_counter()
        check_chain(world.node.journal)
        verifying = world.node.journal.size / (time.perf_counter() - start)
    return {
        "few": few, "many": many, "living": living, "first": first, "last": last, "boot": booted,
        "verifying": verifying,
    }  # fmt: skip


def figures() -> Iterator[Figure]:
    """Memory with 1,000 and 100,000 codes, first page against one near the end, start-up."""
    command = (sys.executable, "-m", "tests.bench.scale", str(CODES))
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    few, many = found["few"], found["many"]
    yield Figure("node.rss_100k_codes_mib", many, "MiB", f"{few:.0f} with 2,000 codes", many / few)
    peer = f"{found['first']:.0f} for the first page"
    yield Figure(
        "node.scan_late_page_us", found["last"], "us", peer, found["last"] / found["first"]
    )
    yield Figure("node.start_100k_codes_ms", found["boot"] * 1000, "ms", "from a checkpoint")
    verifying, living = found["verifying"], found["living"]
    peer = f"{living:.0f} lived, without their signatures"
    yield Figure("node.verified_entries_per_second", verifying, "1/s", peer, verifying / living)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
    sys.stdout.flush()
    os._exit(0)  # entities wait on daemon threads

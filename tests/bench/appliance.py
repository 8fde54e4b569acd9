"""The node on the simulated system, through its keeper: its start, requests, whole engagements;
with memory like block RAM, and like the SDRAM of a board.

Cycles are those of the node's work; waiting for the line and collecting the heap are left out, the
latter is told apart. They repeat as far as a socket's bytes come in equal pieces and signatures
take equal attempts.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

from soc.sim.system import FREQUENCY
from tests.appliance.metered import Metered
from tests.appliance.path import ENGAGEMENT
from tests.appliance.run import Run, go
from tests.appliance.tell import engagement
from tests.bench.figure import Figure

USERS = {
    "block": int(os.environ.get("BENCH_ENGAGEMENTS", "20")),
    "sdram": int(os.environ.get("BENCH_SDRAM_ENGAGEMENTS", "5")),
}
TARGETS = {
    "soc.boot": 2_000_000,
    "soc.request": 250_000,
    "soc.request.journaled": 600_000,
    "soc.engagement": 25_000_000,
}


def figures() -> Iterator[Figure]:
    """Go the path with each memory."""
    for memory, users in USERS.items():
        with tempfile.TemporaryDirectory() as folder:
            run = _run(Path(folder) / "node", memory, users)
        if not run.is_right:
            raise RuntimeError(f"the journal is not right: {run.audited.failure}, {run.differing}")
        for name, cycles in _cycles(run).items():
            yield from _figures(name, cycles, memory)


def _run(folder: Path, memory: str, users: int) -> Run:
    options = ("--memory", memory, "--seed", "1")
    # The first start makes the device key; the second one finds it, and an empty journal.
    Metered(folder, options).stop()
    return asyncio.run(go(folder, users, options, lambda: None))


def _cycles(run: Run) -> dict[str, float]:
    """Cycles by name."""
    whole = engagement(run.spent)
    plain, unsigned = run.spent["get_party"], run.spent["optin_expire_reservation"]
    found = {
        "soc.boot": run.boot.busy,
        "soc.request": median(spent.busy for spent in plain),
        "soc.request.collecting": mean(spent.collecting for spent in plain),
        "soc.request.journaled": median(spent.busy for spent in unsigned),
        "soc.request.journaled.collecting": mean(spent.collecting for spent in unsigned),
        "soc.engagement": whole.busy,
        "soc.engagement.collecting": whole.collecting,
    }
    for method in ENGAGEMENT:
        name = f"soc.engagement.{method.removeprefix('optin_')}"
        found[name] = mean(spent.busy for spent in run.spent[method])
    return found


def _figures(name: str, cycles: float, memory: str) -> Iterator[Figure]:
    if memory == "sdram":
        ms = cycles * 1000 / FREQUENCY
        yield Figure(f"{name}.sdram.cycles", cycles, "cycles", "latency of an SDRAM")
        yield Figure(f"{name}.sdram.ms", ms, "ms", f"at {FREQUENCY // 10**6} MHz")
        return
    target = TARGETS.get(name)
    peer = f"at most {target:,}" if target else ""
    yield Figure(f"{name}.cycles", cycles, "cycles", peer, target / cycles if target else None)

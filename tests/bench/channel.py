"""The secure channel on the simulated system: the node's end of a handshake, and its records.

Cycles are those of the node's own work: the line's and the host's are left out, and so is the
collection of the heap. Both ends draw the same in each run, so that the cycles repeat; signatures
take as many attempts as they do, and a handshake is the mean of a few, told apart from them.
"""

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from firmware.port.build import image
from soc.sim.build import build
from soc.sim.system import FREQUENCY
from soc.software.build import FOLDER as SOFTWARE
from tests.bench.figure import Figure

PROGRAM = Path(__file__).parent / "program" / "boot.py"
MAX_CYCLES = 400_000_000
TARGETS = {"channel.handshake": 8_000_000, "channel.record": 20_000}
RECORD = 300  # bytes of content of the record that has a target


def figures() -> Iterator[Figure]:
    """Measure with each memory."""
    for memory in ("block", "sdram"):
        for name, cycles in _cycles(memory).items():
            if memory == "sdram":
                ms = cycles * 1000 / FREQUENCY
                yield Figure(f"{name}.sdram.cycles", cycles, "cycles", "latency of an SDRAM")
                yield Figure(f"{name}.sdram.ms", ms, "ms", f"at {FREQUENCY // 10**6} MHz")
                continue
            target = TARGETS.get(name)
            peer = f"at most {target:,}" if target else ""
            yield Figure(
                f"{name}.cycles", cycles, "cycles", peer, target / cycles if target else None
            )


def _cycles(memory: str) -> dict[str, float]:
    """Cycles by name; of a record, those of the dearer direction."""
    took = _run(memory)
    alone = mean(took["measuring 0"])
    found = {name: mean(cycles) - alone for name, cycles in took.items()}
    named = {
        "channel.handshake": found["answer 0"] + found["done 0"],
        "channel.handshake.answer": found["answer 0"],
        "channel.handshake.done": found["done 0"],
        "channel.record": max(found[f"seal {RECORD}"], found[f"open {RECORD}"]),
    }
    for key, cycles in found.items():
        kind, size = key.split()
        if kind in ("seal", "open"):
            named[f"channel.{kind}.{size}_bytes"] = cycles
    return named


def _run(memory: str) -> dict[str, list[int]]:
    """What the program says, until it says that this is the end."""
    simulator = build(memory, fast=True)
    program = image(simulator.headers, (SOFTWARE,), program=PROGRAM)
    command = simulator.command(program, {"max-cycles": MAX_CYCLES})
    took: defaultdict[str, list[int]] = defaultdict(list)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            line = line.strip("\0\n")
            if line == "end":
                running.terminate()
                return dict(took)
            try:
                name, size, cycles = line.split()
                took[f"{name} {size}"].append(int(cycles))
            except ValueError:
                break
    raise RuntimeError(f"the program says: {line}")

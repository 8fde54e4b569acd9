"""The cryptography on the simulated system: in software, with the hash engine, with all engines."""

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import linear_regression, mean

from firmware import engines
from firmware.crypto import build as crypto
from soc.sim.build import build
from soc.software.build import FOLDER, image
from tests.bench.figure import Figure

ATTEMPTS = 3.85  # of a signature, on average (FIPS 204, table 1)
MESSAGES = {"none": 2, "hash": 2, "all": 100}
TARGETS = {
    "keygen": 500_000, "sign": 2_500_000, "verify": 600_000, "encaps": 1_000_000,
    "decaps": 1_000_000,
}  # fmt: skip
PORT = crypto.FOLDER.parent / "port"


def figures() -> Iterator[Figure]:
    """Measure the cryptography."""
    results = set()
    for configuration, messages in MESSAGES.items():
        measured, result = _run(configuration, 2)
        results.add(result)
        if messages > 2:
            measured, _ = _run(configuration, messages)
        for name, rows in measured.items():
            yield _figure(configuration, name, rows)
    if len(results) != 1:
        raise RuntimeError("engines and software give different results")


def _figure(configuration: str, name: str, rows: list[tuple[int, int]]) -> Figure:
    value = mean(cycles for cycles, _ in rows)
    if name == "sign":
        slope, base = linear_regression([tries for _, tries in rows], [c for c, _ in rows])
        value = base + ATTEMPTS * slope
    target = TARGETS.get(name) if configuration == "all" else None
    return Figure(
        f"engines.{configuration}.{name}",
        value,
        "cycles",
        f"at most {target:,}" if target else "",
        target / value if target else None,
    )


def _run(configuration: str, messages: int) -> tuple[dict[str, list[tuple[int, int]]], str]:
    """Cycles and attempts of each operation, and the hash of all results."""
    simulator = build(fast=True)
    sources = engines.sources(engines.CONFIGURATIONS[configuration])
    program: Path = image(
        "crypto",
        [FOLDER / "bench/crypto.c", PORT / "memory.c", *sources],
        simulator.headers,
        ["-Wl,--wrap=mldsa_sample_challenge", f"-DMESSAGES={messages}"],
        [crypto.FOLDER, engines.FOLDER, PORT],
    )
    said = subprocess.run(
        [simulator.program, f"home={simulator.program.parent}", f"image={program}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    *lines, last = said.splitlines()
    measured = defaultdict(list)
    for line in lines:
        name, cycles, tries = line.split()
        measured[name].append((int(cycles), int(tries)))
    return dict(measured), last

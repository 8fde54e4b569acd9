"""The cryptography on the simulated system: in software, with the hash engine, with all engines;
with memory like block RAM, and like the SDRAM of a board."""

import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import linear_regression, mean

from firmware import engines
from firmware.crypto import build as crypto
from soc.sim.build import build
from soc.sim.system import FREQUENCY
from soc.software.build import FOLDER, image
from tests.bench.figure import Figure

ATTEMPTS = 3.85  # of a signature, on average (FIPS 204, table 1)
MESSAGES = {"none": 2, "hash": 2, "all": 100}
SDRAM_MESSAGES = {"none": 2, "hash": 2, "all": 20}
PARTS = {"none": ".software", "hash": ".hash_only", "all": ""}  # of a figure's name
NAMES = {
    "keygen": "soc.mldsa87.keygen", "verify": "soc.mldsa87.verify",
    "kem_keygen": "soc.mlkem1024.keygen", "encaps": "soc.mlkem1024.encaps",
    "decaps": "soc.mlkem1024.decaps", "redact": "soc.redact_4k", "split": "soc.settlement",
}  # fmt: skip
SIGN = "soc.mldsa87.sign"
TARGETS = {
    "soc.mldsa87.keygen.cycles": 500_000, "soc.mldsa87.sign.mean_cycles": 2_500_000,
    "soc.mldsa87.verify.cycles": 600_000, "soc.mlkem1024.encaps.cycles": 1_000_000,
    "soc.mlkem1024.decaps.cycles": 1_000_000,
}  # fmt: skip
PQM4 = {  # cycles of its assembly on a Cortex-M4
    "soc.mldsa87.keygen": 4_280_000, SIGN: 7_950_000, "soc.mldsa87.verify": 4_190_000,
}  # fmt: skip
SPEEDUP = 5  # of the redaction of 4 KiB, at least
PORT = crypto.FOLDER.parent / "port"

Rows = list[tuple[int, int]]  # cycles, attempts
Cycles = dict[tuple[str, str], float]  # by a figure's name, and what stands before "cycles"


def figures() -> Iterator[Figure]:
    """Measure the cryptography."""
    results = set()
    for memory, counts in (("block", MESSAGES), ("sdram", SDRAM_MESSAGES)):
        cycles: dict[str, Cycles] = {}
        for configuration, messages in counts.items():
            measured, result = _run(memory, configuration, 2)
            results.add(result)
            if messages > 2:
                measured, _ = _run(memory, configuration, messages)
            cycles[configuration] = _cycles(measured)
            yield from _figures(memory, configuration, cycles[configuration])
        if memory == "block":
            redaction = NAMES["redact"], ""
            ratio = cycles["none"][redaction] / cycles["all"][redaction]
            peer = f"software, at least {SPEEDUP}"
            yield Figure("soc.view_4k.speedup", ratio, "times", peer, ratio / SPEEDUP)
    if len(results) != 1:
        raise RuntimeError("engines, software and memories give different results")


def _cycles(measured: Mapping[str, Rows]) -> Cycles:
    """Of each operation; of a signature of one attempt, and of the mean number of them."""
    found = {(name, ""): mean(cycles for cycles, _ in measured[key]) for key, name in NAMES.items()}
    took, tries = zip(*measured["sign"], strict=True)
    slope, base = linear_regression(tries, took)
    found[SIGN, "mean_"] = base + ATTEMPTS * slope
    found[SIGN, "one_attempt_"] = base + slope
    return found


def _figures(memory: str, configuration: str, cycles: Cycles) -> Iterator[Figure]:
    for (operation, which), value in cycles.items():
        name = operation + PARTS[configuration]
        if memory == "sdram":
            ms = value * 1000 / FREQUENCY
            yield Figure(f"{name}.sdram.{which}cycles", value, "cycles", "latency of an SDRAM")
            yield Figure(f"{name}.sdram.{which}ms", ms, "ms", f"at {FREQUENCY // 10**6} MHz")
            continue
        name = f"{name}.{which}cycles"
        target = TARGETS.get(name)
        peer = f"at most {target:,}" if target else ""
        yield Figure(name, value, "cycles", peer, target / value if target else None)
        if configuration == "all" and operation in PQM4 and which != "one_attempt_":
            theirs = PQM4[operation]
            yield Figure(f"{operation}.vs_pqm4", theirs / value, "times", f"pqm4: {theirs:,}")


def _run(memory: str, configuration: str, messages: int) -> tuple[dict[str, Rows], str]:
    """Cycles and attempts of each operation, and the hash of all results."""
    simulator = build(memory, fast=True)
    sources = engines.sources(engines.CONFIGURATIONS[configuration])
    program: Path = image(
        "crypto",
        [FOLDER / "bench/crypto.c", PORT / "memory.c", *sources],
        simulator.headers,
        ["-Wl,--wrap=mldsa_sample_challenge", f"-DMESSAGES={messages}"],
        [crypto.FOLDER, engines.FOLDER, PORT],
    )
    said = subprocess.run(
        simulator.command(program), capture_output=True, text=True, check=True
    ).stdout
    *lines, last = said.splitlines()
    measured = defaultdict(list)
    for line in lines:
        name, cycles, tries = line.split()
        measured[name].append((int(cycles), int(tries)))
    return dict(measured), last

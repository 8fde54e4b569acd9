"""Builds the simulator: the system's Verilog, Verilator and our harness."""

import hashlib
import logging
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from firmware.building import CommandFailed, cache, run, workspace
from firmware.crypto import build as crypto
from soc.software.build import FOLDER, CompilerError, image

__all__ = ["Simulator", "SimulatorError", "build"]

SOC = Path(__file__).parents[1]
HARNESS = Path(__file__).parent / "harness"
PACKAGES = ("litex", "migen", "pythondata-cpu-vexriscv")
PROGRAM = "simulator"
OPTIONS = (
    "--cc", "--exe", "-O3", "--flatten", "--x-assign", "fast", "--x-initial", "fast", "--noassert",
    "--prefix", "Vsoc", "--top-module", "optin", "-Mdir", "out", "-o", PROGRAM,
    "-Wno-fatal", "-Wno-WIDTH", "-Wno-CASEINCOMPLETE",
)  # fmt: skip
CFLAGS = "-O3 -std=c++17"
TRACED = ("--trace-fst", "--trace-structs")
TRAINING = FOLDER / "bench/hash.c"  # what the CPU does while the compiler learns what is rare
TRAINING_CYCLES = 300_000
JOBS = 2


class SimulatorError(Exception):
    """Exception raised when the simulator cannot be built; says what to do."""


class Simulator(NamedTuple):
    """A simulator that is built."""

    program: Path
    headers: Path  # folder with generated/csr.h, mem.h and soc.h for C

    def command(self, image: Path, options: Mapping[str, object] | None = None) -> list[str]:
        """Words of the process that simulates an image.

        Args:
            image: what main RAM holds at reset
            options: of the program, `harness/options.h`; those that are None are left out
        """
        given = {"home": self.program.parent, "image": image, **(options or {})}
        words = (f"{name}={value}" for name, value in given.items() if value is not None)
        return [str(self.program), *words]


def build(
    memory: str = "block", variant: str = "full", cores: Iterable[str] | None = None,
    traced: bool = False,
    fast: bool = False,
    faulty: bool = False,
) -> Simulator:  # fmt: skip
    """Build the simulator, unless that has been done.

    Args:
        memory: "block" or "sdram"; see `soc.sim.system`
        variant: of VexRiscv
        cores: names of cores; all by default
        traced: whether it can write a waveform, which makes it slower
        fast: whether it is compiled a second time, with what a run of the first has shown: 1.4
            times as fast, three times as long to build, and it needs the compiler for the system
        faulty: whether bits of the engines' registers can be flipped, which makes it slower

    Returns:
        where it is

    Raises:
        SimulatorError: if Verilator or LiteX is missing, or the system does not build
    """
    chosen = None if cores is None else tuple(sorted(cores))
    made = cache() / f"sim-{_key(memory, variant, chosen, traced, fast, faulty)}"
    if not made.is_dir():
        if shutil.which("verilator") is None:
            raise SimulatorError(
                "verilator is missing; install the Debian packages verilator, make and g++"
            )
        with workspace(made) as work:
            ready = _verilated(work, memory, variant, chosen, traced, fast, faulty)
            if not made.exists():
                os.replace(ready, made)
    return Simulator(made / PROGRAM, made / "include")


def _key(*parameters: object) -> str:
    """Hash of all that goes into a simulator, without making its Verilog."""
    try:
        packages = [version(name) for name in PACKAGES]
    except PackageNotFoundError as error:
        raise SimulatorError(
            f"{error.name} is missing; run: pip install 'optin-node[sim]'"
        ) from None
    digest = hashlib.sha256(repr((parameters, packages, OPTIONS, CFLAGS, TRACED)).encode())
    for file in sorted([*SOC.rglob("*.py"), *HARNESS.iterdir()]):
        if file.name not in ("testbench.py", "model.py", "docs.py"):
            digest.update(repr((str(file.relative_to(SOC)), file.read_text())).encode())
    return digest.hexdigest()[:12]


def _verilated(
    work: Path,
    memory: str,
    variant: str,
    cores: tuple[str, ...] | None,
    traced: bool,
    fast: bool,
    faulty: bool,
) -> Path:
    """Folder with program, memories and headers, made in `work`."""
    # LiteX is slow to import and not always there.
    from litex.soc.integration import export

    from soc.sim.system import make
    from soc.soc import measured

    logging.disable(logging.INFO)  # LiteX tells its whole construction
    try:
        made = measured(partial(make, memory=memory, variant=variant, cores=cores))
    except ValueError as error:
        raise SimulatorError(str(error)) from error
    finally:
        logging.disable(logging.NOTSET)
    sources = {"optin.v": made.verilog, **made.files, **made.sources}
    for name, text in sources.items():
        (work / name).write_text(text)
    for file in HARNESS.iterdir():
        shutil.copy(file, work)
    _run(
        work, "verilator", *OPTIONS, *(TRACED if traced else ()), "-CFLAGS", CFLAGS,
        "visible.vlt", *(("faults.vlt",) if faulty else ()), "optin.v",
        *(name for name in made.sources if name.endswith(".v")),
        *sorted(file.name for file in HARNESS.glob("*.cpp")),
    )  # fmt: skip
    ready = work / "ready"
    generated = ready / "include/generated"
    generated.mkdir(parents=True)
    for name, text in made.files.items():
        (ready / name).write_text(text)
    system = made.system
    for name, text in {
        "csr.h": export.get_csr_header(
            system.csr_regions, system.constants, with_fields_access_functions=True
        ),
        "mem.h": export.get_mem_header(system.mem_regions),
        "soc.h": export.get_soc_header(system.constants),
    }.items():
        (generated / name).write_text(text)
    if fast:
        _train(work, ready / "include")
        _make(work, "-O2", "-fprofile-use -Wno-missing-profile")
    else:
        _make(work, "-O3")
    shutil.copy2(work / "out" / PROGRAM, ready)
    return ready


def _make(work: Path, level: str, option: str = "") -> None:
    options = (f"OPT_FAST={level}", f"OPT={option}", f"LDFLAGS={option}")
    _run(work, "make", "-C", "out", "-f", "Vsoc.mk", f"-j{JOBS}", *options, PROGRAM)


def _train(work: Path, headers: Path) -> None:
    """Let the compiler see a run: its profile lies beside the objects, which are removed."""
    _make(work, "-O2", "-fprofile-generate")
    try:
        program = image("hash", [TRAINING, *crypto.sources()], headers, includes=[crypto.FOLDER])
    except CompilerError as error:
        raise SimulatorError(str(error)) from None
    options = (f"home={work}", f"image={program}", f"max-cycles={TRAINING_CYCLES}")
    subprocess.run([work / "out" / PROGRAM, *options], capture_output=True)
    for made in [*work.glob("out/*.o"), *work.glob("out/*.a"), work / "out" / PROGRAM]:
        made.unlink()


def _run(work: Path, *command: str) -> None:
    try:
        run(command, work)
    except CommandFailed as error:
        raise SimulatorError(f"{command[0]} failed:\n{error}") from None

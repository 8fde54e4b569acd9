"""A program that hangs is ended, says where it was, and starts anew."""

import re
import subprocess
import sys
from pathlib import Path

from firmware.port.build import image
from soc.sim.build import build
from soc.software.build import FOLDER as SOFTWARE

PROGRAM = Path(__file__).parent / "hanging" / "boot.py"
PATIENCE_MS, CYCLES_A_MS = 10, 50_000
MAIN_RAM = 0x4000_0000


def test_a_program_that_hangs_panics_by_its_place_and_is_started_anew() -> None:
    simulator = build()
    program = image(
        simulator.headers,
        (SOFTWARE,),
        program=PROGRAM,
        node=False,
        options=(f"-DWATCHDOG_MS={PATIENCE_MS}",),
    )
    words = [sys.executable, "-m", "soc.sim", "run", program, "--max-cycles"]
    cycles = 5 * PATIENCE_MS * CYCLES_A_MS
    done = subprocess.run([*words, str(cycles)], capture_output=True, text=True)
    said = [line for line in done.stdout.replace("\0", "").splitlines() if line]
    assert said[0] == "going to hang"
    found = re.fullmatch(r"panic: no sign of life for 10 ms at ([0-9a-f]{8}), 00000000", said[1])
    assert found, said
    size = program.stat().st_size
    assert MAIN_RAM < int(found[1], 16) < MAIN_RAM + size
    assert said[2] == "going to hang"

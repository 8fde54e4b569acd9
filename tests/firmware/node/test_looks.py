"""The time of a look tells nothing of which fields it shows, on the simulated system."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from soc.sim.build import build
from soc.sim.firmware import firmware

PROGRAM = Path(__file__).parent / "looks" / "boot.py"
PLACE = 21  # how far fields lie apart there
SHOWN = ((0, 1, 2, 3), (4, 5, 6, 7), (0, 2, 5, 7), (1, 3, 4, 6))  # of eight fields
MASK_AT = 1_000_000  # cycle in which it comes


def cycles(fields: tuple[int, ...], folder: Path) -> int:
    """Cycles of a look that shows these fields."""
    mask = sum(1 << PLACE * field for field in fields).to_bytes(32, "little")
    script = folder / "script"
    script.write_text(f"{MASK_AT} uart {mask.hex()}\n")
    simulator = build()
    command = simulator.command(
        firmware(simulator, program=PROGRAM), {"script": script, "max-cycles": 60_000_000}
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("look "):
                process.terminate()
                return int(line.split()[1])
    raise AssertionError(f"it ended with status {process.returncode}")


@pytest.mark.skipif(
    "OPTIN_SIMULATED" not in os.environ, reason="takes minutes: set OPTIN_SIMULATED=1"
)
def test_looks_that_show_equally_much_take_equal_cycles_whatever_they_show(tmp_path: Path) -> None:
    taken = {fields: cycles(fields, tmp_path) for fields in SHOWN}
    assert len(set(taken.values())) == 1, taken

"""C on the simulated system: every core through its registers."""

import subprocess
import sys
from pathlib import Path

from firmware.crypto import build as crypto
from soc.sim.build import build
from soc.software.build import FOLDER, image

TESTS = sorted((FOLDER / "tests").glob("*.c"))
MOST_CYCLES = 12_000_000
PRESS, RELEASE = 6_000_000, 6_600_000  # after test_presence has asked, longer than bouncing lasts


def every_byte() -> bytes:
    """What test_uart expects: a thousand bytes without a line feed, and one."""
    values = [i * 13 % 256 for i in range(1000)]
    return bytes(0 if value == ord("\n") else value for value in values) + b"\n"


def test_every_core_does_through_its_registers_what_it_should(tmp_path: Path) -> None:
    simulator = build()
    tests = image("tests", [*TESTS, *crypto.sources()], simulator.headers, includes=[crypto.FOLDER])
    script = tmp_path / "script"
    script.write_text(f"1000 uart {every_byte().hex()}\n{PRESS} button down\n{RELEASE} button up\n")
    done = subprocess.run(
        [sys.executable, "-m", "soc.sim", "run", tests, "--script", script, "--flash-fast",
         "--max-cycles", str(MOST_CYCLES)],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    passed = {line.split(":")[0] for line in done.stdout.splitlines() if ": PASS " in line}
    assert passed == {f"test_{file.stem}" for file in TESTS if file.stem != "main"}

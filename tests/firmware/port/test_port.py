"""MicroPython boots on the simulated system, and does there what it does here."""

import hashlib
import subprocess
import sys
from pathlib import Path

from firmware.port.build import image
from soc.sim.build import build
from soc.software.build import FOLDER as SOFTWARE
from tests.firmware.crypto.native import Library

PROGRAM = Path(__file__).parent / "program" / "boot.py"
SEED = b"s" * 32
SENT = bytes(range(32, 127)) * 30 + b"\n"  # more than the UART holds


def test_frozen_code_boots_signs_by_the_engines_hears_the_line_and_panics_by_name(
    tmp_path: Path,
) -> None:
    simulator = build()
    program = image(simulator.headers, (SOFTWARE,), program=PROGRAM, node=False)
    script = tmp_path / "script"
    script.write_text(f"1000000 uart {SENT.hex()}\n")
    done = subprocess.run(
        [sys.executable, "-m", "soc.sim", "run", program, "--script", script,
         "--max-cycles", "12000000"],
        capture_output=True,
        text=True,
    )  # fmt: skip
    heard = done.stdout.replace("\0", "")
    lines = heard.splitlines()
    said = dict(line.split(" ", 1) for line in lines if " " in line)
    assert said["sha3"] == hashlib.sha3_256(b"abc").hexdigest()
    library = Library()
    key = library.get("mldsa_keygen", SEED)
    signature = library.get("mldsa_sign", SEED, bytes(32), b"purpose", b"message")
    assert said["signature"] == hashlib.sha3_256(key + signature).hexdigest()
    assert said["verified"] == "True"
    assert said["heard"] == f"{len(SENT)} bytes"
    assert "ValueError" in lines and "enough" not in heard  # whose text may quote a value
    assert said["panic:"].startswith("uncaught exception")

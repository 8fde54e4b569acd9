"""The node's firmware for the simulated system, already loaded: an image of memory that serves."""

import hashlib
import os
import struct
import subprocess
from pathlib import Path

from firmware.building import cache, workspace
from firmware.micropython import ToolchainError
from firmware.port.build import NODE, image
from soc.sim.build import Simulator
from soc.software.build import FOLDER as SOFTWARE

__all__ = ["firmware"]

MODE = slice(4, 8)  # of an image: firmware/port/prepared.h
PREPARING, PREPARED = struct.pack("<I", 1), struct.pack("<I", 2)
MAX_CYCLES = 500_000_000  # 30 million with engines; 150 without, as all code is hashed


def firmware(
    simulator: Simulator,
    engines: str = "all",
    program: Path = NODE,
    update_key: bytes | None = None,
) -> Path:
    """Build the node's firmware, and let it load all of its code, unless that has been done.

    Args:
        simulator: which it is for
        engines: one of `firmware.engines.CONFIGURATIONS`
        program: Python file `boot.py` that runs the node
        update_key: ML-DSA-87 key (2,592 bytes) that signs updates; None: none is taken

    Returns:
        path of the image, to be loaded to the start of main RAM

    Raises:
        ToolchainError: if it does not build or does not load
    """
    plain = image(simulator.headers, (SOFTWARE,), engines, program=program, update_key=update_key)
    name = f"{plain.parent.name} {simulator.program.parent.name}"
    made = cache() / f"firmware-{hashlib.sha256(name.encode()).hexdigest()[:12]}" / "firmware.bin"
    if made.exists():
        return made
    with workspace(made) as work:
        _run(simulator, _in_mode(PREPARING, plain, work / "preparing.bin"), work / "memory.bin")
        os.replace(_in_mode(PREPARED, work / "memory.bin", work / "prepared.bin"), made)
    return made


def _in_mode(mode: bytes, source: Path, target: Path) -> Path:
    content = bytearray(source.read_bytes())
    content[MODE] = mode
    target.write_bytes(content)
    return target


def _run(simulator: Simulator, program: Path, memory: Path) -> None:
    command = simulator.command(program, {"dump": memory, "max-cycles": MAX_CYCLES})
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ToolchainError(f"the firmware does not load:\n{done.stdout}{done.stderr}")

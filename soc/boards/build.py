"""Takes a board's system to a bitstream, or to a project for Vivado."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from soc import soc
from soc.boards.board import Board
from soc.boards.report import Report
from soc.boards.rom import headers, rom
from soc.boards.tools import logic_cells, tool, versions

__all__ = ["BUILD", "BITSTREAM", "build", "measurement"]

BUILD = Path(__file__).parents[2] / "build" / "boards"
NAME = "optin"
BITSTREAM = f"{NAME}.bit"


def measurement(board: Board) -> str:
    """What the measurement register of a board holds when it is built now, in hex."""
    boot = rom(board)
    logging.disable(logging.INFO)  # LiteX tells its whole construction
    value = soc.measurement(lambda value: board.make(value, boot))
    logging.disable(logging.NOTSET)
    return f"{value:064x}"


def build(board: Board, say: Callable[[str], None]) -> Report:
    """Build the gateware of a board in build/boards/NAME.

    Args:
        say: called with what is done next

    Returns:
        the report, not yet written

    Raises:
        ToolError: if a tool is missing or fails
    """
    folder = BUILD / board.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tools = versions()
    say("Verilog")
    value = measurement(board)
    system = _project(board, int(value, 16), folder)
    if board.device.family == "ecp5":
        used, fmax = _ecp5(board, folder, say)
    else:
        used, fmax = _artix(folder, say), None
    available = {
        name: getattr(board.device, name)
        for name in ("logic", "flip_flops", "block_ram", "multipliers")
    }
    return Report(
        board=board.name,
        device=board.device.name,
        frequency_mhz=board.frequency / 1e6,
        measurement=value,
        used=used,
        available=available,
        placed=fmax is not None,
        fmax_mhz=fmax,
        memory={
            name: (region.origin, region.size)
            for name, region in sorted(system.bus.regions.items(), key=lambda at: at[1].origin)
        },
        tools=tools,
    )


def _project(board: Board, value: int, folder: Path) -> soc.System:
    """Write Verilog, contents of memories, constraints, scripts and C headers."""
    boot = rom(board)

    def finalized() -> tuple[Any, soc.System]:
        platform, system = board.make(value, boot)
        system.finalize()
        return platform, system

    logging.disable(logging.INFO)
    platform, system = soc.fresh(finalized)
    for number, (source, *rest) in enumerate(platform.sources):
        copied = folder / Path(source).name  # tools and other machines see no path but this
        shutil.copy(source, copied)
        platform.sources[number] = (str(copied), *rest)
    platform.build(system, build_dir=str(folder), build_name=NAME, run=False)
    logging.disable(logging.NOTSET)
    headers(system, folder)
    for script in (*folder.glob("*.tcl"), *folder.glob("*.ys"), *folder.glob("*.xdc")):
        script.write_text(script.read_text().replace(f"{folder}/", ""))
    return system


def _synthesise(command: str, folder: Path) -> dict[str, int]:
    """Run yosys on all Verilog of a folder; returns how many cells of each type there are."""
    sources = sorted(path.name for path in folder.glob("*.v"))
    script = [f"read_verilog -defer {source}" for source in sources]
    script += ['attrmap -tocase keep -imap keep="true" keep=1', command]
    script.append("tee -q -o cells.json stat -json")
    (folder / "synthesis.ys").write_text("\n".join(script) + "\n")
    tool("yosys", "-q", "-s", "synthesis.ys", folder=folder)
    # Hierarchy may be kept in part: the design's own line counts all of it.
    made: dict[str, Any] = json.loads((folder / "cells.json").read_text())
    cells: dict[str, int] = made["design"]["num_cells_by_type"]
    return cells


def _ecp5(board: Board, folder: Path, say: Callable[[str], None]) -> tuple[dict[str, int], float]:
    say("synthesis")
    cells = _synthesise(f"synth_ecp5 -nowidelut -top {NAME} -json {NAME}.json", folder)
    say("place and route")
    tool(
        "nextpnr-ecp5", *board.device.options,
        "--json", f"{NAME}.json", "--lpf", f"{NAME}.lpf", "--textcfg", f"{NAME}.config",
        "--report", "nextpnr.json", "--router", "router1", "--seed", str(board.seed),
        "--timing-allow-fail", "--ignore-loops",  # the budget judges; rings are loops
        folder=folder,
    )  # fmt: skip
    say("bitstream")
    tool("ecppack", "--compress", f"{NAME}.config", "--bit", BITSTREAM, folder=folder)
    placed = json.loads((folder / "nextpnr.json").read_text())
    used = logic_cells(cells, "ecp5")
    used["logic"] = placed["utilization"]["TRELLIS_COMB"]["used"]
    target = board.frequency / 1e6
    clocks = [clock for clock in placed["fmax"].values() if clock["constraint"] >= target]
    return used, round(min(clock["achieved"] for clock in clocks), 2)


def _artix(folder: Path, say: Callable[[str], None]) -> dict[str, int]:
    say("synthesis")
    command = f"synth_xilinx -flatten -family xc7 -nowidelut -top {NAME}"
    return logic_cells(_synthesise(command, folder), "artix")

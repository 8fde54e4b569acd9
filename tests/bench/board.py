"""Boards: what the last build of each takes, and how fast its system clock may be."""

from collections.abc import Iterator

from soc.boards import report as reports
from soc.boards.catalogue import BOARDS
from tests.bench.figure import Figure


def figures() -> Iterator[Figure]:
    """Each against what its FPGA has, its clock against the one it is built for."""
    for name, board in BOARDS.items():
        try:
            last = reports.read(board)
        except reports.ReportError:
            continue  # never built: no figure
        ecp5 = board.device.family == "ecp5"
        names = {
            "logic": "lut4" if ecp5 else "lut6",
            "block_ram": "ebr" if ecp5 else "ramb36",
            "multipliers": "multipliers",
        }
        for kind, unit in names.items():
            used, of = last.used[kind], last.available[kind]
            yield Figure(f"board.{name}.{unit}", used, "", f"{of:,} in the FPGA", used / of)
        if last.fmax_mhz is not None:
            yield Figure(
                f"board.{name}.fmax_mhz",
                last.fmax_mhz,
                "MHz",
                f"{last.frequency_mhz:g} MHz built for",
                last.fmax_mhz / last.frequency_mhz,
            )

"""What is known of a board's build: read, written, held against its budget."""

import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from soc.boards.board import Board

__all__ = ["REPORTS", "Report", "ReportError", "over_budget", "read", "write"]

FOLDER = Path(__file__).parent
REPORTS = FOLDER / "reports"
BUDGETS = FOLDER / "budgets.toml"


class ReportError(Exception):
    """Exception raised when there is no report or no budget; says what to do."""


@dataclass(frozen=True)
class Report:
    """A build, in numbers that repeat.

    Attributes:
        board, device: names
        frequency_mhz: of the system clock
        measurement: what the board's measurement register holds, in hex
        used, available: logic, flip_flops, block_ram, multipliers; see `soc.boards.tools`
        placed: whether `used` is counted after place and route; else after synthesis
        fmax_mhz: of the system clock after place and route; None where the vendor's tool does that
        memory: first address and bytes of each region
        tools: versions
    """

    board: str
    device: str
    frequency_mhz: float
    measurement: str
    used: dict[str, int]
    available: dict[str, int]
    placed: bool
    fmax_mhz: float | None
    memory: dict[str, tuple[int, int]]
    tools: dict[str, str]

    def markdown(self, board: Board) -> str:
        """The report for people."""
        units = _units(board)
        lines = [
            f"# {board.title}",
            "",
            f"{self.device} at {self.frequency_mhz:g} MHz, "
            + (
                f"reaches {self.fmax_mhz:.1f} MHz."
                if self.fmax_mhz
                else "its speed is known once Vivado has placed it."
            ),
            f"Counted after {'place and route' if self.placed else 'synthesis by yosys'}.",
            "",
            "| | used | of | |",
            "|---|--:|--:|--:|",
        ]
        for name, used in self.used.items():
            of = self.available[name]
            lines.append(f"| {units[name]} | {used:,} | {of:,} | {100 * used / of:.0f} % |")
        lines += ["", "| memory | from | bytes |", "|---|---|--:|"]
        lines += [f"| `{name}` | `0x{at:08x}` | {n:,} |" for name, (at, n) in self.memory.items()]
        lines += ["", f"Measurement `{self.measurement}`.", ""]
        lines += ["Made with " + ", ".join(f"{k} {v}" for k, v in self.tools.items()) + ".", ""]
        return "\n".join(lines)


def _units(board: Board) -> dict[str, str]:
    ecp5 = board.device.family == "ecp5"
    return {
        "logic": "LUT4" if ecp5 else "LUT6",
        "flip_flops": "flip-flops",
        "block_ram": "EBR of 18 kbit" if ecp5 else "RAMB36",
        "multipliers": "MULT18X18D" if ecp5 else "DSP48E1",
    }


def write(report: Report, board: Board) -> None:
    """Keep a report as the last one of its board."""
    REPORTS.mkdir(exist_ok=True)
    text = json.dumps(asdict(report), indent=2) + "\n"
    (REPORTS / f"{board.name}.json").write_text(text)
    (REPORTS / f"{board.name}.md").write_text(report.markdown(board))


def read(board: Board) -> Report:
    """Read the last report of a board.

    Raises:
        ReportError: if there is none
    """
    try:
        made = json.loads((REPORTS / f"{board.name}.json").read_text())
    except FileNotFoundError:
        raise ReportError(
            f"there is no report of {board.name}; make one: optin board build {board.name}"
        ) from None
    made["memory"] = {name: (at, size) for name, (at, size) in made["memory"].items()}
    return Report(**made)


def over_budget(report: Report) -> list[str]:
    """Say what of a build is beyond its budget, a line each; none if all is well.

    Raises:
        ReportError: if the board has no budget
    """
    budgets = tomllib.loads(BUDGETS.read_text())
    if report.board not in budgets:
        raise ReportError(f"{report.board} has no budget; write one into {BUDGETS}")
    budget = dict(budgets[report.board])
    least = budget.pop("fmax_mhz", None)
    found = [
        f"{report.board}: {report.used[name]:,} {name.replace('_', ' ')}, expected {most:,} at most"
        for name, most in budget.items()
        if report.used[name] > most
    ]
    if least and (report.fmax_mhz is None or report.fmax_mhz < least):
        found.append(f"{report.board}: {report.fmax_mhz} MHz, expected {least} at least")
    return found

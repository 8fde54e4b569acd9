"""`make bench`: every figure as a table, and in `build/bench.json`."""

import json
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import (
    appliance,
    board,
    channel,
    engines,
    faults,
    gateware,
    line,
    node,
    scale,
    soc,
    unix,
)

OUT = Path("build/bench.json")


def main() -> None:
    """Measure, print and write the figures."""
    table = Table("figure", "value", "unit", "floor or peer", "ratio", box=None, pad_edge=False)
    table.columns[1].justify = table.columns[4].justify = "right"
    figures = {}
    for module in (
        node, line, scale, unix, gateware, soc, engines, appliance, channel, faults, board,
    ):  # fmt: skip
        for figure in module.figures():
            figures[figure.name] = figure.value
            ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
            table.add_row(
                figure.name,
                f"{figure.value:,.3g}" if figure.value < 1000 else f"{figure.value:,.0f}",
                figure.unit,
                figure.peer,
                ratio,
            )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    Console(width=max(100, Console().width)).print(table)
    print(f"written to {OUT}")
    sys.stdout.flush()
    os._exit(0)  # entities wait on daemon threads


if __name__ == "__main__":
    main()

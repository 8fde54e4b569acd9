"""Writes what a core takes of an ECP5 into its README: `python -m soc.resources [CORE ...]`.

Each core is synthesised by itself, with its registers and DMA, without wide multiplexers. The
numbers come between `<!-- resources -->` and `<!-- end -->`.
"""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from litex.soc.interconnect import wishbone
from migen import Record, Signal
from migen.fhdl.verilog import convert

from soc.boards.tools import ToolError, logic_cells, tool
from soc.gateware.access import Registers
from soc.gateware.entropy.noise import RingOscillators
from soc.gateware.entropy.registers import EntropyRegisters
from soc.gateware.keccak.core import Port
from soc.gateware.keccak.registers import KeccakEngine
from soc.gateware.ntt.registers import NTTEngine
from soc.gateware.presence.registers import PresenceRegisters
from soc.gateware.redactor.registers import RedactorEngine
from soc.gateware.sampler.registers import SamplerEngine
from soc.gateware.splitter.registers import SplitterEngine
from soc.gateware.uptime.registers import UptimeRegisters

__all__ = ["CORES", "resources", "table"]

FOLDER = Path(__file__).parent / "gateware"
FREQUENCY = 50_000_000


def _keccak() -> tuple[Any, list[Any]]:
    engine = KeccakEngine()
    return engine, [engine.guest, engine.lent]


def _sampler() -> tuple[Any, list[Any]]:
    lent = Signal()
    free = Signal()
    keccak: Any = SimpleNamespace(guest=Port(), lent=lent, free=free)
    engine = SamplerEngine(keccak)
    return engine, [*vars(keccak).values(), engine.source]


def _ntt() -> tuple[Any, list[Any]]:
    engine = NTTEngine()
    return engine, [engine.sink, engine.window.bus]


def _entropy() -> tuple[Any, list[Any]]:
    rings = RingOscillators("ecp5")
    core = EntropyRegisters(rings.noise)
    core.rings = rings
    return core, []


def _presence() -> tuple[Any, list[Any]]:
    button, lamp = Signal(), Signal()
    return PresenceRegisters(button, lamp, FREQUENCY), [button, lamp]


# The wrapper of each core, and what it has of ports beside registers and buses.
CORES: dict[str, Callable[[], tuple[Any, list[Any]]]] = {
    "keccak": _keccak,
    "sampler": _sampler,
    "ntt": _ntt,
    "redactor": lambda: (RedactorEngine(), []),
    "splitter": lambda: (SplitterEngine(), []),
    "entropy": _entropy,
    "presence": _presence,
    "uptime": lambda: (UptimeRegisters(), []),
}


def _signals(ports: Iterable[Any]) -> set[Signal]:
    found: set[Signal] = set()
    for port in ports:
        if isinstance(port, Signal):
            found.add(port)
        elif isinstance(port, Record):
            found.update(port.flatten())
        else:
            found |= _signals(vars(port).values())
    return found


def resources(name: str) -> dict[str, int]:
    """Synthesise a core.

    Args:
        name: of `CORES`

    Returns:
        logic (LUT4), flip_flops, block_ram (EBR) and multipliers (MULT18X18D)

    Raises:
        ToolError: if yosys is missing or fails
    """
    wrapper, ports = CORES[name]()
    behind = Registers(wrapper)
    buses = [port for port in vars(wrapper).values() if isinstance(port, wishbone.Interface)]
    irq = [wrapper.ev.irq] if hasattr(wrapper, "ev") else []
    made = convert(behind, _signals([behind.bus, *buses, *ports, *irq]), name="top")
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        for file, text in {"top.v": made.main_source, **made.data_files}.items():
            (folder / file).write_text(text)
        script = "read_verilog top.v; synth_ecp5 -nowidelut -top top; tee -q -o cells stat -json"
        tool("yosys", "-q", "-p", script, folder=folder)
        cells = json.loads((folder / "cells").read_text())["design"]["num_cells_by_type"]
    return logic_cells(cells, "ecp5")


def table(used: dict[str, int]) -> str:
    """What a README says of a core's resources."""
    units = {"logic": "LUT4", "flip_flops": "flip-flops", "block_ram": "EBR"}
    units["multipliers"] = "MULT18X18D"
    rows = [f"| {units[name]} | {count:,} |" for name, count in used.items()]
    return "\n".join(["| of an ECP5 | |", "|---|--:|", *rows])


def fill(readme: Path, name: str) -> dict[str, int]:
    """Synthesise a core and put its table into its README.

    Raises:
        ValueError: if the README has no place for it
    """
    text = readme.read_text() if readme.exists() else ""
    found = re.search(r"(?<=<!-- resources -->\n).*?(?=<!-- end -->)", text, flags=re.DOTALL)
    if found is None:
        raise ValueError(f"{readme}: expected a line <!-- resources -->, then <!-- end -->")
    used = resources(name)
    readme.write_text(f"{text[: found.start()]}{table(used)}\n{text[found.end() :]}")
    return used


def main() -> None:
    """Write the READMEs of the cores named, or of all."""
    for name in sys.argv[1:] or list(CORES):
        if name not in CORES:
            sys.exit(f"error: no core {name!r}: expected some of {', '.join(CORES)}")
        try:
            used = fill(FOLDER / name / "README.md", name)
        except (ToolError, ValueError) as error:
            sys.exit(f"error: {error}")
        print(f"{name}: " + ", ".join(f"{key} {count}" for key, count in used.items()))


if __name__ == "__main__":
    main()

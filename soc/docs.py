"""Writes what READMEs say of registers and addresses: `python -m soc.docs`.

A core's README gets its registers between `<!-- registers -->` and `<!-- end -->`, soc/README.md
the memory map between `<!-- map -->` and `<!-- end -->`.
"""

import logging
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from litex.soc.interconnect.csr import CSRStatus, CSRStorage

from soc.sim.system import make
from soc.soc import CORES, System

__all__ = ["documents"]

FOLDER = Path(__file__).parent
WORD_BYTES = 4
EVENTS = {  # what LiteX leaves to be said
    "ev_status": "Whether what an event stands for is the case now.",
    "ev_pending": "Events that have come; a 1 written takes one off.",
    "ev_enable": "Which events interrupt the CPU.",
}


def documents() -> dict[Path, str]:
    """Return what each README should be, by its path.

    Raises:
        ValueError: if one has no place for what is generated
    """
    logging.disable(logging.INFO)  # LiteX tells its whole construction
    _, system = make(0)
    system.finalize()
    logging.disable(logging.NOTSET)
    made = {FOLDER / "README.md": ("map", _map(system))}
    for name in CORES:
        readme = FOLDER / "gateware" / name / "README.md"
        made[readme] = ("registers", _registers(system.csr.regions[name].obj))
    return {path: _filled(path, mark, "\n".join(lines)) for path, (mark, lines) in made.items()}


def _filled(path: Path, mark: str, text: str) -> str:
    """A README with the text between its marks."""
    found = path.read_text()
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- end -->)"
    if not re.search(pattern, found, flags=re.DOTALL):
        raise ValueError(f"{path}: expected a line <!-- {mark} -->, and further down <!-- end -->")
    return re.sub(pattern, lambda at: f"{at[1]}{text}\n{at[2]}", found, count=1, flags=re.DOTALL)


def _map(system: System) -> Iterator[str]:
    yield "| memory | from | bytes |"
    yield "|---|---|---|"
    for name, region in sorted(system.bus.regions.items(), key=lambda item: item[1].origin):
        yield f"| `{name}` | `0x{region.origin:08x}` | {region.size:,} |"
    yield ""
    yield "| registers | from | interrupt |"
    yield "|---|---|---|"
    for name, region in system.csr.regions.items():
        yield f"| `{name}` | `0x{region.origin:08x}` | {system.irq.locs.get(name, '')} |"


def _registers(registers: Iterable[Any]) -> Iterator[str]:
    """A table with a row for each register and each field, addresses from the core's first."""
    yield "| register | offset | bits | access | what |"
    yield "|---|---|---|---|---|"
    offset = 0
    for register in registers:
        access = {CSRStorage: "read, write", CSRStatus: "read"}.get(type(register), "")
        what = EVENTS.get(register.name) or _text(register.description)
        yield f"| `{register.name}` | `0x{offset:02x}` | {register.size} | {access} | {what} |"
        fields = getattr(getattr(register, "fields", None), "fields", None) or ()
        for field in fields:
            last = field.offset + field.size - 1
            bits = f"{last}:{field.offset}" if field.size > 1 else str(field.offset)
            how = "pulse" if field.pulse else ""
            yield f"| &nbsp;&nbsp;`{field.name}` | | {bits} | {how} | {_text(field.description)} |"
            for value, *_, meaning in field.values or ():
                yield f"| | | | `{value}` | {_text(meaning)} |"
        offset += WORD_BYTES * -(-register.size // 32)


def _text(description: str | None) -> str:
    return " ".join(textwrap.dedent(description or "").split())


def main() -> None:
    """Write them."""
    for path, text in documents().items():
        path.write_text(text)
        print(path.relative_to(FOLDER.parent))


if __name__ == "__main__":
    main()

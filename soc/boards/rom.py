"""Compiles the boot ROM of a board, and packs the firmware that it looks for in the flash."""

import logging
import struct
import subprocess
import tempfile
import zlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litedram.init import get_sdram_phy_c_header
from litex.soc.integration.export import (
    get_csr_header,
    get_linker_regions,
    get_mem_header,
    get_soc_header,
)

from soc import soc
from soc.boards.board import Board
from soc.boards.tools import ToolError

__all__ = ["ROM_BYTES", "finalized", "headers", "packed", "rom"]

ROM_BYTES = 4096
MAGIC = b"optn"
FOLDER = Path(__file__).parent / "boot"
COMPILER = "riscv64-unknown-elf-gcc"
FLAGS = (
    "-march=rv32im", "-misa-spec=2.2", "-mabi=ilp32", "--specs=picolibc.specs", "-nostartfiles",
    "-Os", "-std=gnu11", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections",
    "-DSDRAM_TEST_DISABLE",
)  # fmt: skip


def packed(firmware: bytes) -> bytes:
    """The firmware as the boot ROM expects it in the flash; see `boot/boot.c`."""
    return MAGIC + struct.pack("<II", len(firmware), zlib.crc32(firmware)) + firmware


def headers(system: Any, folder: Path) -> None:
    """Write the C headers and linker regions of a finalized system into FOLDER/generated."""
    made = folder / "generated"
    made.mkdir()
    settings = system.sdram.controller.settings
    texts = {
        "csr.h": get_csr_header(
            system.csr_regions, system.constants, with_fields_access_functions=True
        ),
        "mem.h": get_mem_header(system.mem_regions),
        "soc.h": get_soc_header(system.constants),
        "sdram_phy.h": get_sdram_phy_c_header(settings.phy, settings.timing, settings.geom),
        "regions.ld": get_linker_regions(system.mem_regions),
    }
    for name, text in texts.items():
        (made / name).write_text(text)


def finalized(board: Board) -> Any:
    """The system of a board, with an empty boot ROM."""

    def made() -> Any:
        _, system = board.make(0, [0] * (ROM_BYTES // 4))
        system.finalize()
        return system

    logging.disable(logging.INFO)  # LiteX tells its whole construction
    try:
        return soc.fresh(made)
    finally:
        logging.disable(logging.NOTSET)


@cache
def rom(board: Board) -> tuple[int, ...]:
    """Compile the boot ROM of a board.

    The way to wake a DRAM is LiteDRAM's own, of the package that is installed.

    Returns:
        its words

    Raises:
        ToolError: if the compiler is missing or refuses, or the ROM is too small
    """
    system = finalized(board)
    library = Path(str(find_spec("litex").origin)).parent / "soc/software"  # type: ignore[union-attr]
    sources = [FOLDER / "start.S", FOLDER / "boot.c"]
    sources += [library / "liblitedram" / name for name in ("sdram.c", "accessors.c")]
    folders = [FOLDER / "quiet", FOLDER.parents[1] / "software", library, library / "include"]
    with tempfile.TemporaryDirectory() as work:
        headers(system, Path(work))
        words = [COMPILER, *FLAGS, f"-DFIRMWARE_AT={board.firmware_at:#x}"]
        words += [f"-I{path}" for path in (*folders, work)] + [f"-L{work}"]
        words += [*map(str, sources), f"-T{FOLDER / 'boot.ld'}", "-o", f"{work}/rom.elf"]
        _run(words)
        _run(["riscv64-unknown-elf-objcopy", "-O", "binary", f"{work}/rom.elf", f"{work}/rom"])
        image = (Path(work) / "rom").read_bytes()
    if len(image) > ROM_BYTES:
        raise ToolError(f"the boot ROM of {board.name} has {len(image)} bytes, not {ROM_BYTES}")
    return struct.unpack(f"<{ROM_BYTES // 4}I", image.ljust(ROM_BYTES, b"\0"))


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise ToolError(
            f"{words[0]} is missing; install the Debian packages gcc-riscv64-unknown-elf and "
            "picolibc-riscv64-unknown-elf"
        ) from None
    if done.returncode:
        raise ToolError(f"{words[0]} failed:\n{done.stderr}")

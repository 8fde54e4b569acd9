"""MicroPython for the system on a chip: an image of its main RAM, with Python code frozen in."""

import hashlib
import os
import re
import sys
from pathlib import Path

from firmware.building import DATE, CommandFailed, cache, run, workspace
from firmware.engines import CONFIGURATIONS
from firmware.micropython import (
    MANIFEST,
    TARBALL_SHA256,
    ToolchainError,
    ensure,
    frozen_files,
    unpack,
)

__all__ = ["image"]

FOLDER = Path(__file__).parent
FIRMWARE = FOLDER.parent
NODE = FOLDER / "boot.py"
PLACES = FIRMWARE.parent / "runtime/cpython/places"
FIRMWARE_AT = 0x40_0000  # the end of the simulated flash
RAM_MOST = 32 << 20  # of a larger one the rest is left: a collection goes through all its heap
COMPILED = ("crypto", "engines", "modules", "port")  # folders whose C goes into it
JOBS = 2


def image(
    headers: Path,
    includes: tuple[Path, ...],
    engines: str = "all",
    firmware_at: int = FIRMWARE_AT,
    program: Path = NODE,
    node: bool = True,
    options: tuple[str, ...] = (),
    board: str = "sim",
    update_key: bytes | None = None,
) -> Path:
    """Build the port with a program, unless that has been done.

    Args:
        headers: folder with the system's `generated/csr.h`
        includes: folders of further headers that those name
        engines: one of `engines.CONFIGURATIONS`
        firmware_at: where the firmware begins in the flash; the node's own part lies in front
        program: Python file `boot.py`, run after reset
        node: whether the node's code is frozen in for it
        options: further ones of the C compiler
        board: which it is for, as updates of it say
        update_key: ML-DSA-87 key (2,592 bytes) that signs updates; None: none is taken

    Returns:
        path of the image, to be loaded to the start of main RAM

    Raises:
        ToolchainError: if MicroPython cannot be had, or something does not compile
    """
    made_for = f"BOARD = {board!r}\nUPDATE_KEY = {update_key!r}\n"
    key = _key(program, headers, engines, firmware_at, node, (*options, made_for))
    made = cache() / f"port-{key}" / "firmware.bin"
    if made.exists():
        return made
    with workspace(made) as work:
        (work / "lib").mkdir()
        (work / "lib" / "README.md").touch()
        manifest = work / "manifest.py"
        (work / "made_for.py").write_text(made_for)
        frozen = f'module("boot.py", base_path="{program.parent.absolute()}")\n'
        frozen += f'module("made_for.py", base_path="{work}")\n'
        if node:
            frozen += f'include("{MANIFEST}")\n'
        manifest.write_text(frozen)
        flags = [f"-DFIRMWARE_AT={firmware_at:#x}", *(f"-I{folder}" for folder in includes)]
        settings = {
            "TOP": unpack(work),
            "BUILD": work / "out",
            "GENERATED": headers,
            "PLACES": PLACES,
            "RAM_BYTES": min(_ram_bytes(headers), RAM_MOST),
            "CFLAGS_EXTRA": " ".join([*flags, *options]),
            "USER_C_MODULES": FIRMWARE,
            "ENGINES": " ".join(CONFIGURATIONS[engines]),
            "FROZEN_MANIFEST": manifest,
            "MPY_LIB_DIR": work / "lib",
            "MICROPY_MPYCROSS": ensure().mpy_cross,
            "PYTHON": sys.executable,
        }
        words = [f"{name}={value}" for name, value in settings.items()]
        try:
            run(["make", f"-j{JOBS}", *words], FOLDER)
        except CommandFailed as error:
            raise ToolchainError(f"the port does not build:\n{error}") from None
        for result in (made.with_suffix(".elf"), made):  # the former tells what an address is
            os.replace(work / "out" / result.name, result)
    return made


def _ram_bytes(headers: Path) -> int:
    found = re.search(r"define MAIN_RAM_SIZE (\w+)", (headers / "generated/mem.h").read_text())
    if not found:
        raise ToolchainError(f"{headers}/generated/mem.h names no main RAM; expected MAIN_RAM_SIZE")
    return int(found[1].rstrip("UL"), 0)


def _key(
    program: Path,
    headers: Path,
    engines: str,
    firmware_at: int,
    node: bool,
    options: tuple[str, ...],
) -> str:
    """Hash of all that goes into a build."""
    files = [program, *sorted(headers.rglob("*.h")), FOLDER / "Makefile", FOLDER / "link.ld"]
    files += [*sorted(PLACES.glob("*.csv")), *(frozen_files() if node else [])]
    for name in COMPILED:
        found = (FIRMWARE / name).rglob("*.*")
        files += sorted(path for path in found if path.suffix in (".c", ".h", ".mk", ".S"))
    parts = [TARBALL_SHA256, DATE, engines, str(firmware_at), *options]
    for path in files:
        parts += [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

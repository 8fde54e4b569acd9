"""MicroPython for the system on a chip: an image of its main RAM, with Python code frozen in."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from firmware.building import CommandFailed, cache, run
from firmware.engines import CONFIGURATIONS
from firmware.micropython import TARBALL_SHA256, ToolchainError, ensure, unpack

__all__ = ["image"]

FOLDER = Path(__file__).parent
FIRMWARE = FOLDER.parent
COMPILED = ("crypto", "engines", "modules", "port")  # folders whose C goes into it
JOBS = 2


def image(program: Path, headers: Path, includes: tuple[Path, ...], engines: str = "all") -> Path:
    """Build the port with a program, unless that has been done.

    Args:
        program: Python file `boot.py`, run after reset
        headers: folder with the system's `generated/csr.h`
        includes: folders of further headers that those name
        engines: one of `engines.CONFIGURATIONS`

    Returns:
        path of the image, to be loaded to the start of main RAM

    Raises:
        ToolchainError: if MicroPython cannot be had, or something does not compile
    """
    made = cache() / f"port-{_key(program, headers, engines)}" / "firmware.bin"
    if made.exists():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent, prefix="building-") as folder:
        work = Path(folder)
        (work / "lib").mkdir()
        (work / "lib" / "README.md").touch()
        manifest = work / "manifest.py"
        manifest.write_text(f'module("boot.py", base_path="{program.parent.absolute()}")\n')
        settings = {
            "TOP": unpack(work),
            "BUILD": work / "out",
            "GENERATED": headers,
            "CFLAGS_EXTRA": " ".join(f"-I{folder}" for folder in includes),
            "USER_C_MODULES": FIRMWARE,
            "ENGINES": " ".join(CONFIGURATIONS[engines]),
            "FROZEN_MANIFEST": manifest,
            "MPY_LIB_DIR": work / "lib",
            "MICROPY_MPYCROSS": ensure().mpy_cross,
            "PYTHON": sys.executable,
        }
        options = [f"{name}={value}" for name, value in settings.items()]
        try:
            run(["make", f"-j{JOBS}", *options], FOLDER)
        except CommandFailed as error:
            raise ToolchainError(f"the port does not build:\n{error}") from None
        os.replace(work / "out" / "firmware.bin", made)
    return made


def _key(program: Path, headers: Path, engines: str) -> str:
    """Hash of all that goes into a build."""
    files = [program, *sorted(headers.rglob("*.h")), FOLDER / "Makefile", FOLDER / "link.ld"]
    for name in COMPILED:
        found = (FIRMWARE / name).rglob("*.*")
        files += sorted(path for path in found if path.suffix in (".c", ".h", ".mk", ".S"))
    parts = [TARBALL_SHA256, engines]
    for path in files:
        parts += [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

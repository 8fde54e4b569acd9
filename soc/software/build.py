"""Compiles C for the system on a chip into an image of its main RAM."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from firmware.building import CommandFailed, cache, run, workspace

__all__ = ["CompilerError", "FOLDER", "image"]

FOLDER = Path(__file__).parent
TOOLS = "riscv64-unknown-elf-"
FLAGS = (
    "-march=rv32im", "-misa-spec=2.2", "-mabi=ilp32", "--specs=picolibc.specs", "-nostartfiles",
    "-O2", "-std=c11", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections",
    "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wno-sign-conversion", "-Wshadow",
)  # fmt: skip


class CompilerError(Exception):
    """Exception raised when a program cannot be compiled; says what to do."""


def image(
    name: str,
    sources: Sequence[Path],
    headers: Path,
    options: Sequence[str] = (),
    includes: Sequence[Path] = (),
) -> Path:
    """Compile a program, unless that has been done.

    Args:
        name: of the program
        sources: C files; start-up, console and traps come with it
        headers: folder with the system's `generated/csr.h`
        options: of gcc, beside the usual ones
        includes: further folders of headers, searched after `FOLDER`

    Returns:
        path of the image, to be loaded to the start of main RAM

    Raises:
        CompilerError: if the compiler is missing or refuses
    """
    files = [FOLDER / "start.S", FOLDER / "console.c", *sources]
    made = cache() / f"program-{_key(files, headers, options, includes)}" / f"{name}.bin"
    if made.exists():
        return made
    with workspace(made) as work:
        elf, raw = work / f"{name}.elf", work / f"{name}.bin"
        # What is generated may warn.
        folders = [*(f"-I{folder}" for folder in (FOLDER, *includes)), f"-isystem{headers}"]
        _run("gcc", *FLAGS, *options, *folders, *files, f"-T{FOLDER / 'link.ld'}", "-o", elf)
        _run("objcopy", "-O", "binary", elf, raw)
        os.replace(elf, made.with_suffix(".elf"))
        os.replace(raw, made)
    return made


def _key(
    files: Sequence[Path], headers: Path, options: Sequence[str], includes: Sequence[Path]
) -> str:
    digest = hashlib.sha256(repr((FLAGS, tuple(options))).encode())
    more = [file for folder in includes for file in sorted(folder.rglob("*.h"))]
    own = [*FOLDER.glob("*.h"), *FOLDER.glob("*.ld"), *FOLDER.glob("tests/*.h")]
    for file in (*files, *sorted(own), *more, *sorted(headers.rglob("*.h"))):
        digest.update(repr((file.name, file.read_bytes())).encode())
    return digest.hexdigest()[:12]


def _run(tool: str, *arguments: str | Path) -> None:
    if shutil.which(TOOLS + tool) is None:
        raise CompilerError(
            f"{TOOLS}{tool} is missing; install the Debian packages gcc-riscv64-unknown-elf and "
            "picolibc-riscv64-unknown-elf"
        )
    try:
        run([TOOLS + tool, *arguments])
    except CommandFailed as error:
        raise CompilerError(f"{tool} failed:\n{error.log[:4000]}") from None

"""The firmware's cryptography compiled for this machine: a shared library, or programs with it.

Run it as `python -m firmware.crypto.build`; it prints where the library is. What is built is kept
in the user's cache under the hash of all that went into it.
"""

import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from firmware.building import CommandFailed, cache, run, workspace

__all__ = [
    "BuildError", "FOLDER", "LIBRARY", "PROGRAM", "SANITIZED", "SECRETS", "WARNINGS", "build",
    "sources",
]  # fmt: skip

FOLDER = Path(__file__).parent

WARNINGS = (
    "-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wpedantic", "-Wshadow", "-Wvla",
)  # fmt: skip

# What to build: options of gcc.
PROGRAM = ("-O2", "-fPIC")
LIBRARY = (*PROGRAM, "-shared")
SANITIZED = (
    "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
)  # fmt: skip
SECRETS = ("-O2", "-g", "-DCRYPTO_VALGRIND")
JOBS = 2


class BuildError(Exception):
    """Exception raised when the C code cannot be compiled; says what to do."""


def sources() -> list[Path]:
    """Return the C files of the library."""
    return sorted(FOLDER.rglob("*.c"))


def build(name: str, options: Sequence[str] = LIBRARY, more: Sequence[Path] = ()) -> Path:
    """Compile the library, or a program with it, unless that has been done.

    Args:
        name: of the file to make
        options: of gcc, beside the warnings
        more: C files to link it with; what they define takes the place of what the library has

    Returns:
        its path

    Raises:
        BuildError: if gcc is missing or refuses
    """
    archive = _made("libcrypto.a", [option for option in options if option != "-shared"], sources())
    linked = [str(archive)]
    if not more:
        linked = ["-Wl,--whole-archive", *linked, "-Wl,--no-whole-archive"]
    return _made(name, options, more, linked)


def main() -> int:
    """Print where the library is, compiling it first if need be; returns the exit status."""
    try:
        print(build("libcrypto.so"))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _made(
    name: str, options: Sequence[str], files: Sequence[Path], linked: Sequence[str] = ()
) -> Path:
    """A file of the cache, made of C files with what they are linked with, or an archive."""
    made = cache() / f"crypto-{_key(files, [*options, *linked])}" / name
    if made.exists():
        return made
    with workspace(made) as work:
        with ThreadPoolExecutor(JOBS) as pool:
            objects = list(pool.map(lambda file: _object(work, file, options), files))
        new = work / name
        if linked:
            _run("gcc", *options, "-o", new, *objects, *linked)
        else:
            _run("ar", "rcs", new, *objects)
        os.replace(new, made)
    return made


def _object(work: Path, file: Path, options: Sequence[str]) -> Path:
    made = work / f"{file.parent.name}-{file.stem}.o"
    compiled = [option for option in options if option != "-shared"]
    _run("gcc", *WARNINGS, *compiled, f"-I{FOLDER}", "-c", "-o", made, file)
    return made


def _run(program: str, *arguments: str | Path) -> None:
    if shutil.which(program) is None:
        raise BuildError(f"{program} is missing; install the Debian packages gcc and libc6-dev")
    try:
        run([program, *arguments])
    except CommandFailed as error:
        raise BuildError(f"the C code does not compile:\n{error.log}") from None


def _key(files: Sequence[Path], options: Sequence[str]) -> str:
    """Hash of all that goes into a build; an archive's path has that of its own."""
    parts = [platform.machine(), repr((WARNINGS, tuple(options)))]
    beside = [header for folder in {path.parent for path in files} for header in folder.glob("*.h")]
    for path in [*files, *sorted({*beside, *FOLDER.rglob("*.h")})]:
        parts += [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())

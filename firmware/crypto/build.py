"""The firmware's cryptography compiled for this machine: a shared library, or programs with it.

Run it as `python -m firmware.crypto.build`; it prints where the library is. What is built is kept
in the user's cache under the hash of all that went into it.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from firmware.micropython import cache

__all__ = [
    "BuildError", "FOLDER", "LIBRARY", "PROGRAM", "SANITIZED", "SECRETS", "WARNINGS", "build",
    "sources",
]  # fmt: skip

FOLDER = Path(__file__).parent

WARNINGS = (
    "-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wpedantic", "-Wshadow", "-Wvla",
)  # fmt: skip

# What to build: options of gcc.
LIBRARY = ("-O2", "-fPIC", "-shared")
PROGRAM = ("-O2",)
SANITIZED = (
    "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
)  # fmt: skip
SECRETS = ("-O2", "-g", "-DCRYPTO_VALGRIND")


class BuildError(Exception):
    """Exception raised when the C code cannot be compiled; says what to do."""


def sources() -> list[Path]:
    """Return the C files of the library."""
    return sorted(FOLDER.rglob("*.c"))


def build(
    name: str,
    options: Sequence[str] = LIBRARY,
    more: Iterable[Path] = (),
    without: Iterable[str] = (),
) -> Path:
    """Compile the library, or a program with it, unless that has been done.

    Args:
        name: of the file to make
        options: of gcc, beside the warnings
        more: further C files
        without: names of files of the library that others take the place of

    Returns:
        its path

    Raises:
        BuildError: if gcc is missing or refuses
    """
    files = [path for path in sources() if path.name not in set(without)] + list(more)
    key = _key(files, options)
    made = cache() / f"crypto-{key}" / name
    if made.exists():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent, prefix="building-") as work:
        new = Path(work) / name
        _compile([*WARNINGS, *options, f"-I{FOLDER}", "-o", str(new), *map(str, files)])
        os.replace(new, made)
    return made


def main() -> int:
    """Print where the library is, compiling it first if need be; returns the exit status."""
    try:
        print(build("libcrypto.so"))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _compile(arguments: list[str]) -> None:
    if shutil.which("gcc") is None:
        raise BuildError("gcc is missing; install the Debian packages gcc and libc6-dev")
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        ["gcc", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise BuildError(f"the C code does not compile:\n{done.stdout}")


def _key(files: Iterable[Path], options: Sequence[str]) -> str:
    """Hash of all that goes into a build; headers stand beside the files that include them."""
    files = sorted(files)
    headers = sorted(path for folder in {f.parent for f in files} for path in folder.glob("*.h"))
    parts = [platform.machine(), repr((WARNINGS, tuple(options)))]
    for path in [*files, *headers]:
        parts += [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())

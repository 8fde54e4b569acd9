"""MicroPython 1.25 for this machine: fetches its source and builds the unix port and mpy-cross.

Run it as `python -m firmware.micropython`; it prints where both programs are. The source comes
through the machine's own apt mirror, or from `--tarball` or `OPTIN_MICROPYTHON_TARBALL`, and must
have the pinned hash. What is built is kept in the user's cache.
"""

import argparse
import hashlib
import os
import platform
import re
import shutil
import sys
import tarfile
import tempfile
from collections import namedtuple
from pathlib import Path

from firmware.building import DATE, CommandFailed, cache, run, tail, workspace

__all__ = ["Toolchain", "ToolchainError", "ensure", "source_tarball", "unpack"]

VERSION = "1.25.0"
PACKAGE = "micropython"
PACKAGE_VERSION = "1.25.0+ds-1"
TARBALL = "micropython_1.25.0+ds.orig.tar.xz"
TARBALL_SHA256 = "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea"

SUITE = "trixie"
COMPONENT = "main"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# What each program is for, so that a message can say why its package is needed.
NEEDED_TO_FETCH = {"apt-get": ("apt", "fetches the source")}
NEEDED_TO_BUILD = {
    "gcc": ("gcc and libc6-dev", "compiles MicroPython"),
    "make": ("make", "runs MicroPython's build"),
}

# The standard variant without what the boards lack too, so that code which would fail there fails
# on this machine. Its optional libraries are not in Debian's tarball and nothing here uses them.
VARIANT = """\
#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#include "../mpconfigvariant_common.h"
#undef MICROPY_PY_SYS_EXC_INFO
#define MICROPY_PY_SYS_EXC_INFO (0)
#define MICROPY_PY_HASHLIB (0)  // ours has SHA3
"""
UNIX_OPTIONS = (
    "VARIANT=optin",
    "MICROPY_PY_BTREE=0",
    "MICROPY_PY_FFI=0",
    "MICROPY_PY_SOCKET=0",
    "MICROPY_PY_SSL=0",
    "MICROPY_PY_THREAD=0",
    "MICROPY_VFS_FAT=0",
    "MICROPY_VFS_LFS1=0",
    "MICROPY_VFS_LFS2=0",
    "COPT=-O2 -DNDEBUG -fdata-sections -ffunction-sections",
    "LDFLAGS_EXTRA=-Wl,--build-id=none",  # it hashes paths, which are no part of the program
)
# Under sanitizers each object has memory of its own from malloc, so that one byte too many is seen;
# nothing is collected. MicroPython itself gives memcpy null pointers with a size of 0.
SANITIZED_HEAP = """\
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

void *__wrap_gc_alloc(size_t size, unsigned flags)
{
    (void)flags;
    return size ? calloc(1, size) : NULL;
}

void __wrap_gc_free(void *memory)
{
    free(memory);
}

void *__wrap_gc_realloc(void *memory, size_t size, bool move)
{
    if (memory && !move)
        return size <= malloc_usable_size(memory) ? memory : NULL;
    if (size)
        return realloc(memory, size);
    free(memory);
    return NULL;
}
"""
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize=nonnull-attribute"
SANITIZED_OPTIONS = (
    "COPT=-O1 -g -DNDEBUG -fno-omit-frame-pointer -fno-sanitize-recover=all",
    f"CFLAGS_EXTRA={SANITIZERS}",
    f"LDFLAGS_EXTRA={SANITIZERS} -Wl,--wrap=gc_alloc,--wrap=gc_free,--wrap=gc_realloc",
    "STRIP=",
)
JOBS = 2

FOLDER = Path(__file__).parent
MODULES = ("crypto", "modules")  # folders with C code that becomes part of the unix port
MANIFEST = FOLDER / "manifest.py"  # names the Python code that a frozen one has in it
FROZEN = ("../actors", "../runtime/actor", "../runtime/node", "../runtime/wire", "node", "pykka")

Toolchain = namedtuple("Toolchain", ("micropython", "mpy_cross"))


class ToolchainError(Exception):
    """Exception raised when MicroPython cannot be fetched or built; says what to do."""


def ensure(
    tarball: Path | str | None = None, frozen: bool = False, sanitized: bool = False
) -> Toolchain:
    """Build MicroPython unless that has been done.

    Args:
        tarball: path of the source tarball, if it need not be fetched
        frozen: whether the portable code and the firmware's own is part of it, as on a board; then
            it is built anew whenever that code changes
        sanitized: whether it ends, and says why, at a wrong access to memory or undefined behaviour

    Returns:
        paths of the unix port and of mpy-cross

    Raises:
        ToolchainError: if the source cannot be had, is not the pinned one or does not build
    """
    toolchain = _home(frozen, sanitized)
    home = toolchain.micropython.parent
    if home.is_dir():
        return toolchain

    _require(NEEDED_TO_BUILD)
    with workspace(home) as work:
        built = _build(unpack(work, tarball), work, frozen, sanitized)
        _install(built, home)
    return toolchain


def source_tarball(tarball: Path | str | None = None) -> Path:
    """Fetch the source tarball unless that has been done, and verify it.

    Args:
        tarball: path of the tarball, if it need not be fetched; by default the one that
            `OPTIN_MICROPYTHON_TARBALL` names

    Returns:
        its path

    Raises:
        ToolchainError: if it cannot be had or is not the pinned one
    """
    given = tarball or os.environ.get("OPTIN_MICROPYTHON_TARBALL")
    if given:
        return _verified(Path(given))
    kept = cache() / TARBALL
    if not kept.exists():
        _fetch(kept)
    return _verified(kept)


def unpack(folder: Path, tarball: Path | str | None = None) -> Path:
    """Unpack the source.

    Args:
        folder: where to
        tarball: as for `source_tarball`

    Returns:
        the top folder of the source, below `folder`

    Raises:
        ToolchainError: if it cannot be had or is not the pinned one
    """
    path = source_tarball(tarball)
    _say("unpacking the source")
    source = folder / "source"
    with tarfile.open(path) as archive:
        # Pythons before 3.11.4 have no filter; the archive is trusted by its hash.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        archive.extractall(source)
    (top,) = source.iterdir()
    return top


def frozen_files() -> list[Path]:
    """All that decides what is frozen in."""
    return [MANIFEST, *(path for name in FROZEN for path in _files(FOLDER / name, ".py"))]


def main(arguments: list[str] | None = None) -> int:
    """Print where the programs are, building them first if need be.

    Args:
        arguments: those of the command line

    Returns:
        the exit status
    """
    parser = argparse.ArgumentParser(
        prog="python -m firmware.micropython",
        description="Build MicroPython's unix port and mpy-cross, and print where they are.",
    )
    parser.add_argument("--tarball", metavar="PATH", help=f"{TARBALL}, if it is at hand")
    parser.add_argument("--frozen", action="store_true", help="with the node's code in it")
    parser.add_argument("--sanitized", action="store_true", help="watched by gcc's sanitizers")
    try:
        toolchain = ensure(**vars(parser.parse_args(arguments)))
    except ToolchainError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(toolchain.micropython)
    print(toolchain.mpy_cross)
    return 0


def _fetch(kept: Path) -> None:
    _require(NEEDED_TO_FETCH)
    mirrors = _mirrors()
    log = ""
    with tempfile.TemporaryDirectory(dir=_made(cache()), prefix="fetching-") as work:
        for mirror in mirrors:
            _say(f"fetching {PACKAGE} {PACKAGE_VERSION} through {mirror}")
            options = _private_list(Path(work), mirror)
            source = ["--download-only", "--tar-only", "source", f"{PACKAGE}={PACKAGE_VERSION}"]
            for command in (["update"], source):
                log += _said(["apt-get", "--quiet", *options, *command], Path(work))
            if (Path(work) / TARBALL).exists():
                os.replace(_verified(Path(work) / TARBALL), kept)
                return
    raise ToolchainError(
        f"none of this machine's apt mirrors gave {TARBALL} of Debian's {SUITE}; fetch it from a "
        f"Debian mirror and give its path with --tarball or OPTIN_MICROPYTHON_TARBALL\n"
        f"tried: {', '.join(mirrors) or 'none is configured'}\n{tail(log)}"
    )


def _mirrors() -> list[str]:
    """Return the base addresses of apt's sources, those that look like Debian's archive first."""
    listed = _said(["apt-get", "update", "--print-uris"])
    bases = list(dict.fromkeys(re.findall(r"^'(\S+?)/+dists/", listed, re.MULTILINE)))
    return sorted(bases, key=lambda base: not base.endswith("/debian"))


def _private_list(work: Path, mirror: str) -> list[str]:
    """Write a list of sources of our own; return the options that make apt use it alone."""
    _made(work / "lists" / "partial")
    _made(work / "cache" / "archives" / "partial")
    sources = work / "sources.list"
    sources.write_text(f"deb-src [signed-by={KEYRING}] {mirror} {SUITE} {COMPONENT}\n")
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",  # apt's own user may not enter our folder
    }
    return [f"-o{name}={value}" for name, value in settings.items()]


def _home(frozen: bool, sanitized: bool) -> Toolchain:
    """Where the programs are once they are built."""
    home = cache() / f"micropython-{VERSION}-{_key(frozen, sanitized)}"
    return Toolchain(home / "micropython", home / "mpy-cross")


def _key(frozen: bool, sanitized: bool = False) -> str:
    """Hash of all that goes into a build."""
    recipe = [TARBALL_SHA256, DATE, VARIANT, repr(_options(sanitized)), platform.machine()]
    recipe += [SANITIZED_HEAP] * sanitized
    parts = [path for name in MODULES for path in _files(FOLDER / name, ".c", ".h", ".mk")]
    if frozen:
        parts += frozen_files()
    for path in parts:
        name = os.path.relpath(path, FOLDER)
        recipe += [name, hashlib.sha256(path.read_bytes()).hexdigest()]
    return hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]


def _options(sanitized: bool) -> tuple[str, ...]:
    """Options of make; of two values of one, the last counts."""
    return UNIX_OPTIONS + (SANITIZED_OPTIONS if sanitized else ())


def _files(folder: Path, *suffixes: str) -> list[Path]:
    return sorted(path for path in folder.rglob("*.*") if path.suffix in suffixes)


def _build(source: Path, work: Path, frozen: bool, sanitized: bool) -> Toolchain:
    lib = _made(work / "lib")
    (lib / "README.md").touch()
    variant = _made(source / "ports/unix/variants/optin")
    (variant / "mpconfigvariant.h").write_text(VARIANT)
    (variant / "mpconfigvariant.mk").touch()
    if sanitized:
        (variant / "heap.c").write_text(SANITIZED_HEAP)

    cross = _home(False, False).mpy_cross  # it is the same one in all builds
    if not cross.exists():
        cross = source / "mpy-cross/build/mpy-cross"
        _make("mpy-cross", source / "mpy-cross")
    manifest = MANIFEST if frozen else ""
    places = {
        "MPY_LIB_DIR": lib,
        "USER_C_MODULES": FOLDER,
        "FROZEN_MANIFEST": manifest,
        "MICROPY_MPYCROSS": cross,
    }
    options = [f"{name}={place}" for name, place in places.items()]
    _make("the unix port", source / "ports/unix", *options, *_options(sanitized))
    return Toolchain(source / "ports/unix/build-optin/micropython", cross)


def _make(what: str, folder: Path, *options: str) -> None:
    _say(f"building {what}")
    try:
        run(["make", f"-j{JOBS}", f"PYTHON={sys.executable}", *options], folder)
    except CommandFailed as error:
        raise ToolchainError(f"{what} does not build:\n{error}") from None


def _install(built: Toolchain, home: Path) -> None:
    """Move programs to their place in one step, so that a half-made folder is never seen."""
    ready = _made(built.micropython.parent / "ready")
    shutil.copy2(built.micropython, ready / "micropython")
    shutil.copy2(built.mpy_cross, ready / "mpy-cross")
    try:
        ready.rename(home)
    except OSError:
        if not home.is_dir():
            raise
        # Another process has built the same meanwhile.


def _require(programs: dict[str, tuple[str, str]]) -> None:
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        lines = [f"  {programs[name][0]}: {name} {programs[name][1]}" for name in missing]
        raise ToolchainError("install these Debian packages:\n" + "\n".join(lines))


def _verified(path: Path) -> Path:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ToolchainError(f"cannot read the tarball: {error}") from None
    if found != TARBALL_SHA256:
        raise ToolchainError(
            f"{path} is not {TARBALL} of Debian's {PACKAGE} {PACKAGE_VERSION}\n"
            f"  sha256 is        {found}\n"
            f"  it should be     {TARBALL_SHA256}\n"
            f"give the right one, or delete this one and have it fetched"
        )
    return path


def _said(command: list[str], folder: Path | None = None) -> str:
    """What a command says, whether it fails or not."""
    try:
        return run(command, folder)
    except CommandFailed as error:
        return error.log


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _say(text: str) -> None:
    print(f"micropython: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

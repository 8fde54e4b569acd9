"""Drivers of the engines: files that take the place of those of the same path in `crypto`."""

from collections.abc import Collection
from pathlib import Path

from firmware.crypto import build as crypto

__all__ = ["CONFIGURATIONS", "FOLDER", "sources"]

FOLDER = Path(__file__).parent

# What the hardware does: nothing, the hash, all that it can. The test of known answers comes with
# each, and takes no other file's place.
SELFTEST = "selftest.c"
CONFIGURATIONS: dict[str, tuple[str, ...]] = {
    "none": (SELFTEST,),
    "hash": (SELFTEST, "keccak.c"),
    "all": (SELFTEST, "keccak.c", "mldsa/slots.c", "mlkem/sample.c", "redactor.c", "split.c"),
}


def sources(engines: Collection[str]) -> list[Path]:
    """Return the C files of the cryptography with some of them on engines.

    Args:
        engines: paths in this folder
    """
    software = [file for file in crypto.sources() if _path(file) not in engines]
    return [*software, *(FOLDER / name for name in engines)]


def _path(file: Path) -> str:
    return str(file.relative_to(crypto.FOLDER))

"""Compiles the loader, and lays out what of the flash it starts: `loader.c` says what it does."""

import hashlib
import os
from pathlib import Path
from struct import pack
from zlib import crc32

from firmware.building import CommandFailed, cache, run, workspace
from firmware.micropython import ToolchainError

__all__ = ["LOADER_SECTORS", "SECTOR", "SLOT_SECTORS", "flash_content", "loader"]

FOLDER = Path(__file__).parent
COMPILER = "riscv64-unknown-elf-gcc"
SECTOR = 4096
BLANK = b"\xff"
LOADER_SECTORS, SLOT_SECTORS = 16, 320  # flash.h has the map, slots.h the header of a slot
MAGIC = b"slot"
FLAGS = (
    "-march=rv32im", "-misa-spec=2.2", "-mabi=ilp32", "--specs=picolibc.specs", "-nostartfiles",
    "-Os", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
    "-ffunction-sections", "-Wl,--gc-sections", "-ffreestanding",
)  # fmt: skip


def loader(headers: Path, includes: tuple[Path, ...], firmware_at: int) -> Path:
    """Compile the loader for a system, unless that has been done.

    Args:
        headers: folder with the system's `generated/csr.h`
        includes: folders of further headers that those name
        firmware_at: where the boot ROM looks for it in the flash

    Returns:
        path of its image, for the start of main RAM

    Raises:
        ToolchainError: if it does not compile
    """
    sources = [FOLDER / name for name in ("start.S", "loader.c", "slots.c")]
    sources.append(FOLDER.parent / "flash.c")
    read = [*sources, *FOLDER.glob("*.h"), *FOLDER.glob("*.ld"), FOLDER.parent / "flash.h"]
    read += sorted(headers.rglob("*.h"))
    parts = [repr(FLAGS), hex(firmware_at)]
    parts += [hashlib.sha256(path.read_bytes()).hexdigest() for path in read]
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
    made = cache() / f"loader-{key}" / "loader.bin"
    if made.exists():
        return made
    with workspace(made) as work:
        elf, raw = work / "loader.elf", work / "loader.bin"
        folders = [*(f"-I{folder}" for folder in includes), f"-isystem{headers}"]
        words: list[str | Path] = [COMPILER, *FLAGS, f"-DFIRMWARE_AT={firmware_at:#x}"]
        words += [*folders, *sources]
        try:
            run([*words, f"-T{FOLDER / 'loader.ld'}", "-o", elf])
            run(["riscv64-unknown-elf-objcopy", "-O", "binary", elf, raw])
        except (CommandFailed, FileNotFoundError) as error:
            raise ToolchainError(f"the loader does not compile:\n{error}") from None
        os.replace(raw, made)
    return made


def flash_content(started: bytes, image: bytes, counter: int = 0) -> bytes:
    """What a new board has in its flash from FIRMWARE_AT on: one slot, and nothing in the other.

    Args:
        started: what the boot ROM starts: the loader, as the ROM wants it packed
        image: of main RAM
        counter: of the image

    Raises:
        ValueError: if something does not fit
    """
    if len(started) > LOADER_SECTORS * SECTOR or len(image) > (SLOT_SECTORS - 1) * SECTOR:
        raise ValueError(
            f"{len(started)} bytes of loader, {len(image)} of firmware: at most "
            f"{LOADER_SECTORS * SECTOR} and {(SLOT_SECTORS - 1) * SECTOR}"
        )
    header = pack("<4sIII", MAGIC, len(image), crc32(image), counter)
    header += pack("<I", crc32(header))
    slot = header.ljust(SECTOR, BLANK) + image
    return (
        started.ljust(LOADER_SECTORS * SECTOR, BLANK)
        + slot.ljust(SLOT_SECTORS * SECTOR, BLANK)
        + BLANK * SECTOR
    )

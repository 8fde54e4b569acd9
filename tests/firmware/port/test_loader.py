"""The loader starts the newer of two images, or else the other one; here and in C on the chip."""

from __future__ import annotations

import ctypes
import random
import subprocess
import zlib
from pathlib import Path

import pytest

from firmware.building import run
from firmware.node.flash import BLANK, SECTOR
from firmware.node.slots import (
    HEADER,
    SLOT_SECTORS,
    Header,
    Slot,
    header_bytes,
    header_of,
    order,
)
from firmware.port import loader as loading
from firmware.port.build import FIRMWARE_AT
from soc.sim.build import Simulator, build
from soc.software.build import FOLDER as SOFTWARE
from soc.software.build import image
from tests.portable.kept import Flash

PROGRAM = Path(__file__).parent / "slot.c"
FLASH = 8 << 20
SLOTS = [FIRMWARE_AT + (loading.LOADER_SECTORS + at) * SECTOR for at in (0, SLOT_SECTORS)]
MOST = (SLOT_SECTORS - 1) * SECTOR
CYCLES = 3_000_000


# --------------------------------------------------------------- the same in C and in Python


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    made = tmp_path_factory.mktemp("loader") / "slots.so"
    run(["gcc", "-shared", "-fPIC", "-O2", "-o", made, loading.FOLDER / "slots.c"])
    return ctypes.CDLL(str(made))


def headers(rng: random.Random) -> bytes:
    """A header: mostly whole, torn, changed in a bit, of a length that does not fit, or blank."""
    length = rng.choice([1, 4, 700_000, MOST, MOST + 1, 0, 1 << 31, rng.randrange(1 << 32)])
    counter = rng.choice([0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
    made = bytearray(header_bytes(Header(length, rng.randrange(1 << 32), counter)))
    kind = rng.randrange(8)
    if kind == 0:
        made[rng.randrange(HEADER) :] = b""
        made = made.ljust(HEADER, BLANK)
    elif kind == 1:
        made[rng.randrange(HEADER)] ^= 1 << rng.randrange(8)
    elif kind == 2:
        made = bytearray(BLANK * HEADER)
    return bytes(made)


def test_the_loader_orders_the_slots_as_the_firmware_does(library: ctypes.CDLL) -> None:
    rng = random.Random(1)
    seen = set()
    for _ in range(20_000):
        pair = [headers(rng), headers(rng)]
        if rng.randrange(4) == 0:
            pair[1] = pair[0]
        slots = []
        for content in pair:
            flash = Flash(1)
            flash.content[:HEADER] = content
            slots.append(Slot(flash))
        ordered = order(slots)
        first = slots.index(ordered[0]) if ordered else -1
        assert library.slots_first(b"".join(pair)) == first, pair
        length, crc = ctypes.c_uint32(), ctypes.c_uint32()
        holds = library.slot_holds(pair[0], ctypes.byref(length), ctypes.byref(crc)) & 0xFF
        known = header_of(pair[0])
        assert bool(holds) == (known is not None)
        if known:
            assert (length.value, crc.value) == known[:2]
        seen.add((first, len(ordered)))
    assert seen == {(-1, 0), (0, 1), (1, 1), (0, 2), (1, 2)}


def test_the_checksum_is_that_of_zlib(library: ctypes.CDLL) -> None:
    library.crc32.restype = ctypes.c_uint32
    for size in (0, 1, 16, 1000):
        content = random.Random(size).randbytes(size)
        assert library.crc32(content, size) == zlib.crc32(content)


def test_what_a_new_board_gets_is_one_slot_that_is_started_and_none_besides() -> None:
    content = loading.flash_content(b"loader", b"image", 3)
    first, second = (at - FIRMWARE_AT for at in SLOTS)
    assert content[:6] == b"loader"
    assert header_of(content[first : first + HEADER]) == Header(5, zlib.crc32(b"image"), 3)
    assert content[first + SECTOR :][:5] == b"image"
    assert content[second:] == BLANK * SECTOR
    with pytest.raises(ValueError, match="at most"):
        loading.flash_content(b"", bytes(MOST + 1))
    with pytest.raises(ValueError, match="at most"):
        loading.flash_content(bytes(loading.LOADER_SECTORS * SECTOR + 1), b"")


# -------------------------------------------------------------------------------- on the chip


class Chip:
    """The loader on the simulated system, and two programs for its slots."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self._folder = folder
        self._simulator = simulator
        self._loader = loading.loader(simulator.headers, (SOFTWARE,), FIRMWARE_AT)
        self.programs = [
            image(f"slot-{who}", [PROGRAM], simulator.headers, [f'-DWHO="{who}\\n"']).read_bytes()
            for who in "ab"
        ]

    def start(self, *slots: tuple[int, bytes] | None, torn: int | None = None) -> str:
        """What is said with images of these counters in the slots.

        Args:
            slots: counter and image of each, or None.
            torn: the slot of which a byte of the image is another.
        """
        content = bytearray(BLANK * FLASH)
        for which, (at, slot) in enumerate(zip(SLOTS, slots, strict=True)):
            if slot:
                counter, program = slot
                header = header_bytes(Header(len(program), zlib.crc32(program), counter))
                content[at : at + HEADER] = header
                content[at + SECTOR : at + SECTOR + len(program)] = program
                content[at + SECTOR + 9] ^= which == torn
        flash = self._folder / "flash"
        flash.write_bytes(content)
        words = self._simulator.command(
            self._loader, {"flash": flash, "flash-fast": 1, "max-cycles": CYCLES}
        )
        return subprocess.run(words, capture_output=True, text=True).stdout


def test_on_the_chip_the_newer_image_is_started_or_else_the_other_one(tmp_path: Path) -> None:
    chip = Chip(tmp_path, build())
    a, b = chip.programs
    assert chip.start((1, a), (2, b)) == "b\n"
    assert chip.start((3, a), (2, b)) == "a\n"
    assert chip.start((1, a), (2, b), torn=1) == "a\n"
    assert chip.start((1, a), None) == "a\n"
    assert chip.start(None, (0xFFFFFFFF, b)) == "b\n"
    assert "no firmware that is whole" in chip.start((1, a), None, torn=0)

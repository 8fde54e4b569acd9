"""The node on the chip: the machine as its ports, and what runs after reset."""

import gc
from hashlib import sha3_256
from struct import pack

import board
import made_for

from actors import KINDS
from firmware.node.anchor import SECTORS, AnchorLog
from firmware.node.button import Button
from firmware.node.crypto import Crypto
from firmware.node.flash import SECTOR
from firmware.node.places import InMemory, places_of
from firmware.node.serve import serve
from firmware.node.slots import SLOT_SECTORS, Slot
from firmware.node.soldered import Soldered
from firmware.node.update import Updater
from runtime.node.entropy import Entropy
from runtime.node.health import RINGS
from runtime.wire.records import Measurement
from runtime.wire.schema import specs

# Sectors from the node's part on: firmware/port/flash.h has the map.
COUNTER, COUNTER_SECTORS = 30, 2
SLOTS = (48, 48 + SLOT_SECTORS)


class Pipe:
    """The serial line."""

    read = staticmethod(board.read)
    write = staticmethod(board.write)
    wait = staticmethod(board.wait)
    set_speed = staticmethod(board.set_speed)


class FlashPart:
    """Sectors of the board's flash, a port as FlashFile is.

    Args:
        first: counted from the node's part on.

    Attributes:
        sectors: how many there are.
    """

    def __init__(self, first: int, sectors: int) -> None:
        self._first = first
        self.sectors = sectors

    def read(self, at: int, size: int) -> bytes:
        return board.flash_read(self._first * SECTOR + at, size)

    def program(self, at: int, data: bytes) -> None:
        board.flash_program(self._first * SECTOR + at, data)

    def erase(self, sector: int) -> None:
        board.flash_erase(self._first + sector)


def prepare() -> bytes:
    """Load what would be loaded when it is first used; returns the measurement of all code."""
    KINDS.items()
    specs()
    measurement = sha3_256(board.firmware()).digest()
    gc.collect()
    return measurement


def main(measurement: bytes) -> None:
    """Serve until the host says `stop`.

    Args:
        measurement: of the firmware, 32 bytes.

    Raises:
        NodeError: the node cannot start.
    """
    random = Entropy(board.noise, RINGS)
    random.add(pack(">Q", board.uptime_ns()))
    crypto = Crypto(random)
    zips, names = board.places()
    serve(
        lambda: Soldered(FlashPart(SECTORS, 1), FlashPart(0, SECTORS), random.lasting),
        crypto,
        Pipe,
        board,
        places_of(InMemory(zips), InMemory(names)),
        random,
        (
            Measurement("firmware", measurement),
            Measurement("gateware", board.gateware()),
        ),
        port=Button(board),
        updater=lambda: Updater(
            [Slot(FlashPart(first, SLOT_SECTORS)) for first in SLOTS],
            AnchorLog(FlashPart(COUNTER, COUNTER_SECTORS)),
            crypto,
            made_for.BOARD,
            made_for.UPDATE_KEY,
        ),
    )

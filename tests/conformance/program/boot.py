"""The firmware's node, whose uptime stands still: it is what the flash says behind the device key.

There: the uptime in ns, and what time it was when that was 0, or 0 if the machine does not know,
8 bytes each, big-endian. The line has the time of the machine. Whoever provisions it in a recording
becomes operator.
"""

import board

from firmware.node import serve
from firmware.node.anchor import SECTORS
from firmware.node.board import main, prepare
from firmware.node.flash import SECTOR
from runtime.node.clock import Clock
from runtime.node.gate import Gate

AT = SECTORS * SECTOR + 256


def uptime_ns():
    return int.from_bytes(board.flash_read(AT, 8), "big")


def stepped(machine, start, floor):
    """A Clock of that uptime, in the place of one of the machine's."""
    start = int.from_bytes(board.flash_read(AT + 8, 8), "big")
    return Clock(uptime_ns, start + uptime_ns() if start else None, floor)


serve.Clock = stepped
Gate._check_binding = lambda self, params: None
measurement = prepare()
board.prepared()
main(measurement)
board.reset()

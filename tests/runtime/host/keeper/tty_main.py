"""The firmware's node on a terminal as its serial port; runs on CPython and on MicroPython."""

import sys
import termios

from firmware.node import main as node

try:
    from runtime.host.crypto import Crypto
except ImportError:
    Crypto = None  # MicroPython: the firmware's own


class SerialPipe(node.Pipe):
    """A line whose speed can be changed."""

    def set_speed(self, baud):
        mode = termios.tcgetattr(0)
        mode[4] = mode[5] = getattr(termios, "B%d" % baud)  # noqa: UP031
        termios.tcsetattr(0, termios.TCSANOW, mode)


if __name__ == "__main__":
    node.Pipe = SerialPipe
    sys.exit(node.main(Crypto and Crypto()))

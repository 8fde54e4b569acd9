"""A node on a board, at a serial port; the port may go and come back."""

import os

from runtime.host.keeper.line import PATIENCE_S, KeeperError, read, write
from runtime.host.keeper.speed import START
from runtime.host.transports import TransportError, open_port, set_speed


class Serial:
    """The line to a board; it begins at the speed that boards begin at.

    Args:
        path: of the port, such as /dev/ttyUSB0.

    Raises:
        KeeperError: it cannot be opened.
    """

    patience_s = PATIENCE_S

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._open()
        except TransportError as error:
            raise KeeperError(str(error)) from error

    def _open(self) -> None:
        self.source = self.sink = -1
        self.source = self.sink = open_port(self._path, START)
        self.baud: int | None = START

    def read(self) -> bytes | None:
        return read(self.source)

    def write(self, data: bytes) -> bytes:
        return write(self.sink, data)

    def set_speed(self, baud: int) -> None:
        if self.source < 0:
            return
        try:
            set_speed(self._path, self.source, baud)
        except TransportError as error:
            raise KeeperError(str(error)) from error
        self.baud = baud

    def begin_again(self) -> str | None:
        self.close()
        try:
            self._open()
        except TransportError:
            return None
        return f"{self._path} was away"

    def close(self) -> None:
        if self.source >= 0:
            os.close(self.source)
        self.source = self.sink = -1

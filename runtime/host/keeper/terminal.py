"""The pseudo-terminal on which clients meet the node."""

import os
import tty
from pathlib import Path

from runtime.host.keeper.line import read, write


class Terminal:
    """The keeper's end of it.

    Args:
        path: where a symbolic link to the clients' end is put, once it is shown.

    Attributes:
        fd: descriptor for reading and writing.
        shown: whether clients can find it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = False
        self.fd, self._client_end = os.openpty()
        tty.setraw(self._client_end)
        os.set_blocking(self.fd, False)

    def show(self) -> None:
        """Let clients find it."""
        if not self.shown:
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(os.ttyname(self._client_end))
            self.shown = True

    def read(self) -> bytes | None:
        """Bytes of clients, None for none."""
        return read(self.fd)

    def write(self, data: bytes) -> bytes:
        """Write what fits; returns the rest."""
        return write(self.fd, data)

    def close(self) -> None:
        """Take it away."""
        self.path.unlink(missing_ok=True)
        os.close(self.fd)
        os.close(self._client_end)

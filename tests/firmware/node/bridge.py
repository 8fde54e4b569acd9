"""A simulated board at a serial port of this machine: keepers come and go, it stays."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import sys
import threading
import tty
from pathlib import Path

from tests.runtime.host.keeper.kept import ROOT, environment

AT_ONCE = 4096


class SerialBoard:
    """A simulator, and a pseudo-terminal that carries its line.

    Args:
        folder: where `port` is the host's end of the line.
        flash: file of the flash.
        image: what runs.

    Attributes:
        port: what a keeper attaches to.
    """

    def __init__(self, folder: Path, flash: Path, image: Path) -> None:
        words = ["--uart", "0", "--flash", str(flash), "--flash-fast", str(image)]
        self._simulator = subprocess.Popen(
            [sys.executable, "-m", "soc.sim", "run", *words],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(),
        )
        assert self._simulator.stderr is not None
        said = self._simulator.stderr.readline()
        found = re.match(r"uart tcp://127\.0\.0\.1:(\d+)", said)
        assert found, said
        self._line = socket.create_connection(("127.0.0.1", int(found[1])))
        self._cable, self._host_end = os.openpty()
        tty.setraw(self._host_end)
        self.port = folder / "port"
        self.port.symlink_to(os.ttyname(self._host_end))
        self._over, self._end = os.pipe()
        self._carrier = threading.Thread(target=self._carry)
        self._carrier.start()

    def _carry(self) -> None:
        while True:
            ready, _, _ = select.select([self._line, self._cable, self._over], [], [])
            if self._over in ready:
                return
            if self._cable in ready:
                self._line.sendall(os.read(self._cable, AT_ONCE))
            if self._line in ready:
                data = self._line.recv(AT_ONCE)
                if not data:
                    return
                os.write(self._cable, data)

    def close(self) -> None:
        """Switch it off."""
        os.write(self._end, b"\0")
        self._carrier.join()
        self._line.close()
        self._simulator.terminate()
        self._simulator.communicate()
        for fd in (self._cable, self._host_end, self._over, self._end):
            os.close(fd)

"""The C library on the simulated system, with drivers of the engines."""

import re
import socket
import subprocess
import sys
from pathlib import Path
from struct import pack, unpack_from

from firmware import engines
from firmware.crypto import build as crypto
from soc.sim.build import build
from soc.software.build import image
from tests.firmware.crypto.native import DRIVER, EXCHANGE, Native

FOLDER = Path(__file__).parent
PORT = crypto.FOLDER.parent / "port"


class Simulated(Native):
    """Operations of the library by the engines of a simulated system.

    Args:
        configuration: one of `engines.CONFIGURATIONS`
    """

    def __init__(self, configuration: str = "all") -> None:
        sources = engines.sources(engines.CONFIGURATIONS[configuration])
        program = image(
            "operations",
            [DRIVER, EXCHANGE, FOLDER / "line.c", PORT / "memory.c", *sources],
            build().headers,
            includes=[crypto.FOLDER, engines.FOLDER, PORT, EXCHANGE.parent],
        )
        self._simulator = subprocess.Popen(
            [sys.executable, "-m", "soc.sim", "run", program, "--uart", "0"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._simulator.stderr
        said = self._simulator.stderr.readline()
        found = re.match(r"uart tcp://127\.0\.0\.1:(\d+)", said)
        assert found, said + self._simulator.stderr.read()
        self._line = socket.create_connection(("127.0.0.1", int(found[1])))

    def _exchange(self, request: bytes) -> bytes:
        self._line.sendall(pack("<I", len(request)) + request)
        return self._receive(unpack_from("<I", self._receive(4))[0])

    def _receive(self, size: int) -> bytes:
        received = b""
        while len(received) < size:
            more = self._line.recv(size - len(received))
            assert more, f"the system ended: {received!r}"
            received += more
        return received

    def close(self) -> None:
        """End the simulation."""
        self._line.close()
        self._simulator.kill()
        self._simulator.communicate()

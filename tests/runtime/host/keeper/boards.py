"""A board at a serial port, and a simulator, as the keeper sees them; the node in them is real."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import termios
import threading
import tty
from pathlib import Path

from tests.runtime.host.keeper.kept import AWAITED, PLACES, ROOT, environment

TTY_MAIN = Path(__file__).parent / "tty_main.py"
TRACEBACK = b'Traceback (most recent call last):\n  File "boot.py", line 1, in f\nMemoryError\n'
PANIC = b"panic: uncaught exception at 40001234, 00000007\n"


class Board:
    """A board and its cable: two pseudo-terminals, with a bridge that knows their speeds.

    Bytes that come at another speed than the other end's are lost, as to a UART.

    Args:
        folder: where `port` is the host's end, and `device` what is soldered to the board.
        python: command of an interpreter.

    Attributes:
        speeds: of the two ends (the board's, the host's) when bytes were carried, each pair once.
        most: speed that the cable carries at most.
    """

    def __init__(self, folder: Path, python: list[str]) -> None:
        self.path = folder / "port"
        self.speeds: list[tuple[int, int]] = []
        self.most = 2_000_000
        self._folder = folder
        self._command = [
            *python,
            str(TTY_MAIN),
            str(folder / "device"),
            str(PLACES),
            f"operator={AWAITED}",
        ]
        self._near, self._uart = os.openpty()  # the bridge's end, and the board's
        tty.setraw(self._uart)
        os.set_blocking(self._near, False)
        os.set_blocking(self._uart, False)
        self._far = self._host_end = -1
        self._plugged = threading.Lock()
        self.plug_in()
        self._node = self._power_on()
        self._over = False
        self._bridge = threading.Thread(target=self._carry, daemon=True)
        self._bridge.start()

    def plug_in(self) -> None:
        """Give the host its end of the cable."""
        far, host_end = os.openpty()
        tty.setraw(host_end)
        os.set_blocking(far, False)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(host_end))
        with self._plugged:
            self._far, self._host_end = far, host_end

    def unplug(self) -> None:
        """Take it away."""
        with self._plugged:
            self.path.unlink()
            os.close(self._far)
            os.close(self._host_end)
            self._far = self._host_end = -1

    def reset(self, words: bytes = b"") -> None:
        """The node ends where it is, says some words, and is started anew."""
        self._node.kill()
        self._node.wait()
        if words:
            os.write(self._uart, words)
        self._node = self._power_on()

    def _power_on(self) -> subprocess.Popen[bytes]:
        while _readable(self._near):
            pass  # what was said still goes out at the old speed
        mode = termios.tcgetattr(self._uart)
        mode[4] = mode[5] = termios.B115200
        termios.tcsetattr(self._uart, termios.TCSANOW, mode)
        termios.tcflush(self._uart, termios.TCIFLUSH)
        return subprocess.Popen(
            self._command,
            stdin=self._uart,
            stdout=self._uart,
            cwd=ROOT,
            env={**environment(), "MICROPYPATH": ".frozen"},
        )

    def _carry(self) -> None:
        while not self._over:
            with self._plugged:
                far = self._far
                ends = [self._near, far] if far >= 0 else [self._near]
                ready, _, _ = select.select(ends, [], [], 0.01)
                for end in ready:
                    data = _read(end)
                    speeds = [termios.tcgetattr(end)[5] for end in ends]
                    if len(speeds) == 1 or not data:
                        continue
                    pair = (_baud(speeds[0]), _baud(speeds[1]))
                    if pair not in self.speeds:
                        self.speeds.append(pair)
                    if pair[0] == pair[1] <= self.most:
                        _write_all(far if end == self._near else self._near, data)

    def close(self) -> None:
        """Take all of it away."""
        self._over = True
        self._bridge.join()
        self._node.kill()
        self._node.wait()
        for fd in (self._near, self._uart, self._far, self._host_end):
            if fd >= 0:
                os.close(fd)


def _baud(speed: int) -> int:
    for baud in (115_200, 230_400, 460_800, 500_000, 921_600, 1_000_000, 2_000_000):
        if speed == getattr(termios, f"B{baud}"):
            return baud
    return 0  # a terminal that nobody has set


def _readable(fd: int) -> bool:
    return bool(select.select([fd], [], [], 0)[0])


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 4096)
    except OSError:
        return b""


def _write_all(fd: int, data: bytes) -> None:
    while data:
        select.select([], [fd], [], 5)
        data = data[os.write(fd, data) :]


def simulator(*options: str) -> list[str]:
    """Command of something that the keeper takes for a simulator."""
    return [sys.executable, "-m", "tests.runtime.host.keeper.simulated", "{device}", *options]


# What it does when it gets them.
RESET, CUT, END = signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP

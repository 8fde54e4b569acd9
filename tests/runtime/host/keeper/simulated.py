"""Behaves as a simulator does towards the keeper; the node in it is the firmware's, on CPython.

python -m tests.runtime.host.keeper.simulated DEVICE [--control N]

RESET has the node panic, CUT cuts its power, END has the firmware end the simulation. SIGTERM ends
it too, and leaves `whole` in DEVICE.
"""

import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.runtime.host.keeper.boards import CUT, END, PANIC, RESET, TRACEBACK
from tests.runtime.host.keeper.kept import CPYTHON, ROOT, environment

POWER_CUT = 125


def main() -> int:
    """Serve one connection; returns the status of a simulator."""
    device = sys.argv[1]
    (Path(device) / "whole").unlink(missing_ok=True)
    listener = socket.create_server(("127.0.0.1", 0))
    for name in ("uart", "control") if "--control" in sys.argv else ("uart",):
        print(f"{name} tcp://127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
    line, _ = listener.accept()
    # Not before: without a keeper that connects, SIGTERM just ends it.
    signals = {RESET, CUT, END, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    line.setblocking(False)
    command = [word.replace("{device}", device) for word in CPYTHON]
    while True:
        node = subprocess.Popen(command, stdin=line, stdout=line, cwd=ROOT, env=environment())
        number = signal.sigwait(signals)
        node.kill()
        node.wait()
        if number == CUT:
            return POWER_CUT
        if number == END:
            print("2000 cycles", file=sys.stderr)
            return 3
        if number == signal.SIGTERM:
            (Path(device) / "whole").touch()
            return 0
        line.setblocking(True)
        line.sendall(TRACEBACK + PANIC)
        line.setblocking(False)


if __name__ == "__main__":
    sys.exit(main())

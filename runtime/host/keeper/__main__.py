"""Keep in FOLDER for a node: one that is started with COMMAND, or one on a board."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from runtime.host.dumps import forbid_dumps
from runtime.host.keeper.child import Child
from runtime.host.keeper.line import KeeperError, Line
from runtime.host.keeper.process import run
from runtime.host.keeper.serial import Serial
from runtime.host.keeper.simulator import Simulator
from runtime.host.keeper.speed import START
from runtime.wire.errors import NodeError


def main() -> int:
    """Keep until told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m runtime.host.keeper", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--serial", metavar="PORT", help="the node is on a board at this port")
    parser.add_argument(
        "--baud", type=int, default=START, help=f"speed to raise that port to ({START})"
    )
    parser.add_argument(
        "--simulator", action="store_true", help="COMMAND simulates a board, its line on TCP"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    options = parser.parse_args()
    forbid_dumps()
    if bool(options.serial) == bool(options.command):
        parser.error("expected a COMMAND, or --serial PORT")
    try:
        run(options.folder, _connection(options), options.baud)
    except (KeeperError, NodeError, OSError) as error:
        # Words of a node may be anybody's.
        text = "".join(c if c.isprintable() or c == "\n" else "?" for c in str(error))
        print(text if text.startswith("error: ") else f"error: {text}", file=sys.stderr)
        return 1
    return 0


def _connection(options: argparse.Namespace) -> Callable[[Path, int], Line]:
    """Function that has the line, of the keeper's folder and the descriptor that holds it."""
    if options.serial:
        return lambda folder, lock: Serial(options.serial)
    kind = Simulator if options.simulator else Child
    return lambda folder, lock: kind(options.command, folder, lock)


if __name__ == "__main__":
    sys.exit(main())

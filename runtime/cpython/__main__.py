"""Run the software node that lives in FOLDER."""

import argparse
import sys
from pathlib import Path

from runtime.cpython.software import FolderInUse, run
from runtime.host.dumps import forbid_dumps
from runtime.wire.errors import NodeError


def main() -> int:
    """Run the node; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m runtime.cpython", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--operator",
        type=bytes.fromhex,
        default=b"",
        metavar="ID",
        help="the party that may become operator of a new node: its id in hex digits",
    )
    options = parser.parse_args()
    forbid_dumps()
    try:
        run(options.folder, options.operator)
    except (FolderInUse, NodeError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m runtime.host.keeper FOLDER COMMAND...`: run a node, and keep for it in FOLDER."""

import sys
from pathlib import Path

from runtime.host.keeper.process import KeeperError, run
from runtime.wire.errors import NodeError


def main() -> int:
    """Run the node; returns the exit status."""
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        print("usage: python -m runtime.host.keeper FOLDER COMMAND...", file=sys.stderr)
        return 2
    try:
        run(Path(sys.argv[1]), sys.argv[2:])
    except (KeeperError, NodeError, OSError) as error:
        text = str(error)
        print(text if text.startswith("error: ") else f"error: {text}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

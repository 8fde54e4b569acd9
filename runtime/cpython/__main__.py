"""`python -m runtime.cpython FOLDER`: run the software node that lives in FOLDER."""

import sys
from pathlib import Path

from runtime.cpython.software import FolderInUse, run
from runtime.wire.errors import NodeError


def main() -> int:
    """Run the node; returns the exit status."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print("usage: python -m runtime.cpython FOLDER", file=sys.stderr)
        return 2
    try:
        run(Path(sys.argv[1]))
    except (FolderInUse, NodeError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the software node is made of: digests of its own files.

On this kind of node it is the node's word alone: who can change the files can change the answer.
`python -m runtime.cpython.measurement` prints those of this installation as JSON.
"""

import json
from hashlib import sha3_256
from pathlib import Path

from runtime.wire.records import Measurement
from runtime.wire.schema import canonical

ROOT = Path(__file__).parents[2]
PACKAGES = ("actors", "runtime")  # all that a software node is made of, but its interpreter


def measure(*packages: str) -> tuple[Measurement, ...]:
    """A Measurement of each package of this installation.

    Args:
        packages: names of folders beside each other, as `actors`.

    Returns:
        For each the SHA3-256 of canonical [path, SHA3-256 of the content] of every Python and data
        file in it, ascending by path.
    """
    return tuple(Measurement(package, _digest(ROOT / package)) for package in packages)


def _digest(folder: Path) -> bytes:
    files = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix in (".py", ".csv")
    }
    digest = sha3_256()
    for name in sorted(files):
        digest.update(canonical([name, sha3_256(files[name].read_bytes()).digest()]))
    return digest.digest()


def main() -> None:
    """Print what a software node of this installation is made of."""
    rows = [
        {"name": each.name, "digest": each.digest.hex(), "what": "software"}
        for each in measure(*PACKAGES)
    ]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()

"""`make conformance`: the whole suite on the simulated system, a session after the other.

    python -m tests.conformance [WORDS...]

WORDS choose the sessions whose names have one of them. It takes hours. What was done is kept in
build/conformance, and another run goes on there, as long as firmware, simulator and tests are the
same.
"""

from __future__ import annotations

import shutil
import sys
from hashlib import sha3_256
from pathlib import Path

from tests.conformance.simulated import image, play, sessions_of
from tests.conformance.whole import record

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build/conformance"
SOURCES = ("tests/conformance", "tests/portable", "tests/actors", "actors", "runtime/node",
           "runtime/wire")  # fmt: skip


def main() -> int:
    """Play; returns the exit status."""
    work = WORK / _key()
    recording = work / "recording"
    if not recording.exists():
        shutil.rmtree(WORK, ignore_errors=True)
        work.mkdir(parents=True)
        print("recording the sessions", flush=True)
        part = recording.with_suffix(".part")
        record(part)
        part.rename(recording)
    print(f"playing them, in {work}", flush=True)
    try:
        wrong = play(sessions_of(recording), work, sys.argv[1:] or ("",))
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on")
        return 130
    print(f"{len(wrong)} answers or journals differ" if wrong else "all agree")
    return 1 if wrong else 0


def _key() -> str:
    """Hash of all that a recording and what is kept of sessions come from."""
    digest = sha3_256(str(image().parent).encode())
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())

"""What a start does not wait for."""

from __future__ import annotations

import subprocess
import sys

from tests.runtime.host.keeper.kept import ROOT, environment

CHILD = """
import sys
import firmware.node.main
print([name for name in sys.modules if name.split(".")[0] in ("actors", "pykka")])
"""


def test_a_start_loads_no_entity_and_no_pykka() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == "['actors']\n", done.stderr

"""Sessions on MicroPython under sanitizers: what the node does harms no memory."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from firmware import micropython
from tests.conformance.record import Recorder
from tests.portable import test_commitment, test_path

ROOT = Path(__file__).parents[2]
SESSIONS = (
    test_path.test_a_settled_engagement_can_still_be_revoked_and_nothing_is_clawed_back,
    test_path.test_lists_are_paged_to_the_end,
    test_path.test_a_refused_view_does_not_complete_an_engagement,
    test_commitment.test_every_value_that_is_returned_opens_the_root_that_the_node_signed,
)


def test_sessions_are_answered_as_recorded_and_harm_no_memory(tmp_path: Path) -> None:
    recorder, recording = Recorder(), tmp_path / "recording"
    with recorder.recording():
        for session in SESSIONS:
            session()
    assert recorder.write(recording) > 100
    done = subprocess.run(
        [micropython.ensure(sanitized=True).micropython, "tests/conformance/play.py",
         recording, "unix"],
        cwd=ROOT, env={**os.environ, "MICROPYPATH": f".{os.pathsep}firmware"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

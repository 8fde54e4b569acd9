"""A few sessions on the simulated system: `make conformance` has all of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.wire.errors import NotAllowedNow, Refused
from tests.conformance.record import Recorder
from tests.conformance.simulated import play, sessions_of
from tests.portable.world import refused, stage, toy_world


def beginning() -> None:
    """A blank node gets an operator, once, and a partner."""
    world = toy_world()
    world.do(world.operator, "provision", enclosures=(world.operator.key,))
    params = world.signed(world.operator, "provision", enclosures=(world.operator.key,))
    assert world.send("provision", params)[0]
    assert world.send("no_such_method", [])[0]
    world.register(world.partner, ("partner",))


def engagement() -> None:
    """A code from its making to its settlement, and what it is refused on the way."""
    world = stage("enrolled")
    code = world.generate(world.user)
    refused(world, NotAllowedNow, world.activate, world.user, code)
    world.viewed(world.user, code)
    world.view(world.activate(world.user, code).record)
    world.settle(code)
    refused(world, Refused, world.settle, code)


def agree(session: Callable[[], None], folder: Path) -> None:
    """Play a session; what leads to its last start, to a node of this process instead."""
    recorder, recording = Recorder(), folder / "recording"
    with recorder.recording():
        recorder.test = session.__name__
        session()
    recorder.write(recording)
    *_, last = sessions_of(recording)
    assert play([last], folder / "work", by_host=True) == []


def test_a_blank_simulated_node_answers_as_recorded(tmp_path: Path) -> None:
    agree(beginning, tmp_path)


@pytest.mark.skipif(
    "OPTIN_SIMULATED" not in os.environ, reason="takes minutes: set OPTIN_SIMULATED=1"
)
def test_the_simulated_node_answers_as_recorded_in_an_engagement(tmp_path: Path) -> None:
    agree(engagement, tmp_path)

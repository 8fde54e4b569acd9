"""Replay gives the same state as having lived it."""

from tests.portable.replay import Replay
from tests.portable.world import STAGES, stage


def test_every_stage_of_the_path_is_replayed_from_its_journal():
    for name in sorted(STAGES):
        world = stage(name)
        replay = Replay(world.node.journal)
        replay.follow()
        replay.check_whole(world.store)


def test_a_refused_view_is_replayed_too():
    world = stage("cancelled")
    try:
        world.view(world.record)
    except Exception as error:
        assert "took the consent back" in str(error)
    replay = Replay(world.node.journal)
    replay.follow()
    replay.check_whole(world.store)
    assert replay.states[("access", world.record)].refused == 1

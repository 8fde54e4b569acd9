"""Nobody signs with a kept key without a press: random strategies that try."""

import os
import random
from collections import Counter

import pytest

from runtime.node import custody
from runtime.node.presence import Presence
from runtime.node.terminal import Terminal
from tests.actors.strategies import Contact, Strategy, prepared

# 10,000 are played before a release: OPTIN_STRATEGIES=10000.
STRATEGIES = int(os.environ.get("OPTIN_STRATEGIES", "120"))


def play(strategies):
    """Play them; returns what was tried and what came of it."""
    origin = prepared()
    done = Counter()
    for seed in range(strategies):
        world = origin.fork()
        strategy = Strategy(world, random.Random(seed))
        try:
            strategy.run()
        except AssertionError as error:
            raise AssertionError(f"strategy {seed}: {error}") from error
        finally:
            world.node.directory.passivate_all()
        done["asked"] += len(strategy.mine)
        done["pressed"] += len(strategy.yes)
        done["signed"] += sum(b"/optin_" in purpose for purpose, _ in world.crypto.signed)
        done["sent"] += len(strategy.heard)
        done["everything"] += strategy.everything
    return done


def test_nobody_signs_without_presence():
    done = play(STRATEGIES)
    print(dict(done))
    # They do try, and whoever may gets through.
    assert done["sent"] > 10 * STRATEGIES and done["asked"] > STRATEGIES, done
    assert done["pressed"] > STRATEGIES // 10 and done["everything"] and done["signed"], done


def late(self):
    """A node that takes a press after its time."""
    question, now = self._question, self._now_ms()
    if question is None:
        if self.port.summoned(now):
            self.on_summons()
    elif (answer := self.port.poll(now)) is not None:
        self._end("pressed" if answer else "declined", now)
    elif now >= question.deadline:
        self._end("timed out", now)


def hasty(self, now_ms):
    """A button that takes a press from before the question."""
    return True if self._presses else None


def deaf(self, now_ms):
    """A terminal that takes any six digits."""
    lines = self._lines()
    return lines[0].isdigit() if lines else None


class Anything:
    """Equal to whatever it is compared with."""

    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    ("place", "name", "instead"),
    [
        (Presence, "step", late),
        (Contact, "poll", hasty),
        (Terminal, "poll", deaf),
        (custody, "FREELY", Anything()),
    ],
)
def test_a_node_that_signs_without_presence_is_found(monkeypatch, place, name, instead):
    monkeypatch.setattr(place, name, instead)
    with pytest.raises(AssertionError, match="without a press"):
        play(max(STRATEGIES, 200))

"""Both ends of the line's speed, in memory: agreed, lost and found again whatever is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware.node.keeper import Line
from runtime.host.keeper.boxes import Boxes
from runtime.host.keeper.relay import Relay
from runtime.host.keeper.speed import LOST_MS, SPEEDS, START, Speed
from runtime.wire.link import Link

FAST = 2_000_000
TURN_MS = 5


class SlowPipe:
    """The node's end of a line; what is written is read by the other end a turn later.

    Attributes:
        baud: its speed.
    """

    def __init__(self) -> None:
        self.baud = START
        self.to_node = self.to_host = b""

    def wait(self, ms: int | None, writing: bool) -> None:
        pass

    def read(self) -> bytes:
        data, self.to_node = self.to_node, b""
        return data

    def write(self, data: bytes) -> int:
        self.to_host += data
        return len(data)


class Uart(SlowPipe):
    """One with a speed."""

    def set_speed(self, baud: int) -> None:
        self.baud = baud


class Scene:
    """A host's Speed and Relay, and a node's Line.

    Attributes:
        said: what the host told people.
        settled: speeds that were settled for.
    """

    def __init__(self, boxes: Boxes, wanted: int, pipe: Callable[[], SlowPipe] = Uart) -> None:
        self.now = 0
        self.carried = 0  # runs of bytes that came at the right speed
        self.lost: set[int] = set()  # which of them do not arrive
        self.powered = True
        self.said: list[str] = []
        self.baud = START
        self._lives = 1
        self._make_pipe = pipe
        self.relay = Relay(boxes, self._link(), self._link())
        self.speed = Speed(self.relay, wanted, self.said.append)
        self._to_node = b""
        self.reset()

    def _link(self) -> Link:
        self._lives += 1
        return Link(bytes([3] * 7 + [self._lives]), 16384)

    def reset(self) -> None:
        """The node is started, at the speed that all start at."""
        self._lives += 1
        self.pipe = self._make_pipe()
        link = Link(bytes([4] * 7 + [self._lives]), 16384)
        self.node = Line(link, self.pipe, lambda: self.now)
        self.node.announce("ready", [b"node"])

    def _arrives(self, data: bytes) -> bytes:
        if not data or self.baud != self.pipe.baud or not self.powered:
            return b""
        self.carried += 1
        return b"" if self.carried in self.lost else data

    def run(self, ms: int) -> None:
        """Let time pass."""
        end = self.now + ms
        while self.now < end:
            self.now += TURN_MS
            baud = self.speed.step(self.now, True)
            if baud:
                self.baud = baud
            self.pipe.to_node += self._arrives(self.relay.to_node(self.now))
            self.node.pump(False)
            resets, data = self.relay.resets, self._arrives(self.pipe.to_host)
            self.pipe.to_host = b""
            self.relay.from_node(data, self.now)
            if self.relay.resets != resets:
                self.speed.node_anew()

    @property
    def settled(self) -> int | None:
        """The speed of both ends when the node can be worked with."""
        at_one = self.baud == self.pipe.baud and not self.relay.holding and self.relay.ready
        return self.baud if at_one else None


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[Boxes]:
    made = Boxes(tmp_path / "kept.db")
    yield made
    made.close()


@pytest.mark.parametrize("wanted", SPEEDS)
def test_each_speed_is_reached(boxes: Boxes, wanted: int) -> None:
    scene = Scene(boxes, wanted)
    scene.run(500)
    assert scene.settled == wanted
    scene.run(3 * LOST_MS)
    assert scene.settled == wanted
    assert scene.relay.resets == 0
    assert scene.said == []


def test_whatever_does_not_arrive_the_speed_is_reached(boxes: Boxes) -> None:
    scene = Scene(boxes, FAST)
    scene.run(500)
    usual = scene.carried
    assert usual > 8
    for first in range(1, usual + 1):
        for second in range(first, first + 4):
            scene = Scene(boxes, FAST)
            scene.lost = {first, second}
            scene.run(6000)
            assert scene.settled == FAST, (first, second)
            assert scene.said == []


def test_a_node_that_was_reset_in_silence_is_found_and_brought_back(boxes: Boxes) -> None:
    scene = Scene(boxes, FAST)
    scene.run(500)
    scene.reset()
    scene.run(LOST_MS + 3000)
    assert scene.settled == FAST
    assert scene.said == [f"the node does not answer at {FAST} baud: it is sought at others"]


@pytest.mark.parametrize("left_at", SPEEDS[1:])
def test_a_node_is_found_at_each_speed_that_another_host_left_it_at(
    boxes: Boxes, left_at: int
) -> None:
    scene = Scene(boxes, START)
    scene.pipe.baud = left_at
    scene.node._speed.baud = left_at
    scene.run(10_000)
    assert scene.settled == START
    assert scene.said == []


def test_a_line_without_speeds_is_left_as_it_is(boxes: Boxes) -> None:
    scene = Scene(boxes, FAST, SlowPipe)
    scene.run(500)
    assert scene.settled == START
    assert scene.said == [f"the node stays at {START} baud"]


def test_people_are_told_once_that_nothing_answers_and_waiting_goes_on(boxes: Boxes) -> None:
    scene = Scene(boxes, FAST)
    scene.powered = False
    scene.run(60_000)
    assert scene.said == ["nothing answers yet: see that the board has power and runs a node"]
    scene.powered = True
    scene.run(12_000)
    assert scene.settled == FAST


def test_nothing_else_is_sent_while_the_speed_is_not_settled(boxes: Boxes) -> None:
    scene = Scene(boxes, FAST)
    scene.relay.stop()
    while scene.settled is None:
        assert not scene.node.stopping
        scene.run(TURN_MS)
    scene.run(100)
    assert scene.node.stopping

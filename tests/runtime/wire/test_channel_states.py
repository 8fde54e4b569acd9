"""The states of the secure channel: every sequence of events to some depth, against a plain model.

The model is those tables of `runtime/wire/CHANNEL.md`. Handshakes and open channels are explored
apart, as a channel starts where a handshake ends. CHANNEL_DEPTH is how many messages an end of a
handshake gets, 3 by default; an open channel has one event more.
"""

import itertools
import os
from collections import Counter
from collections.abc import Callable

import pytest

from runtime.wire.channel import Channel, HandshakeFailed
from tests.portable.channel_states import INCOMING, OUTCOMES, OUTGOING, End, explore
from tests.portable.test_channel import World
from tests.portable.toy_crypto import ToyCrypto

DEPTH = int(os.environ.get("CHANNEL_DEPTH", "3"))

# Messages that an end may get. Foreign ones are of another handshake between the same two.
MESSAGES = (
    "hello", "answer", "finish", "done", "record", "foreign hello", "foreign answer",
    "foreign finish", "foreign done", "garbage", "empty", "replayed", "reflected",
)  # fmt: skip
# Which message takes an end from which state to which; every other fails it. A node answers
# anybody's HELLO: not before FINISH it learns whose it was.
HANDSHAKES = {
    "node": {("new", "hello"): "answered", ("new", "foreign hello"): "answered a stranger",
             ("answered", "finish"): "open"},
    "host": {("new", "answer"): "finished", ("finished", "done"): "open"},
}  # fmt: skip


def foreign_messages(world: World) -> dict[str, bytes]:
    """Good messages of a handshake."""
    host, node = world.host(), world.node()
    hello = host.hello()
    answer = node.answer(hello)
    finish = host.finish(answer)
    done, _ = node.done(finish)
    record = host.done(done).seal(b"content")
    return {"hello": hello, "answer": answer, "finish": finish, "done": done, "record": record}


class Shaking:
    """An end that shakes hands, its honest peer, and all that they have said.

    What one of them has not said yet is that of the foreign handshake.
    """

    def __init__(self, which: str, world: World, foreign: dict[str, bytes]) -> None:
        self._host, self._node = world.host(), world.node()
        self._said = {f"foreign {name}": message for name, message in foreign.items()}
        self._said.update(foreign, garbage=b"\x93garbage", empty=b"")
        self._said.update(hello=self._host.hello(), replayed=b"\x01", reflected=b"\x01")
        self._steps: tuple[Callable[[bytes], None], ...] = (self._answer, self._node_done)
        if which == "host":
            self._said["reflected"] = self._said["hello"]
            self._said["answer"] = self._node.answer(self._said["hello"])
            self._steps = (self._finish, self._host_done)
        self._taken = 0
        self._failed = False

    def give(self, name: str) -> bool:
        """Give it a message; returns whether it takes it."""
        message = self._said[name]
        self._said["replayed"] = message
        if self._failed:
            taken = [self._takes(step, message) for step in self._steps]
            return any(taken)
        self._failed = not self._takes(self._steps[self._taken], message)
        self._taken += 1
        return not self._failed

    def _takes(self, step: Callable[[bytes], None], message: bytes) -> bool:
        try:
            step(message)
        except HandshakeFailed:
            return False
        return True

    def _answer(self, message: bytes) -> None:
        self._said["answer"] = self._said["reflected"] = self._node.answer(message)
        if message == self._said["hello"]:
            self._said["finish"] = self._host.finish(self._said["answer"])

    def _node_done(self, message: bytes) -> None:
        self._node.done(message)
        assert self._node.host is not None

    def _finish(self, message: bytes) -> None:
        finish = self._said["reflected"] = self._host.finish(message)
        self._said["done"], _ = self._node.done(finish)

    def _host_done(self, message: bytes) -> None:
        self._host.done(message)


@pytest.mark.parametrize("which", HANDSHAKES)
def test_a_handshake_comes_to_a_channel_by_the_one_way_and_by_no_other(which: str) -> None:
    world = World()
    drawn = itertools.count(1)
    world.random = lambda size: next(drawn).to_bytes(size, "big")
    foreign = foreign_messages(world)
    ends: Counter[str] = Counter()
    for messages in itertools.product(MESSAGES, repeat=DEPTH):
        end, state = Shaking(which, world, foreign), "new"
        for name in messages:
            state = HANDSHAKES[which].get((state, name), "failed")
            assert end.give(name) == (state != "failed"), (messages, name)
            if state == "open":
                break  # from here on the channel is explored
        ends[state] += 1
    assert sum(ends.values()) == len(MESSAGES) ** DEPTH
    assert ends["open"] == len(MESSAGES) ** (DEPTH - 2)


def test_an_open_channel_does_what_the_document_says_and_nothing_else() -> None:
    crypto = ToyCrypto()
    found = explore(lambda: End(Channel(crypto, b"id", OUTGOING, INCOMING), crypto), DEPTH + 1)
    assert set(found) == OUTCOMES and min(found.values()) > DEPTH

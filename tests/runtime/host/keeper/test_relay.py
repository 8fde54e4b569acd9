"""Clients come and go; the node sees one session, and nobody gets another's answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.host.keeper.boxes import Boxes
from runtime.host.keeper.relay import UNDER_WAY, Relay
from runtime.wire.errors import StorageFailed
from runtime.wire.link import MESSAGE_LIMIT, Link
from runtime.wire.requests import (
    Notification,
    Request,
    Response,
    encode_notification,
    encode_request,
    encode_response,
    parse,
)


class Scene:
    """A relay between a client's link and a node's, all in memory.

    Attributes:
        at_node, at_client: what came there, parsed.
    """

    def __init__(self, folder: Path) -> None:
        self.now = 0
        self.lives = 0
        self.boxes = Boxes(folder / "kept.db")
        self.relay = Relay(self.boxes, self._link(), self._link())
        self.node = self._link()
        self.client = self._link()
        self.at_node: list[Request | Response | Notification] = []
        self.at_client: list[Request | Response | Notification] = []

    def _link(self) -> Link:
        self.lives += 1
        return Link(bytes([5] * 7 + [self.lives]), 16384)

    def new_client(self) -> None:
        """Another client takes the line."""
        self.client = self._link()

    def new_node(self) -> None:
        """The node is started again."""
        self.node = self._link()

    def pump(self) -> None:
        """Let everything arrive."""
        for _ in range(300):
            self.now += 5
            relay, now = self.relay, self.now
            relay.from_node(self.node.transmit(now), now)
            if relay.takes_clients:
                relay.from_client(self.client.transmit(now), now)
            self.at_node += map(parse, self.node.receive(relay.to_node(now), now))
            if relay.ready:
                self.at_client += map(parse, self.client.receive(relay.to_client(now), now))

    def ready(self) -> None:
        """The node says that it serves."""
        self.node.send(encode_notification("ready", [b"the node"]))
        self.pump()

    def request(self, number: int, method: str = "status") -> None:
        self.client.send(encode_request(number, method, [number]))
        self.pump()

    def answer(self, index: int, result: object) -> None:
        """The node answers a request that came to it."""
        request = self.at_node[index]
        assert isinstance(request, Request)
        self.node.send(encode_response(request.id, None, result))
        self.pump()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_requests_and_answers_pass_with_the_numbers_of_each_side(scene: Scene) -> None:
    scene.ready()
    scene.request(40)
    scene.request(41, "identity")
    assert [(item.method, item.params) for item in scene.at_node if isinstance(item, Request)] == [
        ("status", [40]),
        ("identity", [41]),
    ]
    scene.answer(1, "second")
    scene.answer(0, "first")
    assert scene.at_client == [Response(41, None, "second"), Response(40, None, "first")]


def test_nothing_of_clients_passes_before_the_node_serves(scene: Scene) -> None:
    scene.request(1)
    assert scene.at_node == []
    scene.ready()
    assert len(scene.at_node) == 1


def test_a_request_that_comes_again_is_the_same_one(scene: Scene) -> None:
    scene.ready()
    scene.request(7)
    scene.request(7)
    first, again = scene.at_node
    assert isinstance(first, Request)
    assert isinstance(again, Request)
    assert first.id == again.id


def test_another_client_has_numbers_of_its_own_and_gets_no_answer_of_the_one_before(
    scene: Scene,
) -> None:
    scene.ready()
    scene.request(7)
    scene.new_client()
    scene.request(7)
    first, second = scene.at_node
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert first.id != second.id
    scene.answer(0, "for the first client")
    scene.answer(1, "for the second client")
    assert scene.at_client == [Response(7, None, "for the second client")]


def test_the_nodes_own_calls_are_answered_here(scene: Scene) -> None:
    scene.node.send(encode_request(1, "keep", [0, True, [], [["record", 1, 0, b"box"]]]))
    scene.node.send(encode_request(2, "fetch", ["record", 1, 0]))
    scene.pump()
    assert scene.at_node == [Response(1, None, None), Response(2, None, b"box")]
    assert scene.at_client == []


def test_clients_cannot_answer_the_node_nor_stop_it_nor_reach_the_boxes(scene: Scene) -> None:
    scene.ready()
    scene.client.send(encode_response(1, None, b"forged"))
    scene.client.send(encode_notification("stop", []))
    scene.client.send(b"rubbish")
    scene.request(3, "keep")
    assert [item.method for item in scene.at_node if isinstance(item, Request)] == ["keep"]
    assert len(scene.at_node) == 1
    assert scene.relay.noise == 3
    assert scene.boxes.answer(Request(1, "newest", ["record"])) == encode_response(1, None, None)


def test_log_lines_of_the_node_reach_the_client(scene: Scene) -> None:
    scene.ready()
    scene.request(1)
    scene.node.send(encode_notification("log", ["a line"]))
    scene.pump()
    assert scene.at_client == [Notification("log", ["a line"])]


def test_a_node_started_anew_ends_the_clients_session_and_what_was_half_kept(scene: Scene) -> None:
    scene.ready()
    scene.request(1)
    scene.node.send(encode_request(1, "keep", [0, False, [], [["record", 1, 0, b"box"]]]))
    scene.pump()
    generation = scene.client.generation
    scene.new_node()
    scene.pump()
    assert scene.relay.ready is None
    scene.ready()
    assert scene.client.generation > generation
    scene.node.send(encode_request(1, "keep", [1, True, [], []]))
    scene.pump()
    (answer,) = [item for item in scene.at_node if isinstance(item, Response) and item.error]
    assert "message 1 of what is kept" in answer.error[1]
    scene.request(1)
    assert isinstance(scene.at_node[-1], Request)


def test_a_client_that_asks_too_much_at_once_is_held_back(scene: Scene) -> None:
    scene.ready()
    for number in range(2 * UNDER_WAY):
        scene.client.send(encode_request(number, "status", []))
    scene.pump()
    assert not scene.relay.takes_clients
    under_way = len(scene.at_node)
    assert UNDER_WAY <= under_way < 2 * UNDER_WAY
    for index in range(under_way):
        request = scene.at_node[index]
        assert isinstance(request, Request)
        scene.node.send(encode_response(request.id, None, None))
    scene.pump()
    assert len(scene.at_client) == under_way
    assert len(scene.at_node) == 2 * UNDER_WAY


def test_what_another_number_makes_too_long_is_an_error_on_the_right_side(scene: Scene) -> None:
    scene.ready()
    scene.relay._last = 1 << 16
    room = MESSAGE_LIMIT - len(encode_request(1, "status", [b""])) - 2  # 2: a longer length
    scene.client.send(encode_request(1, "status", [bytes(room)]))
    scene.pump()
    assert scene.at_node == []
    (answer,) = scene.at_client
    assert isinstance(answer, Response)
    assert answer.id == 1
    assert answer.error[1] == "the request is longer than a message"

    scene.relay._last = 0
    scene.request((1 << 32) - 1)
    room = MESSAGE_LIMIT - len(encode_response(1, None, b"")) - 2
    scene.answer(0, bytes(room))
    answer = scene.at_client[-1]
    assert isinstance(answer, Response)
    assert answer.id == (1 << 32) - 1
    assert answer.error[1] == "the answer is longer than a message"


def test_nonsense_of_the_node_is_passed_over(scene: Scene) -> None:
    for params in ([], [1], [b"a", b"b"], None):
        scene.node.send(encode_notification("ready", params))  # type: ignore[arg-type]
    scene.node.send(b"rubbish")
    scene.pump()
    assert scene.relay.ready is None
    assert scene.relay.noise == 5


def test_a_node_that_cannot_start_says_why(scene: Scene) -> None:
    why = StorageFailed("the host has records up to 0 only", "record 3", "restore its folder")
    scene.node.send(encode_notification("failed", why.to_wire()))
    scene.pump()
    assert isinstance(scene.relay.failed, StorageFailed)
    assert str(scene.relay.failed) == str(why)


def test_only_a_node_that_was_told_to_stop_has_stopped(scene: Scene) -> None:
    scene.node.send(encode_notification("stopped", []))
    scene.pump()
    assert not scene.relay.stopped


def test_a_node_that_is_started_anew_is_told_to_stop_again(scene: Scene) -> None:
    scene.ready()
    scene.relay.stop()
    scene.new_node()
    scene.pump()
    scene.ready()
    assert scene.at_node == [Notification("stop", [])]


def test_the_node_is_told_to_stop_and_says_that_it_has(scene: Scene) -> None:
    scene.ready()
    scene.relay.stop()
    scene.pump()
    assert scene.at_node == [Notification("stop", [])]
    scene.node.send(encode_notification("stopped", []))
    scene.pump()
    assert scene.relay.stopped

"""Requests to a whole node over a line that damages bytes, in virtual time."""

import random

from actors import KINDS
from runtime.cpython.store import SqliteStore
from runtime.host.crypto import Crypto
from runtime.node.session import Session
from runtime.wire import records
from runtime.wire.channel import Channel
from runtime.wire.handshake import HostHandshake
from runtime.wire.link import Link
from runtime.wire.requests import Response, encode_request, parse
from tests.portable.world import World
from tests.runtime.wire.noise import NoisyLine, Wire

BAUD = 1_000_000
REQUESTS = 300
UNDER_WAY = 4


class Line:
    """A node's session and a client's link, on two wires, and a clock in milliseconds."""

    def __init__(self, world: World, rate: float, seed: int = 1) -> None:
        self.session = Session(
            world.node, Link(b"node\x00\x00\x00\x01", ring=4096), random.Random(seed).randbytes
        )
        self.client = Link(b"host\x00\x00\x00\x01", ring=4096)
        self.up = Wire(NoisyLine(seed, rate), BAUD)
        self.down = Wire(NoisyLine(seed + 1, rate), BAUD)
        self.node = world.node
        self.now = 0
        self.operator = world.operator
        self.channel = self.shake_hands(seed)

    def shake_hands(self, seed: int) -> Channel:
        """Open the operator's channel."""
        operator, node = self.operator, self.node
        handshake = HostHandshake(
            *(operator.crypto, random.Random(~seed).randbytes, operator.sign),
            *(operator.id, operator.key, node.id, node.public_key),
        )
        self.client.send(handshake.hello())
        self.client.send(handshake.finish(self.message()))
        return handshake.done(self.message())

    def message(self) -> bytes:
        """The next message of the node."""
        while True:
            messages = self.step()
            if messages:
                (message,) = messages
                return message

    def step(self) -> list[bytes]:
        """One millisecond; returns the messages that arrived."""
        self.now += 1
        arrived = self.up.step(1)
        if arrived:
            self.session.receive(arrived, self.now)
        self.node.run()
        self.down.write(self.session.transmit(self.now))
        messages = self.client.receive(self.down.step(1), self.now)
        self.up.write(self.client.transmit(self.now))
        return messages

    def answers(self) -> list[Response]:
        """One millisecond; returns the answers that arrived through the channel."""
        return [parse(self.channel.open(message)) for message in self.step()]

    def run(self, requests: list[bytes], limit_ms: int = 600_000) -> list[Response]:
        """Send all requests, a few under way at once; returns the answers as they came."""
        answers: list[Response] = []
        sent = 0
        while len(answers) < len(requests):
            assert self.now < limit_ms, f"{len(answers)} of {len(requests)} after {self.now} ms"
            while sent < len(requests) and sent - len(answers) < UNDER_WAY:
                self.client.send(self.channel.seal(requests[sent]))
                sent += 1
            answers += self.answers()
        return answers


def make_world() -> World:
    world = World(SqliteStore(":memory:"), Crypto(), kinds=KINDS)
    world.provision()
    return world


def mixed_requests(world: World) -> list[bytes]:
    """Every third one signed and journaled, the others plain."""
    requests = []
    for i in range(REQUESTS):
        if i % 3:
            requests.append(encode_request(i, "get_party", [world.operator.id]))
        else:
            shares = records.Shares(i, 4000, 2000, 4000 - i)
            signed = world.signed(world.operator, "define_rules", shares)
            requests.append(encode_request(i, "define_rules", signed))
    return requests


def check(world: World, before: int, answers: list[Response]) -> None:
    assert sorted(answer.id for answer in answers) == list(range(REQUESTS))
    assert [answer.error for answer in answers] == [None] * REQUESTS
    # None twice: one entry for each command, under one rules id each.
    assert world.node.journal.size - before == REQUESTS // 3
    positions = {answer.result[1] for answer in answers if answer.id % 3 == 0}
    assert len(positions) == REQUESTS // 3


def test_every_request_finishes_and_none_is_done_twice_with_one_byte_in_1000_bad() -> None:
    world = make_world()
    before = world.node.journal.size
    line = Line(world, 1 / 1000)
    check(world, before, line.run(mixed_requests(world)))
    assert line.up.line.damaged + line.down.line.damaged > 100


def test_one_bad_byte_in_10000_costs_less_than_half_the_throughput() -> None:
    times = []
    for rate in (0, 1 / 10_000):
        world = make_world()
        before = world.node.journal.size
        line = Line(world, rate)
        check(world, before, line.run(mixed_requests(world)))
        times.append(line.now)
    assert times[1] < 2 * times[0], f"{times[1]} ms against {times[0]} ms on a clean line"


def test_a_command_sent_again_after_a_lost_session_is_not_done_again() -> None:
    world = make_world()
    line = Line(world, 0)
    signed = world.signed(world.operator, "define_rules", records.Shares(1, 4000, 2000, 3999))
    first = line.run([encode_request(1, "define_rules", signed)])[0]
    size = world.node.journal.size
    line.client = Link(b"host\x00\x00\x00\x09", ring=4096)
    line.channel = line.shake_hands(9)
    again = line.run([encode_request(1, "define_rules", signed)])[0]
    assert again == first
    assert world.node.journal.size == size


def test_garbage_gets_silence_or_an_error_and_the_node_goes_on() -> None:
    world = make_world()
    line = Line(world, 0)
    for garbage in (b"\xc1", b"\x93\x01\x02", bytes(64), encode_request(7, "nonsense", [])[:-1]):
        line.client.send(garbage)
        line.client.send(line.channel.seal(garbage))
    line.client.send(line.channel.seal(encode_request(8, "optin_settle_engagement", [b"", 1])))
    line.client.send(line.channel.seal(encode_request(9, "nonsense", [])))
    answers = {answer.id: answer for answer in line.run([encode_request(10, "identity", [])] * 1)}
    while len(answers) < 3:
        answers.update({answer.id: answer for answer in line.answers()})
    assert answers[8].error[0] == "malformed"
    assert answers[9].error[0] == "unknown_method"
    assert answers[10].result[0] == world.node.id
    assert line.session.gate.noise == 8

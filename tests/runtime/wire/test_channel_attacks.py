"""An active attacker on the line of the secure channel.

Hosts and nodes that are honest shake hands and talk; everything they say goes to the attacker, who
alone brings messages to ends: as they are, altered, replayed, out of order, to whom they were not
sent, spliced of several, made with keys of its own, or not at all. CHANNEL_STRATEGIES is how many
random attackers try, 600 by default.
"""

import copy
import os
import random
from collections import Counter

import pytest

from runtime.wire.channel import Channel, ChannelBroken, HandshakeFailed, is_channel
from runtime.wire.handshake import HostHandshake, NodeHandshake
from tests.runtime.wire.channel_world import HOST, NODE, STRANGER, World

STRATEGIES = int(os.environ.get("CHANNEL_STRATEGIES", "600"))
FUZZED = 400
MARK = b"plain text of "


class End:
    """An honest end: it shakes hands once, then says something at each turn and hears.

    Attributes:
        heard, said: messages.
        got, gave: contents.
        channel: once it is open.
        dead: something was refused.
    """

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.heard: list[bytes] = []
        self.said: list[bytes] = []
        self.got: list[bytes] = []
        self.gave: list[bytes] = []
        self.channel: Channel | None = None
        self.closed = self.dead = False
        self._handshake = world.host() if name.startswith("host") else world.node()
        if isinstance(self._handshake, HostHandshake):
            self._say(self._handshake.hello())

    @property
    def peer_id(self) -> bytes | None:
        """The host that a node believes to talk to."""
        assert isinstance(self._handshake, NodeHandshake)
        return self._handshake.host

    def hear(self, message: bytes) -> None:
        """Take a message off the line."""
        self.heard.append(message)
        try:
            if self.channel:
                content = self.channel.open(message)
                if content is not None:
                    self.got.append(content)
            else:
                self._shake(message)
        except (HandshakeFailed, ChannelBroken):
            assert self.channel is None or self.channel.broken
            self.dead = True

    def _shake(self, message: bytes) -> None:
        handshake = self._handshake
        first = len(self.heard) == 1
        if isinstance(handshake, HostHandshake):
            if first:
                self._say(handshake.finish(message))
            else:
                self.channel = handshake.done(message)
        elif first:
            self._say(handshake.answer(message))
        else:
            done, self.channel = handshake.done(message)
            self._say(done)

    def talk(self, rng: random.Random) -> None:
        """Say something, or that there is nothing more to say, if there is a channel for it."""
        channel = self.channel
        if not channel or channel.broken or channel.closed_by_peer or self.closed:
            return
        if rng.randrange(8) == 0:
            self.closed = True
            self._say(channel.close())
            return
        self.gave.append(MARK + b"%s %d" % (self.name.encode(), len(self.gave)))
        self._say(channel.seal(self.gave[-1]))

    def _say(self, message: bytes) -> None:
        self.said.append(message)


class Attacker:
    """Brings messages, one at a time.

    Args:
        rng: all that it decides.
        world: its own keys are the stranger's.
        skill: how seldom it leaves the line alone, 0 to 1.
    """

    def __init__(self, rng: random.Random, world: World, skill: float) -> None:
        self._rng = rng
        self._world = world
        self._skill = skill
        self._ends = [End(world, name) for name in ("host 1", "node 1", "host 2", "node 2")]
        self._brought = dict.fromkeys((end.name for end in self._ends), 0)
        self._own: dict[str, NodeHandshake] = {}  # by the host that it has answered
        self.tried: Counter[str] = Counter()

    def run(self, moves: int) -> list[End]:
        """Move so many times; returns the ends."""
        for _ in range(moves):
            end = self._rng.choice(self._ends)
            end.talk(self._rng)
            if self._rng.random() >= self._skill:
                self._pass(end)
                continue
            move = self._rng.choice(
                (self._alter, self._cut, self._drop, self._replay, self._splice, self._noise,
                 self._own_host, self._own_node, self._own_record)
            )  # fmt: skip
            self.tried[move.__name__] += 1
            message = move(end)
            if message is not None:
                end.hear(message)
        return self._ends

    def _peer(self, end: End) -> End:
        return self._ends[self._ends.index(end) ^ 1]

    def _pass(self, end: End) -> None:
        """Bring an end what its peer said next."""
        said, at = self._peer(end).said, self._brought[end.name]
        if at < len(said):
            self._brought[end.name] += 1
            end.hear(said[at])

    def _next(self, end: End) -> bytes:
        said, at = self._peer(end).said, self._brought[end.name]
        return said[at] if at < len(said) else self._any()

    def _any(self) -> bytes:
        """Something that somebody has said."""
        said = [message for end in self._ends for message in end.said]
        return self._rng.choice(said)

    # Moves: what an end is to hear, or None.

    def _alter(self, end: End) -> bytes:
        message = bytearray(self._next(end))
        for _ in range(self._rng.choice((1, 1, 2, 9))):
            message[self._rng.randrange(len(message))] ^= 1 << self._rng.randrange(8)
        return bytes(message)

    def _cut(self, end: End) -> bytes:
        message = self._next(end)
        if self._rng.randrange(2):
            return message[: self._rng.randrange(len(message))]
        return message + self._rng.randbytes(self._rng.choice((1, 16)))

    def _drop(self, end: End) -> None:
        self._brought[end.name] += 1

    def _replay(self, end: End) -> bytes:
        """Of any end: its own comes back, one out of order, or of another channel."""
        return self._any()

    def _splice(self, end: End) -> bytes:
        """The fields of one message and those of another of the same type."""
        first = self._next(end)
        others = [m for e in self._ends for m in e.said if m[0] == first[0]] or [first]
        other = self._rng.choice(others)
        at = self._rng.choice((2, 3, 34, 35, 66, 1634, 6261, len(first) - 16))
        return first[:at] + other[at:]

    def _noise(self, end: End) -> bytes:
        kind = self._rng.randrange(7)
        return bytes([kind]) + self._rng.randbytes(self._rng.choice((0, 17, 48, 1602, 6292, 7299)))

    def _own_host(self, end: End) -> bytes | None:
        """Shake hands with a node as a host: as itself, or as the host but with its own key."""
        if not end.name.startswith("node") or end.heard:
            return None
        who = self._rng.choice((HOST, STRANGER))
        own = self._world.host(who, signer=STRANGER)
        end.hear(own.hello())
        return own.finish(end.said[0])

    def _own_node(self, end: End) -> bytes | None:
        """Shake hands with a host as the node, with its own key."""
        if end.name in self._own:
            try:
                done, _ = self._own[end.name].done(end.said[-1])
            except HandshakeFailed:
                return None
            return done
        if not end.name.startswith("host") or end.heard:
            return None
        own = self._own[end.name] = self._world.node(NODE, signer=STRANGER)
        return own.answer(end.said[0])

    def _own_record(self, end: End) -> bytes:
        """A record under keys of its own."""
        key = self._rng.choice((bytes(32), self._rng.randbytes(32)))
        return Channel(self._world.crypto, b"", key, key).seal(MARK + b"the attacker")


def judge(ends: list[End]) -> Counter[str]:
    """Fail if the attacker got anything; returns how the ends ended."""
    outcomes: Counter[str] = Counter()
    hosts = [end for end in ends if end.name.startswith("host")]
    nodes = [end for end in ends if end.name.startswith("node")]
    for node in nodes:
        if node.channel is None:
            outcomes["node without a channel"] += 1
            continue
        assert node.peer_id == HOST
        (host,) = [h for h in hosts if h.said[:2] == [node.heard[0], node.heard[1]]]
        assert host.heard[0] == node.said[0], "the host signed another answer"
        if host.channel is not None:
            outcomes["agreed"] += 1
            assert host.channel.id == node.channel.id
            assert host.heard[1] == node.said[1]
            check_contents(host, node)
            check_contents(node, host)
        else:
            assert not node.got and not node.channel.closed_by_peer
            outcomes["host without a channel"] += 1
    for host in hosts:
        if host.channel is not None:
            assert [n for n in nodes if n.channel and n.channel.id == host.channel.id]
    ids = [end.channel.id for end in hosts if end.channel]
    assert len(set(ids)) == len(ids)
    for message in [message for end in ends for message in end.said]:
        assert is_channel(message) and MARK not in message
        assert HOST not in message, "who the host is"
    return outcomes


def check_contents(sender: End, receiver: End) -> None:
    """What was taken is what was given, from the first on, and a close is the sender's."""
    assert receiver.channel is not None
    assert receiver.got == sender.gave[: len(receiver.got)]
    if receiver.channel.closed_by_peer:
        assert sender.closed and receiver.got == sender.gave


def test_no_strategy_of_an_active_attacker_gets_a_session_or_a_plain_byte() -> None:
    outcomes: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    contents = broken = closed = 0
    for seed in range(STRATEGIES):
        rng = random.Random(seed)
        attacker = Attacker(rng, World(seed), skill=rng.choice((0.0, 0.03, 0.1, 0.3, 0.6)))
        ends = attacker.run(moves=60)
        outcomes += judge(ends)
        tried += attacker.tried
        contents += sum(len(end.got) for end in ends)
        broken += sum(end.dead and end.channel is not None for end in ends)
        closed += sum(bool(end.channel and end.channel.closed_by_peer) for end in ends)
    print(STRATEGIES, dict(outcomes), dict(tried), contents, broken, closed)
    # The attackers were neither idle nor so wild that nobody ever talked.
    assert outcomes["agreed"] > STRATEGIES // 2
    assert outcomes["node without a channel"] > STRATEGIES // 10
    assert len(tried) == 9 and min(tried.values()) > STRATEGIES // 100
    assert contents > STRATEGIES and broken > STRATEGIES // 10 and closed > STRATEGIES // 10


def test_a_node_that_a_host_talks_to_cannot_pass_for_that_host_with_another() -> None:
    world = World(7)
    host, evil = world.host(node=STRANGER), world.node(STRANGER)
    secrets: list[bytes] = []
    opened = world.crypto.aead_open

    def overheard(*arguments: bytes) -> bytes | None:
        secrets.append(opened(*arguments) or b"")
        return secrets[-1]

    world.crypto.aead_open = overheard  # type: ignore[method-assign]
    evil.done(host.finish(evil.answer(host.hello())))
    signature = secrets[0][32 + 2592 : -32]
    stolen = HostHandshake(
        world.crypto, world.random, lambda purpose, message: signature, HOST, world.keys[HOST],
        NODE, world.keys[NODE],
    )  # fmt: skip
    node = world.node()
    with pytest.raises(HandshakeFailed, match="signature"):
        node.done(stolen.finish(node.answer(stolen.hello())))
    assert node.host is None


def changed(rng: random.Random, message: bytes) -> bytes:
    """Bytes that begin much like a message."""
    data = bytearray(message)
    for _ in range(rng.randint(1, 4)):
        kind = rng.randrange(4)
        if kind == 0:
            del data[rng.randrange(len(data) + 1) :]
        elif kind == 1:
            data += rng.randbytes(rng.randint(1, 40))
        elif data:
            at = rng.choice((rng.randrange(len(data)), rng.randrange(min(len(data), 80))))
            data[at] = rng.choice((0, 1, 5, 255))
    return bytes(data)


def again(handshake):
    """The same handshake in the same state."""
    copied = copy.copy(handshake)
    copied._transcript = handshake._transcript.copy()
    return copied


def test_bytes_of_all_kinds_are_refused_with_the_one_error_and_do_no_harm() -> None:
    rng = random.Random(5)
    world = World(5)
    host, node = world.host(), world.node()
    hello = host.hello()
    waiting, new = again(host), again(node)
    answer = node.answer(hello)
    answered = again(node)
    finish = host.finish(answer)
    finished = again(host)
    done, at_node = node.done(finish)
    record = host.done(done).seal(b"content")
    taken: Counter[str] = Counter()
    for _ in range(FUZZED):
        for good, step, error in (
            (hello, again(new).answer, HandshakeFailed),
            (answer, again(waiting).finish, HandshakeFailed),
            (finish, again(answered).done, HandshakeFailed),
            (done, again(finished).done, HandshakeFailed),
            (record, copy.deepcopy(at_node).open, ChannelBroken),
        ):
            message = changed(rng, good)
            is_channel(message)
            try:
                step(message)
            except error:
                continue
            taken["the same" if message == good else f"{message[0]}"] += 1
    # A changed nonce or key may be as good; a HELLO is believed by nobody until FINISH.
    assert set(taken) == {"the same", "1"}


def test_a_good_message_is_taken_where_the_changed_ones_were_refused() -> None:
    world = World(6)
    host, node = world.host(), world.node()
    answer = again(node).answer(host.hello())
    assert len(again(host).finish(answer)) == len(host.finish(answer))

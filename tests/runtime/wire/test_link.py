"""The link under generated noise, restarts and hostile peers, and its speed on a bad line."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.wire.frames import DATA, PAYLOAD_LIMIT, RESET, Frame, encode
from runtime.wire.link import MESSAGE_LIMIT, RING_LEAST, WINDOW_LIMIT, Link, LinkFull
from tests.runtime.wire.noise import NoisyLine, make_messages, measure

# After so many good bytes: how many are dropped and what is put in their place.
edits = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 300), st.binary(max_size=6)), max_size=30
)
end = st.integers(0, 1)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("send"), end, st.integers(0, 3000)),
        st.tuples(st.just("exchange"), st.integers(1, 4), st.integers(0, 400)),
        st.tuples(st.just("restart"), end, st.just(0)),
        st.tuples(st.just("reset"), end, st.just(0)),
    ),
    max_size=30,
)


class EditedLine:
    """One direction, damaged as a list of edits says and good from its end on."""

    def __init__(self, edits: list[tuple[int, int, bytes]]) -> None:
        self._edits = list(reversed(edits))

    def carry(self, data: bytes) -> bytes:
        out = b""
        while self._edits and data:
            good, dropped, inserted = self._edits.pop()
            if good > len(data):
                self._edits.append((good - len(data), dropped, inserted))
                return out + data
            out += data[:good] + inserted
            data = data[good:]
            if dropped > len(data):
                self._edits.append((0, dropped - len(data), b""))
            data = data[dropped:]
        return out + data


def check_bounds(link: Link) -> None:
    assert len(link._flight) <= WINDOW_LIMIT
    assert len(link._held) < WINDOW_LIMIT
    assert len(link._partial) <= MESSAGE_LIMIT
    assert len(link._decoder._chunk) <= 258


class World:
    """Two ends whose messages say who sent them, as what incarnation, and their number."""

    def __init__(self, damage: tuple[list[tuple[int, int, bytes]], ...] = ([], [])) -> None:
        self.lines = [EditedLine(damage[0]), EditedLine(damage[1])]
        self.starts = 0
        self.ends = [self.make_link(), self.make_link()]
        self.count = 0
        self.inbox: list[list[bytes]] = [[], []]
        self.now = 0

    def make_link(self) -> Link:
        self.starts += 1
        return Link((self.starts << 32).to_bytes(8, "big"), 2048)

    def send(self, end: int, size: int) -> bytes:
        self.count += 1
        message = self.count.to_bytes(4, "big") + bytes(size)
        try:
            self.ends[end].send(message)
        except LinkFull:
            return b""
        return message

    def exchange(self, rounds: int, ms: int) -> None:
        for _ in range(rounds):
            self.now += ms
            for end in (0, 1):
                data = self.lines[end].carry(self.ends[end].transmit(self.now))
                self.inbox[1 - end] += self.ends[1 - end].receive(data, self.now)
                check_bounds(self.ends[1 - end])

    def settle(self) -> None:
        for _ in range(3000):
            self.exchange(2, 0)
            deadlines = [link.deadline(self.now) for link in self.ends]
            waits = [max(0, at - self.now) for at in deadlines if at is not None]
            if not waits:
                return
            self.now += min(waits)
        raise AssertionError("the ends never came to rest")


@given(edits, edits, st.lists(st.tuples(end, st.integers(0, 3000)), max_size=20))
def test_any_noise_leaves_every_message_once_and_in_order(
    there: list[tuple[int, int, bytes]],
    back: list[tuple[int, int, bytes]],
    sends: list[tuple[int, int]],
) -> None:
    world = World((there, back))
    sent: list[list[bytes]] = [[], []]
    for end, size in sends:
        sent[end].append(world.send(end, size))
        world.exchange(1, 10)
    world.settle()
    assert world.inbox == [sent[1], sent[0]]
    assert [link.generation for link in world.ends] == [0, 0]


@given(edits, edits, actions)
def test_any_restarts_and_resets_end_in_a_session_that_delivers(
    there: list[tuple[int, int, bytes]],
    back: list[tuple[int, int, bytes]],
    acts: list[tuple[str, int, int]],
) -> None:
    world = World((there, back))
    for kind, first, second in acts:
        if kind == "send":
            world.send(first, second)
        elif kind == "exchange":
            world.exchange(first, second)
        elif kind == "restart":
            world.ends[first] = world.make_link()
        else:
            world.ends[first].reset()
    world.settle()
    # An end may be content with a session that the other has left: the first message tells it.
    for end in (0, 1):
        world.send(end, 0)
        world.settle()
    last = [world.send(end, 100) for end in (0, 1)]
    world.settle()
    assert [inbox[-1] for inbox in world.inbox] == [last[1], last[0]]
    for inbox in world.inbox:
        numbers = [message[:4] for message in inbox]
        assert numbers == sorted(set(numbers))


@given(
    st.sampled_from([RING_LEAST, 1024, 4096]),
    st.lists(st.tuples(end, st.integers(0, 2000)), max_size=10),
    st.lists(st.tuples(st.booleans(), st.integers(0, 700)), max_size=60),
)
def test_unread_bytes_never_exceed_the_ring(
    ring: int, sends: list[tuple[int, int]], reads: list[tuple[bool, int]]
) -> None:
    ends = [Link(b"a" * 8, ring), Link(b"b" * 8, ring)]
    rings = [b"", b""]
    inbox: list[list[bytes]] = [[], []]
    sent: list[list[bytes]] = [[], []]

    def turn(end: int, count: int, now: int) -> None:
        inbox[end] += ends[end].receive(rings[end][:count], now)
        rings[end] = rings[end][count:]
        rings[1 - end] += ends[end].transmit(now)
        assert len(rings[1 - end]) <= ring

    for end, size in sends:
        sent[end].append(bytes(size))
        ends[end].send(bytes(size))
    # 60 reads in 1.2 s: the few questions of so short a silence fit the ring's reserve.
    for index, (which, count) in enumerate(reads):
        turn(int(which), count, index * 20)
    for index in range(2000):
        turn(index & 1, ring, 1200 + index * 20)
    assert inbox == [sent[1], sent[0]]


numbers = st.integers(0, 0xFFFF)
small = st.one_of(st.integers(0, 20), st.integers(236, 255))
hostile_frame = st.builds(
    Frame,
    st.sampled_from([0, DATA, DATA | 2, RESET, 0xFF]),
    small,
    small,
    numbers,
    numbers,
    st.one_of(st.integers(0, 3000), numbers),
    numbers,
    st.one_of(st.binary(max_size=16), st.just(bytes(PAYLOAD_LIMIT))),
)


@given(st.lists(st.one_of(hostile_frame, st.binary(max_size=300)), max_size=60))
def test_a_hostile_peer_causes_no_error_and_no_growth(attack: list[Frame | bytes]) -> None:
    world = World()
    world.settle()
    victim = world.ends[0]
    victim.send(bytes(5000))
    for now, item in enumerate(attack):
        if isinstance(item, bytes):
            data = item
        else:
            data = encode(item, 0 if item.flags & RESET else world.ends[1]._key)
        victim.receive(data, now * 100)
        check_bounds(victim)
        assert len(victim.transmit(now * 100)) <= 2 * 4096 + 300


def test_an_endless_message_is_cut_off_and_the_session_with_it() -> None:
    world = World()
    world.settle()
    victim, key = world.ends[0], world.ends[1]._key
    sent = world.ends[0]._heard
    for index in range(400):
        sent = (sent + PAYLOAD_LIMIT + 20) & 0xFFFF
        state = (index & 0xFF, 0, 0, sent, world.ends[0]._written, 2048)
        victim.receive(encode(Frame(3, *state, bytes(PAYLOAD_LIMIT)), key), 0)
        check_bounds(victim)
    assert victim.oversize == 1
    assert victim.generation == 1
    assert victim.peer_nonce is None


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("ring", [1024, 4096])
def test_one_bad_byte_in_a_thousand_loses_nothing(seed: int, ring: int) -> None:
    messages = (make_messages(seed, 200), make_messages(seed + 100, 200))
    result = measure(1e-3, messages, seed, ring=ring)
    assert result.damaged > 1000
    assert result.delivered == 400
    assert result.in_order


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("ring", [1024, 4096])
@pytest.mark.parametrize("baud", [115_200, 1_000_000])
def test_one_bad_byte_in_ten_thousand_costs_less_than_half(
    baud: int, ring: int, both: bool
) -> None:
    messages = (make_messages(1, 100), make_messages(2, 100) if both else [])
    clean = measure(0, messages, baud=baud, ring=ring)
    noisy = measure(1e-4, messages, baud=baud, ring=ring)
    assert clean.in_order and noisy.in_order
    assert clean.retransmitted == 0
    assert noisy.damaged > 10
    assert noisy.virtual_ms < 2 * clean.virtual_ms


def test_a_clean_line_is_used_well() -> None:
    messages = make_messages(1, 100)
    result = measure(0, (messages, []))
    least = sum(map(len, messages)) * 10_000 / 115_200
    assert result.virtual_ms < least / 0.85


@settings(max_examples=20)
@given(st.binary(min_size=1, max_size=3000), st.lists(st.integers(0, 3000), max_size=10))
def test_the_noise_does_not_depend_on_how_bytes_are_cut(data: bytes, cuts: list[int]) -> None:
    whole, cut = NoisyLine(5, 0.01), NoisyLine(5, 0.01)
    bounds = [0, *sorted(at % len(data) for at in cuts), len(data)]
    pieces = [cut.carry(data[start:stop]) for start, stop in pairwise(bounds)]
    assert b"".join(pieces) == whole.carry(data)

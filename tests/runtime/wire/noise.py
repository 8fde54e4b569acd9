"""A serial line that damages bytes, two links on it, and what they make of it in virtual time.

All randomness comes from a seed; the clock is a count of milliseconds, nothing waits.
"""

import math
import random
from typing import NamedTuple

from runtime.wire.link import Link, LinkFull


class NoisyLine:
    """One direction of a line on which a byte goes wrong with probability `rate`.

    A bad byte is flipped (one bit), dropped, doubled, or has a stray byte put before it, each as
    likely. The damage depends on seed, rate and the count of bytes, not on how they are cut.
    """

    def __init__(self, seed: int, rate: float) -> None:
        self.damaged = 0
        self._random = random.Random(seed)
        self._rate = rate
        self._left = self._run()

    def carry(self, data: bytes) -> bytes:
        """Return what comes out at the other end when data is put in."""
        out = bytearray()
        start = 0
        while self._left < len(data) - start:
            at = start + int(self._left)
            out += data[start:at]
            out += self._damage(data[at])
            start = at + 1
            self._left = self._run()
        self._left -= len(data) - start
        out += data[start:]
        return bytes(out)

    def _run(self) -> float:
        """Good bytes before the next bad one (geometric distribution)."""
        if self._rate <= 0:
            return math.inf
        if self._rate >= 1:
            return 0
        return math.floor(math.log(1 - self._random.random()) / math.log(1 - self._rate))

    def _damage(self, byte: int) -> bytes:
        self.damaged += 1
        kind = self._random.randrange(4)
        if kind == 0:
            return bytes([byte ^ 1 << self._random.randrange(8)])
        if kind == 1:
            return b""
        if kind == 2:
            return bytes([byte, byte])
        return bytes([self._random.randrange(256), byte])


class Wire:
    """One direction with a speed: bytes queue up, and take ten bit times each to arrive."""

    def __init__(self, line: NoisyLine, baud: int) -> None:
        self.line = line
        self._per_ms = baud / 10_000
        self._queue = bytearray()
        self._allowance = 0.0
        self.written = 0

    def write(self, data: bytes) -> None:
        self._queue += data
        self.written += len(data)

    def step(self, ms: int) -> bytes:
        """Let time pass; return what arrives in it."""
        self._allowance += ms * self._per_ms
        count = min(int(self._allowance), len(self._queue))
        self._allowance -= count
        if count == len(self._queue):
            self._allowance = min(self._allowance, 1.0)  # an idle line saves up nothing
        data = bytes(self._queue[:count])
        del self._queue[:count]
        return self.line.carry(data)


class Pair:
    """Two links, `ends`, on two wires, and a clock, `now`; `inbox[i]` is what end i received."""

    def __init__(self, seed: int, rate: float, baud: int = 115_200, ring: int = 4096) -> None:
        nonces = [(2 * seed + end << 32 | 1).to_bytes(8, "big") for end in (0, 1)]
        self.ends = [Link(nonce, ring, outbox=8192) for nonce in nonces]
        self.wires = [Wire(NoisyLine(2 * seed + end, rate), baud) for end in (0, 1)]
        self.inbox: list[list[bytes]] = [[], []]
        self.now = 0

    def step(self, ms: int) -> None:
        """Let time pass: each end reads what came and writes what it wants to."""
        self.now += ms
        for end in (0, 1):
            arrived = self.wires[1 - end].step(ms)
            link = self.ends[end]
            if arrived:
                self.inbox[end] += link.receive(arrived, self.now)
            deadline = link.deadline(self.now)
            if arrived or (deadline is not None and deadline <= self.now):
                self.wires[end].write(link.transmit(self.now))

    def send(self, end: int, messages: list[bytes]) -> int:
        """Send from one end as many of the messages as its outbox takes; return how many."""
        count = 0
        for message in messages:
            try:
                self.ends[end].send(message)
            except LinkFull:
                break
            count += 1
        self.wires[end].write(self.ends[end].transmit(self.now))
        return count


class Measure(NamedTuple):
    """What `measure` saw: of both ends together, but for the times and the order."""

    delivered: int
    in_order: bool
    virtual_ms: int
    retransmitted: int
    asked: int
    written: int
    damaged: int


def make_messages(seed: int, count: int, least: int = 50, most: int = 6000) -> list[bytes]:
    """Return random messages of random lengths."""
    source = random.Random(seed)
    return [source.randbytes(source.randint(least, most)) for _ in range(count)]


def measure(
    rate: float,
    messages: tuple[list[bytes], list[bytes]],
    seed: int = 1,
    baud: int = 115_200,
    ring: int = 4096,
    step_ms: int = 2,
    limit_ms: int = 10_000_000,
) -> Measure:
    """Send messages[0] from one end and messages[1] from the other, all at once.

    rate: bad bytes per byte, each way. Ends when all arrived or limit_ms of virtual time passed.
    """
    pair = Pair(seed, rate, baud, ring)
    accepted = [0, 0]
    total = len(messages[0]) + len(messages[1])
    while len(pair.inbox[0]) + len(pair.inbox[1]) < total and pair.now < limit_ms:
        for end in (0, 1):
            accepted[end] += pair.send(end, messages[end][accepted[end] :][:4])
        pair.step(step_ms)
    return Measure(
        delivered=len(pair.inbox[0]) + len(pair.inbox[1]),
        in_order=pair.inbox == [messages[1], messages[0]],
        virtual_ms=pair.now,
        retransmitted=sum(link.retransmitted for link in pair.ends),
        asked=sum(link.asked for link in pair.ends),
        written=sum(wire.written for wire in pair.wires),
        damaged=sum(wire.line.damaged for wire in pair.wires),
    )

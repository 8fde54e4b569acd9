"""Keccak-f[1600] (FIPS 202, section 3), one round a cycle, behind a port that turns its lanes.

The state is 25 lanes of 64 bits, lane (x, y) at index x + 5 y. A turn moves every lane down by one
and lane 0 to the end; only lane 0 can be read and added to. A multiplexer over all lanes would
cost half as much again as the rounds themselves.
"""

from collections.abc import Sequence
from functools import reduce
from operator import xor

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import Case, Cat, If, Signal

from soc.gateware.keccak.model import LANES, OFFSETS, ROUND_CONSTANTS

__all__ = ["LANE", "PASS", "Keccak", "Port", "Share"]

ROUNDS = len(ROUND_CONSTANTS)

LANE = [("lane", 64)]
# One pass: the 25 lanes turn once around if it absorbs or squeezes; lanes from `start` up to but
# not including `stop` take part. Then the rounds, if it permutes.
PASS = [("start", 5), ("stop", 5), ("absorb", 1), ("squeeze", 1), ("permute", 1)]


class Port:
    """What a user of the core drives.

    Attributes:
        command: passes (`PASS`), held valid until the pass is done: ready in its last cycle
        sink: lanes to add to the state, in the order of the turning lanes
        source: lanes of the state as they were before the pass
        clear: zeroises the state and forgets how far a pass has come
    """

    def __init__(self) -> None:
        self.command = stream.Endpoint(PASS)
        self.sink = stream.Endpoint(LANE)
        self.source = stream.Endpoint(LANE)
        self.clear = Signal()


def rotated(lane: Signal, by: int) -> Signal:
    """The 64 bits of `lane` moved up by `by` places, around the end."""
    return Cat(lane[64 - by :], lane[: 64 - by]) if by else lane


def one_round(lanes: Sequence[Signal], parity: Sequence[Signal], constant: Signal) -> list[Signal]:
    """The lanes after theta, rho, pi, chi and iota (section 3.2).

    Args:
        lanes: the 25 before
        parity: of the 5 columns, the exclusive or of their lanes
        constant: of iota
    """
    moved = [None] * LANES
    for x in range(5):
        for y in range(5):
            i = x + 5 * y
            mixed = lanes[i] ^ parity[x - 1] ^ rotated(parity[(x + 1) % 5], 1)
            moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotated(mixed, OFFSETS[i])
    after = []
    for i in range(LANES):
        y = i - i % 5
        after.append(moved[i] ^ (~moved[y + (i + 1) % 5] & moved[y + (i + 2) % 5]))
    return [after[0] ^ constant, *after[1:]]


class Keccak(LiteXModule):
    """The permutation with its state.

    A pass takes 25 cycles to turn, more if its streams make it wait, and 24 to permute.

    Attributes:
        port: a `Port`
    """

    def __init__(self) -> None:
        self.port = port = Port()

        # # #

        command, sink, source = port.command, port.sink, port.source
        self.state = state = [Signal(64, name=f"lane{i}") for i in range(LANES)]
        parity = [Signal(64, name=f"parity{x}") for x in range(5)]
        constant = Signal(64)
        step = Signal(max=LANES)  # how far the pass has turned, then how many rounds are done
        turned = Signal()
        turns = Signal()
        rounds = Signal()
        chosen = Signal()
        moves = Signal()

        self.comb += [
            turns.eq(command.valid & (command.absorb | command.squeeze) & ~turned),
            rounds.eq(command.valid & command.permute & ~turns),
            chosen.eq((step >= command.start) & (step < command.stop)),
            sink.ready.eq(turns & chosen & command.absorb & (source.ready | ~command.squeeze)),
            source.valid.eq(turns & chosen & command.squeeze & (sink.valid | ~command.absorb)),
            source.lane.eq(state[0]),
            moves.eq(
                turns
                & (~chosen | ((sink.valid | ~command.absorb) & (source.ready | ~command.squeeze)))
            ),
            If(
                rounds,
                command.ready.eq(step == ROUNDS - 1),
            ).Else(
                command.ready.eq(
                    command.valid & ((moves & (step == LANES - 1) & ~command.permute) | ~turns)
                ),
            ),
            Case(step, {i: constant.eq(value) for i, value in enumerate(ROUND_CONSTANTS)}),
            [parity[x].eq(reduce(xor, state[x::5])) for x in range(5)],
        ]

        following = one_round(state, parity, constant)

        self.sync += [
            If(
                rounds,
                [lane.eq(new) for lane, new in zip(state, following, strict=True)],
                step.eq(step + 1),
                If(step == ROUNDS - 1, step.eq(0), turned.eq(0)),
            ).Elif(
                moves,
                [lane.eq(next_) for lane, next_ in zip(state, state[1:], strict=False)],
                state[-1].eq(state[0]),
                If(chosen & command.absorb, state[-1].eq(state[0] ^ sink.lane)),
                step.eq(step + 1),
                If(step == LANES - 1, step.eq(0), turned.eq(command.permute)),
            ),
            If(
                port.clear,
                [lane.eq(0) for lane in state],
                step.eq(0),
                turned.eq(0),
            ),
        ]


class Share(LiteXModule):
    """Two users of one core.

    Args:
        core: the core

    Attributes:
        owner: port that drives the core unless it is lent
        guest: port that drives it while it is lent
        lent: which of them
    """

    def __init__(self, core: Keccak) -> None:
        self.owner = owner = Port()
        self.guest = guest = Port()
        self.lent = Signal()

        # # #

        for selected, user in ((~self.lent, owner), (self.lent, guest)):
            self.comb += If(
                selected,
                user.command.connect(core.port.command),
                user.sink.connect(core.port.sink),
                core.port.source.connect(user.source),
                core.port.clear.eq(user.clear),
            )

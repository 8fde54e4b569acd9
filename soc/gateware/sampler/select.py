"""From candidates to coefficients: what is rejected, and what the others mean."""

from collections.abc import Iterable

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from migen import Case, If, Signal

from soc.gateware.sampler.model import COEFFICIENTS, GAMMA1, KEM_Q, KINDS, Kind, Q

__all__ = ["COEFFICIENT", "Select"]

COEFFICIENT = [("data", 23)]


class Select(LiteXModule):
    """Gives the first 256 coefficients, then takes no more until a reset.

    Attributes:
        sink: candidates, `data` of 24 bits
        source: coefficients from 0 to q-1, `last` on the 256th
        kind: index into `KINDS`; held
    """

    def __init__(self) -> None:
        self.sink = sink = stream.Endpoint([("data", 24)])
        self.source = source = stream.Endpoint(COEFFICIENT)
        self.kind = Signal(max=len(KINDS))

        # # #

        candidate = sink.data
        value = Signal(23)
        fits = Signal()
        count = Signal(max=COEFFICIENTS)
        full = Signal()
        room = Signal()

        # q = 2^23 - 2^13 + 1, so that a number of 23 bits is below q unless its upper 10 bits are
        # all ones and one of the lower 13 is.
        below_q = (candidate[13:23] != 0x3FF) | (candidate[:13] == 0)
        mask = candidate[:20]
        means = {
            "uniform": [fits.eq(below_q), value.eq(candidate[:23])],
            "eta": table(KINDS["eta"], candidate[:4], fits, value),
            "mask": [
                fits.eq(1),
                value.eq(GAMMA1 - mask),
                If(mask > GAMMA1, value.eq(Q + GAMMA1 - mask)),
            ],
            "uniform_kem": [fits.eq(candidate[:12] < KEM_Q), value.eq(candidate[:12])],
            "cbd2": table(KINDS["cbd2"], candidate[:4], fits, value),
        }
        self.comb += [
            Case(self.kind, {i: means[name] for i, name in enumerate(KINDS)}),
            room.eq(~source.valid | source.ready),
            sink.ready.eq(room & ~full),
        ]
        self.sync += [
            If(source.ready, source.valid.eq(0), source.last.eq(0), source.data.eq(0)),
            If(
                sink.valid & sink.ready & fits,
                source.valid.eq(1),
                source.last.eq(count == COEFFICIENTS - 1),
                source.data.eq(value),
                full.eq(count == COEFFICIENTS - 1),
                count.eq(count + 1),
            ),
        ]


def table(kind: Kind, candidate: Signal, fits: Signal, value: Signal) -> Case:
    """What each of the candidates of a kind means, written out."""

    def entry(number: int) -> Iterable:
        coefficient = kind.coefficient(number)
        if coefficient is None:
            return [fits.eq(0)]
        return [fits.eq(1), value.eq(coefficient)]

    return Case(candidate, {number: entry(number) for number in range(1 << kind.bits)})

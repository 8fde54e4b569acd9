"""The redactor's core in Migen's simulator: protocol, corner cases, what stays behind."""

import random

import pytest
from migen import ResetInserter, run_simulation
from migen.fhdl.tools import list_targets

from soc.gateware.redactor.core import Redactor
from soc.gateware.redactor.model import redact

LIMIT = 64
PUBLIC = {"row", "behind", "kept", "state"}  # how far a job is, and its result


class Bench:
    """A redactor for small records, with the processes that use it."""

    def __init__(self, seed=0):
        self.dut = ResetInserter()(Redactor(LIMIT))
        self.rng = random.Random(seed)
        self.fragment = self.dut.get_fragment()
        self.secrets = [r for r in registers(self.fragment) if name(r) not in PUBLIC]
        self.secrets += [
            port.dat_r for lane in self.dut.lanes for port in lane.ports if port.re is not None
        ]

    def run(self, process):
        run_simulation(self.fragment, process)

    def ready(self):
        while (yield self.dut.busy):
            yield

    def choose(self, mask):
        for i in range(0, 32, 4):
            yield self.dut.word.eq(int.from_bytes(mask[i : i + 4], "little"))
            yield self.dut.push.eq(1)
            yield
        yield self.dut.push.eq(0)
        yield

    def begin(self, size):
        yield self.dut.size.eq(size)
        yield self.dut.start.eq(1)
        yield
        yield self.dut.start.eq(0)

    def job(self, record, mask, pace=lambda: 1):
        """Redact; `pace` says whether the streams move in a cycle.

        Returns the words that came out, joined; kept; whether the record was taken; cycles.
        """
        yield from self.ready()
        yield from self.choose(mask)
        yield from self.begin(len(record))
        noise = self.rng.randbytes(3)  # the rest of the last word
        words = [(record[i : i + 4] + noise)[:4] for i in range(0, len(record), 4)]
        out, ends, cycles, offers = [], (0, 0), 0, False
        while not any(ends):
            takes = pace()
            offers = bool(words) and (offers or pace())
            yield self.dut.source.ready.eq(takes)
            yield self.dut.sink.valid.eq(offers)
            yield self.dut.sink.data.eq(int.from_bytes(words[0], "little") if offers else 0)
            yield
            cycles += 1
            if offers and (yield self.dut.sink.ready):
                words.pop(0)
                offers = False
            if takes and (yield self.dut.source.valid):
                out.append((yield self.dut.source.data).to_bytes(4, "little"))
            ends = (yield self.dut.done), (yield self.dut.malformed)
        yield self.dut.source.ready.eq(0)
        yield self.dut.sink.valid.eq(0)
        yield
        assert not (yield self.dut.busy)
        assert not words, "words of the record were left"
        return b"".join(out), (yield self.dut.kept), ends == (1, 0), cycles

    def check(self, record, mask, pace=lambda: 1):
        out, kept, taken, cycles = yield from self.job(record, mask, pace)
        assert taken
        expected = redact(record, mask)
        assert kept == len(expected)
        assert out == expected.ljust(-(-len(record) // 4) * 4, b"\0")
        yield from self.holds_nothing()
        return cycles

    def holds_nothing(self):
        """Every register and memory that a secret could be in is zero."""
        for lane in self.dut.lanes:
            for row in range(lane.depth):
                assert not (yield lane[row]), "a byte of the record stayed in memory"
        for signal in self.secrets:
            assert not (yield signal), f"{name(signal)} holds something"


def name(signal):
    return signal.backtrace[-1][0]


def registers(fragment):
    """All registers of a design, without those in the ports of memories."""
    return set().union(*(list_targets(statements) for statements in fragment.sync.values()))


def some_record(rng, size):
    """A record of `size` bytes, of random fields."""
    parts = []
    while size:
        content = size - 2 if size < 4 or rng.random() < 0.2 else rng.randint(0, size - 4)
        parts.append(content.to_bytes(2, "little") + rng.randbytes(content))
        size -= 2 + content
    return b"".join(parts)


@pytest.mark.parametrize("seed", range(3))
def test_records_of_every_size_are_redacted(seed):
    def process():
        for size in [0, *range(2, LIMIT + 1)]:
            yield from bench.check(some_record(bench.rng, size), bench.rng.randbytes(32))

    bench = Bench(seed)
    bench.run(process())

"""The DMA masters against memories that burst, that do not, and that take their time."""

import random

import pytest
from litex.gen import LiteXModule
from litex.soc.interconnect import wishbone
from migen import passive, run_simulation

from soc.gateware.dma import BURST, Reader, Writer, memory_bus

BASE = 0x100  # byte address at which the tests read and write
SIZE = 0x600  # of memory, bytes


class Bench(LiteXModule):
    """A reader or writer on a memory.

    Args:
        kind: Reader or Writer.
        memory: "bursting" and "classic" are LiteX's; "slow" waits at random before each word and
            knows no bursts; "refusing" is slow and answers the word at BASE + 20 with an error.
        seed: of the random waits.
    """

    def __init__(self, kind, memory, seed=0):
        self.bus = memory_bus()
        self.dma = kind(self.bus)
        self.words = [random.Random(seed).getrandbits(32) for _ in range(SIZE // 4)]
        self.rng = random.Random(seed + 1)
        self.refused = (BASE + 20) // 4 if memory == "refusing" else None
        self.sram = None
        if memory in ("bursting", "classic"):
            bus = wishbone.Interface(data_width=32, address_width=32, bursting=memory == "bursting")
            self.sram = wishbone.SRAM(SIZE, init=self.words, bus=bus)
            self.comb += self.bus.connect(bus)

    @passive
    def slow(self):
        """The memories that LiteX does not have; also holds the master to the bus's rules."""
        while True:
            yield
            if not (yield self.bus.cyc):
                continue
            request = yield from self.request()
            for _ in range(self.rng.choice([0, 0, 1, 5])):
                yield
                assert (yield from self.request()) == request, "changed while it waited"
            address, we, data, _ = request
            if address == self.refused:
                yield self.bus.err.eq(1)
            else:
                yield self.bus.ack.eq(1)
                if we:
                    self.words[address] = data
                else:
                    yield self.bus.dat_r.eq(self.words[address])
            yield
            assert (yield from self.request()) == request, "gone before its answer"
            yield self.bus.ack.eq(0)
            yield self.bus.err.eq(0)
            yield self.bus.dat_r.eq(0xEEEEEEEE)

    def request(self):
        assert (yield self.bus.cyc) == (yield self.bus.stb) == 1
        assert (yield self.bus.sel) == 15
        we = yield self.bus.we
        data = (yield self.bus.dat_w) if we else 0
        return (yield self.bus.adr), we, data, (yield self.bus.cti)

    def contents(self, start=0, count=SIZE // 4):
        """Some words of memory."""
        if self.sram is None:
            return self.words[start : start + count]
        read = []
        for i in range(start, start + count):
            read.append((yield self.sram.mem[i]))
        return read

    def command(self, address, words):
        yield self.dma.sink.address.eq(address)
        yield self.dma.sink.words.eq(words)
        yield self.dma.sink.valid.eq(1)
        yield
        while not (yield self.dma.sink.ready):
            yield
        yield self.dma.sink.valid.eq(0)

    def take(self, count, pace=lambda: 0):
        """Words from the reader and which of them are marked last, and the cycles it took."""
        read, lasts, cycles = [], [], 0
        while len(read) < count:
            for _ in range(pace()):
                yield
                cycles += 1
            yield self.dma.source.ready.eq(1)
            yield
            cycles += 1
            while not (yield self.dma.source.valid):
                yield
                cycles += 1
                assert cycles < 100 * count + 100, "no word comes"
            read.append((yield self.dma.source.data))
            lasts.append((yield self.dma.source.last))
            yield self.dma.source.ready.eq(0)
        return read, lasts, cycles

    def give(self, words, pace=lambda: 0):
        for word in words:
            for _ in range(pace()):
                yield
            yield self.dma.data.data.eq(word)
            yield self.dma.data.valid.eq(1)
            yield
            waited = 0
            while not (yield self.dma.data.ready):
                yield
                waited += 1
                assert waited < 100, "a word is not taken"
            yield self.dma.data.valid.eq(0)

    def settle(self):
        waited = 0
        yield
        while (yield self.dma.busy):
            yield
            waited += 1
            assert waited < 1000, "busy for ever"

    def run(self, process):
        run_simulation(self, [process, self.slow()] if self.sram is None else [process])


MEMORIES = ("bursting", "classic", "slow")
LENGTHS = (1, 2, 3, 17, BURST - 1, BURST, BURST + 1, 2 * BURST + 1)


def paces(rng):
    return (lambda: 0), (lambda: rng.choice([0, 0, 0, 1, 7])), (lambda: 3)


@pytest.mark.parametrize("memory", MEMORIES)
def test_a_reader_brings_every_word_whatever_the_memory_and_the_taker(memory):
    def process():
        at = BASE
        for length in LENGTHS:
            for pace in paces(bench.rng):
                yield from bench.command(at, length)
                read, lasts, _ = yield from bench.take(length, pace)
                assert read == bench.words[at // 4 : at // 4 + length]
                assert lasts == [0] * (length - 1) + [1]
                yield from bench.settle()
                assert not (yield bench.dma.source.valid)
                assert not (yield bench.dma.source.data), "the last word stayed behind"
                at = BASE + 4 * bench.rng.randrange(100)

    bench = Bench(Reader, memory)
    bench.run(process())


@pytest.mark.parametrize("memory", MEMORIES)
def test_a_writer_writes_every_word_and_no_other_whatever_the_memory_and_the_giver(memory):
    def process():
        expected = yield from bench.contents()
        at = BASE
        for length in LENGTHS:
            for pace in paces(bench.rng):
                words = [bench.rng.getrandbits(32) for _ in range(length)]
                yield from bench.command(at, length)
                yield from bench.give(words, pace)
                yield from bench.settle()
                expected[at // 4 : at // 4 + length] = words
                at = BASE + 4 * bench.rng.randrange(100)
                yield
                assert not (yield bench.bus.dat_w), "the last word stayed behind"
        assert (yield from bench.contents()) == expected

    bench = Bench(Writer, memory, 1)
    bench.run(process())


def cycles_of(kind, memory, length):
    """Cycles from the command to the end of the last bus cycle, with a stream that never stalls."""

    def process():
        yield bench.dma.sink.words.eq(length)
        yield bench.dma.sink.address.eq(BASE)
        yield bench.dma.sink.valid.eq(1)
        if kind is Reader:
            yield bench.dma.source.ready.eq(1)
        else:
            yield bench.dma.data.valid.eq(1)
        yield
        yield bench.dma.sink.valid.eq(0)
        yield
        while (yield bench.dma.busy):
            counted.append(1)
            yield

    counted = []
    bench = Bench(kind, memory)
    bench.run(process())
    return len(counted)


def test_a_memory_that_bursts_moves_a_word_a_cycle():
    # Each burst begins with a cycle without an answer; between two others may have the bus.
    assert [cycles_of(Reader, "bursting", n) for n in (1, 2, 64, 128, 256)] == [2, 3, 65, 131, 263]
    assert [cycles_of(Writer, "bursting", n) for n in (1, 2, 64, 128, 256)] == [3, 4, 66, 132, 264]


def test_a_classic_memory_moves_a_word_every_second_cycle():
    assert cycles_of(Reader, "classic", 64) == 128
    assert cycles_of(Writer, "classic", 64) == 129


def test_no_words_are_no_work():
    assert cycles_of(Reader, "bursting", 0) == cycles_of(Writer, "bursting", 0) == 0


@pytest.mark.parametrize("kind", [Reader, Writer])
def test_a_stream_that_stalls_and_a_long_transfer_let_others_have_the_bus(kind):
    def process():
        yield from bench.command(BASE, 2 * BURST)
        free = 0
        if kind is Writer:
            yield bench.dma.data.valid.eq(1)
        else:
            yield bench.dma.source.ready.eq(1)
        for cycle in range(3 * BURST):
            if cycle == 20:
                yield (bench.dma.data.valid if kind is Writer else bench.dma.source.ready).eq(0)
            if cycle == 30:
                yield (bench.dma.data.valid if kind is Writer else bench.dma.source.ready).eq(1)
            yield
            used = yield bench.bus.cyc
            if 24 < cycle < 30:
                assert not used, "holds the bus for a stream that stalls"
            elif cycle > 32 and (yield bench.dma.busy):
                free += not used
        assert free == 1, "between two bursts"

    bench = Bench(kind, "bursting")
    bench.run(process())


@pytest.mark.parametrize("kind", [Reader, Writer])
def test_an_error_of_the_bus_ends_the_command_and_the_next_one_works(kind):
    def process():
        yield from bench.command(BASE, 10)
        yield (bench.dma.source.ready if kind is Reader else bench.dma.data.valid).eq(1)
        errors = 0
        for _ in range(100):
            yield
            errors += yield bench.dma.error
        assert errors == 1
        assert not (yield bench.dma.busy)
        assert not (yield bench.dma.source.valid if kind is Reader else bench.bus.dat_w)
        yield (bench.dma.source.ready if kind is Reader else bench.dma.data.valid).eq(0)
        yield from bench.command(BASE, 3)
        if kind is Reader:
            read, _, _ = yield from bench.take(3)
            assert read == bench.words[BASE // 4 : BASE // 4 + 3]
        else:
            yield from bench.give([1, 2, 3])
            yield from bench.settle()
            assert bench.words[BASE // 4 : BASE // 4 + 3] == [1, 2, 3]

    bench = Bench(kind, "refusing")
    bench.run(process())


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("kind", [Reader, Writer])
def test_a_reset_at_any_moment_leaves_nothing_and_the_next_command_works(kind, memory):
    def process():
        for moment in range(26):
            stream = bench.dma.source.ready if kind is Reader else bench.dma.data.valid
            yield stream.eq(1)
            yield from bench.command(BASE, 20)
            for _ in range(moment):
                yield
            yield bench.dma.reset.eq(1)
            yield
            yield bench.dma.reset.eq(0)
            yield stream.eq(0)
            yield from bench.settle()
            yield
            assert not (yield bench.bus.cyc)
            if kind is Reader:
                assert not (yield bench.dma.source.valid) and not (yield bench.dma.source.data)
                yield from bench.command(BASE + 40, 3)
                read, lasts, _ = yield from bench.take(3)
                assert read == bench.words[BASE // 4 + 10 : BASE // 4 + 13]
                assert lasts == [0, 0, 1]
            else:
                assert not (yield bench.bus.dat_w)
                words = [moment, moment + 1, moment + 2]
                yield from bench.command(BASE + 400, 3)
                yield from bench.give(words)
                yield from bench.settle()
                assert (yield from bench.contents(BASE // 4 + 100, 3)) == words

    bench = Bench(kind, memory, 2)
    bench.run(process())

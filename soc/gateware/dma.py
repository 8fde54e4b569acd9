"""Wishbone masters that carry words between main memory and a stream.

Both take commands of an address and a number of words and use incrementing bursts (Wishbone B4,
chapter 4: registered feedback), so that a memory that bursts gives or takes a word a cycle. One
that ignores them answers each word alone. A stream that stalls costs the bus nothing: its master
lets go of the bus and begins another burst when the stream moves on. Memory is little-endian: the
byte of the lowest address is in bits 7:0.
"""

from litex.gen import LiteXModule
from litex.soc.interconnect import stream
from litex.soc.interconnect.wishbone import CTI_BURST_END, CTI_BURST_INCREMENTING, Interface
from migen import Cat, If, Mux, Signal

COMMAND = [("address", 32), ("words", 16)]
WORD = [("data", 32)]
BURST = 64  # words after which others get the bus: at 2 Mbaud, a UART byte comes every 250 cycles


def memory_bus() -> Interface:
    """Return a bus for a Reader or Writer: 32 bits wide, with word addresses."""
    return Interface(data_width=32, address_width=32, addressing="word", bursting=True)


class _Master(LiteXModule):
    """What Reader and Writer share: commands, addresses, bursts and their end.

    Args:
        bus: 32 bits wide, with word addresses.

    Signals of subclasses:
        present: a word can be read or written; once set it holds until the word is taken.
        taken: pulse: the bus has done it.
        final: the word on the bus is the command's last.
        stop: whatever comes from now on is not wanted.
    """

    def __init__(self, bus: Interface) -> None:
        self.bus = bus
        self.sink = stream.Endpoint(COMMAND)  # byte address, a multiple of 4; 0 words do nothing
        self.reset = Signal()  # abandon the command after the current bus cycle
        self.busy = Signal()  # from the command until its last bus cycle is acknowledged
        self.error = Signal()  # pulse: the bus refused; the command is abandoned
        self.present = Signal()
        self.taken = Signal()
        self.final = Signal()
        self.stop = Signal()

        # # #

        address = Signal(30)
        left = Signal(16)
        pause = Signal()
        abandoned = Signal()
        failed = Signal()
        waits = Signal()
        burst_ends = Signal()

        self.comb += [
            self.stop.eq(self.reset | abandoned),
            self.sink.ready.eq(~self.busy & ~self.reset),
            self.final.eq(left == 1),
            burst_ends.eq(left[: BURST.bit_length() - 1] == 1),
            bus.cyc.eq(self.busy & self.present & ~pause & ~failed),
            bus.stb.eq(bus.cyc),
            bus.adr.eq(address),
            bus.sel.eq(0b1111),
            bus.cti.eq(Mux(burst_ends, CTI_BURST_END, CTI_BURST_INCREMENTING)),
            self.taken.eq(bus.cyc & bus.ack & ~bus.err),
            self.error.eq(failed),  # a register: whoever hears it may reset at once
            waits.eq(bus.cyc & ~bus.ack & ~bus.err),
        ]
        self.sync += [
            pause.eq(self.taken & burst_ends),
            If(self.taken, address.eq(address + 1), left.eq(left - 1)),
            If(
                self.sink.valid & self.sink.ready,
                address.eq(self.sink.address[2:]),
                left.eq(self.sink.words),
                self.busy.eq(self.sink.words != 0),
            ),
            failed.eq(bus.cyc & bus.err & ~self.stop),
            If(self.taken & self.final | failed, self.busy.eq(0)),
            abandoned.eq(self.stop & waits),
            If(self.stop & ~waits, self.busy.eq(0)),
        ]


class Reader(_Master):
    """Reads words from main memory. `source` has `last` on a command's final word.

    A word takes a cycle where memory bursts; the first one more, and one more every BURST words.
    Whether it reads on is known from registers alone, never from `source.ready`: else an engine's
    logic would lie on the path of the bus. Nothing stays behind: the registers are zero when their
    words have been taken.
    """

    def __init__(self, bus: Interface) -> None:
        super().__init__(bus)
        self.source = source = stream.Endpoint(WORD)

        # # #

        word = Signal(33)  # the data, and on top whether it is the last
        valid = Signal()
        next_word = Signal(33)
        waiting = Signal()  # a second word, read while the first was not taken
        came = Signal(33)
        comes = Signal()
        self.comb += [
            self.present.eq(~waiting),
            came.eq(Cat(bus.dat_r, self.final)),
            comes.eq(self.taken & ~self.stop),
            source.valid.eq(valid),
            Cat(source.data, source.last).eq(word),
        ]
        self.sync += [
            If(
                source.ready | ~valid,
                valid.eq(waiting | comes),
                word.eq(Mux(waiting, next_word, Mux(comes, came, 0))),
                waiting.eq(0),
                next_word.eq(0),
            ).Elif(
                comes,
                waiting.eq(1),
                next_word.eq(came),
            ),
            If(self.stop, valid.eq(0), word.eq(0), waiting.eq(0), next_word.eq(0)),
        ]


class Writer(_Master):
    """Writes words to main memory: as many of `data` as the command says; `last` means nothing.

    A word takes a cycle where memory bursts; the first two more, and two more every BURST words.
    Whether it takes a word is known from registers alone, never from the bus: a path through the
    memory's answer into an engine would be the system's longest. Nothing stays behind: the
    registers are zero when their words have been written.
    """

    def __init__(self, bus: Interface) -> None:
        super().__init__(bus)
        self.data = data = stream.Endpoint(WORD)

        # # #

        word = Signal(32)
        next_word = Signal(32)
        waiting = Signal()  # a second word, taken while the bus was busy with the first
        put = Signal()
        self.comb += [
            bus.we.eq(1),
            bus.dat_w.eq(word),
            data.ready.eq(self.busy & ~self.stop & ~waiting & ~(self.present & self.final)),
            put.eq(data.valid & data.ready),
        ]
        self.sync += [
            If(
                self.taken | ~self.present,
                self.present.eq(waiting | put),
                word.eq(Mux(waiting, next_word, Mux(put, data.data, 0))),
                waiting.eq(0),
                next_word.eq(0),
            ).Elif(
                put,
                waiting.eq(1),
                next_word.eq(data.data),
            ),
            If(~self.busy, self.present.eq(0), word.eq(0), waiting.eq(0), next_word.eq(0)),
        ]

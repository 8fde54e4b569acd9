"""A main memory that takes the time of an SDRAM behind LiteX's second-level cache.

Modelled is SDR SDRAM of 16 bits at the system clock, as on a ULX3S: a cache of 8 KiB, direct
mapped, write-back, lines of 16 bytes; four banks that each keep a row of 1 KiB open; refreshing.
Data lies in one memory, only tags and time are modelled. Bursts are not taken: like LiteX's cache
it answers each word by itself, in two cycles.
"""

from litex.gen import LiteXModule
from litex.soc.interconnect import wishbone
from migen import FSM, Array, If, Memory, NextState, NextValue, Signal

__all__ = ["Sdram"]

CACHE_BYTES = 8192
LINE_BYTES = 16
ROW_BYTES = 1024
BANKS = 4

# Cycles to carry a line in either direction once its row is open: eight transfers of 16 bits behind
# the controller, the latency of the column and of the pins.
LINE_CYCLES = 20
ROW_CYCLES = 4  # more, to close a row and open another
REFRESH_CYCLES = 12
REFRESH_PERIOD = 390  # 7.8 us at 50 MHz


class Sdram(LiteXModule):
    """A slave of the bus.

    Args:
        size: bytes
        name: of the memory within it
    """

    def __init__(self, size: int, name: str) -> None:
        self.bus = bus = wishbone.Interface(data_width=32, address_width=32, addressing="word")

        # # #

        memory = Memory(32, size // 4, name=name)
        port = memory.get_port(write_capable=True, we_granularity=8)
        self.specials += memory, port

        lines = CACHE_BYTES // LINE_BYTES
        line_bits, row_bits = lines.bit_length() - 1, (ROW_BYTES // 4).bit_length() - 1
        low = (LINE_BYTES // 4).bit_length() - 1  # bits of the word within its line
        index = bus.adr[low : low + line_bits]
        tag = bus.adr[low + line_bits :]
        tags = Memory(len(tag) + 2, lines)  # tag, valid, dirty
        entry = tags.get_port(write_capable=True, async_read=True)
        self.specials += tags, entry

        # The row of the line to be brought; the one to be written back is not told apart.
        bank = bus.adr[row_bits : row_bits + 2]
        row = bus.adr[row_bits + 2 :]
        rows = Array(Signal(len(row)) for _ in range(BANKS))
        is_open = Array(Signal() for _ in range(BANKS))

        valid, dirty, hit = Signal(), Signal(), Signal()
        refresh = Signal(max=REFRESH_PERIOD)
        due = Signal()
        wait = Signal(8)
        row_time, refresh_time = Signal(8), Signal(8)

        self.comb += [
            port.adr.eq(bus.adr),
            port.dat_w.eq(bus.dat_w),
            bus.dat_r.eq(port.dat_r),
            entry.adr.eq(index),
            dirty.eq(entry.dat_r[0]),
            valid.eq(entry.dat_r[1]),
            hit.eq(valid & (entry.dat_r[2:] == tag)),
            If(~is_open[bank] | (rows[bank] != row) | due, row_time.eq(ROW_CYCLES)),
            If(due, refresh_time.eq(REFRESH_CYCLES)),
        ]
        self.sync += [
            If(
                refresh == REFRESH_PERIOD - 1,
                refresh.eq(0),
                due.eq(1),
            ).Else(refresh.eq(refresh + 1)),
        ]

        self.fsm = fsm = FSM(reset_state="IDLE")
        fsm.act("IDLE", If(bus.cyc & bus.stb, NextState("LOOK")))
        fsm.act(
            "LOOK",
            If(
                ~(bus.cyc & bus.stb),
                NextState("IDLE"),
            )
            .Elif(
                hit,
                bus.ack.eq(1),
                If(bus.we, port.we.eq(bus.sel)),
                entry.we.eq(bus.we),
                entry.dat_w.eq((tag << 2) | 0b11),
                NextState("IDLE"),
            )
            .Else(
                NextValue(
                    wait, LINE_CYCLES + row_time + refresh_time - 1 + (valid & dirty) * LINE_CYCLES
                ),
                NextValue(due, 0),
                NextValue(rows[bank], row),
                If(due, [NextValue(one, 0) for one in is_open]),
                NextValue(is_open[bank], 1),
                NextState("CARRY"),
            ),
        )
        fsm.act(
            "CARRY",
            NextValue(wait, wait - 1),
            If(
                wait == 0,
                entry.we.eq(1),
                entry.dat_w.eq((tag << 2) | 0b10),
                NextState("LOOK"),
            ),
        )

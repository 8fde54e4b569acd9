"""Colorlight i9 7.2 on its extension board, with a LFE5U-45F.

The i5, with a LFE5U-25F, has the same pins; of that FPGA the system takes five sixths, and its
routing found no end in ten minutes.
"""

from collections.abc import Sequence

from litedram.modules import M12L64322A
from litex_boards.platforms import colorlight_i5
from migen import Signal

from soc.boards import ecp5
from soc.boards.board import Board
from soc.soc import System

__all__ = ["COLORLIGHT_I9"]

FIRMWARE_AT = 0x20_0000  # in a flash of 8 MiB that begins with the bitstream
FREQUENCY = 50_000_000
SDRAM_PHASE = 180  # the board's traces want more than 90


def _make(measurement: int, boot: Sequence[int]) -> tuple[colorlight_i5.Platform, System]:
    platform = colorlight_i5.Platform(board="i9", revision="7.2")
    clocks = ecp5.Clocks(platform, FREQUENCY, 0, SDRAM_PHASE)  # its one button is for consent
    memory = M12L64322A(FREQUENCY, "1:1")
    button, lamp = Signal(), Signal()
    clocks.comb += [
        button.eq(~platform.request("cpu_reset_n")),
        platform.request("user_led_n").eq(~lamp),
    ]
    return platform, ecp5.make(platform, FREQUENCY, clocks, memory, button, lamp, measurement, boot)


COLORLIGHT_I9 = Board(
    name="colorlight_i9",
    title="Colorlight i9 7.2, 8 MiB SDRAM",
    device=ecp5.LFE5U_45F,
    frequency=FREQUENCY,
    firmware_at=FIRMWARE_AT,
    loader=("--board", "colorlight-i9"),
    make=_make,
)

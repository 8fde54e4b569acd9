"""Colorlight i5 7.0 on its extension board, with a LFE5U-25F."""

from collections.abc import Sequence

from litedram.modules import M12L64322A
from litex_boards.platforms import colorlight_i5
from migen import Signal

from soc.boards import ecp5
from soc.boards.board import Board
from soc.soc import System

__all__ = ["COLORLIGHT_I5"]

FIRMWARE_AT = 0x0A_0000  # in a flash of 2 MiB that begins with the bitstream
FREQUENCY = 50_000_000
SDRAM_PHASE = 180  # the board's traces want more than 90


def _make(measurement: int, boot: Sequence[int]) -> tuple[colorlight_i5.Platform, System]:
    platform = colorlight_i5.Platform()
    clocks = ecp5.Clocks(platform, FREQUENCY, 0, SDRAM_PHASE)  # its one button is for consent
    memory = M12L64322A(FREQUENCY, "1:1")
    button, lamp = Signal(), Signal()
    clocks.comb += [
        button.eq(~platform.request("cpu_reset_n")),
        platform.request("user_led_n").eq(~lamp),
    ]
    return platform, ecp5.make(platform, FREQUENCY, clocks, memory, button, lamp, measurement, boot)


COLORLIGHT_I5 = Board(
    name="colorlight_i5",
    title="Colorlight i5 7.0, 8 MiB SDRAM",
    device=ecp5.LFE5U_25F,
    frequency=FREQUENCY,
    firmware_at=FIRMWARE_AT,
    loader=("--board", "colorlight-i5"),
    make=_make,
)

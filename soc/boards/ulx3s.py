"""Radiona ULX3S, with a LFE5U-45F or -85F."""

from collections.abc import Sequence
from functools import partial

from litedram.modules import MT48LC16M16
from litex_boards.platforms import radiona_ulx3s

from soc.boards import ecp5
from soc.boards.board import Board, Device
from soc.soc import System

__all__ = ["ULX3S"]

FIRMWARE_AT = 0x40_0000  # in a flash of 16 MiB that begins with the bitstream
FREQUENCY = 50_000_000
SDRAM_PHASE = 90


def _make(
    device: Device, measurement: int, boot: Sequence[int]
) -> tuple[radiona_ulx3s.Platform, System]:
    platform = radiona_ulx3s.Platform(device=device.name.rsplit("-", 1)[0])
    clocks = ecp5.Clocks(platform, FREQUENCY, platform.request("rst"), SDRAM_PHASE)
    clocks.comb += platform.request("wifi_gpio0").eq(1)  # else the ESP32 resets the FPGA
    memory = MT48LC16M16(FREQUENCY, "1:1")
    button = platform.request("user_btn", 2)  # FIRE2; FIRE1 resets
    lamp = platform.request("user_led", 0)
    return platform, ecp5.make(platform, FREQUENCY, clocks, memory, button, lamp, measurement, boot)


ULX3S = [
    Board(
        name=f"ulx3s_{size}",
        title=f"Radiona ULX3S {size.upper()}, 32 MiB SDRAM",
        device=device,
        frequency=FREQUENCY,
        firmware_at=FIRMWARE_AT,
        loader=("--board", "ulx3s"),
        make=partial(_make, device),
        seed=seed,
    )
    for size, device, seed in (("45f", ecp5.LFE5U_45F, 2), ("85f", ecp5.LFE5U_85F, 3))
]

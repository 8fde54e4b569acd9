"""Digilent Arty A7, with an XC7A35T or XC7A100T."""

from collections.abc import Sequence
from functools import partial

from litedram.modules import MT41K128M16
from litedram.phy.s7ddrphy import A7DDRPHY
from litex.gen import LiteXModule
from litex.soc.cores.clock import S7IDELAYCTRL, S7PLL
from litex.soc.cores.uart import RS232PHY
from litex_boards.platforms import digilent_arty
from migen import ClockDomain, Signal

from soc.boards.board import BAUD, Board, Device
from soc.gateware.entropy.noise import RingOscillators
from soc.soc import System

__all__ = ["ARTY"]

XC7A35T = Device("xc7a35ticsg324-1L", "artix", (), 20_800, 41_600, 50, 90)
XC7A100T = Device("xc7a100tcsg324-1", "artix", (), 63_400, 126_800, 135, 240)
OSCILLATOR = 100_000_000
FIRMWARE_AT = 0x40_0000  # in a flash of 16 MiB that begins with the bitstream
FREQUENCY = 75_000_000  # the least at which its DDR3 may run with its DLL on: 300 MHz
ALLOW_RINGS = "set_property SEVERITY {{Warning}} [get_drc_checks LUTLP-1]"
CACHE_BYTES = 8192  # between bus and DDR3


class Clocks(LiteXModule):  # type: ignore[misc]
    """The system clock, and what the DDR3 needs: four times it, twice, and 200 MHz."""

    def __init__(self, platform: digilent_arty.Platform) -> None:
        self.rst = Signal()
        self.cd_sys = ClockDomain()
        self.cd_sys4x = ClockDomain()
        self.cd_sys4x_dqs = ClockDomain()
        self.cd_idelay = ClockDomain()

        # # #

        self.pll = pll = S7PLL(speedgrade=-1)
        self.comb += pll.reset.eq(~platform.request("cpu_reset") | self.rst)
        pll.register_clkin(platform.request("clk100"), OSCILLATOR)
        pll.create_clkout(self.cd_sys, FREQUENCY)
        pll.create_clkout(self.cd_sys4x, 4 * FREQUENCY)
        pll.create_clkout(self.cd_sys4x_dqs, 4 * FREQUENCY, phase=90)
        pll.create_clkout(self.cd_idelay, 200_000_000)
        platform.add_false_path_constraints(self.cd_sys.clk, pll.clkin)
        self.idelayctrl = S7IDELAYCTRL(self.cd_idelay)


def _make(
    variant: str, measurement: int, boot: Sequence[int]
) -> tuple[digilent_arty.Platform, System]:
    platform = digilent_arty.Platform(variant=variant)
    serial = RS232PHY(platform.request("serial"), FREQUENCY, BAUD, with_dynamic_baudrate=True)
    flash = platform.request("spiflash")
    system = System(
        platform,
        FREQUENCY,
        Clocks(platform),
        serial,
        flash,
        button=platform.request("user_btn", 0),
        lamp=platform.request("user_led", 0),
        noise=RingOscillators("artix"),
        boot=boot,
        measurement=measurement,
    )
    system.comb += [flash.wp.eq(1), flash.hold.eq(1)]
    for commands in (
        platform.toolchain.pre_placement_commands,
        platform.toolchain.bitstream_commands,
    ):
        commands.append(ALLOW_RINGS)
    system.ddrphy = A7DDRPHY(
        platform.request("ddram"), memtype="DDR3", nphases=4, sys_clk_freq=FREQUENCY
    )
    memory = MT41K128M16(FREQUENCY, "1:4")
    system.add_sdram("sdram", phy=system.ddrphy, module=memory, l2_cache_size=CACHE_BYTES)
    return platform, system


ARTY = [
    Board(
        name=f"arty_a7_{size}t",
        title=f"Digilent Arty A7-{size}T, 256 MiB DDR3",
        device=device,
        frequency=FREQUENCY,
        firmware_at=FIRMWARE_AT,
        loader=("--board", f"arty_a7_{size}t"),
        make=partial(_make, f"a7-{size}"),
    )
    for size, device in (("35", XC7A35T), ("100", XC7A100T))
]

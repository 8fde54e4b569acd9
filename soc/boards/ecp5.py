"""What ECP5 boards with an SDRAM share: clocks, the way to the flash, the memory."""

from collections.abc import Sequence

from litedram.modules import SDRAMModule
from litedram.phy import GENSDRPHY
from litex.build.generic_platform import GenericPlatform
from litex.build.io import DDROutput
from litex.gen import LiteXModule
from litex.soc.cores.clock import ECP5PLL
from litex.soc.cores.uart import RS232PHY
from migen import ClockDomain, ClockSignal, Instance, Record, Signal

from soc.boards.board import BAUD, Device
from soc.gateware.entropy.noise import RingOscillators
from soc.soc import System

__all__ = ["LFE5U_45F", "LFE5U_85F", "Clocks", "FlashPads", "make"]

PACKAGE = ("--package", "CABGA381", "--speed", "6")
LFE5U_45F = Device("LFE5U-45F-6BG381C", "ecp5", ("--45k", *PACKAGE), 43_848, 43_848, 108, 72)
LFE5U_85F = Device("LFE5U-85F-6BG381C", "ecp5", ("--85k", *PACKAGE), 83_640, 83_640, 208, 156)
OSCILLATOR = 25_000_000  # Hz
CACHE_BYTES = 8192  # between bus and SDRAM


class Clocks(LiteXModule):  # type: ignore[misc]
    """The system clock, and one for the SDRAM that lags behind it.

    Args:
        platform: with `clk25` and `sdram_clock`
        frequency: of both, in Hz
        reset: from a button, high; or 0
        phase: of the SDRAM's clock, in degrees

    Attributes:
        rst: driven to reset the system
    """

    def __init__(
        self, platform: GenericPlatform, frequency: int, reset: Signal | int, phase: int
    ) -> None:
        self.rst = Signal()
        self.cd_sys = ClockDomain()
        self.cd_sdram = ClockDomain()

        # # #

        self.pll = pll = ECP5PLL()
        self.comb += pll.reset.eq(reset | self.rst)
        pll.register_clkin(platform.request("clk25"), OSCILLATOR)
        pll.create_clkout(self.cd_sys, frequency)
        pll.create_clkout(self.cd_sdram, frequency, phase=phase)
        self.specials += DDROutput(1, 0, platform.request("sdram_clock"), ClockSignal("sdram"))


class FlashPads(LiteXModule):  # type: ignore[misc]
    """The flash that also holds the bitstream: its clock goes through the configuration block.

    Attributes:
        pads: clk, cs_n, mosi, miso
    """

    def __init__(self, platform: GenericPlatform) -> None:
        self.pads = pads = Record([("clk", 1), ("cs_n", 1), ("mosi", 1), ("miso", 1)])

        # # #

        real = platform.request("spiflash")
        self.comb += [real.cs_n.eq(pads.cs_n), real.mosi.eq(pads.mosi), pads.miso.eq(real.miso)]
        self.comb += [getattr(real, pin).eq(1) for pin in ("wp", "hold") if hasattr(real, pin)]
        self.specials += Instance("USRMCLK", i_USRMCLKI=pads.clk, i_USRMCLKTS=0)


def make(
    platform: GenericPlatform,
    frequency: int,
    clocks: Clocks,
    memory: SDRAMModule,
    button: Signal,
    lamp: Signal,
    measurement: int,
    boot: Sequence[int],
) -> System:
    """Make the system for a board.

    Args:
        platform: with `serial`, `sdram` and `spiflash`
        frequency: of the system clock, in Hz
        clocks: of the board
        memory: which SDRAM it has
        button: high while it is down
        lamp: high to light it
        measurement: what the measurement register holds
        boot: words of the boot ROM
    """
    flash = FlashPads(platform)
    system = System(
        platform,
        frequency,
        clocks,
        RS232PHY(platform.request("serial"), frequency, BAUD, with_dynamic_baudrate=True),
        flash.pads,
        button=button,
        lamp=lamp,
        noise=RingOscillators("ecp5"),
        boot=boot,
        measurement=measurement,
    )
    system.flash_pads = flash
    system.sdrphy = GENSDRPHY(platform.request("sdram"), frequency)
    system.add_sdram("sdram", phy=system.sdrphy, module=memory, l2_cache_size=CACHE_BYTES)
    return system

"""The system as it is simulated: pads that the harness drives, and a memory of two kinds."""

from collections.abc import Collection

from litex.build.generic_platform import GenericPlatform, Pins, Subsignal
from litex.gen import LiteXModule
from litex.soc.cores.uart import RS232PHYModel
from litex.soc.integration.soc import SoCRegion
from litex.soc.interconnect.csr import CSRStatus, CSRStorage
from migen import ClockDomain, Record, Signal

from soc.gateware.entropy.noise import SEED_BITS, SeededNoise
from soc.sim.sdram import Sdram
from soc.soc import MAIN_RAM, System

__all__ = ["FREQUENCY", "RAM_BYTES", "make"]

FREQUENCY = 50_000_000
RAM_BYTES = 8 << 20
BAUD = 115_200

PADS = [
    ("clk", 0, Pins(1)),
    ("rst", 0, Pins(1)),
    (
        "serial", 0,
        Subsignal("source_valid", Pins(1)),
        Subsignal("source_ready", Pins(1)),
        Subsignal("source_data", Pins(8)),
        Subsignal("sink_valid", Pins(1)),
        Subsignal("sink_ready", Pins(1)),
        Subsignal("sink_data", Pins(8)),
        Subsignal("tuning_word", Pins(32)),
    ),
    (
        "flash", 0,
        Subsignal("clk", Pins(1)),
        Subsignal("cs_n", Pins(1)),
        Subsignal("mosi", Pins(1)),
        Subsignal("miso", Pins(1)),
    ),
    (
        "sim", 0,
        Subsignal("exit", Pins(1)),
        Subsignal("exit_code", Pins(8)),
        Subsignal("time", Pins(64)),
        Subsignal("reset", Pins(1)),
    ),
    ("seed", 0, Pins(SEED_BITS)),
    ("button", 0, Pins(1)),
    ("lamp", 0, Pins(1)),
]  # fmt: skip


class Clock(LiteXModule):
    """The harness's clock, with the system's reset."""

    def __init__(self, platform: GenericPlatform) -> None:
        self.cd_sys = ClockDomain()
        self.rst = Signal()

        # # #

        self.comb += [
            self.cd_sys.clk.eq(platform.request("clk")),
            self.cd_sys.rst.eq(platform.request("rst") | self.rst),
        ]


class SerialModel(RS232PHYModel):
    """A line whose other end is the harness: bytes, at the pace of the baud rate."""

    def __init__(self, pads: Record) -> None:
        super().__init__(pads)
        self._tuning_word = CSRStorage(
            32,
            reset=round(BAUD / FREQUENCY * 2**32),
            description="Baud rate / system clock * 2**32, as in LiteX's UART.",
        )

        # # #

        self.comb += pads.tuning_word.eq(self._tuning_word.storage)


class Host(LiteXModule):
    """What firmware can say to the simulation, and ask of it; the harness sees its resets."""

    def __init__(self, pads: Record, reset: Signal) -> None:
        self._exit = CSRStorage(8, description="A write ends the simulation with this exit code.")
        self._time = CSRStatus(64, description="Time at power-up, in ns since 1970.")

        # # #

        self.comb += [self._time.status.eq(pads.time), pads.reset.eq(reset)]
        self.sync += [
            pads.exit.eq(self._exit.re),
            pads.exit_code.eq(self._exit.storage),
        ]


def make(
    measurement: int,
    *,
    memory: str = "block",
    variant: str = "full",
    cores: Collection[str] | None = None,
) -> tuple[GenericPlatform, System]:
    """Make the system.

    Args:
        measurement: what the measurement register holds
        memory: "block", a word a cycle in bursts, or "sdram"; see `soc.sim.sdram`
        variant: of VexRiscv
        cores: names of cores; all by default

    Returns:
        platform and system, not yet finalized
    """
    platform = GenericPlatform("SIM", PADS, name="sim")
    noise = SeededNoise()
    noise.comb += noise.seed.eq(platform.request("seed"))
    system = System(
        platform,
        FREQUENCY,
        Clock(platform),
        SerialModel(platform.request("serial")),
        platform.request("flash"),
        button=platform.request("button"),
        lamp=platform.request("lamp"),
        noise=noise,
        cores=cores,
        variant=variant,
        ram_bytes=RAM_BYTES if memory == "block" else 0,
        measurement=measurement,
    )
    if memory == "sdram":
        system.sdram_model = Sdram(RAM_BYTES, "main_ram")
        region = SoCRegion(origin=MAIN_RAM, size=RAM_BYTES, mode="rwx")
        system.bus.add_slave("main_ram", system.sdram_model.bus, region)
    system.sim = Host(platform.request("sim"), system.crg.rst)
    return platform, system

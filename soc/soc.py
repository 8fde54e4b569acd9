"""The system: VexRiscv, its peripherals and the cores, the same in simulation and on boards."""

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from litex.build.generic_platform import GenericPlatform
from litex.gen import LiteXModule
from litex.soc.cores.spi import SPIMaster
from litex.soc.cores.uart import UART
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCCore
from litex.soc.interconnect import wishbone
from litex.soc.interconnect.csr import CSRStatus
from migen import Module, Record, Signal
from migen.fhdl import tracer
from migen.fhdl.structure import DUID

from soc import cpu
from soc.gateware.entropy.noise import SeededNoise
from soc.gateware.entropy.registers import EntropyRegisters
from soc.gateware.keccak.registers import KeccakEngine
from soc.gateware.ntt.registers import NTTEngine
from soc.gateware.presence.registers import PresenceRegisters
from soc.gateware.redactor.registers import RedactorEngine
from soc.gateware.sampler.registers import SamplerEngine
from soc.gateware.splitter.registers import SplitterEngine
from soc.gateware.uptime.registers import UptimeRegisters

__all__ = ["CORES", "Gateware", "MAIN_RAM", "System", "fresh", "measured", "measurement"]

Made = TypeVar("Made")

BOOT_ROM = 0x0000_0000
MAIN_RAM = 0x4000_0000
SRAM_BYTES = 0x2000  # on the chip: stack of the boot ROM
UART_FIFO_BYTES = 16
BUS_TIMEOUT_CYCLES = 4096  # longer than any memory takes; then DMA has a bus error
WINDOW_BYTES = 0x4000  # of the NTT engine: 16 slots of 1 KiB
WATCHDOG_PULSE_CYCLES = 16
MEASUREMENT_BYTES = 32

# Each core and what makes its wrapper, of a system that has those before it. What has events gets
# an interrupt; each Wishbone interface among its attributes becomes a master of the bus, its
# `window` a slave; its `constants` are in the C headers.
CORES: dict[str, Callable[["System"], Module]] = {
    "keccak": lambda system: KeccakEngine(),
    "sampler": lambda system: SamplerEngine(system.keccak),
    "ntt": lambda system: NTTEngine(),
    "redactor": lambda system: RedactorEngine(),
    "splitter": lambda system: SplitterEngine(),
    "entropy": lambda system: EntropyRegisters(system.noise.noise),
    "presence": lambda system: PresenceRegisters(
        system.button, system.consent_lamp, system.sys_clk_freq
    ),
    "uptime": lambda system: UptimeRegisters(),
}


# Cores that work on another one.
NEEDED = {"sampler": "keccak"}


class Measurement(LiteXModule):
    """Says which gateware this is."""

    def __init__(self, value: int) -> None:
        self.gateware = CSRStatus(
            8 * MEASUREMENT_BYTES,
            description="SHA3-256 of the gateware; see `soc.soc.measurement`.",
        )

        # # #

        self.comb += self.gateware.status.eq(value)


class System(SoCCore):
    """The system on a chip.

    Args:
        platform: the device and its pads
        frequency: of the system clock, in Hz
        crg: module with the clock domain `sys` and a signal `rst` that resets it
        uart_phy: module with the streams `sink` and `source` of bytes, such as LiteX's `RS232PHY`
        flash: pads `clk`, `cs_n`, `mosi` and `miso` of the SPI flash
        button: high while the consent button is closed
        lamp: high to light the lamp
        noise: module with a signal `noise`; one that is stuck by default
        cores: names of `CORES`
        variant: of VexRiscv
        ram_bytes: size of a main RAM of block RAM; 0 where the board brings its own
        boot: words of a boot ROM; without one the CPU starts in main RAM, loaded by others
        measurement: what the measurement register holds

    Raises:
        ValueError: if there is no core of a name, or not the one that another works on, or no
            such variant
    """

    def __init__(
        self,
        platform: GenericPlatform,
        frequency: int,
        crg: Module,
        uart_phy: Module,
        flash: Record,
        *,
        button: Signal | None = None,
        lamp: Signal | None = None,
        noise: Module | None = None,
        cores: Collection[str] | None = None,
        variant: str = "full",
        ram_bytes: int = 0,
        boot: Sequence[int] = (),
        measurement: int = 0,
    ) -> None:
        names = list(CORES) if cores is None else [name for name in CORES if name in cores]
        unknown = set(cores or ()) - set(CORES)
        if unknown:
            raise ValueError(
                f"no core {sorted(unknown)}: expected some of {list(CORES)}; see soc/gateware"
            )
        for name, other in NEEDED.items():
            if name in names and other not in names:
                raise ValueError(f"{name} works on {other}: expected both, or neither")
        processor = cpu.verilog(variant)
        self.crg = crg
        super().__init__(
            platform,
            frequency,
            cpu_variant=variant,
            cpu_reset_address=BOOT_ROM if boot else MAIN_RAM,
            bus_bursting=True,
            bus_timeout=BUS_TIMEOUT_CYCLES,
            integrated_rom_size=4 * len(boot),
            integrated_rom_init=list(boot),
            integrated_sram_size=SRAM_BYTES,
            integrated_main_ram_size=ram_bytes,
            ident="optin-node",
            with_uart=False,
        )
        self.cpu.use_external_variant(str(processor))
        self.uart_phy = uart_phy
        self.uart = UART(uart_phy, tx_fifo_depth=UART_FIFO_BYTES, rx_fifo_depth=UART_FIFO_BYTES)
        self.irq.add("uart", use_loc_if_exists=True)
        self.flash = SPIMaster(
            flash, data_width=32, sys_clk_freq=frequency, spi_clk_freq=frequency / 4, mode="aligned"
        )
        self.add_watchdog(crg_rst=crg.rst, reset_delay=WATCHDOG_PULSE_CYCLES)
        self.measurement = Measurement(measurement)
        self.bus_fault = Signal()  # the bus answers in a slave's place
        self.button = Signal() if button is None else button
        self.consent_lamp = Signal() if lamp is None else lamp
        if "entropy" in names:
            self.noise = SeededNoise() if noise is None else noise
        for name in names:
            self._add_core(name, CORES[name](self))
        if "ntt" in names and "sampler" in names:
            self.comb += self.sampler.source.connect(self.ntt.sink)

    def _add_core(self, name: str, core: Module) -> None:
        self.add_module(name=name, module=core)
        if hasattr(core, "ev"):
            self.irq.add(name, use_loc_if_exists=True)
        for constant, value in getattr(core, "constants", {}).items():
            self.add_constant(f"{name}_{constant}".upper(), value)
        for attribute, bus in sorted(vars(core).items()):
            if isinstance(bus, wishbone.Interface):
                self._add_master(f"{name}_{attribute}", bus)
        if hasattr(core, "window"):
            region = SoCRegion(size=WINDOW_BYTES, cached=False)
            self.bus.add_slave(f"{name}_window", core.window.bus, region)

    def _add_master(self, name: str, bus: wishbone.Interface) -> None:
        """Join a core's bus; an address where nothing is gives it `err` instead of `ack`."""
        port = wishbone.Interface.like(bus)
        self.comb += [
            bus.connect(port, omit={"ack", "err"}),
            bus.ack.eq(port.ack & ~self.bus_fault),
            bus.err.eq(port.err | (port.ack & self.bus_fault)),
        ]
        self.bus.add_master(name=name, master=port)

    def do_finalize(self) -> None:
        super().do_finalize()
        self.comb += self.bus_fault.eq(self.bus._interconnect.timeout.error)


class Gateware(NamedTuple):
    """A system and the Verilog of it."""

    system: System
    verilog: str
    files: dict[str, str]  # first contents of memories, by file name
    sources: dict[str, str]  # Verilog that was not generated, by file name
    measurement: int


def measured(make: Callable[[int], tuple[GenericPlatform, System]]) -> Gateware:
    """Generate the Verilog of a system that holds its own measurement.

    Args:
        make: called with a measurement, makes the platform and the system, not yet finalized

    Returns:
        the system, finalized, and its Verilog
    """
    value = measurement(make)
    return fresh(lambda: _gateware(make, value))


def measurement(make: Callable[[int], tuple[GenericPlatform, System]]) -> int:
    """Measure a system.

    The measurement is the SHA3-256 of the Verilog without comments, of the first contents of
    memories and of the Verilog sources added to the platform, sorted by name, of a system whose
    measurement is zero. Equal sources and parameters give equal measurements.

    Args:
        make: as in `measured`
    """
    blank = fresh(lambda: _gateware(make, 0))
    plain = re.sub(r"//[^\n]*|/\*.*?\*/", "", blank.verilog, flags=re.DOTALL)
    parts = {"": plain, **blank.files, **blank.sources}
    digest = hashlib.sha3_256()
    for text in (text for part in sorted(parts.items()) for text in part):
        digest.update(len(text).to_bytes(4, "big") + text.encode())
    return int.from_bytes(digest.digest(), "big")


def fresh(job: Callable[[], Made]) -> Made:
    """Do what makes gateware as if it were the first of its kind.

    Migen and LiteX name signals after all that was made before in the process, and after all
    callers; Migen orders statements by sets of signals, whose hash is a number that counts on.
    Here all of it is always the same, so that equal sources give equal Verilog.
    """
    tracer.classname_to_objs.clear()
    tracer.name_to_idx.clear()
    before = DUID.get_max_duid()
    DUID._DUID__next_uid = 0
    try:
        with ThreadPoolExecutor(1) as apart:
            return apart.submit(job).result()
    finally:
        DUID._DUID__next_uid = max(before, DUID.get_max_duid())


def _gateware(make: Callable[[int], tuple[GenericPlatform, System]], measurement: int) -> Gateware:
    platform, system = make(measurement)
    fragment = system.get_fragment()
    platform.finalize(fragment)
    made = platform.get_verilog(fragment, name="optin")
    sources = {Path(name).name: Path(name).read_text() for name, *_ in platform.sources}
    return Gateware(system, made.main_source, made.data_files, sources, measurement)

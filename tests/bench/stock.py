"""LiteX's own simulator of the same system, to hold ours against.

It needs pythondata-misc-tapcfg from PyPI and the Debian packages libevent-dev, libjson-c-dev and
zlib1g-dev.
"""

import contextlib
import logging
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from litex.build.generic_platform import Pins, Subsignal
from litex.build.sim import SimPlatform
from litex.build.sim.config import SimConfig
from litex.gen import LiteXModule
from litex.soc.integration.common import get_mem_data
from litex.soc.interconnect.csr import CSRStorage
from migen import ClockDomain, Finish, If, Record, Signal

from soc.gateware.entropy.noise import SeededNoise
from soc.sim.system import FREQUENCY, RAM_BYTES, SerialModel
from soc.soc import System

PADS = [
    ("sys_clk", 0, Pins(1)),
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
]  # fmt: skip


class Clock(LiteXModule):
    """The simulator's clock; reset while it begins."""

    def __init__(self, platform: Any) -> None:
        self.cd_sys = ClockDomain()
        self.cd_start = ClockDomain(reset_less=True)
        self.rst = Signal()
        starting = Signal(2, reset=3)

        # # #

        clock = platform.request("sys_clk")
        self.sync.start += If(starting != 0, starting.eq(starting - 1))
        self.comb += [
            self.cd_sys.clk.eq(clock),
            self.cd_start.clk.eq(clock),
            self.cd_sys.rst.eq((starting != 0) | self.rst),
        ]


class Exit(LiteXModule):
    """Ends the simulation, by the register that ours has."""

    def __init__(self) -> None:
        self._exit = CSRStorage(8)

        # # #

        self.sync += If(self._exit.re, Finish())


def run(image: Path) -> tuple[str, float]:
    """Build LiteX's simulator of the system with an image in main RAM, and run it.

    Returns:
        what the system sent, seconds of processor time that it took
    """
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as work, contextlib.redirect_stdout(None):
        platform = SimPlatform("SIM", list(PADS))
        flash = Record([("clk", 1), ("cs_n", 1), ("mosi", 1), ("miso", 1)])
        serial = SerialModel(platform.request("serial"))
        system = System(platform, FREQUENCY, Clock(platform), serial, flash, noise=SeededNoise())
        system.add_ram(
            "main_ram",
            system.mem_map["main_ram"],
            RAM_BYTES,
            get_mem_data(str(image), endianness="little"),
        )
        system.sim = Exit()
        config = SimConfig("sys_clk", FREQUENCY)
        config.add_module("serial2console", "serial")
        platform.build(system, build_dir=work, sim_config=config, run=False, opt_level="O3")
        build = subprocess.run(
            ["bash", "build_sim.sh"], cwd=work, capture_output=True, text=True, errors="replace"
        )
        if build.returncode:
            raise RuntimeError(f"LiteX's simulator does not build:\n{build.stdout[-2000:]}")
        before = os.times()
        done = subprocess.run(
            ["obj_dir/Vsim"], cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        after = os.times()
    logging.disable(logging.NOTSET)
    return done.stdout, after.children_user - before.children_user

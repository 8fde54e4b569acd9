"""What a board is to the tools."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from soc.soc import System

__all__ = ["BAUD", "Board", "Device"]

BAUD = 115_200  # at power-up; software may raise it


@dataclass(frozen=True)
class Device:
    """An FPGA: its names in the tools, and how much of everything it has.

    Attributes:
        name: of the part, as reports have it
        family: "ecp5" goes to a bitstream here, "artix" to a project for Vivado
        options: of nextpnr-ecp5
        logic: LUT4 of an ECP5, LUT6 of an Artix
        block_ram: EBR of 18 kbit, or RAMB36 of 36 kbit
        multipliers: MULT18X18D, or DSP48E1
    """

    name: str
    family: str
    options: tuple[str, ...]
    logic: int
    flip_flops: int
    block_ram: int
    multipliers: int


@dataclass(frozen=True)
class Board:
    """A board that the system is built for.

    Attributes:
        name: on the command line and of its report
        title: for people
        device: its FPGA
        frequency: of the system clock, in Hz
        firmware_at: where the firmware begins in the flash
        loader: options of openFPGALoader that name the board
        make: called with a measurement and the words of the boot ROM, makes platform and system,
            not yet finalized
        seed: of placing; equal ones give equal bitstreams, and some place better than others
    """

    name: str
    title: str
    device: Device
    frequency: int
    firmware_at: int
    loader: tuple[str, ...]
    make: Callable[[int, Sequence[int]], tuple[Any, System]]
    seed: int = 1

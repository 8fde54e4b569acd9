"""Makes a program of a Migen module and a test bench in C++, by Verilator."""

import hashlib
import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from migen import Module, Signal
from migen.fhdl.verilog import convert

from firmware.building import CommandFailed, cache, run, workspace

__all__ = ["VerilatorError", "program"]

OPTIONS = (
    "--cc", "--exe", "--build", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert",
    "-Wno-fatal", "-Wno-WIDTH", "-Wno-CASEINCOMPLETE", "-CFLAGS", "-O2 -std=c++17",
)  # fmt: skip


class VerilatorError(Exception):
    """Exception raised when a bench cannot be built; says what to do."""


def program(
    name: str,
    module: Module,
    ios: Collection[Signal],
    main: Path,
    options: Sequence[str] = (),
) -> Path:
    """Build a test bench, unless that has been done.

    The class that Verilator makes is `Vdut` (`#include "Vdut.h"`); its clock is `sys_clk`, its
    reset `sys_rst`. The bench brings `main`.

    Args:
        name: of the bench
        module: what to test, not yet finalized
        ios: its signals that become ports, under the names Migen gives them
        main: the C++ file
        options: of Verilator, beside the usual ones

    Returns:
        path of the program

    Raises:
        VerilatorError: if Verilator is missing or refuses
    """
    verilog = convert(module, set(ios), name="dut")
    files = {"dut.v": verilog.main_source, "main.cpp": main.read_text(), **verilog.data_files}
    key = hashlib.sha256(repr((OPTIONS, tuple(options), sorted(files.items()))).encode())
    made = cache() / f"bench-{key.hexdigest()[:12]}"
    if (made / name).exists():
        return made / name
    if shutil.which("verilator") is None:
        raise VerilatorError("verilator is missing; install the Debian packages verilator and g++")
    with workspace(made) as work:
        for file, text in files.items():
            (work / file).write_text(text)
        made_as = ("--prefix", "Vdut", "-Mdir", "out", "-o", name)
        try:
            run(["verilator", *OPTIONS, *options, *made_as, "dut.v", "main.cpp"], work)
        except CommandFailed as error:
            raise VerilatorError(f"the bench {name} does not build:\n{error.log}") from None
        for file in verilog.data_files:  # memories are read from the working folder
            shutil.copy(work / file, work / "out" / file)
        ready = work / "ready"
        ready.mkdir()
        shutil.copy2(work / "out" / name, ready / name)
        for file in verilog.data_files:
            shutil.copy(work / file, ready / file)
        if not made.exists():
            os.replace(ready, made)
    return made / name

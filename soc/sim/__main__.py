"""`python -m soc.sim`: build the simulator, run an image on it."""

import argparse
import os
import sys
from pathlib import Path

from firmware.engines import CONFIGURATIONS
from firmware.micropython import ToolchainError
from soc.sim.build import Simulator, SimulatorError, build
from soc.sim.firmware import firmware

MEMORIES = ("block", "sdram")
DESCRIPTION = """Simulate the system on a chip.

Equal inputs give equal cycles. Bytes from a socket come when they come: what has to repeat
exactly goes into a script, or is given while the simulation is paused.
"""


def main(arguments: list[str] | None = None) -> int:
    """Obey the command line.

    Args:
        arguments: those of the command line

    Returns:
        the exit status; a run has the one the firmware ended with, 124 at --max-cycles and 125
        after a power cut
    """
    options = _parser().parse_args(arguments)
    traced = options.verb == "run" and options.trace is not None or options.traced
    try:
        simulator = build(
            options.memory, options.variant, options.cores, traced, options.fast, options.faulty
        )
    except SimulatorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.verb == "build":
        print(simulator.program)
        print(simulator.headers)
        return 0
    if options.verb == "firmware":
        try:
            print(firmware(simulator, options.engines))
        except ToolchainError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        return 0
    _run(simulator, options)
    return 0


def _run(simulator: Simulator, options: argparse.Namespace) -> None:
    """Become the simulator."""
    given = {
        "uart": options.uart,
        "control": options.control,
        "script": options.script and options.script.absolute(),
        "flash": options.flash and options.flash.absolute(),
        "flash-fast": int(options.flash_fast),
        "paced": int(options.paced),
        "paused": int(options.paused),
        "time": options.time,
        "seed": options.seed,
        "dump": options.dump and options.dump.absolute(),
        "max-cycles": options.max_cycles,
        "cut": options.cut,
        "trace": options.trace and options.trace.absolute(),
        "trace-from": options.trace_from,
        "trace-to": options.trace_to,
    }
    sys.stdout.flush()
    os.execv(simulator.program, simulator.command(options.image.absolute(), given))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m soc.sim",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    gateware = argparse.ArgumentParser(add_help=False)
    group = gateware.add_argument_group("the system")
    group.add_argument(
        "--memory", choices=MEMORIES, default="block",
        help="main RAM like block RAM (the default), or with the latency of an SDRAM",
    )  # fmt: skip
    group.add_argument("--variant", default="full", help="of VexRiscv (full)")
    group.add_argument(
        "--cores", type=lambda text: [name for name in text.split(",") if name],
        metavar="A,B", help="the cores it has; all by default, none for ''",
    )  # fmt: skip

    group.add_argument(
        "--fast", action="store_true",
        help="compiled twice, to be 1.4 times as fast: for long runs, once it is built",
    )  # fmt: skip

    group.add_argument(
        "--faulty", action="store_true", help="bits of the engines' registers can be flipped"
    )

    build_verb = verbs.add_parser(
        "build", parents=[gateware], help="build it, print where program and C headers are"
    )
    build_verb.add_argument("--traced", action="store_true", help="able to write a waveform")

    node = verbs.add_parser(
        "firmware", parents=[gateware], help="build the node's firmware, print where its image is"
    )
    node.set_defaults(traced=False)
    node.add_argument(
        "--engines", choices=tuple(CONFIGURATIONS), default="all", help="that it uses (all)"
    )

    run = verbs.add_parser("run", parents=[gateware], help="run an image, building if need be")
    run.set_defaults(traced=False)
    run.add_argument("image", type=Path, help="what main RAM holds at reset")
    run.add_argument(
        "--uart", type=int, metavar="PORT",
        help="serve the serial line on 127.0.0.1, 0 for any free port; without it, what the system "
        "sends goes to standard output",
    )  # fmt: skip
    run.add_argument(
        "--control", type=int, metavar="PORT", help="take commands on 127.0.0.1, see README.md"
    )
    run.add_argument(
        "--script", type=Path, metavar="FILE", help="commands with the cycles they come at"
    )
    run.add_argument("--paused", action="store_true", help="wait for `run` or `resume`")
    run.add_argument("--paced", action="store_true", help="bytes take the time of the baud rate")
    run.add_argument(
        "--flash", type=Path, metavar="FILE", help="contents of the flash, kept; made if missing"
    )
    run.add_argument(
        "--flash-fast", action="store_true", help="erasing takes 100 cycles, not 45 ms"
    )
    run.add_argument("--time", type=int, metavar="NS", help="clock at reset, since 1970 (0)")
    run.add_argument(
        "--seed", type=int, metavar="N", help="of the entropy source's noise (1); 0: it is stuck"
    )
    run.add_argument("--max-cycles", type=int, metavar="N", help="stop there, exit status 124")
    run.add_argument("--cut", type=int, metavar="N", help="power fails there, exit status 125")
    run.add_argument("--dump", type=Path, metavar="FILE", help="write main RAM at the end")
    run.add_argument("--trace", type=Path, metavar="FILE", help="write a waveform (FST)")
    run.add_argument("--trace-from", type=int, metavar="N", help="first cycle of it")
    run.add_argument("--trace-to", type=int, metavar="N", help="cycle after the last of it")
    return parser


if __name__ == "__main__":
    sys.exit(main())

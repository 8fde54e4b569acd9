"""`optin sim`: the system on a chip in Verilator."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from runtime.host.cli import kinds
from runtime.host.cli.context import App, Problem, command
from runtime.host.cli.node import TIME

# Options of the simulator are its own: it knows them, explains them and refuses others.
PASSED_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}
OPTIONS = click.argument("options", nargs=-1, type=click.UNPROCESSED)


@click.group()
def sim() -> None:
    """Simulate the system on a chip."""


@command(sim, example="sim build\nsim build --memory sdram")
@OPTIONS
def build(app: App, options: tuple[str, ...]) -> None:
    """Build the simulator, unless that has been done.

    Prints where the program is, and the C headers of the system. `optin sim build -- --help` lists
    the OPTIONS: which memory, which cores, able to write a waveform.
    """
    done = subprocess.run(_words("build", options), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Problem("the simulator was not built", todo="see the error above")
    if "--help" in options:
        click.echo(done.stdout, nl=False)
        return
    program, headers = done.stdout.splitlines()
    app.say({"program": program, "headers": headers}, program, headers)


@command(sim, example="sim image firmware.bin\nsim image --uart 0 firmware.bin")
@OPTIONS
def image(app: App, options: tuple[str, ...]) -> None:
    """Run a firmware image, building what is missing.

    What the system sends goes to standard output, or with --uart PORT to whoever connects to that
    port of this machine. `optin sim image -- --help` lists all OPTIONS.
    """
    if app.as_json:
        raise Problem("a running simulator has no JSON", todo="leave --json out")
    sys.stdout.flush()
    os.execv(sys.executable, _words("run", options))


@command(sim, example="sim run ~/simulated\nsim run --memory sdram --seed 1 ~/simulated")
@click.option(
    "--memory",
    type=click.Choice(("block", "sdram")),
    default="block",
    show_default=True,
    help="Main RAM like block RAM, or with the latency of an SDRAM.",
)
@click.option("--fast", is_flag=True, help="A simulator 1.4 times as fast, longer to build.")
@click.option(
    "--engines",
    type=click.Choice(("all", "hash", "none")),
    default="all",
    show_default=True,
    help="What the firmware leaves to engines; the rest is software.",
)
@click.option("--flash-fast", is_flag=True, help="Erasing takes 100 cycles, not 45 ms.")
@click.option("--paced", is_flag=True, help="Bytes take the time of 115,200 baud.")
@click.option("--seed", type=int, help="Of the entropy source's noise; another each time without.")
@click.option("--time", type=TIME, help="The system's clock at reset.")
@click.option("--control", type=int, metavar="PORT", help="Serve button, lamp and power there.")
@click.argument("folder", type=click.Path(file_okay=False))
def run(
    app: App,
    folder: str,
    memory: str,
    engines: str,
    seed: int | None,
    time: int | None,
    control: int | None,
    **flags: bool,
) -> None:
    """Run the node of FOLDER on the simulated system, until Ctrl-C.

    What is missing is built first. The node serves the pseudo-terminal FOLDER/tty; its flash is
    FOLDER/device/flash, and FOLDER/kept.db has, sealed, what it leaves with its host. The control
    port takes the commands of soc/sim/README.md; 0 is any free one. After a `cut` power comes back.
    """
    kinds.refuse_json(app)
    gateware = ("--memory", memory, *["--fast"] * flags.pop("fast"))
    options = ["--seed", "{seed}" if seed is None else str(seed)]
    options += ["--time", str(time)] if time is not None else []
    options += ["--control", str(control)] if control is not None else []
    options += ["--" + name.replace("_", "-") for name, given in flags.items() if given]
    kinds.simulated(os.path.abspath(folder), gateware, engines, tuple(options))


def _words(verb: str, options: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "soc.sim", verb, *options]


for _made in (build, image):
    _made.context_settings = dict(PASSED_ON)

"""`optin sim`: the system on a chip in Verilator."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from runtime.host.cli.context import App, Problem, command

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


@command(sim, example="sim run --uart 0 firmware.bin\nsim run -- --help")
@OPTIONS
def run(app: App, options: tuple[str, ...]) -> None:
    """Run a firmware image, building what is missing.

    What the system sends goes to standard output, or with --uart PORT to whoever connects to that
    port of this machine. `optin sim run -- --help` lists all OPTIONS.
    """
    if app.as_json:
        raise Problem("a running simulator has no JSON", todo="leave --json out")
    sys.stdout.flush()
    os.execv(sys.executable, _words("run", options))


def _words(verb: str, options: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "soc.sim", verb, *options]


for _made in (build, run):
    _made.context_settings = dict(PASSED_ON)

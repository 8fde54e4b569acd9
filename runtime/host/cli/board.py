"""`optin board`: the system on a chip on boards; a face of `python -m soc.boards`."""

import json
import os
import subprocess
import sys
from typing import NoReturn

import click

from runtime.host.audit import published
from runtime.host.cli.context import App, Problem, command
from runtime.wire import records

BOARD = click.argument("board")
BOARDS = click.argument("boards", nargs=-1)


@click.group()
def board() -> None:
    """Build and load the gateware of boards."""


@command(board, "list", example="board list")
def list_boards(app: App) -> None:
    """List the boards."""
    _become(app, "list")


@command(board, example="board build ulx3s_45f")
@BOARDS
def build(app: App, boards: tuple[str, ...]) -> None:
    """Build the gateware of BOARDS and write their reports.

    Without one, of all. An ECP5 gets a bitstream, an Arty a project for Vivado; both are in
    build/boards.
    """
    _become(app, "build", *boards)


@command(board, example="board report ulx3s_45f")
@BOARDS
def report(app: App, boards: tuple[str, ...]) -> None:
    """Print the last report of BOARDS.

    Without one, of all. It fails if one of them is beyond its budget.
    """
    _become(app, "report", *boards)


@command(board, example="board firmware ulx3s_45f")
@BOARD
def firmware(app: App, board: str) -> None:
    """Build the node's firmware for BOARD, and print where its image is.

    `optin board flash --firmware` brings it to the board.
    """
    _become(app, "firmware", board)


@command(board, example="board measure software > published.json\nboard measure unix ulx3s_45f")
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
def measure(app: App, nodes: tuple[str, ...]) -> None:
    """Print what nodes of this version are made of, as a list to publish.

    A NODE is `software`, `unix` or a board. `optin audit verify --measurements` takes the list.
    """
    modules = {
        "software": ("runtime.cpython.measurement",),
        "unix": ("firmware.measurement",),
    }
    made = [
        (records.Measurement(row["name"], bytes.fromhex(row["digest"])), row["what"])
        for name in nodes
        for row in json.loads(_said(name, *modules.get(name, ("soc.boards", "measure", name))))
    ]
    click.echo(published(made), nl=False)


def _said(name: str, module: str, *arguments: str) -> str:
    """What a module prints."""
    words = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Problem(f"{name} cannot be measured", todo="see the error above")
    return done.stdout


@command(board, example="board flash ulx3s_45f\nboard flash --firmware node.bin ulx3s_45f")
@click.option("--keep", is_flag=True, help="Write it into the flash, not only into the FPGA.")
@click.option(
    "--firmware",
    type=click.Path(dir_okay=False),
    help="Write this image of main RAM into the flash instead; the boot ROM loads it.",
)
@BOARD
def flash(app: App, board: str, keep: bool, firmware: str | None) -> None:
    """Bring gateware or firmware to a BOARD, by openFPGALoader."""
    options = ["--firmware", os.path.abspath(firmware)] if firmware else []
    _become(app, "flash", *["--keep"] * keep, *options, board)


def _become(app: App, verb: str, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    json = ["--json"] * app.as_json
    os.execv(sys.executable, [sys.executable, "-m", "soc.boards", verb, *json, *arguments])

"""`optin board`: the system on a chip on boards; a face of `python -m soc.boards`."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
from rich.progress import Progress

from runtime.host import updates
from runtime.host.audit import published
from runtime.host.cli.context import App, Problem, command, operator_option
from runtime.wire import records

BOARD = click.argument("board")
BOARDS = click.argument("boards", nargs=-1)
UPDATE_KEY = click.option(
    "--update-key", metavar="NAME", help="Key of the key folder that updates are signed with."
)


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


@command(board, example="board firmware ulx3s_45f\nboard firmware --update-key releases ulx3s_45f")
@UPDATE_KEY
@BOARD
def firmware(app: App, board: str, update_key: str | None) -> None:
    """Build the node's firmware for BOARD, print where its image is.

    `optin board flash --firmware` brings it to the board. Afterwards the board takes updates that
    are signed with the update key; without one, none.
    """
    with _key_file(app, update_key) as options:
        words = ["firmware", board, *options, *["--json"] * app.as_json]
        click.echo(_said(board, "soc.boards", *words), nl=False)


@command(board, example="board measure software > published.json\nboard measure unix ulx3s_45f")
@UPDATE_KEY
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
def measure(app: App, nodes: tuple[str, ...], update_key: str | None) -> None:
    """Print what NODEs of this version are made of, to be published.

    A NODE is `software`, `unix` or a board. `optin audit verify --measurements` takes the list.
    """
    modules = {
        "software": ("runtime.cpython.measurement",),
        "unix": ("firmware.measurement",),
    }
    with _key_file(app, update_key) as options:
        made = [
            (records.Measurement(row["name"], bytes.fromhex(row["digest"])), row["what"])
            for name in nodes
            for row in json.loads(
                _said(name, *modules.get(name, ("soc.boards", "measure", name, *options)))
            )
        ]
    click.echo(published(made), nl=False)


@command(
    board,
    "sign-update",
    example="board sign-update --key releases --counter 7 ulx3s_45f firmware.bin update.optin",
)
@click.option("--key", required=True, metavar="NAME", help="The update key, of the key folder.")
@click.option(
    "--counter",
    required=True,
    type=click.IntRange(1, (1 << 32) - 1),
    help="Larger than that of all updates before; no board takes an older one after it.",
)
@BOARD
@click.argument("image", type=click.Path(dir_okay=False))
@click.argument("file", type=click.Path(dir_okay=False))
def sign_update(app: App, key: str, counter: int, board: str, image: str, file: str) -> None:
    """Sign the firmware IMAGE for BOARD, write FILE for board update."""
    update = updates.signed(app.key(key), board, counter, Path(image).read_bytes())
    Path(file).write_bytes(updates.packed(update))
    app.say(
        {**update.firmware._asdict(), "file": file},
        f"{file}: {update.firmware.size} bytes for {board}, counter {counter}, signed by {key}",
    )


@command(board, example="board update ~/board/tty update.optin")
@operator_option
@click.option("--progress", is_flag=True, help="Show how far it is.")
@click.argument("line", metavar="LINE")
@click.argument("file", type=click.Path(dir_okay=False))
async def update(app: App, line: str, file: str, operator: str, progress: bool) -> None:
    """Update the firmware of the board on LINE with a signed FILE.

    Power may fail at any time: the board starts the old firmware or the new one. A node that is a
    program of this machine is updated with its package instead.
    """
    key, app.line = app.key(operator), line
    content = updates.unpacked(Path(file).read_bytes())
    async with app.node() as client:
        with Progress(console=app.console, disable=not progress, transient=True) as bar:
            task = bar.add_task("Updating", total=content.firmware.size)
            counter = await updates.update(
                client, key, content, lambda done: bar.update(task, completed=done)
            )
    app.say(
        {**content.firmware._asdict(), "counter": counter},
        f"{content.firmware.size} bytes are there, counter {counter}",
        "it runs from the next start on: end optin node attach and start it again, then compare "
        "what it is made of and say optin node accept",
    )


@contextmanager
def _key_file(app: App, name: str | None) -> Iterator[list[str]]:
    """Options that give a key of the key folder to `python -m soc.boards`."""
    if name is None:
        yield []
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(app.key(name).public_key)
        file.flush()
        yield ["--update-key", file.name]


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
    help="Write this image of main RAM and its loader into the flash instead.",
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

"""`python -m soc.boards`: list, build, look at and flash boards; `optin board` is its face."""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from firmware.measurement import of_image, row
from firmware.micropython import ToolchainError

try:
    from soc.boards import build as building
    from soc.boards import report as reports
    from soc.boards.board import Board
    from soc.boards.catalogue import BOARDS
    from soc.boards.firmware import firmware as node_firmware
    from soc.boards.firmware import flashed
    from soc.boards.report import ReportError
    from soc.boards.tools import ToolError
except ModuleNotFoundError as error:
    if error.name and error.name.startswith("soc"):
        raise
    sys.exit(f"{error.name} is missing; pip install 'optin-node[board]'")

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead.")


class Name(click.ParamType):  # type: ignore[type-arg]
    """A board, by its name."""

    name = "board"

    def convert(self, value: object, param: object, ctx: object) -> Board:
        if isinstance(value, str) and value in BOARDS:
            return BOARDS[value]
        raise click.ClickException(f"no board {value!r}: expected one of {', '.join(BOARDS)}")


BOARD = click.argument("board", type=Name())
SOME = click.argument("boards", type=Name(), nargs=-1)
UPDATE_KEY = click.option(
    "--update-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the ML-DSA-87 key that updates must be signed with; none are taken without.",
)
KEY_BYTES = 2592


@click.group()
def cli() -> None:
    """Boards that the system is built for."""


@cli.command("list")
@JSON
def list_boards(as_json: bool) -> None:
    """List the boards."""
    if as_json:
        click.echo(json.dumps({name: board.title for name, board in BOARDS.items()}))
        return
    for board in BOARDS.values():
        made = "bitstream" if board.device.family == "ecp5" else "project for Vivado"
        click.echo(f"{board.name:14} {board.title}, {board.frequency / 1e6:g} MHz: {made}")


@cli.command()
@SOME
@JSON
def build(boards: tuple[Board, ...], as_json: bool) -> None:
    """Build the gateware of BOARDS, of all without one, and write their reports."""
    made = {}
    for board in boards or tuple(BOARDS.values()):
        report = building.build(board, partial(_say, board.name))
        reports.write(report, board)
        made[board.name] = asdict(report)
        _say(board.name, f"done, in {building.BUILD / board.name}")
    if as_json:
        click.echo(json.dumps(made))


def _key(path: Path | None) -> bytes | None:
    if path is None:
        return None
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise click.ClickException(f"{path} has {len(key)} bytes: expected a key of {KEY_BYTES}")
    return key


def _say(name: str, step: str) -> None:
    click.echo(f"{name}: {step}", err=True)


@cli.command()
@BOARD
@UPDATE_KEY
@JSON
def firmware(board: Board, update_key: Path | None, as_json: bool) -> None:
    """Build the node's firmware for BOARD, print where its image is."""
    made = node_firmware(board, _key(update_key))
    click.echo(json.dumps({"board": board.name, "image": str(made)}) if as_json else made)


@cli.command()
@SOME
@UPDATE_KEY
def measure(boards: tuple[Board, ...], update_key: Path | None) -> None:
    """Print, as JSON, what nodes on BOARDS, on all without one, say they are made of."""
    key = _key(update_key)
    rows = []
    for board in boards or tuple(BOARDS.values()):
        _say(board.name, "firmware")
        rows.append(row("firmware", of_image(node_firmware(board, key)), board.name))
        _say(board.name, "gateware")
        rows.append(row("gateware", bytes.fromhex(building.measurement(board)), board.name))
    click.echo(json.dumps(rows))


@cli.command()
@SOME
@JSON
def report(boards: tuple[Board, ...], as_json: bool) -> None:
    """Print the last report of BOARDS, of all without one; 1 if one is beyond its budget."""
    found = [(board, reports.read(board)) for board in boards or tuple(BOARDS.values())]
    beyond = [line for _, last in found for line in reports.over_budget(last)]
    if as_json:
        click.echo(json.dumps({board.name: asdict(last) for board, last in found}))
    else:
        click.echo("\n".join(last.markdown(board) for board, last in found), nl=False)
    if beyond:
        raise click.ClickException("beyond the budget: " + "; ".join(beyond))


@cli.command()
@BOARD
@click.option("--keep", is_flag=True, help="Write it into the flash, not only into the FPGA.")
@click.option(
    "--firmware",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write this image of main RAM and its loader into the flash instead.",
)
@JSON
def flash(board: Board, keep: bool, firmware: Path | None, as_json: bool) -> None:
    """Bring the bitstream, or a firmware, to BOARD by openFPGALoader."""
    if firmware:
        written = building.BUILD / board.name / "firmware.bin"
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_bytes(flashed(board, firmware.read_bytes()))
        options = ["--write-flash", "--offset", str(board.firmware_at)]
    else:
        written = _bitstream(board)
        options = ["--write-flash"] if keep else []
    if shutil.which("openFPGALoader") is None:
        raise click.ClickException(
            "openFPGALoader is missing; install the Debian package openfpgaloader"
        )
    command = ["openFPGALoader", *board.loader, *options, str(written)]
    done = subprocess.run(command, stdout=sys.stderr)
    if done.returncode:
        raise click.ClickException("openFPGALoader failed; is the board connected and yours?")
    if as_json:
        click.echo(json.dumps({"board": board.name, "written": str(written)}))


def _bitstream(board: Board) -> Path:
    made = building.BUILD / board.name / building.BITSTREAM
    if not made.exists():
        todo = f"optin board build {board.name}"
        if board.device.family == "artix":
            todo += f", then in {made.parent}: vivado -mode batch -source optin.tcl"
        raise click.ClickException(f"there is no {made}; make it: {todo}")
    return made


def main() -> None:
    """Entry point: 1 is a failure, 2 wrong usage."""
    try:
        cli.main(prog_name="python -m soc.boards")
    except (ReportError, ToolchainError, ToolError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()

"""`python -m soc.boards`: list, build, look at and flash boards; `optin board` is its face."""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict

import click

try:
    from soc.boards import build as building
    from soc.boards import report as reports
    from soc.boards.board import Board
    from soc.boards.catalogue import BOARDS
    from soc.boards.report import ReportError
    from soc.boards.tools import ToolError
except ModuleNotFoundError as error:
    if error.name and error.name.startswith("soc"):
        raise
    sys.exit(f"{error.name} is missing; pip install 'optin-node[board]'")

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead.")


class Name(click.ParamType):
    """A board, by its name."""

    name = "board"

    def convert(self, value: object, param: object, ctx: object) -> Board:
        if isinstance(value, str) and value in BOARDS:
            return BOARDS[value]
        raise click.ClickException(f"no board {value!r}: expected one of {', '.join(BOARDS)}")


BOARD = click.argument("board", type=Name())
SOME = click.argument("boards", type=Name(), nargs=-1)


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
        report = building.build(board, lambda step, name=board.name: _say(name, step))
        reports.write(report, board)
        made[board.name] = asdict(report)
        _say(board.name, f"done, in {building.BUILD / board.name}")
    if as_json:
        click.echo(json.dumps(made))


def _say(name: str, step: str) -> None:
    click.echo(f"{name}: {step}", err=True)


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
@JSON
def flash(board: Board, keep: bool, as_json: bool) -> None:
    """Bring the bitstream to BOARD by openFPGALoader."""
    bitstream = building.BUILD / board.name / building.BITSTREAM
    if not bitstream.exists():
        todo = f"optin board build {board.name}"
        if board.device.family == "artix":
            todo += f", then in {bitstream.parent}: vivado -mode batch -source optin.tcl"
        raise click.ClickException(f"there is no {bitstream}; make it: {todo}")
    if shutil.which("openFPGALoader") is None:
        raise click.ClickException(
            "openFPGALoader is missing; install the Debian package openfpgaloader"
        )
    more = ["--write-flash"] if keep else []
    command = ["openFPGALoader", *board.loader, *more, str(bitstream)]
    done = subprocess.run(command, stdout=sys.stderr)
    if done.returncode:
        raise click.ClickException("openFPGALoader failed; is the board connected and yours?")
    if as_json:
        click.echo(json.dumps({"board": board.name, "bitstream": str(bitstream), "kept": keep}))


def main() -> None:
    """Entry point: 1 is a failure, 2 wrong usage."""
    try:
        cli.main(prog_name="python -m soc.boards")
    except (ReportError, ToolError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()

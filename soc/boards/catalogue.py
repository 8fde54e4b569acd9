"""All boards, by name."""

from soc.boards.arty import ARTY
from soc.boards.board import Board
from soc.boards.colorlight import COLORLIGHT_I9
from soc.boards.ulx3s import ULX3S

__all__ = ["BOARDS"]

BOARDS: dict[str, Board] = {board.name: board for board in (*ULX3S, COLORLIGHT_I9, *ARTY)}

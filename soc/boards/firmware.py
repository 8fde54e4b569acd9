"""The node's firmware for a board."""

import tempfile
from pathlib import Path

from firmware.micropython import ToolchainError
from firmware.port.build import image
from soc.boards.board import Board
from soc.boards.rom import finalized, headers
from soc.boards.tools import ToolError
from soc.software.build import FOLDER as SOFTWARE

__all__ = ["firmware"]


def firmware(board: Board) -> Path:
    """Build the node's firmware for a board, unless that has been done.

    Returns:
        path of the image of its main RAM

    Raises:
        ToolError: if it cannot be built
    """
    with tempfile.TemporaryDirectory() as work:
        headers(finalized(board), Path(work))
        try:
            return image(Path(work), (SOFTWARE,), firmware_at=board.firmware_at)
        except ToolchainError as error:
            raise ToolError(str(error)) from None

"""The node's firmware for a board, and what of its flash the boot ROM starts."""

import tempfile
from pathlib import Path

from firmware.micropython import ToolchainError
from firmware.port.build import image
from firmware.port.loader import flash_content, loader
from soc.boards.board import Board
from soc.boards.rom import finalized, headers, packed
from soc.boards.tools import ToolError
from soc.software.build import FOLDER as SOFTWARE

__all__ = ["firmware", "flashed"]


def firmware(board: Board, update_key: bytes | None = None) -> Path:
    """Build the node's firmware for a board, unless that has been done.

    Args:
        update_key: ML-DSA-87 key (2,592 bytes) that signs updates; None: none is taken

    Returns:
        path of the image of its main RAM

    Raises:
        ToolError: if it cannot be built
    """
    with tempfile.TemporaryDirectory() as work:
        headers(finalized(board), Path(work))
        try:
            return image(
                Path(work),
                (SOFTWARE,),
                firmware_at=board.firmware_at,
                board=board.name,
                update_key=update_key,
            )
        except ToolchainError as error:
            raise ToolError(str(error)) from None


def flashed(board: Board, image: bytes) -> bytes:
    """What goes into the flash of a board from `firmware_at` on: the loader, and an image.

    Raises:
        ToolError: if the loader does not compile, or the image is too large
    """
    with tempfile.TemporaryDirectory() as work:
        headers(finalized(board), Path(work))
        try:
            started = loader(Path(work), (SOFTWARE,), board.firmware_at)
            return flash_content(packed(started.read_bytes()), image)
        except (ToolchainError, ValueError) as error:
            raise ToolError(str(error)) from None

"""Key and anchor in a board's flash: made once, whole, whenever the power fails, and never one of
them anew for the other."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha3_256

import pytest

from firmware.node.anchor import Anchor
from firmware.node.flash import BLANK, SECTOR
from firmware.node.soldered import Soldered
from runtime.wire.errors import Refused, StorageFailed
from tests.firmware.node.power import PowerCut
from tests.portable.kept import Flash

ERASED = 64  # bytes that are erased at a time, until the power fails


class Supply:
    """Power for so many pieces: a byte that is programmed, or some that are erased."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces

    def take(self) -> None:
        """A piece, or the cut before it."""
        if not self.pieces:
            raise PowerCut
        self.pieces -= 1


class Torn(Flash):
    """Flash whose writes and erasures end where the power does."""

    supply = Supply(1 << 30)

    def program(self, at: int, data: bytes) -> None:
        assert self.read(at, len(data)) == BLANK * len(data), "programmed over what was there"
        for index, byte in enumerate(data):
            self.supply.take()
            self.content[at + index] = byte

    def erase(self, sector: int) -> None:
        for at in range(sector * SECTOR, (sector + 1) * SECTOR, ERASED):
            self.supply.take()
            self.content[at : at + ERASED] = BLANK * ERASED


class Board:
    """The flash of a board, and a source of keys."""

    def __init__(self) -> None:
        self.key, self.anchor = Torn(1), Torn(2)
        self.random = random.Random(1).randbytes

    def start(self, pieces: int = 1 << 30) -> Soldered:
        """Start it, with power for so many pieces."""
        self.key.supply = self.anchor.supply = Supply(pieces)
        return Soldered(self.key, self.anchor, self.random)


def cut_everywhere(board: Callable[[], Board]) -> int:
    """Cut a start at every piece; returns how many cuts there were."""
    cuts = 0
    while True:
        one = board()
        try:
            first = one.start(cuts)
        except PowerCut:
            first = None
        second, third = one.start(), one.start()
        assert len(second.key) == 32 and second.key == third.key
        assert second.anchor.read() == third.anchor.read()
        assert third.anchor.read()[:3] == (0, 0, bytes(32))
        if first:
            assert first.key == second.key
            return cuts
        cuts += 1


def test_power_that_fails_anywhere_while_they_are_made_does_no_harm() -> None:
    assert cut_everywhere(Board) == 128 + 64


@pytest.mark.parametrize("pieces", [128, 129, 128 + 31, 128 + 32, 128 + 63])
def test_nor_does_it_while_that_is_mended(pieces: int) -> None:
    """The first cut left the anchor whole and the key torn."""

    def board() -> Board:
        cut = Board()
        with pytest.raises(PowerCut):
            cut.start(pieces)
        return cut

    assert cut_everywhere(board) == (SECTOR // ERASED if pieces > 128 else 0) + 64


def test_a_torn_anchor_is_followed_by_another_before_there_is_a_key() -> None:
    board = Board()
    for pieces in (1, 50, 127):
        with pytest.raises(PowerCut):
            board.start(pieces)
        assert board.key.content == BLANK * SECTOR
    assert board.start().anchor.read().boot == 0


def test_the_key_is_as_random_as_its_source_and_lies_with_its_digest_alone() -> None:
    board = Board()
    key = board.start().key
    assert key == random.Random(1).randbytes(32)
    assert board.key.read(0, 64) == key + sha3_256(key).digest()
    assert board.key.read(64, SECTOR - 64) == BLANK * (SECTOR - 64)


@pytest.mark.parametrize("place", [0, 31, 32, 63])
def test_a_key_that_was_in_use_and_is_damaged_is_refused_and_left_as_it_is(place: int) -> None:
    board = Board()
    board.start().anchor.write(Anchor(1, 0, bytes(32), 0, bytes(32)))
    board.key.content[place] ^= 1
    before = bytes(board.key.content), bytes(board.anchor.content)
    with pytest.raises(Refused, match="the device key is lost"):
        board.start()
    assert (bytes(board.key.content), bytes(board.anchor.content)) == before


def test_a_key_without_its_anchor_is_refused_and_left_as_it_is() -> None:
    board = Board()
    board.start().anchor.write(Anchor(1, 0, bytes(32), 0, bytes(32)))
    board.anchor.content[:] = BLANK * len(board.anchor.content)
    key = bytes(board.key.content)
    with pytest.raises(Refused, match="a device key and no anchor"):
        board.start()
    assert bytes(board.key.content) == key
    assert board.anchor.content == BLANK * len(board.anchor.content)


def test_a_flash_that_does_not_hold_the_key_is_an_error() -> None:
    board = Board()
    board.key.program = lambda at, data: None  # type: ignore[method-assign]
    with pytest.raises(StorageFailed, match="does not hold the device key"):
        board.start()

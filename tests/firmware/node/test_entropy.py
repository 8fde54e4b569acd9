"""Random bytes of the board: conditioned noise, which nobody can go back from."""

from __future__ import annotations

from hashlib import shake_256

import pytest

from firmware.node.entropy import Entropy
from runtime.wire.errors import Refused

SEED, MORE, POOL = 136, 16, 32  # bytes of noise at first and with each draw; of what is kept


class Noise:
    """A source whose bytes can be told beforehand; it fails when it is told to."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.fails = False

    def __call__(self, size: int) -> bytes:
        if self.fails:
            raise OSError(5)
        self.asked.append(size)
        return shake_256(len(self.asked).to_bytes(4, "big")).digest(size)


def conditioned(pool: bytes, size: int, drawn: int) -> tuple[bytes, bytes]:
    """(pool, drawn bytes) after `size` bytes of the source's first answer went into a pool."""
    fresh = shake_256((1).to_bytes(4, "big")).digest(size)
    out = shake_256(pool + fresh).digest(POOL + drawn)
    return out[:POOL], out[POOL:]


def test_each_draw_takes_fresh_noise_through_shake256() -> None:
    noise = Noise()
    entropy = Entropy(noise)
    pool, _ = conditioned(bytes(POOL), SEED, 0)
    for size in (32, 0, 1, 1000):
        noise.asked.clear()
        pool, expected = conditioned(pool, MORE, size)
        assert entropy(size) == expected
        assert noise.asked == [MORE]


def test_the_seed_has_more_noise_than_a_draw() -> None:
    noise = Noise()
    Entropy(noise)
    assert noise.asked == [SEED]


def test_what_was_drawn_cannot_be_made_of_what_is_kept() -> None:
    noise = Noise()
    entropy = Entropy(noise)
    before = entropy._pool
    drawn = entropy(64)
    assert entropy._pool != before
    assert entropy._pool not in drawn and drawn[:POOL] != entropy._pool


def test_what_is_added_changes_all_that_comes_and_makes_the_noise_no_less() -> None:
    noises = Noise(), Noise()
    plain, stirred = (Entropy(noise) for noise in noises)
    stirred.add(b"known to all")
    assert plain(32) != stirred(32)
    assert noises[0].asked == noises[1].asked


def test_a_source_that_failed_lets_nothing_start() -> None:
    noise = Noise()
    noise.fails = True
    with pytest.raises(Refused, match="health tests.*start the board anew"):
        Entropy(noise)


def test_a_source_that_fails_later_lets_nothing_be_drawn_and_takes_nothing_back() -> None:
    noise = Noise()
    entropy = Entropy(noise)
    pool = entropy._pool
    noise.fails = True
    for _ in range(2):
        with pytest.raises(Refused):
            entropy(32)
    assert entropy._pool == pool

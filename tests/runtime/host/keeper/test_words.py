"""What a node says in plain text is found between frames, and nothing of a frame is."""

from __future__ import annotations

import random

import pytest

from runtime.host.keeper.words import LIMIT, LINES, WIDTH, Words
from runtime.wire.frames import DATA, Frame, encode
from tests.runtime.host.keeper.boards import PANIC, TRACEBACK


def frame(payload: bytes) -> bytes:
    return encode(Frame(DATA, 1, 2, 0, 300, 400, 500, payload), 7)


@pytest.mark.parametrize("piece", [1, 2, 7, 10_000])
def test_a_panic_is_told_with_what_led_to_it(piece: int) -> None:
    words = Words()
    stream = frame(b"before") + TRACEBACK + PANIC  # and nothing after it
    ended = [words.take(stream[at : at + piece]) for at in range(0, len(stream), piece)]
    assert ended == [False] * (len(ended) - 1) + [True]
    assert words.said() == (TRACEBACK + PANIC).decode().strip()
    assert words.said() == ""
    assert not words.take(frame(b"after"))


def test_a_panic_in_the_middle_of_a_frame_shows_nothing_of_the_frame() -> None:
    words = Words()
    assert not words.take(frame(b"Ada Lovelace, Ockham Park")[:-8] + PANIC)
    assert words.take(frame(b"the next life"))
    assert words.said() == PANIC.decode().strip()


def test_one_panic_after_another_is_told_though_no_frame_follows() -> None:
    words = Words()
    assert not words.take(frame(bytes(100))[:-8] + PANIC)
    assert any(words.take(PANIC) for _ in range(4))
    assert words.said() == PANIC.decode().strip()


def test_nothing_of_frames_is_taken_for_text() -> None:
    words, generator = Words(), random.Random(1)
    for size in [*range(200, 241), *range(40)]:
        text = bytes(generator.choice(b"abc \n\t") for _ in range(size)) + b"\n"
        assert not words.take(frame(text[:240]))
    assert words.said() == ""


@pytest.mark.parametrize("piece", [1, 10_000])
def test_a_frame_that_holds_the_words_of_a_panic_is_none(piece: int) -> None:
    words, stream = Words(), frame(b"\n" + PANIC) + frame(PANIC * 4) + frame(PANIC + b"\n")
    assert not any(words.take(stream[at : at + piece]) for at in range(0, len(stream), piece))
    assert words.said() == ""


def test_text_between_two_frames_is_kept_until_it_is_asked_for() -> None:
    words = Words()
    assert not words.take(frame(b"1") + b"loading\r\nfrom flash\n" + frame(b"2"))
    assert words.said() == "loading\nfrom flash"


def test_what_is_shown_is_bounded_and_printable() -> None:
    words = Words()
    words.take(b"\x1b[2J\x07" + PANIC + b"\0")
    assert words.said() == PANIC.decode().strip()
    words.take(b"\0" + b"x" * 3 * WIDTH + b"\n" + b"line\n" * 2 * LINES + b"\0")
    assert words.said() == "\n".join(["line"] * LINES)
    words.take(b"\0" + b"y" * 3 * WIDTH + b"\n\0")
    assert words.said() == "y" * WIDTH
    for _ in range(10):
        words.take(b"z" * LIMIT)
    assert len(words._chunk) <= LIMIT
    assert words.said() == ""

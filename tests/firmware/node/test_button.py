"""The button and the lamp of a board: what a person reads off it, and when it says yes."""

from __future__ import annotations

import pytest

from firmware.node.button import LONG_MS, TOLD_MS, Button
from runtime.node.presence import REST_MS, WAIT_MS, Presence, Question
from runtime.wire.errors import NodeError
from soc.gateware.presence.model import Request, lit

LOOK_MS = 50
CYCLES_PER_MS, DEBOUNCE_MS = 1, 10


class Board:
    """The registers, on the gateware's own model: a cycle is a millisecond here."""

    def __init__(self) -> None:
        self.ms = 0
        self.contact = False
        self.light = (0, 0, 0)  # mode, pattern, since when
        self._request = Request(CYCLES_PER_MS, DEBOUNCE_MS)
        self._nonce = self._asked = 0
        self._arm = self._cancel = False
        self._timeout = 0

    def ask(self, nonce: int, ms: int) -> None:
        self._step(cancel=True)
        self._asked, self._timeout = nonce, ms
        self._step(arm=True)

    def answer(self) -> tuple[int, int]:
        return self._request.state, self._asked

    def forget(self) -> None:
        self._step(cancel=True)
        self._asked = 0

    def button_down(self) -> bool:
        return self._request.rests(True)

    def lamp(self, mode: int, pattern: int) -> None:
        self.light = (mode, pattern, self.ms)

    def _step(self, arm: bool = False, cancel: bool = False) -> None:
        self._request.step(self.contact, arm, cancel, self._timeout)

    def is_lit(self) -> bool:
        mode, pattern, since = self.light
        return lit(mode, pattern, self.ms - since)

    def tick(self) -> None:
        self.ms += 1
        self._step()


class Bench:
    """A board, its port, and Presence on it."""

    def __init__(self) -> None:
        self.board = Board()
        self.port = Button(self.board)
        self.presence = Presence(self.port, lambda: self.board.ms)
        self.ended: list[str] = []
        self.summons: list[int] = []
        self.presence.on_summons = lambda: self.summons.append(self.board.ms)

    def ask(self, code: str = "503917") -> None:
        self.presence.ask(Question(["?"], code, lambda q: self.ended.append(q.state)))

    def wait(self, ms: int) -> list[bool]:
        """Let time pass; returns the lamp at each millisecond."""
        lamp = []
        for _ in range(ms):
            self.board.tick()
            if self.board.ms % LOOK_MS == 0:
                self.presence.step()
            lamp.append(self.board.is_lit())
        return lamp

    def press(self, ms: int = 100) -> None:
        self.board.contact = True
        self.wait(ms)
        self.board.contact = False
        self.wait(50)


def read(lamp: list[bool]) -> str:
    """Digits as a person counts them: blinks in a row, a long one for 0, a second of dark after."""
    digits, blinks, long, run = "", 0, False, 0
    for before, now in zip([False, *lamp], lamp, strict=False):
        if now == before:
            run += 1
        else:
            if before and run > 1500:
                long = True
            elif before:
                blinks += 1
            run = 1
        if not now and run == 800 and (blinks or long):
            digits += "0" if long else str(blinks)
            blinks, long = 0, False
    return digits


@pytest.mark.parametrize("code", ["503917", "000000", "999999", "100200"])
def test_the_lamp_blinks_the_code_at_least_twice(code: str) -> None:
    bench = Bench()
    bench.ask(code)
    shown = read(bench.wait(WAIT_MS - 100))
    assert shown.startswith(code)
    assert shown.count(code) >= 2


def test_a_press_is_a_yes_and_darkens_the_lamp() -> None:
    bench = Bench()
    bench.ask()
    bench.wait(500)
    bench.press()
    assert bench.ended == ["pressed"]
    assert not any(bench.wait(2000))


def test_a_button_that_was_down_before_is_no_answer() -> None:
    bench = Bench()
    bench.board.contact = True
    for _ in range(30):  # before the node looks
        bench.board.tick()
    bench.ask()
    bench.wait(2000)
    assert bench.ended == []
    bench.board.contact = False
    bench.wait(100)
    assert bench.ended == []
    bench.press()
    assert bench.ended == ["pressed"]


def test_time_runs_out_and_a_late_press_is_none() -> None:
    bench = Bench()
    bench.ask()
    bench.wait(WAIT_MS)
    assert bench.ended == ["timed out"]
    bench.press()
    bench.wait(REST_MS)
    bench.ask("111111")
    bench.wait(1000)
    assert bench.ended == ["timed out"]


def test_a_long_press_while_nothing_is_asked_is_a_summons_once() -> None:
    bench = Bench()
    bench.press(LONG_MS - 500)
    assert bench.summons == []
    bench.press(LONG_MS + 1000)
    assert len(bench.summons) == 1


def test_a_long_press_is_no_yes_to_what_it_asks_for() -> None:
    bench = Bench()
    bench.presence.on_summons = lambda: bench.ask()
    bench.board.contact = True
    bench.wait(LONG_MS + 5000)
    bench.board.contact = False
    bench.wait(1000)
    assert bench.ended == [] and bench.presence.state == "asking"
    bench.press()
    assert bench.ended == ["pressed"]


def test_light_for_a_moment_says_that_it_is_done() -> None:
    bench = Bench()
    bench.port.tell("done")
    assert sum(bench.wait(TOLD_MS + 1000)) in range(TOLD_MS - 500, TOLD_MS + 500)


def test_a_line_that_always_asks_keeps_nobody_from_holding_the_button() -> None:
    bench = Bench()
    bench.ask()
    bench.wait(WAIT_MS)
    bench.board.contact = True
    for _ in range((LONG_MS + 500) // 100):
        bench.wait(100)
        with pytest.raises(NodeError):
            bench.ask()
    assert len(bench.summons) == 1


def test_a_question_may_wait_longer_and_the_button_with_it() -> None:
    bench = Bench()
    question = Question(["?"], "012345678901", lambda q: bench.ended.append(q.state))
    bench.presence.ask(question, 2 * WAIT_MS)
    assert read(bench.wait(WAIT_MS)).startswith("012345678901")
    bench.wait(WAIT_MS - 1000)
    bench.press()
    assert bench.ended == ["pressed"]

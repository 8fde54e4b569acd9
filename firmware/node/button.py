"""Presence at a board: its button, and its lamp, which blinks the code of what is asked.

The gateware takes a press only if the button was up after the question began; see
soc/gateware/presence. What is asked, the lamp cannot say: that stands on the asker's screen, and
the code tells whether it is the same.
"""

from runtime.node.presence import Port

PRESSED = 2  # state of an answer
OFF, ON, PATTERN = 0, 1, 3  # modes of the lamp
LONG_MS = 5000  # a press that wants all consents revoked
STEP_MS, GAP_MS = 125, 1000  # of a pattern, and the dark behind it
PAUSE_MS = 3000  # between the last digit and the first
TOLD_MS = 2000  # light, when it was done
ZERO = 0xFFFF0000  # two seconds of light


def blinks(digit: int) -> tuple:
    """(pattern of the lamp, ms until the next) of a digit: as many blinks; one long one for 0."""
    if digit == 0:
        return ZERO, 16 * STEP_MS + GAP_MS
    pattern = 0
    for at in range(digit):
        pattern |= 0b110 << (29 - 3 * at)
    return pattern, 3 * digit * STEP_MS + GAP_MS


class Button(Port):
    """The button and the lamp.

    Args:
        board: port with `ask(nonce, ms)`, `answer()` to (state, nonce), `forget()`, `button_down()`
            and `lamp(mode, pattern)`, as the module `board` has them.
    """

    kind = "button"
    every_ms = 50
    idle_ms = 200
    missing = ""

    def __init__(self, board) -> None:
        self._board = board
        self._nonce = 0
        self._digits: list = []
        self._next = 0  # digit to show
        self._change_at = None  # ms; None: at once
        self._down_since = None
        self._told = False
        self._dark_at = None

    def ready(self) -> str:
        return "somebody holds the button down" if self._down_since is not None else ""

    def show(self, question) -> None:
        self._down_since = None
        self._nonce = self._nonce % 0xFFFFFFFF + 1
        self._digits = [blinks(int(digit)) for digit in question.code]
        self._next, self._change_at, self._dark_at = 0, None, None
        self._board.ask(self._nonce, question.wait_ms)

    def poll(self, now_ms: int):
        if self._board.answer() == (PRESSED, self._nonce):
            return True
        if self._change_at is None or now_ms >= self._change_at:
            self._show_next(now_ms)
        return None

    def _show_next(self, now):
        if self._next == len(self._digits):
            self._next, pattern, lasts = 0, 0, PAUSE_MS
        else:
            pattern, lasts = self._digits[self._next]
            self._next += 1
        self._board.lamp(PATTERN, pattern)
        self._change_at = now + lasts

    def hide(self) -> None:
        self._board.forget()
        self._board.lamp(OFF, 0)

    def summoned(self, now_ms: int) -> bool:
        if self._told:
            self._told, self._dark_at = False, now_ms + TOLD_MS
        elif self._dark_at is not None and now_ms >= self._dark_at:
            self._dark_at = None
            self._board.lamp(OFF, 0)
        if not self._board.button_down():
            self._down_since = None
            return False
        if self._down_since is None:
            self._down_since = now_ms
        if now_ms < self._down_since + LONG_MS:
            return False
        self._down_since = None
        return True

    def tell(self, line: str) -> None:
        self._board.lamp(ON, 0)
        self._told = True

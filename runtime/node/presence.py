"""Presence: one question at a time to whoever is at the node, and only a press is a yes.

A port shows the question and sees the press: a button and its lamp, or the node's own terminal.
Nothing that comes over the line can stand in for it.
"""

from runtime.wire.errors import Busy, NotAllowedNow, Refused

WAIT_MS = 60_000  # for a press
# No question sooner after one that was pressed for: a second press is for what was asked then.
PAUSE_MS = 1_500
# Nor after one that was not: a line that always asks would else keep whoever is at the node from
# having all consents revoked.
REST_MS = 8_000

IDLE, ASKING, PRESSED, TIMED_OUT, DECLINED = "idle", "asking", "pressed", "timed out", "declined"


class Question:
    """What is asked.

    Attributes:
        state: of IDLE to DECLINED.
        wait_ms: how long it waits for a press; set when it is asked.
        deadline: ms, from when on a press is too late; likewise.

    Args:
        lines: texts in plain words: what happens on a press.
        code: six digits that the asker is shown too.
        on_end: function of the question, called once: it was pressed, declined or timed out.
    """

    state = IDLE
    wait_ms = deadline = 0

    def __init__(self, lines: list, code: str, on_end) -> None:
        self.lines = lines
        self.code = code
        self.on_end = on_end


class Port:
    """What a kind of presence must bring. This one has nobody to ask.

    Attributes:
        kind: of `records.PRESENCE`.
        every_ms: how often it must be looked at while a question is shown; 0 if there is nobody.
        idle_ms: and while none is; 0 for never.
    """

    kind = "own"
    every_ms = idle_ms = 0
    missing = "this node has neither button nor terminal to ask on"

    def ready(self) -> str:
        """Why nobody can be asked now; empty if somebody can."""
        return self.missing

    def show(self, question) -> None:
        """Begin to ask. What was pressed or typed before is no answer."""

    def poll(self, now_ms: int):
        """True once the answer to what is shown is yes, False once it is no, None until then."""

    def hide(self) -> None:
        """Stop asking."""

    def summoned(self, now_ms: int) -> bool:
        """Whether somebody at the node, while nothing is asked, wants all consents revoked."""
        return False

    def tell(self, line: str) -> None:
        """Say what came of it, where there is something to say it on."""


class Presence:
    """Asks one question at a time.

    Args:
        port: Port; by default one that has nobody to ask.
        now_ms: function without arguments; ms that never decrease, as the session's.

    Attributes:
        on_summons: function called when somebody at the node wants all consents revoked.
    """

    def __init__(self, port=None, now_ms=lambda: 0) -> None:
        self.port = port or Port()
        self._now_ms = now_ms
        self._question: Question | None = None
        self._free_at = 0  # ms
        self.on_summons = lambda: None

    @property
    def state(self) -> str:
        """Of the question that is asked; idle if none is."""
        return self._question.state if self._question else IDLE

    def ask(self, question: Question, wait_ms: int = WAIT_MS, by_hand: bool = False) -> None:
        """Begin to ask a question.

        Args:
            wait_ms: how long to wait for a press, at most 120,000.
            by_hand: whether somebody at the node wants it asked, who need not wait for a pause.

        Raises:
            Refused: there is nobody to ask.
            NotAllowedNow: another one is being asked.
            Busy: another one was, just now.
        """
        missing = self.port.ready()
        if missing:
            raise Refused(
                missing,
                "a node that can ask whoever is at it",
                "run it in the foreground of its own terminal; at a board, let go of the button",
            )
        now = self._now_ms()
        if self._question:
            left = (self._question.deadline - now) // 1000 + 1
            raise NotAllowedNow(
                "the node is asking something else",
                "one question at a time",
                f"have that answered first, or come again in {left} s",
            )
        if now < self._free_at and not by_hand:
            raise Busy("the node has just asked something", "a pause", "", self._free_at - now)
        question.state, question.wait_ms, question.deadline = ASKING, wait_ms, now + wait_ms
        self._question = question
        self.port.show(question)

    def step(self) -> None:
        """See whether the question was answered, or its time is over."""
        if not self.port.every_ms:
            return
        question, now = self._question, self._now_ms()
        if question is None:
            if self.port.idle_ms and self.port.summoned(now):
                self.on_summons()
            return
        if now >= question.deadline:
            self._end(TIMED_OUT, now)
            return
        answer = self.port.poll(now)
        if answer is not None:
            self._end(PRESSED if answer else DECLINED, now)

    def _end(self, state, now):
        question, self._question = self._question, None
        self._free_at = now + (PAUSE_MS if state == PRESSED else REST_MS)
        question.state = state
        self.port.hide()
        question.on_end(question)

    def due(self, now_ms: int):
        """When `step` must be called next (ms); None for not before something else happens."""
        port = self.port
        if self._question:
            return min(self._question.deadline, now_ms + port.every_ms)
        return now_ms + port.idle_ms if port.idle_ms else None

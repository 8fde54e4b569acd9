"""The consent button and the lamp in plain Python, cycle by cycle."""

from collections import deque

from soc.gateware.presence.core import (
    EXPIRED,
    IDLE,
    LAMP_GAP_STEPS,
    LAMP_STEP_MS,
    PRESSED,
    WAITING,
)

__all__ = ["Request", "lit"]

SYNCHRONISER = 2  # cycles


class Request:
    """A request and the button that answers it.

    Args:
        cycles_per_ms: of the clock
        debounce_ms: settling time of the button
    """

    def __init__(self, cycles_per_ms: int, debounce_ms: int) -> None:
        self.state = IDLE
        self._cycles_per_ms = cycles_per_ms
        self._settle = cycles_per_ms * debounce_ms
        self._coming = deque([False] * SYNCHRONISER)
        self._seen: list[bool] = []  # of the contact, since the request was made
        self._released = False
        self._left = 0

    def rests(self, closed: bool) -> bool:
        """Whether the contact has been so for the whole settling time."""
        last = self._seen[-self._settle :]
        return len(last) == self._settle and set(last) == {closed}

    def step(self, contact: bool, arm: bool, cancel: bool, timeout_ms: int) -> None:
        """One cycle."""
        begin = arm and self.state != WAITING and not cancel
        if self.state == WAITING:
            self._left -= 1
            if self._released and self.rests(True):
                self.state = PRESSED
            elif not self._left:
                self.state = EXPIRED
            self._released = self._released or self.rests(False)
        self._coming.append(contact)
        self._seen.append(self._coming.popleft())
        if begin:
            self.state = WAITING
            self._left = timeout_ms * self._cycles_per_ms
            self._seen = []
            self._released = False
        if cancel:
            self.state = IDLE


def lit(mode: int, pattern: int, ms: int) -> bool:
    """Whether the lamp is lit, `ms` after it was set.

    Args:
        mode: 0 off, 1 on, 2 blink, 3 pattern
        pattern: 32 bits
        ms: since the mode or the pattern was written
    """
    step = ms // LAMP_STEP_MS % (32 + LAMP_GAP_STEPS)
    if mode == 2:
        return step % 8 < 4
    if mode == 3:
        return step < 32 and bool(pattern >> (31 - step) & 1)
    return mode == 1

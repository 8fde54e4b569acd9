"""How fast the line is: both ends start at 115,200 baud, and the host may ask for more.

README.md has the protocol.
"""

from runtime.wire.requests import encode_notification

START = 115_200
MOST = 2_000_000
PATIENCE_MS = 1000  # how long the host may take to be heard at a new speed


class Speed:
    """The node's end of the agreement.

    Args:
        link: Link to the host.
        pipe: port; one with a speed has `set_speed(baud)`, which lets what was written go out,
            then changes it.

    Attributes:
        baud: the present speed.
        agreed: speed that the line is to have as soon as `step` finds that it can; 0 for none.
        due: when `step` must be called next (ms), or None.
    """

    def __init__(self, link, pipe) -> None:
        self._link = link
        self._pipe = pipe
        self.baud = START
        self.due = None
        self.agreed = 0
        self._generation = 0  # of the session in which it was

    def asked(self, baud) -> None:
        """Answer the host, who asks for a speed."""
        self.agreed = 0
        if baud == self.baud:
            self.due = None  # heard at this speed
        elif self._can(baud):
            self.agreed = baud
            self._generation = self._link.generation
        self._link.send(encode_notification("speed", [self.agreed or self.baud]))

    def _can(self, baud):
        return type(baud) is int and START <= baud <= MOST and hasattr(self._pipe, "set_speed")

    def step(self, now_ms: int, written: bool) -> None:
        """Change the speed if it is time to.

        Args:
            now_ms: as for Link.
            written: whether the pipe has taken all there was.
        """
        if self.agreed and self._link.generation != self._generation:
            self.agreed = 0  # another session: its host has agreed to nothing
        if self.agreed and written and self._link.idle:
            self._set(self.agreed)
            self.due = now_ms + PATIENCE_MS
        elif self.due is not None and now_ms >= self.due:
            self._set(START)
            self.due = None

    def _set(self, baud):
        self._pipe.set_speed(baud)
        self.baud = baud
        self.agreed = 0

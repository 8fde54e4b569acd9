"""The node's clock: nanoseconds since the epoch, ticking from uptime, only ever forward."""

STEP_FREE = 60 * 10**9  # ns that the operator alone may step in all after each start
STEP_SHARE = 1000  # and beyond that, this part of the uptime


class Clock:
    """Time for transactions.

    Args:
        uptime_ns: function without arguments; monotonic ns since some fixed moment.
        start_ns: what time it is now, ns since the epoch; None if the machine does not know:
            the last journaled time holds until the operator sets the clock.
        floor_ns: the last time in the journal; the clock never shows less.
    """

    def __init__(self, uptime_ns, start_ns: int | None, floor_ns: int = 0) -> None:
        self._uptime_ns = uptime_ns
        self.is_set = start_ns is not None
        self._started = uptime_ns()
        self._stepped = 0  # ns that the operator alone stepped since
        self._offset = max(start_ns or 0, floor_ns) - self._started
        self._last = floor_ns

    def now(self) -> int:
        """ns since the epoch; never less than before."""
        if self.is_set:
            self._last = max(self._last, self._offset + self._uptime_ns())
        return self._last

    def free_step(self) -> int:
        """How far the operator alone may still step the clock forward, ns: a budget."""
        uptime = self._uptime_ns() - self._started
        return max(0, STEP_FREE + uptime // STEP_SHARE - self._stepped)

    def save(self) -> tuple:
        """What `restore` needs to take back every step since."""
        return self._offset, self._stepped, self.is_set

    def restore(self, saved: tuple) -> None:
        """Take steps back that were not made durable; time that was shown stays shown."""
        self._offset, self._stepped, self.is_set = saved

    def set(self, time_ns: int, witnessed: bool) -> None:
        """Step to a time; one that has passed changes nothing but that the clock is set.

        Args:
            witnessed: whether two witnesses agreed, so that the step takes nothing of the budget.
        """
        now = self.now()
        if not witnessed:
            self._stepped += max(0, time_ns - now)
        self._offset = max(time_ns, now) - self._uptime_ns()
        self.is_set = True

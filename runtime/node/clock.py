"""The node's clock: nanoseconds since the epoch, ticking from uptime, only ever forward."""


class Clock:
    """Time for transactions.

    Args:
        uptime_ns: function without arguments; monotonic ns since some fixed moment.
        start_ns: what time it is now, ns since the epoch.
        floor_ns: the last time in the journal; the clock never shows less.
    """

    def __init__(self, uptime_ns, start_ns: int, floor_ns: int = 0) -> None:
        self._uptime_ns = uptime_ns
        self._offset = max(start_ns, floor_ns) - uptime_ns()
        self._last = floor_ns

    def now(self) -> int:
        """ns since the epoch; never less than before."""
        self._last = max(self._last, self._offset + self._uptime_ns())
        return self._last

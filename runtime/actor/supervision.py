"""What happens to an actor that fails, and to a message that reaches nobody."""


class Escalated(Exception):
    """Something failed more often than its supervisor allows: the failure goes up."""


class Supervisor:
    """Counts failures within a sliding window, as OTP's supervisors do.

    Args:
        limit: failures allowed within `within_ns`; one more escalates.
        within_ns: length of the window, ns.

    Attributes:
        failures: of late, {what failed: [times, ns]}; empty while all is well.
    """

    def __init__(self, limit=3, within_ns=60 * 10**9):
        self.limit = limit
        self.within_ns = within_ns
        self.total = 0
        self.failures = {}

    def failed(self, what, now):
        """Note a failure of `what` at `now` (ns).

        Raises:
            Escalated: it is one too many.
        """
        self.total += 1
        for known in list(self.failures):
            if now - self.failures[known][-1] >= self.within_ns:
                del self.failures[known]
        times = [t for t in self.failures.get(what, []) if now - t < self.within_ns]
        times.append(now)
        self.failures[what] = times
        if len(times) > self.limit:
            name = what if isinstance(what, str) else f"{what[0]} {what[1].hex()[:16]}"
            raise Escalated(f"{name} failed {len(times)} times in {self.within_ns // 10**9} s")

    def set_aside(self, what, now):
        """How many ns `what` stays set aside because it escalated; 0 if it may run."""
        times = self.failures.get(what)
        if not times:
            return 0
        if len(times) > self.limit:
            left = times[0] + self.within_ns - now
            if left > 0:
                return left
        return 0


class DeadLetters:
    """Counts messages that reached nobody and keeps the last of them.

    Args:
        keep: how many to keep.
    """

    def __init__(self, keep=16):
        self.keep = keep
        self.count = 0
        self.last = []

    def add(self, kind, message, reason):
        """Note a message to an entity of `kind`. Its content is not kept: it may be secret."""
        self.count += 1
        self.last.append(f"{type(message).__name__} to {kind}: {reason}"[:120])
        if len(self.last) > self.keep:
            self.last.pop(0)

"""The uptime counter in plain Python."""

__all__ = ["Uptime"]


class Uptime:
    """What the counter shows, cycle by cycle."""

    def __init__(self, cycles: int = 0) -> None:
        self.cycles = cycles
        self.latched = 0

    def step(self, latch: bool) -> None:
        """One cycle, with or without a latch."""
        if latch:
            self.latched = self.cycles
        self.cycles = (self.cycles + 1) % (1 << 64)

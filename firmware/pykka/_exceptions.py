try:
    from queue import Full
except ImportError:

    class Full(Exception):
        """Exception raised when a future is given a second result."""


__all__ = ["ActorDeadError", "DeadlockError", "Full", "Timeout"]


class ActorDeadError(Exception):
    """Exception raised when trying to use a dead or unavailable actor."""


class Timeout(Exception):
    """Exception raised when a future cannot be had in the time given."""


class DeadlockError(Exception):
    """Exception raised instead of waiting for what can never come.

    Pykka has no such error: there the actors of the ring hang.
    """

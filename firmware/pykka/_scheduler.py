from ._exceptions import DeadlockError, Timeout

__all__ = ["Event", "check_ring", "pending", "run_until_idle", "running", "step", "wait"]

# What is in the inboxes, in the order it was sent.
pending = []

# Refs of the actors that handle a message, the innermost last. Each waits for the next.
running = []


def step() -> bool:
    """Handle the oldest message of an actor that is not busy, or start such an actor.

    What the handler asks of others is handled within the step.

    Returns:
        whether there was such a message

    Raises:
        BaseException: one that a handler let through and that is no `Exception`
    """
    for envelope in pending:  # noqa: SIM110  (a generator would be made for every step)
        if envelope.receiver._step():
            return True
    return False


def run_until_idle() -> int:
    """Step until no actor that is not busy has a message.

    Returns:
        how many steps it took
    """
    steps = 0
    while step():
        steps += 1
    return steps


def wait(is_done, receiver=None, timeout=None) -> None:
    """Run others until something is done.

    Outside any actor messages are handled in the order they were sent. A handler that waits for
    another actor lets only that one run, and those it asks in turn: were an unrelated one to run
    on top and ask an actor below, it would wait for what cannot go on before itself.

    Args:
        is_done: called without arguments, returns whether it is done
        receiver: ref of the actor that will do it, `None` if unknown
        timeout: `None`, or the seconds a caller would wait. Time is not measured, since nothing
            happens while nothing runs: zero means not to run anything, more that the time is up
            when nothing can run

    Raises:
        Timeout: if it cannot be done and a timeout was given
        DeadlockError: if it cannot be done and no timeout was given
    """
    if is_done():
        return
    if timeout is not None and timeout <= 0:
        raise Timeout(f"{timeout} seconds")
    check_ring(receiver, timeout)
    directed = bool(running) and receiver is not None
    while not is_done():
        if not (receiver._step() if directed else step()):
            raise _never(f"nothing is left that {receiver or 'an actor'} could handle", timeout)


def check_ring(receiver, timeout=None) -> None:
    """Refuse to wait for an actor that itself waits.

    Args:
        receiver: ref of the actor to wait for, `None` if unknown
        timeout: seconds that the caller would wait

    Raises:
        Timeout: if the actor is handling a message and a timeout was given
        DeadlockError: if the actor is handling a message and no timeout was given
    """
    if receiver in running:
        ring = running[running.index(receiver) :] + [receiver]
        raise _never("ring of asks: " + " -> ".join([str(ref) for ref in ring]), timeout)


def _never(reason, timeout):
    if timeout is None:
        return DeadlockError(reason)
    return Timeout(f"{timeout} seconds: {reason}")


class Event:
    """A flag to wait for by running actors, as `threading.Event` is by letting threads run."""

    def __init__(self) -> None:
        self._flag = False

    def is_set(self) -> bool:
        """Return whether the flag is set."""
        return self._flag

    def set(self) -> None:
        """Set the flag."""
        self._flag = True

    def clear(self) -> None:
        """Take the flag back."""
        self._flag = False

    def wait(self, timeout=None) -> bool:
        """Run actors until the flag is set.

        Args:
            timeout: as for futures

        Returns:
            whether it is set

        Raises:
            DeadlockError: if nothing can run and no timeout was given
        """
        try:
            wait(self.is_set, None, timeout)
        except Timeout:
            pass
        return self._flag

from ._scheduler import pending

__all__ = ["ActorInbox"]


class ActorInbox:
    """The messages that wait for one actor, in the order they were sent."""

    def __init__(self, owner) -> None:
        self._owner = owner
        self._waiting = []

    def put(self, envelope) -> None:
        """Add a message, last in this inbox and last of all that are pending.

        Args:
            envelope: the message, with where to reply to
        """
        envelope.receiver = self._owner
        self._waiting.append(envelope)
        pending.append(envelope)

    def get(self):
        """Take the oldest message.

        Returns:
            its envelope

        Raises:
            IndexError: if the inbox is empty
        """
        envelope = self._waiting.pop(0)
        pending.remove(envelope)
        return envelope

    def empty(self) -> bool:
        """Return whether no message waits."""
        return not self._waiting

    def qsize(self) -> int:
        """Return how many messages wait."""
        return len(self._waiting)

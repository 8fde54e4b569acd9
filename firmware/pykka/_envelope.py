__all__ = ["Envelope"]


class Envelope:
    """A message on its way, with the future to reply to and the ref of the actor to have it."""

    __slots__ = ["message", "receiver", "reply_to"]

    def __init__(self, message, reply_to=None) -> None:
        self.message = message
        self.reply_to = reply_to
        self.receiver = None  # set by the inbox

    def __repr__(self) -> str:
        return f"Envelope(message={self.message!r}, reply_to={self.reply_to!r})"

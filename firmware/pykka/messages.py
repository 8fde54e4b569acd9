"""Pykka's own actor messages, which every actor knows how to handle.

Sending [`ProxyCall`][pykka.messages.ProxyCall] to a ref calls a method without the cost of a proxy.
"""

__all__ = ["ProxyCall", "ProxyGetAttr", "ProxySetAttr"]


class OwnMessage:
    """A message that does not go to `on_receive()`.

    One test for this class is all that it costs other messages.
    """

    def handle(self, actor):
        """Do what the message says, and return the reply.

        Args:
            actor: the actor that has received it
        """
        raise NotImplementedError


class _ActorStart(OwnMessage):
    def handle(self, actor):
        actor._begin()


class _ActorStop(OwnMessage):
    def handle(self, actor):
        actor._stop()


class ProxyCall(OwnMessage):
    """Message to ask the actor to call the method with the arguments."""

    def __init__(self, attr_path: tuple, args: tuple, kwargs: dict) -> None:
        self.attr_path = attr_path
        self.args = args
        self.kwargs = kwargs

    def handle(self, actor):
        return attribute_at(actor, self.attr_path)(*self.args, **self.kwargs)


class ProxyGetAttr(OwnMessage):
    """Message to ask the actor to return the value of the attribute."""

    def __init__(self, attr_path: tuple) -> None:
        self.attr_path = attr_path

    def handle(self, actor):
        return attribute_at(actor, self.attr_path)


class ProxySetAttr(OwnMessage):
    """Message to ask the actor to set the attribute to the value."""

    def __init__(self, attr_path: tuple, value) -> None:
        self.attr_path = attr_path
        self.value = value

    def handle(self, actor):
        setattr(attribute_at(actor, self.attr_path[:-1]), self.attr_path[-1], self.value)


def attribute_at(owner, path: tuple):
    """Return what a path of names leads to."""
    for name in path:
        owner = getattr(owner, name)
    return owner

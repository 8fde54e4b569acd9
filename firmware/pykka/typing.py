"""Type hint helpers, which do nothing but return what they are given."""

from ._actor import Actor

__all__ = ["ActorMemberMixin", "proxy_field", "proxy_method"]


def proxy_field(field):
    """Type a field on an actor proxy."""
    return field


def proxy_method(field):
    """Type a method on an actor proxy."""
    return field


class ActorMemberMixin:
    """Mixin class for typing Actor methods which are accessible via proxy instances."""

    stop = proxy_method(Actor.stop)
    on_start = proxy_method(Actor.on_start)
    on_stop = proxy_method(Actor.on_stop)
    on_failure = proxy_method(Actor.on_failure)
    on_receive = proxy_method(Actor.on_receive)

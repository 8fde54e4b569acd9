from ._exceptions import ActorDeadError
from ._generic import Generic
from ._logger import logger
from .messages import ProxyCall, ProxyGetAttr, ProxySetAttr, attribute_at

__all__ = ["ActorProxy", "CallableProxy", "traversable"]


class ActorProxy(Generic):
    """An actor's attributes and methods, used through its ref.

    Reading an attribute gives a [`Future`][pykka.Future], calling a method too. Setting one waits
    until it is set. Names that begin with an underscore are private to the actor.

    Args:
        actor_ref: reference to the actor to proxy
        attr_path: names that lead from the actor to a traversable attribute

    Raises:
        ActorDeadError: if the actor is not alive
    """

    def __init__(self, *, actor_ref, attr_path: tuple = ()) -> None:
        if actor_ref._actor is None:
            raise ActorDeadError(f"{actor_ref} not found")
        self.actor_ref = actor_ref
        self._actor = actor_ref._actor
        self._attr_path = attr_path

    def __eq__(self, other) -> bool:
        if not isinstance(other, ActorProxy):
            return False
        return self._actor is other._actor and self._attr_path == other._attr_path

    def __hash__(self) -> int:
        return hash((self.actor_ref.actor_urn, self._attr_path))

    def __repr__(self) -> str:
        return f"<ActorProxy for {self.actor_ref}, attr_path={self._attr_path!r}>"

    def __dir__(self) -> list:
        names = [name for name in dir(attribute_at(self._actor, self._attr_path)) if name[0] != "_"]
        return sorted(list(super().__dir__()) + names)

    def __getattr__(self, name):
        """Return a future of an attribute, or a proxy of what can be called or traversed."""
        path = self._attr_path + (name,)
        attr = None if name[0] == "_" else self._look_up(name)
        if attr is None:
            raise AttributeError(f"{self} has no attribute {name!r}")
        attr = attr[0]
        if callable(attr):
            return CallableProxy(actor_ref=self.actor_ref, attr_path=path)
        if _is_traversable(attr):
            return ActorProxy(actor_ref=self.actor_ref, attr_path=path)
        return self.actor_ref.ask(ProxyGetAttr(path), block=False)

    def __setattr__(self, name, value) -> None:
        """Set an attribute on the actor, and wait until that is done.

        Raises:
            Exception: any that the attribute's setter raises
        """
        if name == "actor_ref" or name[0] == "_":
            super().__setattr__(name, value)
        else:
            self.actor_ref.ask(ProxySetAttr(self._attr_path + (name,), value))

    def _look_up(self, name):
        """Return an attribute in a tuple, `None` if there is none or it is this proxy."""
        found = _find(attribute_at(self._actor, self._attr_path), name)
        # This proxy comes first, the other's idea of equality being unknown.
        if found is not None and self == found[0]:
            path = ".".join(self._attr_path + (name,))
            logger.warning(
                "%s attribute '%s' is a proxy to itself. "
                "Consider making it private by renaming it to '_%s'.",
                self._actor,
                path,
                name,
            )
            return None
        return found


class CallableProxy(Generic):
    """A method of an actor, to be called through its ref.

    Args:
        actor_ref: reference to the actor
        attr_path: names that lead from the actor to the method
    """

    def __init__(self, *, actor_ref, attr_path: tuple) -> None:
        self.actor_ref = actor_ref
        self._attr_path = attr_path

    def __call__(self, *args, **kwargs):
        """Ask for the call.

        Returns:
            a future of the method's return value or exception
        """
        return self.actor_ref.ask(ProxyCall(self._attr_path, args, kwargs), block=False)

    def defer(self, *args, **kwargs) -> None:
        """Tell the call. An exception goes to the actor's `on_failure()`."""
        self.actor_ref.tell(ProxyCall(self._attr_path, args, kwargs))


def traversable(obj):
    """Mark an actor's attribute, or a class of such, so that proxies lead to its own attributes.

    Args:
        obj: the object or class

    Returns:
        the same

    Raises:
        ValueError: if it uses slots
    """
    if hasattr(obj, "__slots__"):
        raise ValueError(
            "pykka.traversable() cannot be used to mark an object using slots as traversable."
        )
    obj._pykka_traversable = True
    return obj


def _is_traversable(attr) -> bool:
    return (
        getattr(attr, "_pykka_traversable", False) is True
        or getattr(attr, "pykka_traversable", False) is True
    )


def _find(owner, name):
    """Find an attribute as it is stored, in a tuple, without calling a property; else `None`."""
    found = getattr(owner, "__dict__", {})
    if name in found:
        return (found[name],)
    classes = [owner.__class__]
    while classes:
        cls = classes.pop(0)
        found = getattr(cls, "__dict__", {})
        if name in found:
            return (found[name],)
        classes = list(cls.__bases__) + classes
    return None

from ._logger import logger

__all__ = ["ActorRegistry"]


class ActorRegistry:
    """Registry which provides easy access to all running actors."""

    _actor_refs = {}  # by number, which goes up with each start

    @classmethod
    def broadcast(cls, message, target_class=None) -> None:
        """Tell a message to all actors, or to all of one class.

        Args:
            message: the message to send
            target_class: optional actor class or class name
        """
        if isinstance(target_class, str):
            targets = cls.get_by_class_name(target_class)
        elif target_class is not None:
            targets = cls.get_by_class(target_class)
        else:
            targets = cls.get_all()
        for ref in targets:
            ref.tell(message)

    @classmethod
    def get_all(cls) -> list:
        """Return refs of all running actors, in the order they were started."""
        return [cls._actor_refs[number] for number in sorted(cls._actor_refs)]

    @classmethod
    def get_by_class(cls, actor_class) -> list:
        """Return refs of all running actors of the given class or a subclass."""
        return [ref for ref in cls.get_all() if issubclass(ref.actor_class, actor_class)]

    @classmethod
    def get_by_class_name(cls, actor_class_name: str) -> list:
        """Return refs of all running actors of the given class name."""
        return [ref for ref in cls.get_all() if ref.actor_class.__name__ == actor_class_name]

    @classmethod
    def get_by_urn(cls, actor_urn: str):
        """Return the ref of the running actor with the given urn, `None` if there is none."""
        for ref in cls.get_all():
            if ref.actor_urn == actor_urn:
                return ref
        return None

    @classmethod
    def register(cls, actor_ref) -> None:
        """Register a ref, as starting an actor does."""
        cls._actor_refs[actor_ref._number] = actor_ref
        logger.debug("Registered %s", actor_ref)

    @classmethod
    def stop_all(cls, *, block: bool = True, timeout=None) -> list:
        """Stop all running actors, the last started first.

        Args:
            block: whether to wait for each, before the next is told
            timeout: as for [`ActorRef.stop()`][pykka.ActorRef.stop]

        Returns:
            a list with the return values for each stop action
        """
        return [ref.stop(block=block, timeout=timeout) for ref in reversed(cls.get_all())]

    @classmethod
    def unregister(cls, actor_ref) -> None:
        """Remove a ref, as stopping an actor does; one that is not registered is no error."""
        if cls._actor_refs.pop(actor_ref._number, None) is None:
            logger.debug("Unregistered %s (not found in registry)", actor_ref)
        else:
            logger.debug("Unregistered %s", actor_ref)

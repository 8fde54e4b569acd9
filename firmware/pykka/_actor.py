from ._exceptions import ActorDeadError
from ._logger import logger
from ._ref import ActorRef
from ._registry import ActorRegistry
from ._scheduler import running
from .messages import OwnMessage, _ActorStop

__all__ = ["Actor", "ThreadingActor"]


class Actor:
    """An object that handles one message at a time and is reached by messages only.

    To create an actor subclass [`ThreadingActor`][pykka.ThreadingActor], call
    `super().__init__()` if you override `__init__()`, and start it with
    [`start()`][pykka.Actor.start]. To stop it call [`stop()`][pykka.Actor.stop] or
    [`ActorRef.stop()`][pykka.ActorRef.stop].
    """

    actor_ref = None
    """The actor's [`ActorRef`][pykka.ActorRef]."""

    _started = 0

    @classmethod
    def start(cls, *args, **kwargs):
        """Create an actor, register it and let it run.

        Args:
            args: positional arguments of the constructor
            kwargs: keyword arguments of the constructor

        Returns:
            a ref to the actor

        Raises:
            TypeError: if an override of `__init__()` does not call `super().__init__()`
        """
        actor = cls(*args, **kwargs)
        ref = actor.actor_ref
        if ref is None:
            raise TypeError(f"{cls.__name__}.__init__() must call super().__init__()")
        ActorRegistry.register(ref)
        logger.debug("Starting %s", actor)
        ref._start(cls.on_start is not Actor.on_start)
        return ref

    def __init__(self, *_args, **_kwargs) -> None:
        Actor._started += 1
        self.actor_ref = ActorRef(self, Actor._started)

    def __getattr__(self, name):
        # Of use seldom, and not made before. Not as properties: with one in a class MicroPython
        # looks through it and all its bases whenever an attribute of an instance is set.
        if name in ("actor_urn", "actor_inbox", "actor_stopped"):
            return getattr(self.actor_ref, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __str__(self) -> str:
        return f"{self.__class__.__name__} ({self.actor_urn})"

    def stop(self) -> None:
        """Stop the actor once it has handled what was sent before.

        Raises:
            ActorDeadError: if it has stopped
        """
        self.actor_ref.tell(_ActorStop())

    def on_start(self) -> None:
        """Run code before the first message. An exception stops the actor."""

    def on_stop(self) -> None:
        """Run code after the last message, unless the actor stops by an exception."""

    def on_failure(self, exception_type, exception_value, traceback) -> None:
        """Run code after an exception that there was nobody to return to.

        Args:
            exception_type: class of the exception
            exception_value: the exception
            traceback: its traceback, `None` where the interpreter does not show it
        """

    def on_receive(self, message):
        """Handle a message.

        Args:
            message: the message to handle

        Returns:
            anything that should be sent as a reply to the sender
        """
        logger.warning("Unexpected message received by %s: %s", self, message)

    def _handle(self, envelope) -> None:
        """Handle a message taken from the inbox and reply to it."""
        future = envelope.reply_to
        if future is None:
            self._receive(envelope.message, False)
            return
        try:
            reply = self._receive(envelope.message)
        except BaseException as error:
            future.set_exception((type(error), error, getattr(error, "__traceback__", None)))
            if not isinstance(error, Exception):
                raise
        else:
            future.set(reply)

    def _receive(self, message, asked: bool = True):
        """Handle a message; raise its exception only to one who asked."""
        ref = self.actor_ref
        ref._ready = False
        running.append(ref)
        try:
            if isinstance(message, OwnMessage):
                return message.handle(self)
            return self.on_receive(message)
        except Exception as error:
            if asked:
                logger.info("Exception returned from %s to caller:", self, exc_info=error)
                raise
            self._fail(error)
        except BaseException as error:
            logger.debug("%r in %s. Stopping all actors.", error, self)
            self._stop()
            _stop_all()
            raise
        finally:
            running.pop()
            ref._ready = ref._actor is not None

    def _begin(self) -> None:
        try:
            self.on_start()
        except Exception as error:
            self._log_and_leave(error)
            self._refuse_rest()

    def _stop(self) -> None:
        self._leave()
        logger.debug("Stopped %s", self)
        try:
            self.on_stop()
        except Exception as error:
            self._log_and_leave(error)
        self._refuse_rest()

    def _fail(self, error) -> None:
        self._log_and_leave(error)
        try:
            self.on_failure(type(error), error, getattr(error, "__traceback__", None))
        except Exception as second:
            self._log_and_leave(second)
        self._refuse_rest()

    def _log_and_leave(self, error) -> None:
        logger.error("Unhandled exception in %s:", self, exc_info=error)
        self._leave()

    def _leave(self) -> None:
        ref = self.actor_ref
        ActorRegistry.unregister(ref)
        ref._actor = None
        if ref._stopped is not None:
            ref._stopped.set()

    def _refuse_rest(self) -> None:
        """Answer what the actor will not handle any more."""
        inbox = self.actor_ref.actor_inbox
        while inbox._waiting:
            envelope = inbox.get()
            if envelope.reply_to is None:
                continue
            if isinstance(envelope.message, _ActorStop):
                envelope.reply_to.set(None)
            else:
                error = ActorDeadError(f"{self} stopped before handling the message")
                envelope.reply_to.set_exception((ActorDeadError, error, None))


def _stop_all() -> None:
    # One that is handling a message cannot stop before that has ended.
    for ref in reversed(ActorRegistry.get_all()):
        ref.stop(block=ref not in running)


class ThreadingActor(Actor):
    """The actor to subclass. It shares the one thread with all others."""

    use_daemon_thread = False
    """Without effect, there being no thread of its own."""

from ._envelope import Envelope
from ._exceptions import ActorDeadError
from ._future import ThreadingFuture
from ._generic import Generic
from ._inbox import ActorInbox
from ._proxy import ActorProxy
from ._scheduler import Event, check_ring, pending, running
from .messages import _ActorStart, _ActorStop

__all__ = ["ActorRef"]


class ActorRef(Generic):
    """Reference to a running actor which may be passed around.

    Instances are returned by [`Actor.start()`][pykka.Actor.start] and the lookup methods of
    [`ActorRegistry`][pykka.ActorRegistry]. It lets go of the actor when that has stopped.
    """

    _ready = False  # started, alive and not handling a message
    _to_start = None  # the envelope that starts it, while that is pending
    _stopped = None  # Event, once somebody asked for it

    def __init__(self, actor, number) -> None:
        self.actor_class = actor.__class__
        self._number = number
        self.actor_inbox = ActorInbox(self)
        self._actor = actor

    def __getattr__(self, name):  # made when it is asked for; see Actor
        if name == "actor_urn":
            return f"urn:pykka:{self._number}"
        if name == "actor_stopped":
            if self._stopped is None:
                self._stopped = Event()
                if self._actor is None:
                    self._stopped.set()
            return self._stopped
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<ActorRef for {self}>"

    def __str__(self) -> str:
        return f"{self.actor_class.__name__} ({self.actor_urn})"

    def is_alive(self) -> bool:
        """Return whether the actor has not stopped."""
        return self._actor is not None

    def tell(self, message) -> None:
        """Send message to actor without waiting for any response.

        Args:
            message: message to send

        Raises:
            ActorDeadError: if actor is not available
        """
        if self._actor is None:
            raise ActorDeadError(f"{self} not found")
        self.actor_inbox.put(Envelope(message))

    def ask(self, message, *, block: bool = True, timeout=None):
        """Send message to actor and wait for the reply.

        Args:
            message: message to send
            block: whether to wait for the reply
            timeout: as for [`Future.get()`][pykka.Future.get] if blocking

        Returns:
            the reply if blocking, otherwise a future

        Raises:
            Timeout: if there can be no reply and a timeout was given
            DeadlockError: if there can be no reply and no timeout was given, above all because the
                actor itself waits for the one who asks. The message is not sent then
            Exception: any exception returned by the receiving actor if blocking
        """
        # With no older message in the way it need not be queued.
        older = self.actor_inbox._waiting if running else pending
        if self._ready and block and timeout is None and not older:
            return self._actor._receive(message)

        if block:
            check_ring(self, timeout)
        future = ThreadingFuture()
        if self._actor is None:
            error = ActorDeadError(f"{self} not found")
            future.set_exception((ActorDeadError, error, None))
        else:
            future._receiver = self
            self.actor_inbox.put(Envelope(message, future))
        return future.get(timeout=timeout) if block else future

    def stop(self, *, block: bool = True, timeout=None):
        """Ask the actor to stop once it has handled what was sent before.

        Args:
            block: whether to wait until it has stopped
            timeout: as for [`Future.get()`][pykka.Future.get] if blocking

        Returns:
            `True` if it is stopped or was being stopped, `False` if it was dead, a future of
            that if not blocking

        Raises:
            Timeout: if it can never stop and a timeout was given
            DeadlockError: if it can never stop and no timeout was given
        """
        if block:
            check_ring(self, timeout)
        if self._ready and not self.actor_inbox._waiting:  # nothing is to be handled before
            self._actor._receive(_ActorStop())
            return True if block else _STOPPED
        stopped = self.ask(_ActorStop(), block=False)

        def was_alive(timeout):
            try:
                stopped.get(timeout=timeout)
            except ActorDeadError:
                return False
            return True

        future = ThreadingFuture()
        future.set_get_hook(was_alive)
        return future.get(timeout=timeout) if block else future

    def proxy(self):
        """Wrap the ref in a proxy.

        Returns:
            an [`ActorProxy`][pykka.ActorProxy] for the actor

        Raises:
            ActorDeadError: if actor is not available
        """
        return ActorProxy(actor_ref=self)

    def _start(self, has_hook) -> None:
        """Let the actor run, its `on_start()` first if it has one."""
        if has_hook:
            self._to_start = Envelope(_ActorStart())
            self._to_start.receiver = self
            pending.append(self._to_start)
        else:
            self._ready = True

    def _step(self) -> bool:
        """Let the actor start or handle its oldest message; return whether it could."""
        if self._to_start is not None:
            envelope, self._to_start = self._to_start, None
            pending.remove(envelope)
        elif self._ready and self.actor_inbox._waiting:
            envelope = self.actor_inbox.get()
        else:
            return False
        self._actor._handle(envelope)
        return True


_STOPPED = ThreadingFuture()
_STOPPED.set(True)

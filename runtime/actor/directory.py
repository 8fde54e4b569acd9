"""Where entities are: activated on demand, passivated when the memory is for others."""

from collections import OrderedDict

from runtime.actor.supervision import DeadLetters, Escalated, Supervisor
from runtime.actor.transaction import EXPECTED, Envelope
from runtime.wire.errors import Busy, Fault


class Directory:
    """Finds, starts and stops entities by kind and id.

    Args:
        classes: {kind: entity class}, or what loads a class when it is asked for it.
        load: function (entity class, id) to the stored state or `blank`.
        max_live: entities in memory at most; the one idle for longest makes room.
        max_inbox: messages waiting at one entity at most.
        supervisor: of the entities.
        node_supervisor: of what the entities' supervisor passed up.
    """

    def __init__(
        self, classes, load, max_live=256, max_inbox=16, supervisor=None, node_supervisor=None
    ):
        self.classes = classes
        self._load = load
        self.max_live = max_live
        self.max_inbox = max_inbox
        self.supervisor = supervisor or Supervisor()
        self.node_supervisor = node_supervisor or Supervisor(limit=8)
        self.dead_letters = DeadLetters()
        self.on_failure = None  # function (kind, exception), told of every entity that fails
        self.live = OrderedDict()  # (kind, id): ref, least recently used first

    def ask(self, tx, kind, entity_id, message):
        """Deliver `message` and wait for the handler's result.

        Raises:
            NodeError: the entity refused, or cannot take the message now.
            Escalated: entities fail so often that the node must stop.
        """
        left = self.supervisor.set_aside((kind, entity_id), tx.time)
        if left:
            raise Busy(
                f"the {kind} failed too often and is set aside",
                todo="try again later",
                retry_ms=left // 10**6 + 1,
            )
        ref = self._find(tx, kind, entity_id, message)
        if ref.actor_inbox.qsize() >= self.max_inbox:
            self.dead_letters.add(kind, message, "inbox is full")
            raise Busy(f"the inbox of this {kind} is full", retry_ms=50, todo="try again")
        try:
            return ref.ask(Envelope(tx, message))
        except EXPECTED:
            raise
        except (self.classes[kind].died, Escalated) as error:
            self.passivate(kind, entity_id)
            self.dead_letters.add(kind, message, type(error).__name__)
            raise
        except Exception as error:
            self.passivate(kind, entity_id)
            self.report(kind, error)
            try:
                self.supervisor.failed((kind, entity_id), tx.time)
            except Escalated:
                self.node_supervisor.failed("entities", tx.time)
            # Only the type: the text of an exception may hold values.
            raise Fault(
                f"a {kind} failed with {type(error).__name__} on {type(message).__name__}",
                todo="nothing of the request remains; it is safe to try again",
            )

    def report(self, kind, error):
        """Tell whoever listens that something failed."""
        if self.on_failure:
            self.on_failure(kind, error)

    def _find(self, tx, kind, entity_id, message):
        key = (kind, entity_id)
        ref = self.live.pop(key, None)
        if ref is None or not ref.is_alive():
            entity_class = self.classes.get(kind)
            if entity_class is None:
                self.dead_letters.add(kind, message, "no such kind")
                raise Fault(f"there is no kind of entity named {kind}")
            if len(self.live) >= self.max_live:
                self._make_room(tx)
            ref = entity_class.start(entity_id, self._load(entity_class, entity_id))
        self.live[key] = ref
        return ref

    def _make_room(self, tx):
        for key in list(self.live):
            if key not in tx.drafts and not tx.handling(key):
                self.passivate(*key)
                return
        raise Busy(f"all {self.max_live} live entities are in use", retry_ms=50, todo="try again")

    def passivate(self, kind, entity_id):
        """Stop an entity; its committed state is in the store."""
        ref = self.live.pop((kind, entity_id), None)
        if ref is not None:
            ref.stop(block=False)

    def passivate_all(self):
        """Stop every entity: the next message of each starts it from the store."""
        for key in list(self.live):
            self.passivate(*key)

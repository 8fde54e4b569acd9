"""Where entities are: activated on demand, passivated when the memory is for others."""

from runtime.actor.supervision import DeadLetters, Escalated, Supervisor
from runtime.actor.transaction import EXPECTED, Envelope
from runtime.wire.errors import Busy, Fault


class Directory:
    """Finds, starts and stops entities by kind and id.

    Args:
        classes: {kind: entity class}, or what loads a class when it is asked for it.
        load: function (entity class, id) to the stored state or `blank`.
        max_live: entities in memory at most; one that is idle makes room.
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
        self.live = []  # (kind, id) of those in memory, in line to make room
        self._places = {}  # kind: {id: [ref, whether it was asked since it got in line]}

    def ask(self, tx, key, message):
        """Deliver `message` to the entity `key`, (kind, id), and wait for the handler's result.

        Raises:
            NodeError: the entity refused, or cannot take the message now.
            Escalated: entities fail so often that the node must stop.
        """
        kind, entity_id = key
        if self.supervisor.failures:
            self._need_in_service(tx, key)
        places = self._places.get(kind)
        place = places.get(entity_id) if places else None
        if place is None:
            ref = self._start(tx, key, message)
        else:
            ref = place[0]
            place[1] = True
            if not ref.is_alive():
                self.passivate(key)
                ref = self._start(tx, key, message)
        if ref.actor_inbox.qsize() >= self.max_inbox:
            self.dead_letters.add(kind, message, "inbox is full")
            raise Busy(f"the inbox of this {kind} is full", retry_ms=50, todo="try again")
        try:
            return ref.ask(Envelope(tx, message))
        except EXPECTED:
            raise
        except (self.classes[kind].died, Escalated) as error:
            self.passivate(key)
            self.dead_letters.add(kind, message, type(error).__name__)
            raise
        except Exception as error:
            self.passivate(key)
            self.report(kind, error)
            try:
                self.supervisor.failed(key, tx.time)
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

    def _need_in_service(self, tx, key):
        left = self.supervisor.set_aside(key, tx.time)
        if left:
            raise Busy(
                f"the {key[0]} failed too often and is set aside",
                todo="try again later",
                retry_ms=left // 10**6 + 1,
            )

    def _start(self, tx, key, message):
        kind, entity_id = key
        entity_class = self.classes.get(kind)
        if entity_class is None:
            self.dead_letters.add(kind, message, "no such kind")
            raise Fault(f"there is no kind of entity named {kind}")
        if len(self.live) >= self.max_live:
            self._make_room(tx)
        ref = entity_class.start(entity_id, self._load(entity_class, entity_id))
        self._places.setdefault(kind, {})[entity_id] = [ref, False]
        self.live.append(key)
        return ref

    def _make_room(self, tx):
        # Second chance: whoever was asked meanwhile goes to the end of the line once more.
        for _ in range(2 * len(self.live)):
            key = self.live[0]
            place = self._places[key[0]][key[1]]
            if not place[1] and key not in tx.drafts and not tx.handling(key):
                self.passivate(key)
                return
            place[1] = False
            self.live.append(self.live.pop(0))
        raise Busy(f"all {self.max_live} live entities are in use", retry_ms=50, todo="try again")

    def passivate(self, key):
        """Stop the entity `key`, (kind, id), if it is live; its committed state is in the store."""
        place = self._places.get(key[0], {}).pop(key[1], None)
        if place is not None:
            self.live.remove(key)
            place[0].stop(block=False)

    def passivate_all(self):
        """Stop every entity: the next message of each starts it from the store."""
        for key in self.live[:]:
            self.passivate(key)

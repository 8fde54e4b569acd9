"""One transaction: the drafts, events and attachments of one request."""

from runtime.wire.errors import Fault, NodeError


class Journaled(Exception):
    """Carries the error of a Denied to the sequencer, which keeps the transaction."""

    def __init__(self, error):
        super().__init__(str(error))
        self.error = error


# What handlers raise on purpose; anything else is a failure of the entity.
EXPECTED = (NodeError, Journaled)


class Transaction:
    """What the entities of one request share.

    Args:
        directory: where entities are found.
        node: the node's services to entities: `id`, `operator`, and its ports.
        sequence: position that its journal entry will have.
        time: ns since the epoch, sampled once.
        command: the Command that was signed, or None.
        enclosures: bytes that came beside it.

    Attributes:
        signer: id of the party that signed, or None.
        committed: None while it runs; then whether its drafts became the state.
        drafts: {(kind, id): [entity class, state before, state after]}.
        order: keys of drafts in order of first change.
        events: (kind, id, event) each.
        attachments: (label, bytes) each.
        afterwards: functions to call once the drafts are the state.
        to_sign: (purpose, message) each, signed by the node after the handlers.
        presence: how the node knows of the signer's yes, of `records.PRESENCE`.
    """

    # Of the class until an instance has its own: most requests only read, and in MicroPython an
    # instance takes the longer to make the more attributes it is given.
    committed: bool | None = None
    attachments: tuple = ()
    to_sign: tuple = ()
    presence = "own"

    def __init__(self, directory, node, sequence, time, command=None, enclosures=()):
        self.directory = directory
        self.node = node
        self.sequence = sequence
        self.time = time
        self.command = command
        self.signer = command.party if command else None
        self.enclosures = enclosures
        self.drafts = {}
        self.order = []
        self.events = []
        self.afterwards = []
        self._stack = []  # entities that are handling a message

    def ask(self, kind, entity_id, message):
        """Ask an entity, within this transaction.

        Returns:
            The result of its handler.

        Raises:
            NodeError: what the entity refused with.
            Fault: the ask would close a ring of entities waiting for each other.
        """
        key = (kind, entity_id)
        stack = self._stack
        if key in stack:
            names = [name for name, _ in stack] + [kind]
            raise Fault("entities wait for each other: " + " -> ".join(names))
        stack.append(key)
        try:
            return self.directory.ask(self, key, message)
        except Journaled as denied:
            # Only the refusal of the request itself is journaled, not one of its parts.
            if len(stack) > 1:
                raise denied.error
            raise
        finally:
            stack.pop()

    def handling(self, key):
        """Whether the entity (kind, id) is handling a message of this transaction."""
        return key in self._stack

    def entropy(self, label):
        """32 bytes that only this node could have drawn for this label in this transaction."""
        return self.node.entropy(label, self.sequence)

    def attach(self, label, content):
        """Put bytes beside the entry; nothing hashed depends on them."""
        self.attachments += ((label, content),)

    def attached(self, label):
        """The last bytes attached under `label`."""
        for name, content in reversed(self.attachments):
            if name == label:
                return content
        raise KeyError(label)

    def sign(self, purpose, message):
        """Have the node sign `message`; the signature joins the attachments in this order."""
        self.to_sign += ((purpose, message),)

    def record(self, kind, entity_id, event):
        """Note an event that an entity applied."""
        self.events.append((kind, entity_id, event))

    def draft(self, key, entity_class, before):
        """Note that the entity `key`, (kind, id), changes: its place in `drafts`."""
        draft = self.drafts.get(key)
        if draft is None:
            draft = self.drafts[key] = [entity_class, before, before]
            self.order.append(key)
        return draft

    def blanked(self):
        """Keys (kind, id) of entities that will be as if they had never been."""
        return [key for key in self.order if self.drafts[key][2] == self.drafts[key][0].blank]

    def close(self, committed):
        """End the transaction: drafts become state, or are dropped."""
        self.committed = committed


class Envelope:
    """A message on its way to an entity, and the transaction it belongs to."""

    def __init__(self, transaction, message):
        self.transaction = transaction
        self.message = message

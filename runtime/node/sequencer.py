"""The sequencer: one transaction at a time, in the order of arrival, durable before answered."""

from runtime.actor import Escalated, Later, Transaction
from runtime.actor.transaction import Journaled
from runtime.wire import records
from runtime.wire.errors import (
    Busy,
    Fault,
    NodeError,
    NoEntropy,
    Refused,
    Stale,
    StorageFailed,
    Unauthorized,
)
from runtime.wire.schema import canonical, unpack_own


class Ticket:
    """A request waiting for its turn.

    Attributes:
        admitted: the Admitted request, or None if it was refused at once.
        reply: function (error array or None, result array) to call once.
        answer: function without arguments to (error, result), set by its turn.
    """

    def __init__(self, admitted, reply, answer=None):
        self.admitted = admitted
        self.reply = reply
        self.answer = answer


class Sequencer:
    """Runs requests as transactions; several share one durable commit.

    Args:
        node: Node.
        max_queue: requests waiting at most; one more is told when to come again.
        max_batch: requests in one durable commit at most.
    """

    def __init__(self, node, max_queue=64, max_batch=32):
        self._node = node
        self._queue = []
        self.max_queue = max_queue
        self.max_batch = max_batch
        self._signing = []  # (sequence, handle) of signatures under way
        self._measured = None  # (sequence, function) of measurements to leave beside an entry
        self._signatures = {}  # sequence: the node's signatures of this batch's entries
        self.failure = None  # why the node stopped serving

    @property
    def queued(self):
        """Requests waiting."""
        return len(self._queue)

    def submit(self, method, params, reply):
        """Queue a request.

        Args:
            method: wire name.
            params: decoded msgpack array.
            reply: function (error, result), called once, from `run`.

        Raises:
            Busy: the queue is full.
            Fault: the node has stopped serving.
        """
        if self.failure:
            raise Fault(self.failure, todo="restart the node")
        if len(self._queue) >= self.max_queue:
            raise Busy(f"{self.max_queue} requests are waiting", retry_ms=20, todo="try again")
        try:
            ticket = Ticket(self._node.admission.admit(method, params), reply)
        except NodeError as error:
            ticket = Ticket(None, reply, _failing(error))
        self._queue.append(ticket)

    def push(self, admitted, reply):
        """Queue what the node itself asks for: there is room for it in any case."""
        self._queue.append(Ticket(admitted, reply))

    def run(self):
        """Execute what waits, up to a batch; commit; answer. Returns how many were answered."""
        if not self._queue:
            return 0
        batch = self._queue[: self.max_batch]
        del self._queue[: len(batch)]
        clock = self._node.clock.save()
        try:
            for ticket in batch:
                if ticket.admitted:
                    ticket.answer = self._turn(ticket.admitted)
            if self._signatures:  # else nobody changed anything
                self._make_durable()
        except (StorageFailed, NoEntropy) as error:
            # Whoever asked may have seen a state that is gone now: nobody gets an answer of it.
            for ticket in batch:
                ticket.answer = _failing(error)
            self._signing, self._measured = [], None
            self._node.clock.restore(clock)
            self._reload()
        for ticket in batch:
            ticket.reply(*self._finished(ticket))
        self._signatures = {}
        return len(batch)

    def _finished(self, ticket):
        try:
            return ticket.answer()
        except NodeError as error:  # as a host that does not bring an entry back
            return error.to_wire(), None
        except Exception as error:  # of a reply that is finished late; what is durable stays so
            return self._fault(error)

    def _fault(self, error):
        self._node.directory.report("node", error)
        name = type(error).__name__
        return Fault(f"the node failed with {name}", todo="ask again").to_wire(), None

    def _reload(self):
        try:
            self._node.reload()
        except StorageFailed as error:
            self.failure = f"stopped: {error}"

    def _turn(self, admitted):
        """Execute one request; returns the function that gives its answer after the commit."""
        if self.failure:
            return _failing(Fault(self.failure, todo="restart the node"))
        try:
            return self._execute(admitted)
        except StorageFailed:
            raise
        except NodeError as error:
            return _failing(error)
        except Escalated as error:
            self.failure = f"stopped: {error}"
            return _failing(Fault(self.failure, todo="restart the node"))
        except Exception as error:
            answer = self._fault(error)
            return lambda: answer

    def _execute(self, admitted):
        node = self._node
        if admitted.spec.more["held"]:  # from here on it is as if its user had signed it
            admitted = getattr(node.custody, admitted.spec.wire_name)(admitted.message)
        spec, command = admitted.spec, admitted.command
        if command:
            node.admission.check(admitted)
        journaled = spec.more["journaled"]
        known = node.store.get("reply", admitted.hash) if journaled and command else None
        if known is not None and not spec.more["judged_anew"]:
            return self._remembered(known)
        tx = Transaction(
            node.directory, node, node.journal.size, node.clock.now(), command, admitted.enclosures
        )
        if admitted.presence != tx.presence:
            tx.presence = admitted.presence
        if admitted.afterwards:
            tx.afterwards.extend(admitted.afterwards)
        if command and tx.time > command.not_after:
            raise Stale(
                "the command came after its not_after",
                "one signed for longer",
                "check both clocks and sign it again",
            )
        if spec.more["timed"] and not node.clock.is_set:
            raise Refused(
                "the clock was not set since the power came back",
                "a clock that was set",
                "have the operator send set_clock",
            )
        try:
            if command and spec.more["signer"] != "self" and known is None:
                self._authorize(tx, spec.more)
            result, denied = self._handle(tx, spec, admitted.message), None
            if tx.to_sign:
                node.randomness.check()
        except Journaled as denial:
            result, denied = None, denial.error
        except BaseException:
            tx.close(False)
            raise
        if not journaled:
            tx.close(False)
            return _answer(denied, result)
        return self._commit(tx, admitted, result, denied)

    def _authorize(self, tx, options):
        role = "" if options["signer"] == "any" else options["signer"]
        if options["journaled"]:
            logged = options["judged_anew"]
            tx.ask("party", tx.signer, records.AcceptCommand(tx.command.nonce, role, logged))
            return
        roles = tx.ask("party", tx.signer, records.PartyRoles())
        if role and role not in roles:
            raise Unauthorized(
                f"this is for whoever has the role {role}", "a request signed by one who has it"
            )

    def _handle(self, tx, spec, message):
        kind = spec.more["to"]
        if kind == "node":
            return getattr(self._node.queries, spec.wire_name)(tx, message)
        return tx.ask(kind, self._node.directory.classes[kind].address(message, tx), message)

    def _commit(self, tx, admitted, result, denied):
        """Turn drafts into state; the batch's commit makes them durable.

        Whatever can fail does so before the first change.
        """
        node, store = self._node, self._node.store
        error = denied.to_wire() if denied else None
        content = canonical(result or ())
        states, keys = [], []
        for key in tx.order:
            entity_class, before, after = tx.drafts[key]
            gone = after == entity_class.blank
            states.append((key[0], key[1], None if gone else canonical(after)))
            for name, key_of in entity_class.indexes.items():
                keys.append((name, key_of(before), key_of(after), key[1]))
        if admitted.signature:
            tx.attach("command-signature", admitted.signature)
        leaf = node.journal.append(tx, admitted.spec.wire_name, admitted.body)
        for kind, entity_id, state in states:
            if state is None:
                store.drop(kind, entity_id)
            else:
                store.put(kind, entity_id, state)
            if kind == "party":
                node.forget_key(entity_id)
        for change in keys:
            _reindex(store, *change)
        for purpose, message in tx.to_sign:
            self._signing.append((tx.sequence, node.signing(purpose, message)))
        if node.made.is_news and not node.randomness.failure:
            self._measured = (tx.sequence, node.made.leave(leaf))
        if admitted.hash:
            # What is judged anew is never kept: its result is for one request alone.
            kept = b"" if admitted.spec.more["judged_anew"] else content
            store.put("reply", admitted.hash, canonical([tx.sequence, leaf, kept, error]))
        tx.close(True)
        for action in tx.afterwards:
            action()
        self._signatures[tx.sequence] = []
        return lambda: self._accepted(tx.sequence, leaf, content, error)

    def _make_durable(self):
        for sequence, handle in self._signing:
            signature = handle.result()
            self._node.journal.attach(sequence, "node-signature", signature)
            self._signatures[sequence].append(signature)
        if self._measured:
            sequence, signed = self._measured
            self._node.journal.attach(sequence, "measured", canonical(signed()))
        self._signing, self._measured = [], None
        self._node.journal.flush()
        self._node.checkpoints.keep()
        self._node.store.commit()

    def _remembered(self, known):
        position, leaf, result, error = unpack_own(known)
        return lambda: self._accepted(position, leaf, result, error)

    def _accepted(self, position, leaf, result, error):
        if error:
            return error, None
        signatures = self._signatures.get(position)
        if signatures is None:
            signatures = self._node.journal.attached(position, "node-signature")
        return None, list(records.Accepted(result, position, leaf, tuple(signatures)))


def _reindex(store, name, old, new, entity_id):
    if old == new:
        return
    if old is not None:
        store.drop_key(name, old, entity_id)
    if new is not None:
        store.add_key(name, new, entity_id)


def _failing(error):
    return lambda: (error.to_wire(), None)


def _answer(error, result):
    if error:
        return _failing(error)
    return lambda: (None, list(result.finish() if isinstance(result, Later) else result or ()))

"""What the node answers of itself: identity, load, journal; and how it takes another firmware.

Nothing here changes anything that the journal knows of.
"""

from runtime.actor import Later
from runtime.node.ports import UPDATE_PART
from runtime.wire import records
from runtime.wire.commands import HEAD, QUESTION
from runtime.wire.errors import Missing, Refused, Unauthorized
from runtime.wire.proofs import redacted
from runtime.wire.records import REPLIES, SCHEMA_VERSION
from runtime.wire.schema import canonical, spec_of

PAGE_BYTES = 48 * 1024  # of entries in one answer, well under the largest message


class Queries:
    """Methods by wire name, each (transaction, message) to a reply record."""

    def __init__(self, node):
        self._node = node

    def identity(self, tx, message):
        node = self._node
        return REPLIES["identity"](
            node.id,
            node.public_key,
            node.kem_public_key,
            SCHEMA_VERSION,
            node.boot_nonce,
            node.operator,
            tx.time,
        )

    def status(self, tx, message):
        node = self._node
        directory = node.directory
        return REPLIES["status"](
            node.journal.size,
            len(directory.live),
            node.sequencer.queued,
            directory.supervisor.total,
            directory.dead_letters.count,
            tuple(directory.dead_letters.last),
            node.admission.noise,
            node.randomness.failure,
        )

    def journal_head(self, tx, message):
        signed = self.signed_head(message.nonce)
        return Later(lambda: REPLIES["journal_head"](signed()))

    def journal_receipt(self, tx, message):
        journal = self._node.journal
        inclusion = journal.inclusion(message.position, journal.size)
        signed = self.signed_head(message.nonce)
        return Later(lambda: REPLIES["journal_receipt"](signed(), inclusion))

    def journal_consistency(self, tx, message):
        path = self._node.journal.tree.consistency(message.first, message.second)
        return REPLIES["journal_consistency"](tuple(path))

    def measurements(self, tx, message):
        return Later(self._node.made.signed(message.nonce))

    def _signing(self, reply, content, purpose):
        """Function that gives a reply of something and the node's signature over it."""
        signing = self._node.signing(purpose, canonical(content))
        return lambda: reply(content, signing.result())

    def ask_held(self, tx, message):
        question = self._node.custody.ask(tx, message)
        return Later(self._signing(REPLIES["ask_held"], question, QUESTION))

    def held_answer(self, tx, message):
        return REPLIES["held_answer"](*self._node.custody.answer(message.command))

    def held_key(self, tx, message):
        return REPLIES["held_key"](self._node.custody.public_key(tx.signer, message.partner))

    def export_key(self, tx, message):
        raise Refused("a key leaves the node only on a press", "ask_held, with export_key in it")

    def begin_update(self, tx, message):
        self._node.updater.begin(message.firmware, message.signature)
        return REPLIES["begin_update"](UPDATE_PART)

    def put_update(self, tx, message):
        return REPLIES["put_update"](self._node.updater.put(message.offset, message.data))

    def finish_update(self, tx, message):
        self._node.updater.finish()
        return REPLIES["finish_update"](self._node.updater.counter)

    def journal_entries(self, tx, message):
        whole = tx.signer == self._node.operator
        if not whole and "auditor" not in tx.ask("party", tx.signer, records.PartyRoles()):
            raise Unauthorized("the journal is not for you", "an auditor or the operator")
        size = self._node.journal.size
        if message.start >= size:
            raise Missing(f"there is no entry {message.start}", f"less than {size}")
        if message.limit == 0:
            raise Refused("a page of no entries", "a limit of 1 to 255")
        end = min(message.start + message.limit, size)
        # Entries of this very batch get their signatures when it is flushed.
        return Later(lambda: self._entries(message.start, end, whole))

    def _entries(self, start, end, whole):
        entries = []
        room = PAGE_BYTES
        for position in range(start, end):
            entry = self._entry(position, whole)
            room -= len(canonical(entry))
            if entries and room < 0:
                break
            entries.append(entry)
        return REPLIES["journal_entries"](tuple(entries))

    def _entry(self, position, whole):
        """An entry as the operator sees it, or without what names users."""
        journal = self._node.journal
        header, salt, body, attachments = journal.entry(position)
        leaf = journal.tree.leaf(position)
        if body is None:
            return records.Entry(header, leaf, None, b"", None, ())
        beside = [item for item in attachments if item.label != "values"]
        if whole:
            return records.Entry(header, leaf, salt, body, None, tuple(beside))
        content = spec_of(records.Body).decode_own(body)
        shown, beside = redacted(content, beside, self._roles_of)
        return records.Entry(header, leaf, salt, b"", shown, beside)

    def _roles_of(self, party):
        return self._node.state_of("party", party).roles

    def signed_head(self, nonce):
        """The head as of now: a function that gives it as SignedHead once it is signed."""
        return self._signing(records.SignedHead, self._node.journal.head(nonce), HEAD)

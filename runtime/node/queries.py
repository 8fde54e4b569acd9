"""What the node answers of itself: identity, load, journal. Nothing here changes anything."""

from runtime.actor import Later
from runtime.wire.commands import HEAD
from runtime.wire.errors import Missing, Refused
from runtime.wire.records import REPLIES, SCHEMA_VERSION, Entry, SignedHead
from runtime.wire.schema import canonical

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

    def journal_entries(self, tx, message):
        size = self._node.journal.size
        if message.start >= size:
            raise Missing(f"there is no entry {message.start}", f"less than {size}")
        if message.limit == 0:
            raise Refused("a page of no entries", "a limit of 1 to 255")
        end = min(message.start + message.limit, size)
        # Entries of this very batch get their signatures when it is flushed.
        return Later(lambda: self._entries(message.start, end))

    def _entries(self, start, end):
        entries = []
        room = PAGE_BYTES
        for position in range(start, end):
            header, salt, body, attachments = self._node.journal.entry(position)
            shown = tuple([item for item in attachments if item.label != "values"])
            entry = Entry(header, salt, body, shown)
            room -= len(canonical(entry))
            if entries and room < 0:
                break
            entries.append(entry)
        return REPLIES["journal_entries"](tuple(entries))

    def signed_head(self, nonce):
        """The head as of now: a function that gives it as SignedHead once it is signed."""
        node = self._node
        head = node.journal.head(nonce)
        signing = node.workers.submit(node.crypto.sign, node.identity_seed, HEAD, canonical(head))
        return lambda: SignedHead(head, signing.result())

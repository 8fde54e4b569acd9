"""The journal: everything that ever changed, in order, each entry a salted leaf of the tree."""

from runtime.node.merkle import Tree
from runtime.wire.errors import Missing
from runtime.wire.proofs import body_digest, leaf_hash, part_salt, parts_of
from runtime.wire.records import (
    SCHEMA_VERSION,
    Attachment,
    Body,
    EntryParts,
    Head,
    Header,
    Inclusion,
    Part,
)
from runtime.wire.schema import canonical, decode, spec_of, unpack_own

ENTRY_TAG = "optin/v1/entry"


class Journal:
    """Appends entries, and proves them.

    Entries of a batch wait in memory for the node's signatures; `flush` writes them to the
    store, whose commit makes them durable.

    Args:
        store: the node's store.
        entropy: function (label, sequence) to 32 bytes.
        node_id: bytes(32), named in heads.
    """

    def __init__(self, store, entropy, node_id):
        self._store = store
        self._entropy = entropy
        self._node_id = node_id
        self.reload()

    def reload(self):
        """Forget what is not in the store."""
        self._pending = {}
        self._order = []
        self.tree = Tree(self._store, self._store.count())
        self.time = self.header(self.size - 1).time if self.size else 0

    @property
    def size(self):
        """Entries so far."""
        return self.tree.size

    def append(self, tx, method, command):
        """Add the entry of a transaction.

        Args:
            tx: Transaction with `sequence` equal to `size`.
            method: its wire name.
            command: the signed bytes, empty if unsigned.

        Returns:
            Its leaf hash.
        """
        salt = self._entropy("salt", tx.sequence)
        header = Header(ENTRY_TAG, SCHEMA_VERSION, tx.sequence, tx.time)
        events = [encode_event(*event) for event in tx.events]
        blind = self._entropy("blind", tx.sequence)
        body = Body(SCHEMA_VERSION, tx.sequence, tx.time, method, command, tuple(events), blind)
        leaf = leaf_hash(salt, header, body_digest(header, method, *parts_of(body)))
        attachments = [Attachment(*item) for item in tx.attachments]
        pending = (header, salt, canonical(body), attachments)
        self.tree.append(leaf)
        self._pending[tx.sequence] = pending
        self._order.append(tx.sequence)
        self.time = tx.time
        return leaf

    def attach(self, sequence, label, content):
        """Put more beside an entry that is not flushed yet."""
        self._pending[sequence][3].append(Attachment(label, content))

    def flush(self):
        """Write waiting entries to the store."""
        for sequence in self._order:
            header, salt, body, attachments = self._pending[sequence]
            self._store.append(sequence, canonical(header), salt, body, canonical(attachments))
        self._pending = {}
        self._order = []

    def entry(self, position):
        """(Header, salt, canonical Body, attachments) of an entry.

        Raises:
            Missing: there is no such entry.
        """
        if position in self._pending:
            return self._pending[position]
        found = self._store.entry(position)
        if found is None:
            raise Missing(f"there is no entry {position}", f"less than {self.size}")
        header, salt, body, attachments = found
        items = [Attachment(*item) for item in unpack_own(attachments)]
        return decode(Header, header), salt, body, items

    def header(self, position):
        """Header of an entry."""
        return self.entry(position)[0]

    def attached(self, position, label):
        """All attachments of an entry under `label`, in order."""
        return [item.content for item in self.entry(position)[3] if item.label == label]

    def head(self, nonce):
        """The tree head as of now, unsigned, bound to the asker's nonce."""
        return Head(self._node_id, self.size, self.tree.root(), self.time, nonce)

    def inclusion(self, position, size):
        """Inclusion of an entry in the first `size` entries."""
        if position >= self.size:
            raise Missing(f"there is no entry {position}", f"less than {self.size}")
        path = self.tree.inclusion(position, size)
        return Inclusion(position, self.tree.leaf(position), tuple(path))

    def open_parts(self, position, names, size):
        """Show the events called `names` of an entry and only digests of the rest."""
        header, salt, body, _ = self.entry(position)
        content = decode(Body, body)
        command, digests = parts_of(content)
        shown, indexes = [], []
        for i in range(len(content.events)):
            if unpack_own(content.events[i])[2] in names:
                shown.append(Part(part_salt(content.blind, i + 1), content.events[i]))
                indexes.append(i)
        return EntryParts(
            header,
            salt,
            content.method,
            command,
            tuple(digests),
            tuple(shown),
            tuple(indexes),
            self.inclusion(position, size),
        )


def encode_event(kind, entity_id, event):
    """Canonical [kind, id, event, fields]."""
    return canonical([kind, entity_id, spec_of(type(event)).wire_name, list(event)])

"""The journal: everything that ever changed, in order, each entry a salted leaf of the tree."""

from runtime.node.merkle import Tree
from runtime.wire import records
from runtime.wire.errors import Missing
from runtime.wire.proofs import body_digest, leaf_hash, parts_of, shown_of
from runtime.wire.records import EVENTS, KEPT, SCHEMA_VERSION, SCOPES
from runtime.wire.schema import canonical, decode, spec_of, unpack_own

ENTRY_TAG = "optin/v1/entry"
DUE = "journal.due"  # index of entries by when they, or their values, are to be erased


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
        header = records.Header(ENTRY_TAG, SCHEMA_VERSION, tx.sequence, tx.time)
        events = [encode_event(*event) for event in tx.events]
        blind = self._entropy("blind", tx.sequence)
        body = records.Body(
            SCHEMA_VERSION, tx.sequence, tx.time, method, command, tuple(events), blind
        )
        leaf = leaf_hash(salt, header, body_digest(header, method, *parts_of(body)))
        attachments = [records.Attachment(*item) for item in tx.attachments]
        pending = (header, salt, canonical(body), attachments)
        self.tree.append(leaf)
        self._pending[tx.sequence] = pending
        self._order.append(tx.sequence)
        due = due_at(tx.time, [spec_of(type(event[2])) for event in tx.events])
        if due:
            self._store.add_key(DUE, due.to_bytes(8, "big"), tx.sequence.to_bytes(32, "big"))
        self.time = tx.time
        return leaf

    def attach(self, sequence, label, content):
        """Put more beside an entry that is not flushed yet."""
        self._pending[sequence][3].append(records.Attachment(label, content))

    def flush(self):
        """Write waiting entries to the store."""
        for sequence in self._order:
            header, salt, body, attachments = self._pending[sequence]
            self._store.append(sequence, canonical(header), salt, body, canonical(attachments))
        self._pending = {}
        self._order = []

    def entry(self, position):
        """(Header, salt, canonical Body, attachments) of an entry; of an erased one salt and
        body are None.

        Raises:
            Missing: there is no such entry.
        """
        if position in self._pending:
            return self._pending[position]
        header, salt, body, attachments = self._stored(position)
        items = unpack_own(attachments) if attachments else []
        attachments = [records.Attachment(*item) for item in items]
        return decode(records.Header, header), salt, body, attachments

    def _stored(self, position):
        found = self._store.entry(position)
        if found is None:
            raise Missing(f"there is no entry {position}", f"less than {self.size}")
        return found

    def _without_attachments(self, position):
        """As `entry`, for what attachments are no part of: they are most of its bytes."""
        if position in self._pending:
            return self._pending[position][:3]
        header, salt, body, _ = self._stored(position)
        return decode(records.Header, header), salt, body

    def body(self, position):
        """The Body of an entry.

        Raises:
            Missing: there is no such entry, or it was erased.
        """
        return self._body(position, self._without_attachments(position)[2])

    def _body(self, position, content):
        if content is None:
            raise Missing(f"entry {position} was erased", "an entry that is not as old")
        return spec_of(records.Body).decode_own(content)

    def erase(self, position):
        """Erase what is due of a flushed entry: all but header and leaf, or the values alone.

        Returns:
            The command of an entry that went as a whole; empty if it had none, or stays.
        """
        header, salt, body, attachments = self.entry(position)
        content = spec_of(records.Body).decode_own(body)
        specs = [spec_of(EVENTS[unpack_own(event)[2]]) for event in content.events]
        due = due_at(header.time, specs)
        self._store.drop_key(DUE, due.to_bytes(8, "big"), position.to_bytes(32, "big"))
        if scope_of(specs) == "profile":
            left = [item for item in attachments if item.label != "values"]
            self._store.replace(position, salt, body, canonical(left))
            return b""
        self._store.replace(position, None, None, None)
        return content.command

    def header(self, position):
        """Header of an entry."""
        return self._without_attachments(position)[0]

    def attached(self, position, label):
        """All attachments of an entry under `label`, in order."""
        return [item.content for item in self.entry(position)[3] if item.label == label]

    def head(self, nonce):
        """The tree head as of now, unsigned, bound to the asker's nonce."""
        return records.Head(self._node_id, self.size, self.tree.root(), self.time, nonce)

    def inclusion(self, position, size):
        """Inclusion of an entry in the first `size` entries."""
        if position >= self.size:
            raise Missing(f"there is no entry {position}", f"less than {self.size}")
        path = self.tree.inclusion(position, size)
        return records.Inclusion(position, self.tree.leaf(position), tuple(path))

    def open_parts(self, position, names, size):
        """Show the events called `names` of an entry and only digests of the rest."""
        header, salt, content = self._without_attachments(position)
        body = self._body(position, content)
        shown = shown_of(body, False, lambda event: unpack_own(event)[2] in names)
        return records.EntryParts(header, salt, shown, self.inclusion(position, size))


def scope_of(specs):
    """The scope that decides for an entry with events of these declarations."""
    scopes = [spec.more["scope"] for spec in specs]
    for scope in reversed(SCOPES):
        if scope in scopes:
            return scope
    return "engagement"


def due_at(time, specs):
    """When an entry of that time with these events is to be erased, ns; 0 for never."""
    kept = KEPT[scope_of(specs)]
    return time + kept if kept else 0


def encode_event(kind, entity_id, event):
    """Canonical [kind, id, event, fields]."""
    return canonical([kind, entity_id, spec_of(type(event)).wire_name, event])

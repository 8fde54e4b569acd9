"""What a node knows of its own past: a signed head in the store, from which a start verifies."""

from runtime.wire.commands import HEAD
from runtime.wire.errors import Refused
from runtime.wire.proofs import entry_leaf
from runtime.wire.records import ZEROS, SignedHead
from runtime.wire.schema import canonical, spec_of, unpack_own

EVERY = 1024  # entries from one checkpoint to the next
KEY = ("meta", b"checkpoint")


def check_chain(journal, start: int = 0) -> None:
    """Recompute the leaf of every entry from `start` on.

    Raises:
        Refused: naming the first entry whose leaf is not the one in the tree.
    """
    for position in range(start, journal.size):
        header, salt, body, _ = journal.entry(position)
        if entry_leaf(header, salt, body) != journal.tree.leaf(position):
            raise _damaged(f"entry {position} is not the one in the tree")


class Checkpoints:
    """Keeps the latest head that the node signed for itself, and verifies what came after it.

    Args:
        node: Node; its journal, store and keys are there.
    """

    def __init__(self, node) -> None:
        self._node = node
        self._size = 0

    def verify(self) -> int:
        """Check the store against the last checkpoint: its signature, the tree it signed, and
        every entry since. Returns how many entries were checked one by one.

        Raises:
            Refused: naming what is not as it was signed; the node must not serve.
        """
        node, journal = self._node, self._node.journal
        kept = node.store.get(*KEY)
        size = 0
        if kept is not None:
            signed = spec_of(SignedHead).build(unpack_own(kept))
            head = signed.head
            size = head.size
            content = canonical(head)
            if not node.crypto.verify(node.public_key, HEAD, content, signed.signature):
                raise _damaged("its checkpoint is not signed by this node")
            if size > journal.size or journal.tree.root(size) != head.root:
                raise _damaged(f"the first {size} entries are not the ones that were signed")
        check_chain(journal, size)
        self._size = size
        return journal.size - size

    def keep(self, least=EVERY) -> None:
        """Sign a checkpoint if there are `least` entries since the last one; the caller commits."""
        node = self._node
        if node.journal.size - self._size < least:
            return
        head = node.journal.head(ZEROS)
        signature = node.crypto.sign(node.identity_seed, HEAD, canonical(head))
        node.store.put(KEY[0], KEY[1], canonical(SignedHead(head, signature)))
        self._size = head.size


def _damaged(what):
    return Refused(
        "the journal was changed or damaged: " + what,
        "the store as the node left it",
        "restore the store from a backup",
    )

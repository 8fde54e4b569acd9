"""What a node knows of its own past: a checkpoint in the store, from which a start verifies.

A checkpoint is signed by the node for itself. One taken after an erasure covers all states as well:
what led to them is not in the journal any more, and a replay starts from states of that digest.
"""

from hashlib import sha3_256

from runtime.wire import records
from runtime.wire.commands import CHECKPOINT
from runtime.wire.errors import Refused
from runtime.wire.proofs import entry_leaf
from runtime.wire.records import KEPT, STATES, ZEROS
from runtime.wire.schema import canonical, decode, unpack_own

EVERY = 1024  # entries from one checkpoint to the next
KEY = ("meta", b"checkpoint")
PAGE = 256  # states read at a time


def check_chain(journal, start: int = 0) -> None:
    """Recompute the leaf of every entry from `start` on that was not erased.

    Raises:
        Refused: naming the first entry whose leaf is not the one in the tree, or that was erased
            before its time.
    """
    least = KEPT["activity"]
    for position in range(start, journal.size):
        header, salt, body, _ = journal.entry(position)
        if body is None:
            if header.time + least > journal.time:
                raise _damaged(f"entry {position} is missing before its time")
        elif entry_leaf(header, salt, body) != journal.tree.leaf(position):
            raise _damaged(f"entry {position} is not the one in the tree")


def states_digest(store) -> bytes:
    """SHA3-256 over every state, by kind and key: canonical [kind, key, state], one by one."""
    digest = sha3_256(b"optin/v1/states")
    for kind in sorted(STATES):
        rows, after = store.states(kind, b"", PAGE), b""
        while rows:
            for after, state in rows:
                digest.update(canonical([kind, after, state]))
            rows = store.states(kind, after, PAGE)
    return digest.digest()


class Checkpoints:
    """Keeps the latest head that the node signed for itself, and verifies what came after it.

    Args:
        node: Node; its journal, store and keys are there.
    """

    def __init__(self, node) -> None:
        self._node = node
        self._size = 0
        self._with_states = False  # the next one, and at once

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
            content, signature = unpack_own(kept)
            head = decode(records.Checkpoint, content).head
            size = head.size
            if not node.crypto.verify(node.public_key, CHECKPOINT, content, signature):
                raise _damaged("its checkpoint is not signed by this node")
            if size > journal.size or journal.tree.root(size) != head.root:
                raise _damaged(f"the first {size} entries are not the ones that were signed")
        check_chain(journal, size)
        self._size = size
        return journal.size - size

    def want_states(self) -> None:
        """Have the next checkpoint, at the next commit, cover all states."""
        self._with_states = True

    def keep(self, least=EVERY) -> None:
        """Sign a checkpoint if there are `least` entries since the last one; the caller commits.

        Without a source of randomness it is put off, unless the commit cannot be without it.

        Raises:
            NoEntropy: that is so.
        """
        node = self._node
        due = node.journal.size - self._size >= least and not node.randomness.failure
        if not due and not self._with_states:
            return
        states = states_digest(node.store) if self._with_states else None
        self._with_states = False
        content = canonical(records.Checkpoint(node.journal.head(ZEROS), states))
        signature = node.sign(CHECKPOINT, content)
        node.store.put(KEY[0], KEY[1], canonical([content, signature]))
        self._size = node.journal.size


def _damaged(what):
    return Refused(
        "the journal was changed or damaged: " + what,
        "the store as the node left it",
        "restore the store from a backup",
    )

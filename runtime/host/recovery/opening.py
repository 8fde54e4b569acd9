"""A dead node's journal, from what it left behind to a file that anybody can verify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runtime.host.audit.bundle import Bundle, Identity
from runtime.host.audit.tree import Tree
from runtime.host.recovery.kept import Kept, NotOpened
from runtime.wire.records import Entry, SignedHead


def recovered(kept: Kept, identity: Identity, heads: Iterable[SignedHead]) -> Bundle:
    """The journal, held against every head that anybody has.

    Args:
        kept: what the node left behind, unlocked.
        identity: of the node.
        heads: that the node signed, their signatures checked; at least one.

    Raises:
        NotOpened: it is not whole, or does not go on from one of the heads; says by how much.
    """
    known = sorted(heads, key=_size)
    if not known:
        raise NotOpened(
            "nobody has a head that the node signed",
            "one that the operator or a witness was shown while the node lived",
            "have a witness release its share from the key folder that has met the node",
        )
    entries = list(kept.entries())
    hold_against(entries, known)
    return Bundle(identity, None, entries, known[-1])


def hold_against(entries: Sequence[Entry], heads: Iterable[SignedHead]) -> None:
    """Hold entries, from the first on, against heads that their node signed.

    Raises:
        NotOpened: they end before one of them, or are others.
    """
    tree, size = Tree(), 0
    for signed in sorted(heads, key=_size):
        head = signed.head
        if head.size > len(entries):
            raise NotOpened(
                f"the file has {len(entries)} entries and the node signed for {head.size}",
                "what the node left behind last",
                "find a newer copy: this one would lose what was acknowledged",
            )
        for entry in entries[size : head.size]:
            tree.append(entry.leaf)
        size = head.size
        if tree.root() != head.root:
            raise NotOpened(
                f"the first {size} entries are not those that the node signed for",
                f"a tree whose root begins with {head.root.hex()[:16]}",
                "keep the file as evidence, and find the true one",
            )


def _size(signed: SignedHead) -> int:
    return int(signed.head.size)

"""The journal's tree: RFC 9162 with SHA3-256, complete subtrees kept in the store."""

from struct import pack

from runtime.wire.errors import Refused
from runtime.wire.proofs import EMPTY_ROOT, node_hash


class Tree:
    """An append-only Merkle tree.

    Only complete subtrees are stored, each once; every root and proof of every earlier size is
    computed from at most 2*log2(size) of them.

    Args:
        store: the node's store.
        size: leaves already in it.
    """

    def __init__(self, store, size: int = 0) -> None:
        self._store = store
        self._edge: list = []  # the last complete subtree of each level; None if it is not at hand
        self.size = size

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        level, index, digest = 0, self.size, leaf
        while index & 1:
            left = self._get(level, index - 1)
            self._put(level, index, digest)
            digest = node_hash(left, digest)
            level += 1
            index >>= 1
        self._put(level, index, digest)
        self.size += 1

    def root(self, size: int | None = None) -> bytes:
        """Root of the first `size` leaves; of all by default."""
        left = self._known(self.size if size is None else size)
        level, digest = 0, None
        while left:
            if left & 1:
                subtree = self._get(level, left - 1)
                digest = node_hash(subtree, digest) if digest else subtree
            left >>= 1
            level += 1
        return digest or EMPTY_ROOT

    def leaf(self, position: int) -> bytes:
        """Leaf hash at `position`."""
        return self._get(0, position)

    def inclusion(self, position: int, size: int) -> list[bytes]:
        """Audit path of a leaf in the first `size` leaves (section 2.1.3.1), leaf upwards.

        Raises:
            Refused: there are not so many leaves.
        """
        self._known(size)
        if not 0 <= position < size:
            raise Refused(f"entry {position} of {size}", "a position below the size of the tree")
        path = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if position < middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start = middle
        path.reverse()
        return path

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Proof that the tree of `second` leaves extends that of `first` (section 2.1.4.1)."""
        self._known(second)
        if not 0 <= first <= second:
            raise Refused(f"a tree of {first} before one of {second}", "the earlier tree first")
        if first in (0, second):
            return []
        path = []
        start, end, whole = 0, second, True
        while first != end:
            middle = start + _split(end - start)
            if first <= middle:
                path.append(self._range(middle, end))
                end = middle
            else:
                path.append(self._range(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._range(start, end))
        path.reverse()
        return path

    def _known(self, size: int) -> int:
        if size > self.size:
            raise Refused(f"a tree of {size} entries", f"at most {self.size}, which there are")
        return size

    def _range(self, start: int, end: int) -> bytes:
        count = end - start
        if count & (count - 1) == 0 and start % count == 0:
            return self._get(_log2(count), start // count)
        middle = start + _split(count)
        return node_hash(self._range(start, middle), self._range(middle, end))

    def _get(self, level: int, index: int) -> bytes:
        if level < len(self._edge) and index + 1 == self.size >> level:
            digest = self._edge[level]
            if digest:
                return digest
        return self._store.get("tree", _key(level, index))

    def _put(self, level: int, index: int, digest: bytes) -> None:
        while level >= len(self._edge):
            self._edge.append(None)
        self._edge[level] = digest
        self._store.put("tree", _key(level, index), digest)


def _key(level, index):
    return pack(">BQ", level, index)


def _log2(power):
    """Exponent of a power of two (MicroPython's int has no bit_length)."""
    exponent = 0
    while power > 1:
        power >>= 1
        exponent += 1
    return exponent


def _split(count):
    """The largest power of two below `count`."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power

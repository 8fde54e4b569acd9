"""The tree of RFC 9162 with SHA3-256: roots and proofs of every size, and what tampering does."""

from hashlib import sha3_256

from runtime.node.merkle import Tree
from runtime.wire.errors import Refused
from runtime.wire.proofs import EMPTY_ROOT, is_consistent, node_hash, root_from_inclusion
from tests.portable.ram_store import RamStore

SIZE = 20
LEAVES = [sha3_256(b"\x00leaf" + bytes([i])).digest() for i in range(SIZE)]


def root_by_definition(leaves):
    """RFC 9162, section 2.1.1, word by word."""
    if not leaves:
        return sha3_256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(root_by_definition(leaves[:split]), root_by_definition(leaves[split:]))


ROOTS = [root_by_definition(LEAVES[:size]) for size in range(SIZE + 1)]


def grown(size=SIZE):
    tree = Tree(RamStore())
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    return tree


TREE = grown()


def changed(digest):
    return bytes([digest[0] ^ 1]) + digest[1:]


def refuses(action, *arguments):
    try:
        result = action(*arguments)
    except Refused:
        return
    raise AssertionError(f"answered {result!r}")


def test_the_root_of_every_size_is_the_one_of_the_definition():
    tree = Tree(RamStore())
    for size in range(SIZE + 1):
        assert tree.size == size
        assert tree.root() == ROOTS[size]
        if size < SIZE:
            tree.append(LEAVES[size])


def test_earlier_roots_remain():
    assert [TREE.root(size) for size in range(SIZE + 1)] == ROOTS
    assert ROOTS[0] == EMPTY_ROOT


def test_leaves_remain():
    assert [TREE.leaf(position) for position in range(SIZE)] == LEAVES


def test_a_tree_goes_on_from_what_is_stored():
    store = RamStore()
    for size in range(SIZE):
        tree = Tree(store, size)
        assert tree.root() == ROOTS[size]
        tree.append(LEAVES[size])


def test_every_leaf_is_proven_in_every_size():
    for size in range(1, SIZE + 1):
        for position in range(size):
            path = TREE.inclusion(position, size)
            assert root_from_inclusion(LEAVES[position], position, size, path) == ROOTS[size]


def test_a_path_is_no_longer_than_the_tree_is_high():
    for size in range(1, SIZE + 1):
        height = 0
        while 1 << height < size:
            height += 1
        assert max([len(TREE.inclusion(position, size)) for position in range(size)]) == height


def test_a_changed_inclusion_proves_nothing():
    for size in (1, 2, 3, 7, 8, 13, SIZE):
        for position in range(0, size, 3):
            leaf, path = LEAVES[position], TREE.inclusion(position, size)
            root = ROOTS[size]
            assert root_from_inclusion(changed(leaf), position, size, path) != root
            for at in range(len(path)):
                other = path[:at] + [changed(path[at])] + path[at + 1 :]
                assert root_from_inclusion(leaf, position, size, other) != root
                short = path[:at] + path[at + 1 :]
                assert root_from_inclusion(leaf, position, size, short) != root
            assert root_from_inclusion(leaf, position, size, path + [leaf]) != root
            for wrong in range(size + 2):
                if wrong != position:
                    assert root_from_inclusion(leaf, wrong, size, path) != root


def test_a_position_outside_the_tree_is_refused():
    assert root_from_inclusion(LEAVES[0], 0, 0, []) is None
    assert root_from_inclusion(LEAVES[0], 5, 5, []) is None
    for position, size in ((0, 0), (1, 1), (SIZE, SIZE), (-1, 3), (0, SIZE + 1)):
        refuses(TREE.inclusion, position, size)


def test_every_pair_of_sizes_is_consistent():
    for second in range(SIZE + 1):
        for first in range(second + 1):
            path = TREE.consistency(first, second)
            assert is_consistent(first, ROOTS[first], second, ROOTS[second], path)


def test_a_changed_history_is_not_consistent():
    for first, second in ((1, 2), (2, 3), (3, 7), (4, 8), (6, 8), (7, SIZE), (8, SIZE), (16, 17)):
        path = TREE.consistency(first, second)
        old, new = ROOTS[first], ROOTS[second]
        assert not is_consistent(first, changed(old), second, new, path)
        assert not is_consistent(first, old, second, changed(new), path)
        for at in range(len(path)):
            other = path[:at] + [changed(path[at])] + path[at + 1 :]
            assert not is_consistent(first, old, second, new, other)
            assert not is_consistent(first, old, second, new, path[:at] + path[at + 1 :])
        assert not is_consistent(first, old, second, new, path + [old])
        assert not is_consistent(second, new, first, old, path)


def test_a_rewritten_leaf_breaks_consistency_with_every_earlier_head():
    other = Tree(RamStore())
    for position in range(SIZE):
        other.append(changed(LEAVES[position]) if position == 4 else LEAVES[position])
    for first in range(1, SIZE):
        path = other.consistency(first, SIZE)
        assert is_consistent(first, ROOTS[first], SIZE, other.root(), path) == (first <= 4)


def test_equal_sizes_are_consistent_only_with_equal_roots():
    assert is_consistent(3, ROOTS[3], 3, ROOTS[3], [])
    assert not is_consistent(3, ROOTS[3], 3, ROOTS[4], [])
    assert not is_consistent(3, ROOTS[3], 3, ROOTS[3], [ROOTS[1]])
    assert is_consistent(0, ROOTS[0], 3, ROOTS[3], [])
    assert not is_consistent(0, ROOTS[0], 3, ROOTS[3], [ROOTS[1]])


def test_a_tree_that_is_not_there_yet_is_refused():
    for first, second in ((0, SIZE + 1), (SIZE + 1, SIZE + 2), (5, 4), (-1, 4)):
        refuses(TREE.consistency, first, second)
    refuses(TREE.root, SIZE + 1)

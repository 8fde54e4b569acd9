"""The tree against pymerkle, which was written by others: roots and both kinds of proof."""

from hashlib import sha3_256

from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from runtime.node.merkle import Tree
from runtime.wire.proofs import is_consistent, root_from_inclusion
from tests.portable.ram_store import RamStore

SETTINGS = settings(derandomize=True, deadline=None, max_examples=60)
entries = st.lists(st.binary(max_size=40), min_size=1, max_size=150)


def both(data):
    """Our tree and the oracle's over the same data; the oracle hashes 0x00 before each entry."""
    ours, oracle = Tree(RamStore()), InmemoryTree(algorithm="sha3_256")
    for entry in data:
        ours.append(sha3_256(b"\x00" + entry).digest())
        oracle.append_entry(entry)
    return ours, oracle


@SETTINGS
@given(entries)
def test_roots_of_all_sizes_agree(data):
    ours, oracle = both(data)
    for size in range(len(data) + 1):
        assert ours.root(size) == oracle.get_root(size)


@SETTINGS
@given(entries, st.data())
def test_inclusion_proofs_agree(data, draw):
    ours, oracle = both(data)
    size = draw.draw(st.integers(1, len(data)))
    position = draw.draw(st.integers(0, size - 1))
    proof = oracle.prove_inclusion(position + 1, size)
    leaf, *path = proof.path
    assert path == ours.inclusion(position, size)
    assert root_from_inclusion(leaf, position, size, path) == oracle.get_root(size)
    verify_inclusion(ours.leaf(position), ours.root(size), proof)


@SETTINGS
@given(entries, st.data())
def test_consistency_proofs_agree(data, draw):
    ours, oracle = both(data)
    second = draw.draw(st.integers(1, len(data)))
    first = draw.draw(st.integers(1, second))
    path = ours.consistency(first, second)
    assert is_consistent(first, oracle.get_root(first), second, oracle.get_root(second), path)
    proof = oracle.prove_consistency(first, second)
    verify_consistency(ours.root(first), ours.root(second), proof)
    leaves = [oracle.get_leaf(index) for index in range(1, second + 1)]
    assert path == (proof_by_definition(first, leaves, True) if first < second else [])


def root_by_definition(leaves):
    """RFC 9162, section 2.1.1."""
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    pair = root_by_definition(leaves[:k]) + root_by_definition(leaves[k:])
    return sha3_256(b"\x01" + pair).digest()


def proof_by_definition(m, leaves, whole):
    """SUBPROOF of RFC 9162, section 2.1.4.1."""
    n = len(leaves)
    if m == n:
        return [] if whole else [root_by_definition(leaves)]
    k = split(n)
    if m <= k:
        return [*proof_by_definition(m, leaves[:k], whole), root_by_definition(leaves[k:])]
    return [*proof_by_definition(m - k, leaves[k:], False), root_by_definition(leaves[:k])]


def split(n):
    return 1 << (n - 1).bit_length() - 1

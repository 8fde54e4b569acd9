"""An opened view: what a partner got to see, checked against what the node committed itself to.

When a user consents the node signs the root over 256 salted leaves, one a field. A view opens the
leaves of the fields that it shows. Whoever knows the node's key can check every value, its form and
its place in the registry, offline and at any later time, and learns nothing of the other leaves.
"""

from __future__ import annotations

from typing import NamedTuple

from runtime.host.crypto import Crypto
from runtime.host.masks import indexes_of
from runtime.wire import commands, records
from runtime.wire.proofs import commitment_leaf, commitment_root
from runtime.wire.schema import canonical, make_id


class NotAsCommitted(Exception):
    """A view does not show what the node has signed; says what is wrong."""


class Opened(NamedTuple):
    """A view with what it takes to check it."""

    grant: records.ViewGrant
    commitment: records.Commitment
    signature: bytes  # 4,627 bytes, the node's over the commitment


def check_opened(opened: Opened, public_key: bytes) -> dict[int, str | bool]:
    """Check that every value shown is the one in its leaf of the commitment.

    The pairwise id is not in a leaf: only the node vouches for it, when it answers.

    Args:
        opened: the view.
        public_key: the node's ML-DSA-87 key, 2,592 bytes, known beforehand.

    Returns:
        What a program reads, by registry index: text, degraded or as it is; for presence a bool.

    Raises:
        NotAsCommitted: naming the first thing that is not right.
    """
    grant, commitment, signature = opened
    if commands.node_id(public_key) != commitment.node:
        raise NotAsCommitted("the commitment is another node's")
    if commitment.record != grant.record or not Crypto().verify(
        public_key, commands.COMMITMENT, canonical(commitment), signature
    ):
        raise NotAsCommitted("the node's commitment is not one to this record, or not signed")
    if make_id("optin/v1/view", grant.code) != grant.record:
        raise NotAsCommitted("the view record is not one of this code")
    shown = _shown(grant)
    if len(grant.openings) != len(shown):
        raise NotAsCommitted(
            "the view opens more or fewer leaves of the commitment than it has fields"
        )
    for (index, value), form, opening in zip(
        shown.items(), grant.transforms, grant.openings, strict=True
    ):
        leaf = commitment_leaf(opening.salt, index, form, value)
        if commitment_root(leaf, index, opening.path) != commitment.root:
            raise NotAsCommitted(
                f"field {index} is not what the node committed itself to at the consent"
            )
    return {
        index: value == b"\x01" if form == "BooleanOnly" else value.decode(errors="replace")
        for (index, value), form in zip(shown.items(), grant.transforms, strict=True)
    }


def _shown(grant: records.ViewGrant) -> dict[int, bytes]:
    """The values of a view as they came, by registry index."""
    values: dict[int, bytes] = {}
    rest = grant.fields
    indexes = indexes_of(grant.returned)
    if len(indexes) != len(grant.transforms):
        raise NotAsCommitted("the view names more or fewer forms than fields")
    for index in indexes:
        size = int.from_bytes(rest[:2], "little")
        value, left = rest[2 : 2 + size], rest[2 + size :]
        if len(rest) < 2 or len(value) != size:
            raise NotAsCommitted("the view ends within a field")
        rest = left
        values[index] = value
    if rest:
        raise NotAsCommitted("the view holds more than the fields it names")
    return values

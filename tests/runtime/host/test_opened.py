"""An opened view: what holds against the commitment, and what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.host import steps
from runtime.host.client import Client
from runtime.host.crypto import Crypto
from runtime.host.masks import mask_of
from runtime.host.opened import NotAsCommitted, Opened, check_opened
from runtime.wire import commands, records
from runtime.wire.proofs import commitment_leaf, commitment_path, commitment_tree
from runtime.wire.schema import canonical, evolve, make_id
from tests.runtime.host.served import Served
from tests.runtime.host.test_client import with_node
from tests.runtime.host.test_steps import EXACT, PRESENCE, Engaged

SEED = bytes(32)
KEY = Crypto().public_key(SEED)
CODE = b"c" * 32
RECORD = make_id("optin/v1/view", CODE)


def view(values: dict[int, str | bool], changed: dict[str, Any] | None = None) -> Opened:
    """A view as a node commits itself to it, made without the node's code; then some changes."""
    forms = {i: PRESENCE if isinstance(value, bool) else EXACT for i, value in values.items()}
    shown = {
        i: bytes([value]) if isinstance(value, bool) else value.encode()
        for i, value in values.items()
    }
    salts = [make_id("test/salt", index) for index in range(256)]
    leaves = [
        commitment_leaf(salts[i], i, forms[i], shown[i]) if i in values else salts[i]
        for i in range(256)
    ]
    tree = commitment_tree(leaves)
    root = tree[-32:]
    order = sorted(values)
    grant = records.ViewGrant(
        RECORD,
        CODE,
        b"p" * 32,
        mask_of(order),
        tuple(forms[i] for i in order),
        b"".join(len(shown[i]).to_bytes(2, "little") + shown[i] for i in order),
        tuple(records.Opening(salts[i], tuple(commitment_path(tree, i))) for i in order),
    )
    commitment = records.Commitment(commands.node_id(KEY), RECORD, b"h" * 32, root)
    signature = Crypto().sign(SEED, commands.COMMITMENT, canonical(commitment))
    return Opened(evolve(grant, **(changed or {})), commitment, signature)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(
    st.dictionaries(
        st.integers(0, 255),
        st.one_of(st.booleans(), st.text(st.characters(codec="utf-8"), max_size=20)),
        max_size=12,
    )
)
def test_values_of_a_view_come_out_as_they_went_in(values: dict[int, str | bool]) -> None:
    assert check_opened(view(values), KEY) == values


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"transforms": (EXACT,)}, "more or fewer forms"),
        ({"fields": b"\x01\x00a"}, "ends within a field"),
        ({"fields": b"\x01\x00a\x05\x00b"}, "ends within a field"),
        ({"fields": b"\x01\x00a\x01"}, "ends within a field"),
        ({"fields": b"\x01\x00a\x01\x00bc"}, "more than the fields"),
        ({"fields": b"\x01\x00a\x01\x00c"}, "field 1 is not what the node committed itself to"),
        ({"fields": b"\x01\x00b\x01\x00a"}, "field 0 is not what the node committed itself to"),
        ({"transforms": (EXACT, "AgeRange")}, "field 1 is not what"),
        ({"returned": mask_of([0, 2])}, "field 2 is not what"),
        ({"openings": ()}, "more or fewer leaves"),
        ({"code": b"d" * 32}, "not one of this code"),
        ({"record": b"r" * 32}, "not one to this record"),
    ],
)
def test_a_view_that_was_changed_is_noticed(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(NotAsCommitted, match=words):
        check_opened(view({0: "a", 1: "b"}, changed), KEY)


def test_a_commitment_is_the_nodes_own_and_signed() -> None:
    right = view({0: "a"})
    other = Crypto().public_key(bytes([1]) * 32)
    with pytest.raises(NotAsCommitted, match="another node's"):
        check_opened(right, other)
    with pytest.raises(NotAsCommitted, match="not signed"):
        check_opened(right._replace(signature=bytes(4627)), KEY)
    with pytest.raises(NotAsCommitted, match="not signed"):
        check_opened(
            right._replace(commitment=evolve(right.commitment, consent_hash=bytes(32))), KEY
        )


def test_what_a_node_shows_is_checked_again_without_it(tmp_path: Path) -> None:
    async def test(client: Client, _: Served) -> None:
        engaged = await Engaged().set_up(client, also=(1,))
        seen = await steps.fetch_view(client, engaged.cast.partner, engaged.record)
        assert check_opened(seen.opened, client.identity.public_key) == {
            0: "Ada", 1: "ada@example.org", 2: False}  # fmt: skip

    with_node(tmp_path, test)

"""Hostile requests: whatever comes off the line gets a typed error, and changes nothing."""

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.cpython.store import SqliteStore
from runtime.host.crypto import Crypto
from runtime.wire import records
from runtime.wire.errors import ERRORS, Malformed
from runtime.wire.schema import canonical, unpack
from tests.portable.world import EUR, World

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.text(max_size=40)
    | st.binary(max_size=80)
    | st.sampled_from([bytes(32), bytes(4627), bytes(2592), bytes(1568), EUR]),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=20,
)
METHODS = sorted(records.REQUESTS) + sorted(records.INTERNAL) + ["", "nonsense", "__init__"]


@pytest.fixture(scope="module")
def world() -> World:
    return World(SqliteStore(":memory:"), Crypto()).ready()


def answer(world: World, method: str, params: Any) -> tuple[Any, Any]:
    size = world.node.journal.size
    error, result = world.send(method, params)
    assert not world.failures, world.failures
    if error:
        assert error[0] in ERRORS
        assert error[0] != "fault"
        assert world.node.journal.size == size or error[0] == "refused"
    return error, result


@settings(max_examples=400, deadline=None)
@given(method=st.sampled_from(METHODS), params=VALUES)
def test_any_values_get_an_answer(world: World, method: str, params: Any) -> None:
    answer(world, method, params)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_signed_command_changed_anywhere_is_refused(world: World, data: st.DataObject) -> None:
    shares = records.Shares(data.draw(st.integers(0, 6000)), 2000, 1000, 1000)
    nonce = world.operator.nonce
    signed = canonical(world.signed(world.operator, "define_rules", shares))
    world.operator.nonce = nonce
    at = data.draw(st.integers(0, len(signed) - 1))
    flipped = bytes([signed[at] ^ data.draw(st.integers(1, 255))])
    try:
        params = unpack(signed[:at] + flipped + signed[at + 1 :])
    except Malformed:
        return
    error, _ = answer(world, "define_rules", params)
    assert error


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_decode_or_are_malformed(data: bytes) -> None:
    try:
        unpack(data)
    except Malformed as error:
        assert error.wrong


@given(depth=st.integers(17, 5000))
def test_deep_nesting_is_refused_before_it_is_decoded(depth: int) -> None:
    with pytest.raises(Malformed, match="nested"):
        unpack(b"\x91" * depth + b"\xc0")


def test_what_the_codec_does_not_know_is_refused() -> None:
    for value in (1.5, {"a": 1}, msgpack.ExtType(1, b""), -(1 << 63)):
        data = msgpack.packb(value)
        if isinstance(value, int):
            assert unpack(data) == value
        else:
            with pytest.raises(Malformed):
                unpack(data)

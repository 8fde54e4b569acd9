"""The codec against hostile bytes, and against the msgpack library on the values it takes."""

import msgpack
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runtime.wire import records, schema
from runtime.wire.errors import Malformed
from runtime.wire.schema import canonical, decode, spec_of, unpack, unpack_canonical

SETTINGS = settings(derandomize=True, deadline=None, max_examples=200)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.binary(max_size=300)
    | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=20),
    max_leaves=60,
)  # fmt: skip


def depth(value):
    return 1 + max((depth(item) for item in value), default=0) if isinstance(value, list) else 0


@SETTINGS
@given(st.binary(max_size=200))
@example(b"\x91" * 200)
@example(b"\xdd\xff\xff\xff\xff")
@example(b"\xc6\xff\xff\xff\xff")
@example(b"\xdb\xff\xff\xff\xff")
@example(b"\xdc\xff")
def test_hostile_bytes_are_malformed_or_mean_what_they_say(data):
    try:
        value = unpack(data)
    except Malformed:
        return
    assert msgpack.unpackb(data, raw=False) == value


@SETTINGS
@given(values)
def test_every_value_has_one_encoding_and_comes_back(value):
    encoding = canonical(value)
    if depth(value) > schema.MAX_DEPTH:
        return
    assert unpack_canonical(encoding) == value
    assert unpack_canonical(memoryview(encoding)) == value


@SETTINGS
@given(values, st.integers(0, 400), st.integers(1, 255))
def test_no_two_encodings_decode_to_one_value(value, place, flip):
    encoding = bytearray(canonical(value))
    encoding[place % len(encoding)] ^= flip
    try:
        changed = unpack_canonical(bytes(encoding))
    except Malformed:
        return
    assert canonical(changed) == bytes(encoding) != canonical(value)


@SETTINGS
@given(st.sampled_from(schema.specs()), values)
def test_validation_raises_nothing_but_malformed(spec, value):
    for hostile in (value, [value] * len(spec.fields)):
        try:
            record = spec.build(hostile)
        except Malformed as error:
            assert str(error)
            continue
        assert spec_of(type(record)) is spec


@SETTINGS
@given(st.binary(max_size=120))
def test_decoding_a_record_raises_nothing_but_malformed(data):
    for record in (records.Command, records.Signed, records.Body, records.Terms):
        try:
            decode(record, data)
        except Malformed:
            continue

"""The libraries that MicroPython lacks, against those they stand for."""

import hashlib
import struct

import msgpack
import pytest
from cobs import cobs
from hypothesis import example, given
from hypothesis import strategies as st

import firmware.lib.cobs.cobs as our_cobs
import firmware.lib.hashlib as our_hashlib
import firmware.lib.msgpack as our_msgpack

RATE = 136

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=40)
    | st.binary(max_size=300)
)
objects = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.binary(max_size=4), inner, max_size=20)
    ),
    max_leaves=40,
)
edges_of_lengths = [0, 15, 16, 31, 32, 255, 256, 65535, 65536]


def has_refused_type(obj):
    if isinstance(obj, (list, tuple)):
        return any(has_refused_type(item) for item in obj)
    if isinstance(obj, dict):
        return any(has_refused_type(item) for item in obj.values())
    return isinstance(obj, (float, msgpack.ExtType, msgpack.Timestamp))


def outcome(unpackb, data, **options):
    try:
        return unpackb(data, **options)
    except ValueError:
        return ValueError


@given(st.binary(max_size=3 * RATE))
@example(b"a" * (RATE - 1))
@example(b"a" * RATE)
@example(b"a" * (RATE + 1))
def test_sha3_256_is_that_of_the_standard_library(data):
    ours = our_hashlib.sha3_256(data)
    assert ours.digest() == hashlib.sha3_256(data).digest()
    assert ours.hexdigest() == hashlib.sha3_256(data).hexdigest()


@given(st.binary(max_size=2 * RATE), st.integers(0, 3 * RATE))
@example(b"", RATE)
@example(b"", RATE + 1)
def test_shake_256_is_that_of_the_standard_library(data, length):
    ours = our_hashlib.shake_256(data)
    assert ours.digest(length) == hashlib.shake_256(data).digest(length)
    assert ours.hexdigest(length) == hashlib.shake_256(data).hexdigest(length)


@given(st.lists(st.binary(max_size=2 * RATE), max_size=5))
def test_hashing_in_pieces_is_hashing_the_whole(pieces):
    ours, theirs = our_hashlib.sha3_256(), hashlib.sha3_256()
    for piece in pieces:
        ours.update(memoryview(piece))
        theirs.update(piece)
        assert ours.digest() == theirs.digest()


def test_sha256_is_the_interpreters_own():
    assert our_hashlib.sha256 is hashlib.sha256


@given(objects)
def test_packing_gives_the_bytes_of_msgpack(obj):
    assert our_msgpack.packb(obj, use_bin_type=True) == msgpack.packb(obj, use_bin_type=True)


@given(objects, st.booleans(), st.booleans())
def test_unpacking_gives_the_object_of_msgpack(obj, raw, use_list):
    data = msgpack.packb(obj)
    options = {"raw": raw, "use_list": use_list}
    assert our_msgpack.unpackb(data, **options) == msgpack.unpackb(data, **options)


@pytest.mark.parametrize("size", edges_of_lengths)
@pytest.mark.parametrize("make", [lambda n: "a" * n, bytes, lambda n: [None] * n, lambda n: n])
def test_lengths_and_numbers_take_their_shortest_form(make, size):
    assert our_msgpack.packb(make(size)) == msgpack.packb(make(size))
    assert our_msgpack.unpackb(msgpack.packb(make(size))) == make(size)


@pytest.mark.parametrize("size", edges_of_lengths)
def test_maps_take_their_shortest_form(size):
    obj = {str(key): None for key in range(size)}
    assert our_msgpack.packb(obj) == msgpack.packb(obj)
    assert our_msgpack.unpackb(msgpack.packb(obj)) == obj


@pytest.mark.parametrize("bits", [5, 7, 8, 15, 16, 31, 32, 63, 64])
def test_numbers_around_each_power_of_two_take_their_shortest_form(bits):
    for number in (2**bits - 1, 2**bits, -(2**bits), -(2**bits) - 1):
        if -(2**63) <= number < 2**64:
            assert our_msgpack.packb(number) == msgpack.packb(number)
            assert our_msgpack.unpackb(msgpack.packb(number)) == number
        else:
            with pytest.raises(OverflowError):
                our_msgpack.packb(number)


@given(st.binary(max_size=40))
@example(b"\x81\x01\x02")
@example(b"\x92\x01")
@example(b"\x01\x02")
@example(b"\xa1\xff")
@example(b"\xc1")
def test_any_bytes_are_read_as_msgpack_reads_them_or_refused(data):
    theirs = outcome(msgpack.unpackb, data)
    if has_refused_type(theirs):
        theirs = ValueError
    assert outcome(our_msgpack.unpackb, data) == theirs


@given(objects, st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.integers(0, 8))
def test_lengths_are_bounded_as_msgpack_bounds_them(obj, text, data, array, pairs):
    options = {
        "max_str_len": text,
        "max_bin_len": data,
        "max_array_len": array,
        "max_map_len": pairs,
        "max_ext_len": 0,
    }
    packed = msgpack.packb(obj)
    assert outcome(our_msgpack.unpackb, packed, **options) == outcome(
        msgpack.unpackb, packed, **options
    )


def test_a_length_without_its_bytes_is_refused_before_memory_is_taken_for_it():
    for head in (0xC6, 0xDB, 0xDD, 0xDF):
        with pytest.raises(ValueError, match="incomplete"):
            our_msgpack.unpackb(struct.pack(">BI", head, 2**32 - 1))


@pytest.mark.parametrize("obj", [1.5, [0.0], {"a": float("nan")}])
def test_floats_are_refused_both_ways(obj):
    with pytest.raises(ValueError, match="floats are refused"):
        our_msgpack.packb(obj)
    with pytest.raises(ValueError, match="is refused"):
        our_msgpack.unpackb(msgpack.packb(obj))


def test_extension_types_are_refused():
    for size in (1, 2, 3, 4, 8, 16, 300, 70000):
        with pytest.raises(ValueError, match="is refused"):
            our_msgpack.unpackb(msgpack.packb(msgpack.ExtType(5, bytes(size))))


def test_other_types_cannot_be_packed():
    with pytest.raises(TypeError, match="'set'"):
        our_msgpack.packb({1})
    with pytest.raises(ValueError, match="use_bin_type"):
        our_msgpack.packb(b"", use_bin_type=False)


@pytest.mark.parametrize("wrap", [lambda obj: [obj], lambda obj: {"a": obj}])
def test_nesting_is_bounded_both_ways(wrap):
    obj = None
    for _ in range(our_msgpack.MAX_DEPTH):
        obj = wrap(obj)
    assert our_msgpack.unpackb(our_msgpack.packb(obj)) == obj
    with pytest.raises(ValueError, match="recursion limit"):
        our_msgpack.packb(wrap(obj))
    with pytest.raises(ValueError, match="recursion limit"):
        our_msgpack.unpackb(msgpack.packb(wrap(obj)))


def test_map_keys_may_be_of_any_type_if_so_asked():
    data = msgpack.packb({1: 2})
    with pytest.raises(ValueError, match="not allowed for map key"):
        our_msgpack.unpackb(data)
    assert our_msgpack.unpackb(data, strict_map_key=False) == {1: 2}


@given(st.binary(max_size=600))
@example(bytes(3))
@example(b"a" * 253)
@example(b"a" * 254)
@example(b"a" * 255)
@example(b"a" * 254 + b"\0")
@example(b"a" * 508)
@example(b"a" * 508 + b"\0b")
def test_cobs_encodes_as_the_package_does_and_back(data):
    encoded = our_cobs.encode(data)
    assert encoded == cobs.encode(data)
    assert our_cobs.encode(memoryview(data)) == encoded
    assert our_cobs.decode(encoded) == data
    assert our_cobs.decode(bytearray(encoded)) == data


@given(st.binary(max_size=30) | st.binary(max_size=300).map(lambda data: b"\xff" + data))
def test_cobs_decodes_any_bytes_as_the_package_does_or_refuses_them(data):
    try:
        expected = cobs.decode(data)
    except cobs.DecodeError:
        with pytest.raises(our_cobs.DecodeError):
            our_cobs.decode(data)
    else:
        assert our_cobs.decode(data) == expected

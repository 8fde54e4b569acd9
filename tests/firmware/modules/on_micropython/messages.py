"""Decoding leaves nothing behind, on MicroPython, and what is made in C is like any object."""

import gc
from collections import namedtuple

import msgpack
from cobs import cobs

VALUE = [1, 2**40, "text", bytes(32), None, True, [[0, "ExactValue"], ["x"]], bytes(4627)]
ROUNDS = 10_000


def raised_by(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:
        return error
    return None


def test_ten_thousand_messages_leave_no_memory_behind():
    packed, sizes = msgpack.packb(VALUE), []
    stuffed = cobs.encode(packed)
    for number in range(ROUNDS):
        assert len(msgpack.unpackb(packed)) == 8
        raised_by(msgpack.unpackb, packed[: number % len(packed)])
        assert len(cobs.decode(stuffed)) == len(packed)
        raised_by(cobs.decode, stuffed[: number % len(stuffed)])
        msgpack.packb(VALUE)
        if number in (99, ROUNDS - 1):
            gc.collect()
            sizes.append(gc.mem_alloc())
    assert sizes[1] <= sizes[0] + 500, sizes


def test_records_and_what_is_derived_from_arrays_pack_as_arrays():
    Pair = namedtuple("Pair", ("left", "right"))

    class Named(Pair):
        pass

    class Tuple(tuple):
        pass

    class List(list):
        pass

    packed = msgpack.packb([1, "x"])
    for value in (Pair(1, "x"), Named(1, "x"), Tuple((1, "x")), List([1, "x"]), (1, "x")):
        assert msgpack.packb(value) == packed
    assert raised_by(msgpack.packb, object()).args == ("can not serialize 'object' object",)


def test_bytes_made_in_c_are_keys_like_any_other():
    for size in (0, 1, 32, 5000):
        made = msgpack.unpackb(msgpack.packb(bytes(size)))
        assert {bytes(size): 1}[made] == 1 and {made: 1}[bytes(size)] == 1
        assert made == bytes(size) and hash(made) == hash(bytes(size))


def test_memory_that_a_hostile_message_takes_is_bounded_by_its_size():
    gc.collect()
    before = gc.mem_alloc()
    for head in (b"\xdd\xff\xff\xff\xff", b"\xdc\xff\xff" + b"\xc0" * 60_000, b"\x9f" * 60_000):
        assert isinstance(raised_by(msgpack.unpackb, head), ValueError)
        assert gc.mem_alloc() - before < 3_000_000
        gc.collect()

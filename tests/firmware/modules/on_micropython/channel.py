"""The secure channel with records in C, on MicroPython."""

import gc
import os

import _wire

from firmware.node.crypto import Crypto
from runtime.wire.channel import CLOSE, CONTENT, Direction
from tests.portable.channel_vector import EXPECTED, conversation, digests

CRYPTO = Crypto(os.urandom)
SECRET = bytes(range(32))


def refused(function, *arguments):
    try:
        function(*arguments)
    except (TypeError, ValueError) as error:
        return str(error)
    raise AssertionError("not refused")


def test_the_known_conversation_is_said_byte_by_byte():
    said, (id, other) = conversation(CRYPTO)
    assert id == other
    assert digests(said, id) == EXPECTED


def test_a_direction_in_c_makes_the_records_of_that_in_python():
    fast, plain = _wire.Direction(CRYPTO, SECRET), Direction(CRYPTO, SECRET)
    reader = _wire.Direction(CRYPTO, SECRET)
    for number in range(2100):
        size = (number * 7) % 331
        content = memoryview(bytes([number & 255]) * (size + 3))[number & 3 :]
        kind = number % 256
        record = fast.seal(kind, content)
        assert record == plain.seal(kind, bytes(content)), number
        assert reader.open(bytearray(record)) == (kind, bytes(content))
    for size in (4096, 65518):
        record = fast.seal(CLOSE, bytes(size))
        assert record == plain.seal(CLOSE, bytes(size))
        assert reader.open(memoryview(record)) == (CLOSE, bytes(size))


def test_what_is_not_the_next_record_gives_none():
    sealer, opener = _wire.Direction(CRYPTO, SECRET), _wire.Direction(CRYPTO, SECRET)
    record = sealer.seal(CONTENT, b"content")
    for wrong in (
        b"", b"\5", record[:17], record[:-1], record + b"\0", b"\4" + record[1:],
        record[:1] + bytes([record[1] ^ 1]) + record[2:], sealer.seal(CONTENT, b"later"),
    ):  # fmt: skip
        assert opener.open(wrong) is None
    assert opener.open(record) == (CONTENT, b"content")
    assert opener.open(record) is None


def test_a_direction_takes_a_secret_and_bytes_only_and_shows_nothing():
    assert "31" in refused(_wire.Direction, CRYPTO, bytes(31))
    refused(_wire.Direction, SECRET)
    direction = _wire.Direction(CRYPTO, SECRET)
    refused(direction.seal, CONTENT, "text")
    refused(direction.open, "text")
    assert repr(direction) == "<Direction>"


def test_a_direction_that_forgets_opens_nothing_any_more():
    sealer, opener = _wire.Direction(CRYPTO, SECRET), _wire.Direction(CRYPTO, SECRET)
    opener.forget()
    assert opener.open(sealer.seal(CONTENT, b"")) is None


def test_ten_thousand_records_leave_no_memory_behind():
    sealer, opener = _wire.Direction(CRYPTO, SECRET), _wire.Direction(CRYPTO, SECRET)
    sizes = []
    for number in range(10000):
        assert opener.open(sealer.seal(CONTENT, bytes(number % 300)))[0] == CONTENT
        if number in (100, 9999):
            gc.collect()
            sizes.append(gc.mem_alloc())
    assert sizes[1] <= sizes[0] + 200, sizes

"""The secure channel in C, on MicroPython."""

import gc
import os

import _wire

from firmware.node.crypto import Crypto
from runtime.wire.channel import Channel, ChannelBroken, make_channel, wrong
from runtime.wire.errors import Malformed
from tests.portable.channel_states import INCOMING, OUTCOMES, OUTGOING, End, explore
from tests.portable.channel_vector import EXPECTED, conversation, digests

CRYPTO = Crypto(os.urandom)


def in_c(outgoing=OUTGOING, incoming=INCOMING):
    return _wire.Channel(wrong, b"id", outgoing, incoming)


def in_python(outgoing=OUTGOING, incoming=INCOMING):
    return Channel(CRYPTO, b"id", outgoing, incoming)


def refused(kind, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        return str(error)
    raise AssertionError("not refused")


def test_the_known_conversation_is_said_byte_by_byte():
    said, (id, other) = conversation(CRYPTO)
    assert id == other
    assert digests(said, id) == EXPECTED


def test_it_is_what_handshakes_make():
    assert isinstance(make_channel(CRYPTO, b"id", OUTGOING, INCOMING), _wire.Channel)


def test_every_sequence_of_events_does_what_the_document_says():
    found = explore(lambda: End(in_c(), CRYPTO), 3)
    assert set(found) == OUTCOMES and min(found.values()) > 3


def test_it_says_the_records_of_the_one_in_python_and_opens_them():
    fast, plain = in_c(), in_python()
    readers = in_c(INCOMING, OUTGOING), in_python(INCOMING, OUTGOING)
    for number in range(2100):
        size = (number * 7) % 331
        content = memoryview(bytes([number & 255]) * (size + 3))[number & 3 :]
        record = fast.seal(content)
        assert record == plain.seal(bytes(content)), number
        for reader in readers:
            assert reader.open(record) == bytes(content)
    for size in (4096, 65515):
        record = fast.seal(bytearray(size))
        assert record == plain.seal(bytes(size))
        # Where it is not aligned, too.
        assert readers[0].open(memoryview(b"x" + record)[1:]) == bytes(size)
    assert fast.close() == plain.close()


def test_its_errors_are_those_of_the_one_in_python():
    for make in (in_c, in_python):
        channel = make()
        assert channel.id == b"id"
        assert "65515" in refused(Malformed, channel.seal, bytes(65516))
        assert "next record" in refused(ChannelBroken, channel.open, b"")
        assert "closed or broken" in refused(ChannelBroken, channel.open, b"")
        assert "without its close" in refused(ChannelBroken, make().end)


def test_it_takes_secrets_and_bytes_only_and_shows_nothing():
    assert "31" in refused(ValueError, in_c, bytes(31))
    assert "31" in refused(ValueError, in_c, OUTGOING, bytes(31))
    refused(TypeError, _wire.Channel, wrong, b"id", OUTGOING)
    channel = in_c()
    refused(TypeError, channel.seal, "text")
    refused(TypeError, channel.open, "text")
    refused(AttributeError, setattr, channel, "broken", False)
    assert repr(channel) == "<Channel>"


def test_ten_thousand_records_leave_no_memory_behind():
    sender, receiver = in_c(), in_c(INCOMING, OUTGOING)
    sizes = []
    for number in range(10000):
        assert len(receiver.open(sender.seal(bytes(number % 300)))) == number % 300
        if number in (100, 9999):
            gc.collect()
            sizes.append(gc.mem_alloc())
    assert sizes[1] <= sizes[0] + 200, sizes

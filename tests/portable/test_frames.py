"""Frames, on every Python there is: plain functions, nothing but assert."""

from runtime.wire import frames
from runtime.wire.frames import DATA, MORE, RESET, Decoder, Frame, encode


def make_frame(payload=b"payload", flags=DATA):
    return Frame(flags, 1, 2, 3, 4, 5, 6, payload)


def noise(seed, count):
    out = bytearray()
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
        out.append(seed >> 16 & 0xFF)
    return bytes(out)


def test_a_frame_comes_back_as_it_was():
    frame = Frame(DATA | MORE, 255, 254, 65535, 65534, 1, 0, b"\0\1\2\0")
    assert list(Decoder().feed(encode(frame))) == [frame]


def test_every_payload_length_comes_back():
    decoder = Decoder()
    for length in range(frames.PAYLOAD_LIMIT + 1):
        for payload in (bytes(length), b"\xff" * length, noise(length, length)):
            encoded = encode(make_frame(payload))
            assert len(encoded) <= length + frames.OVERHEAD
            assert [frame.payload for frame in decoder.feed(encoded)] == [payload]


def test_a_longer_payload_is_refused():
    try:
        encode(make_frame(bytes(frames.PAYLOAD_LIMIT + 1)))
    except ValueError as error:
        assert "240" in str(error)
    else:
        raise AssertionError("accepted")


def test_zero_bytes_are_only_at_the_ends():
    encoded = encode(make_frame(bytes(240)))
    assert encoded[0] == 0 and encoded[-1] == 0
    assert 0 not in encoded[1:-1]


def test_frames_arrive_byte_by_byte():
    decoder = Decoder()
    found = []
    for byte in encode(make_frame(b"a")) + encode(make_frame(b"b")):
        found += list(decoder.feed(bytes([byte])))
    assert [frame.payload for frame in found] == [b"a", b"b"]


def test_every_single_bit_error_is_noticed():
    encoded = encode(make_frame())
    for position in range(1, len(encoded) - 1):
        for bit in range(8):
            damaged = bytearray(encoded)
            damaged[position] ^= 1 << bit
            assert list(Decoder().feed(bytes(damaged))) == []


def test_a_damaged_frame_leaves_the_next_one_alone():
    encoded = encode(make_frame())
    for position in range(len(encoded)):
        for bit in range(8):
            damaged = bytearray(encoded)
            damaged[position] ^= 1 << bit
            found = list(Decoder().feed(bytes(damaged) + encode(make_frame(b"next"))))
            assert found[-1].payload == b"next"


def test_another_key_is_refused_but_not_for_a_reset():
    decoder = Decoder(key=7)
    assert list(decoder.feed(encode(make_frame(), 8))) == []
    assert decoder.bad["check"] == 1
    assert len(list(decoder.feed(encode(make_frame(), 7)))) == 1
    assert len(list(decoder.feed(encode(make_frame(flags=RESET))))) == 1


def test_without_a_key_only_a_reset_gets_through():
    decoder = Decoder(key=None)
    assert list(decoder.feed(encode(make_frame()))) == []
    assert len(list(decoder.feed(encode(make_frame(flags=RESET))))) == 1


def test_the_key_may_change_between_two_frames():
    decoder = Decoder(key=1)
    payloads = []
    for frame in decoder.feed(encode(make_frame(b"one"), 1) + encode(make_frame(b"two"), 2)):
        payloads.append(frame.payload)
        decoder.key = 2
    assert payloads == [b"one", b"two"]


def test_what_is_no_frame_is_counted_by_its_reason():
    decoder = Decoder()
    assert list(decoder.feed(b"\0" + b"\xff" * 259 + b"\0")) == []
    assert list(decoder.feed(b"\x09no\0")) == []
    assert list(decoder.feed(b"\x03no\0")) == []
    assert list(decoder.feed(bytes([17]) + b"\x01" * 16 + b"\0")) == []
    assert decoder.bad == {"long": 1, "cobs": 1, "size": 1, "check": 1, "version": 0}


def test_another_version_is_named_as_such():
    decoder = Decoder()
    own = frames.VERSION
    frames.VERSION = own + 1
    try:
        encoded = encode(make_frame())
    finally:
        frames.VERSION = own
    assert list(decoder.feed(encoded)) == []
    assert decoder.bad["version"] == 1


def test_a_run_without_delimiter_is_dropped_up_to_the_next_one():
    decoder = Decoder()
    for _ in range(100):
        assert list(decoder.feed(b"\xff" * 100)) == []
    assert len(decoder._chunk) <= frames.CHUNK_LIMIT
    assert [frame.payload for frame in decoder.feed(encode(make_frame()))] == [b"payload"]
    assert decoder.bad["long"] == 1


def test_noise_gives_no_frame_and_no_error():
    decoder = Decoder()
    for seed in range(50):
        assert list(decoder.feed(noise(seed, 1000))) == []
        assert len(decoder._chunk) <= frames.CHUNK_LIMIT

"""Frames in C against those in Python, on MicroPython."""

import random

import frames as ours

from runtime.wire import frames as model
from runtime.wire.frames import DATA, RESET, Frame
from runtime.wire.link import Link
from tests.firmware.modules.hostile_frames import KEY, cuts, flips, frames, key_of, noise

FRAME = Frame(DATA, 1, 2, 3, 4, 5, 6, b"pay\0load")
RESET_FRAME = Frame(RESET, 0, 0, 0, 0, 0, 6, bytes(16))


def raised_by(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:
        return error
    return None


def check(data, key=KEY):
    """Both decoders find the same in some bytes, and count the same."""
    one, other = ours.Decoder(key), model.Decoder(key)
    found, expected = list(one.feed(data)), list(other.feed(data))
    assert found == expected, data
    assert one.bad == other.bad, data
    return found


def test_frames_are_encoded_to_the_same_bytes():
    random.seed(1)
    for frame in frames(random):
        for key in (0, KEY, 2**32 - 1):
            assert ours.encode(frame, key) == model.encode(frame, key)
        assert ours.encode(frame) == model.encode(frame)
        assert ours.encode(tuple(frame)) == model.encode(frame)


def test_a_found_frame_has_its_fields_by_name():
    for frame in (FRAME, RESET_FRAME):
        (found,) = ours.Decoder(key=KEY).feed(ours.encode(frame, key_of(frame)))
        for name in ("flags", "seq", "ack", "held", "sent", "seen", "credit", "payload"):
            assert getattr(found, name) == getattr(frame, name)
        assert found == frame and len(found) == 8


def test_every_cut_and_every_flipped_bit_is_taken_the_same():
    for frame in (FRAME, RESET_FRAME, FRAME[:7] + (bytes(100),), FRAME[:7] + (b"\xff" * 100,)):
        frame = Frame(*frame)
        encoded = model.encode(frame, key_of(frame))
        for data in cuts(encoded):
            assert check(data)[-1] == frame
        for data in flips(encoded):
            assert check(data)[-1] == frame


def test_noise_is_taken_the_same_at_once_and_in_pieces():
    random.seed(2)
    good = 0
    for data in noise(random, 400):
        one, other = ours.Decoder(key=KEY), model.Decoder(key=KEY)
        found, expected, at = [], [], 0
        while at < len(data):
            size = 1 + random.getrandbits(random.getrandbits(3) + 1)
            found += list(one.feed(data[at : at + size]))
            expected += list(other.feed(memoryview(data)[at : at + size]))
            at += size
        assert found == expected and one.bad == other.bad
        assert check(data) == found
        good += len(found)
    assert good > 200


def test_keys_are_taken_the_same():
    data = ours.encode(FRAME, 1) + ours.encode(FRAME, 2**31 + 1) + ours.encode(RESET_FRAME)
    for key in (None, 0, 1, 2, 2**31 + 1, 2**32 - 1):
        check(data, key)
    assert check(data, None) == [RESET_FRAME]


def test_the_key_may_change_between_two_frames():
    decoder = ours.Decoder(key=1)
    found = []
    for frame in decoder.feed(ours.encode(FRAME, 1) + ours.encode(FRAME, 2)):
        found.append(frame)
        decoder.key += 1
    assert found == [FRAME, FRAME] and decoder.key == 3


def test_what_was_fed_may_change_afterwards():
    data = bytearray(ours.encode(FRAME))
    found = ours.Decoder().feed(data)
    data[3] ^= 1
    assert list(found) == [FRAME]


def test_what_is_no_frame_is_refused_in_the_same_words():
    for payload in (bytes(241), bytes(1000)):
        frame = Frame(DATA, 0, 0, 0, 0, 0, 0, payload)
        error, expected = raised_by(ours.encode, frame), raised_by(model.encode, frame)
        assert type(error) is type(expected) is ValueError
        assert error.args == expected.args
    for frame in (None, (1, 2), FRAME[:7] + ("text",), (b"",) * 8):
        assert isinstance(raised_by(ours.encode, frame), TypeError)
    for field in range(7):
        for number in (-1, 65536):
            frame = FRAME[:field] + (number,) + FRAME[field + 1 :]
            assert "expected 0 to" in str(raised_by(ours.encode, frame))
    assert isinstance(raised_by(ours.Decoder().feed, "text"), TypeError)


def test_ends_with_either_codec_understand_each_other_on_a_bad_line():
    random.seed(3)
    ends = [Link(b"one..end", 4096, codec=ours), Link(b"otherend", 1024, codec=model)]
    sent = [bytes([random.getrandbits(8) for _ in range(size)]) for size in range(0, 3000, 150)]
    for message in sent:
        ends[0].send(message)
        ends[1].send(message)
    got, now = [[], []], 0
    while not (ends[0].idle and ends[1].idle) or len(got[0]) + len(got[1]) < 2 * len(sent):
        for side in (0, 1):
            data = bytearray(ends[side].transmit(now))
            for at in range(len(data)):
                if random.getrandbits(10) == 0:
                    data[at] ^= 1 << random.getrandbits(3) % 8
            got[1 - side] += ends[1 - side].receive(bytes(data), now)
        now += 5
        assert now < 10**6
    assert got == [sent, sent]
    assert ends[0].bad["check"] + ends[0].bad["cobs"] > 0

"""Frames under generated input, and the example of the README."""

import re
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from runtime.wire import frames
from runtime.wire.frames import CHUNK_LIMIT, DATA, OVERHEAD, PAYLOAD_LIMIT, Decoder, Frame, encode
from runtime.wire.link import Link

README = Path(frames.__file__).with_name("README.md")

octet = st.integers(0, 0xFF)
pair = st.integers(0, 0xFFFF)
payload = st.binary(max_size=PAYLOAD_LIMIT)
frame = st.builds(Frame, octet, octet, octet, pair, pair, pair, pair, payload)
data_frame = frame.map(lambda any_frame: Frame(DATA, *any_frame[1:]))
# Zeros and true frames among the noise, so that the decoder gets past its first check.
hostile = st.lists(
    st.one_of(st.binary(max_size=600), st.just(b"\0"), frame.map(encode)), max_size=12
).map(b"".join)


def feed_in_chunks(decoder: Decoder, data: bytes, cuts: list[int]) -> list[Frame]:
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found: list[Frame] = []
    for start, end in pairwise(bounds):
        found += decoder.feed(data[start:end])
        assert len(decoder._chunk) <= CHUNK_LIMIT
    return found


@given(frame, st.integers(0, 0xFFFFFFFF))
def test_any_frame_comes_back_under_its_key(sent: Frame, key: int) -> None:
    encoded = encode(sent, 0 if sent.flags & frames.RESET else key)
    assert len(encoded) <= len(sent.payload) + OVERHEAD
    assert list(Decoder(key=key).feed(encoded)) == [sent]


@given(data_frame, st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))
def test_a_different_key_never_fits(sent: Frame, key: int, other: int) -> None:
    assert bool(list(Decoder(key=other).feed(encode(sent, key)))) == (key == other)


@given(hostile, st.lists(st.integers(0, 5000)))
def test_any_chunking_gives_the_same_frames_and_counts(data: bytes, cuts: list[int]) -> None:
    whole, cut = Decoder(), Decoder()
    assert feed_in_chunks(cut, data, cuts) == list(whole.feed(data))
    assert cut.bad == whole.bad


@given(hostile)
def test_any_bytes_give_frames_within_bounds(data: bytes) -> None:
    for found in Decoder().feed(data):
        assert isinstance(found, Frame)
        assert len(found.payload) <= PAYLOAD_LIMIT
        assert all(0 <= value <= 0xFFFF for value in found[:7])


@given(hostile, data_frame)
def test_a_good_frame_is_found_after_anything(data: bytes, sent: Frame) -> None:
    assert list(Decoder().feed(data + encode(sent)))[-1] == sent


def test_the_example_in_the_readme_is_what_the_code_says() -> None:
    """Each line of the README's example block is what one end writes: `A: 00 1f ...`."""
    block = README.read_text().split("```example")[1].split("```")[0]
    example = re.findall(r"^([AB]): ([0-9a-f ]+)$", block, re.MULTILINE)
    ends = {"A": Link(bytes.fromhex("a1a2a3a4a5a6a7a8"), 4096)}
    ends["B"] = Link(bytes.fromhex("b1b2b3b4b5b6b7b8"), 1024)
    ends["A"].send(b"ping")
    received = []
    written = []
    for name, _ in example:
        data = ends[name].transmit(0)
        written.append((name, data.hex(" ")))
        received += ends["B" if name == "A" else "A"].receive(data, 0)
    assert written == example
    assert received == [b"ping"]
    assert all(end.idle for end in ends.values())

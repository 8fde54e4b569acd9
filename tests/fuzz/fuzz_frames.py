"""Fuzzes the frame decoder and the link behind it with atheris (libFuzzer).

    python -m tests.fuzz.fuzz_frames [iterations] [libFuzzer options ...]

from the root of the repository; 1,000,000 iterations unless told. `-seed=1` repeats a run,
`-max_total_time=600` bounds its time, a folder's name keeps a corpus there, a file's name replays
that one input. It exits with 0 when nothing was found, 2 when atheris is not installed, and
otherwise with libFuzzer's status, having written the input that failed beside itself.
"""

import sys
from binascii import crc32

from cobs import cobs

try:
    import atheris
except ImportError:
    atheris = None

if atheris is None:
    from runtime.wire import frames, link
else:
    with atheris.instrument_imports(include=["runtime.wire"]):
        from runtime.wire import frames, link

VICTIM, PEER = b"victim##", b"peer####"


def check_decoder(data: bytes, cut: int) -> None:
    """Any bytes, cut anywhere, give the same frames, each of which encodes and decodes again."""
    whole, pieces = frames.Decoder(), frames.Decoder()
    found = list(whole.feed(data))
    assert list(pieces.feed(data[:cut])) + list(pieces.feed(data[cut:])) == found
    assert whole.bad == pieces.bad
    assert len(whole._chunk) <= frames.CHUNK_LIMIT
    for frame in found:
        assert list(frames.Decoder().feed(frames.encode(frame))) == [frame]


def open_session() -> tuple[link.Link, link.Link]:
    victim, peer = link.Link(VICTIM, 1024), link.Link(PEER, 1024)
    for _ in range(4):
        victim.receive(peer.transmit(0), 0)
        peer.receive(victim.transmit(0), 0)
    assert victim.idle
    return victim, peer


def check_link(data: bytes) -> None:
    """A peer that keeps to the framing and to nothing else; each 12 bytes describe a frame."""
    victim, peer = open_session()
    victim.send(bytes(3000))
    for index in range(0, len(data) - 11, 12):
        part = data[index : index + 12]
        pairs = [part[at] << 8 | part[at + 1] for at in (3, 5, 7, 9)]
        payload = bytes(part[11] % (frames.PAYLOAD_LIMIT + 1))
        if part[0] & frames.RESET and part[11] < 128:
            payload = (PEER, VICTIM, victim._next, part[4:12])[part[11] & 3] + part[:8]
        frame = frames.Frame(part[0], part[1], part[2], *pairs, payload)
        key = 0 if part[0] & frames.RESET else peer._key
        victim.receive(frames.encode(frame, key), index)
        assert len(victim.transmit(index)) <= 32 * 260
        assert len(victim._flight) <= link.WINDOW_LIMIT
        assert len(victim._held) < link.WINDOW_LIMIT
        assert len(victim._partial) <= link.MESSAGE_LIMIT


def check(data: bytes) -> None:
    if not data:
        return
    if data[0] & 1:
        check_link(data[1:])
    elif data[0] & 2:
        check_decoder(data[1:], data[0])
    else:
        # With a right checksum, which no fuzzer guesses.
        body = data[1:]
        check_decoder(cobs.encode(body + crc32(body).to_bytes(4, "big")) + b"\0", data[0])


def main(arguments: list[str]) -> int:
    if atheris is None:
        print("atheris is not installed: nothing was fuzzed; install the extra `test`")
        return 2
    count = arguments.pop(0) if arguments and arguments[0].isdigit() else "1000000"
    atheris.Setup([sys.argv[0], f"-atheris_runs={count}", "-max_len=1200", *arguments], check)
    atheris.Fuzz()  # does not return
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

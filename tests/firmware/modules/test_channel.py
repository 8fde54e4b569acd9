"""The secure channel's plain C: what Python says, and no more, under sanitizers and valgrind."""

import random
from struct import pack, unpack_from

from runtime.host.crypto import Crypto
from runtime.wire.channel import CLOSE, CONTENT, HEAD, Channel, ChannelBroken, Direction

SEAL, SHUT, OPEN = 1, 2, 3
PROGRAMS = 150
CRYPTO = Crypto()


def steps(rng, incoming):
    """Random steps: mostly good records of the peer, whose secret is given."""
    peer = Direction(CRYPTO, incoming)
    for _ in range(rng.randrange(1, 40)):
        what = rng.choice((SEAL, SEAL, OPEN, OPEN, OPEN))
        if rng.randrange(20) == 0:
            what = SHUT
        if what != OPEN:
            size = 0 if what == SHUT else rng.choice((0, 1, 42, 43, 63, 64, 65, 300, 1000))
            yield what, rng.randbytes(size)
            continue
        kind = CLOSE if rng.randrange(15) == 0 else CONTENT
        content = rng.randbytes(0 if kind == CLOSE else rng.randrange(400))
        record = peer.seal(kind, content)
        fate = rng.randrange(40)
        if fate == 0:
            record = record[: rng.randrange(len(record))]
        elif fate == 1:
            at = rng.randrange(len(record))
            record = record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :]
        elif fate == 2:
            record = peer.seal(rng.choice((0, 3, 255, CLOSE)), b"x")
        elif fate == 3:
            record = HEAD + rng.randbytes(rng.randrange(60))
        yield OPEN, record


def in_python(outgoing, incoming, program):
    """What comes of the steps, in the form of driver.c."""
    channel = Channel(CRYPTO, b"id", outgoing, incoming)
    out = b""
    for what, data in program:
        try:
            if what == OPEN:
                made = channel.open(data)
                result, made = (CLOSE, b"") if made is None else (CONTENT, made)
            else:
                result, made = 0, channel.seal(data) if what == SEAL else channel.close()
        except ChannelBroken:
            result, made = 255, b""
        out += bytes([result]) + pack("<I", len(made)) + made
    return out + b"\0"


def in_c(process, outgoing, incoming, program):
    codes = b"".join(pack("<BI", what, len(data)) for what, data in program)
    data = b"".join(data for _, data in program)
    return process.get("channel", outgoing + incoming, codes, data)


def test_random_programs_do_what_they_do_in_python_and_secrets_are_overwritten(sanitized):
    rng = random.Random(1)
    results = set()
    for _ in range(PROGRAMS):
        outgoing, incoming = rng.randbytes(32), rng.randbytes(32)
        program = list(steps(rng, incoming))
        found = in_c(sanitized, outgoing, incoming, program)
        assert found == in_python(outgoing, incoming, program)
        at = 0
        while at < len(found) - 1:
            results.add(found[at])
            at += 5 + unpack_from("<I", found, at + 1)[0]
    assert results == {0, CONTENT, CLOSE, 255}


def test_keys_turn_as_in_python(sanitized):
    outgoing, incoming = b"o" * 32, b"i" * 32
    peer = Direction(CRYPTO, incoming)
    program = [(SEAL, b"%d" % number) for number in range(2050)]
    program += [(OPEN, peer.seal(CONTENT, b"%d" % number)) for number in range(1030)]
    found = in_c(sanitized, outgoing, incoming, program)
    assert found == in_python(outgoing, incoming, program)


def test_no_branch_and_no_index_depends_on_a_secret(secret_keeping):
    rng = random.Random(2)
    for _ in range(20):
        outgoing, incoming = rng.randbytes(32), rng.randbytes(32)
        program = list(steps(rng, incoming))
        found = in_c(secret_keeping, outgoing, incoming, program)
        assert found == in_python(outgoing, incoming, program)

"""Redaction and shares against the portable node's."""

import random
from struct import pack, unpack

import pytest

from runtime.node.accelerator import Accelerator
from tests.firmware.crypto.material import record

PYTHON = Accelerator()


def redacted(library, data, mask):
    result, (out, kept) = library.call("redact", data, mask)
    assert result == 0
    kept = int.from_bytes(kept, "little")
    assert not any(out[kept:]), "what lies behind the kept fields is not zero"
    return out[:kept]


@pytest.mark.parametrize("fields", [0, 1, 2, 3, 8, 31, 32, 33, 64, 255, 256])
def test_redaction_is_that_of_the_portable_node(fields, library):
    rng = random.Random(fields)
    masks = [bytes(32), b"\xff" * 32, *(rng.randbytes(32) for _ in range(20))]
    masks += [(1 << rng.randrange(256)).to_bytes(32, "little") for _ in range(10)]
    for mask in masks:
        data = record(rng, fields, rng.choice([0, 1, 2, 30]))
        assert redacted(library, data, mask) == PYTHON.redact(data, mask)


def test_a_record_of_the_greatest_size_is_redacted(library):
    rng = random.Random(1)
    data = b"\xe8\x03" + rng.randbytes(1000) + b"\x13\xfc" + rng.randbytes(64531)
    assert len(data) == 65535
    for bits in (0, 1, 2, 3):
        mask = bits.to_bytes(32, "little")
        assert redacted(library, data, mask) == PYTHON.redact(data, mask)


def test_a_malformed_record_is_refused_and_nothing_is_written(library):
    good = record(random.Random(2), 9, 20)
    too_many = bytes(2 * 257)
    too_long = b"\xfe\xff" + bytes(65534)
    for bad in (good[:-1], good + b"\x01", good + b"\x01\x00", b"\x00", too_many, too_long):
        result, (out, kept) = library.call("redact", bad, b"\xff" * 32)
        assert (result, kept) == (-1, bytes(4))
        assert not any(out) or set(out) == {0xEE}


def shared(library, amount, shares, affiliate, publisher):
    result, (parts,) = library.call(
        "split", pack("<Q", amount), pack("<4H", *shares), bytes([affiliate, publisher])
    )
    assert result == 0
    return unpack("<4Q", parts)


def test_shares_are_those_of_the_portable_node(library):
    rng = random.Random(3)
    edges = [0, 1, 9999, 10000, 10001, (1 << 32) - 1, 1 << 32, (1 << 63), (1 << 64) - 1]
    amounts = edges + [rng.getrandbits(rng.randint(1, 64)) for _ in range(1000)]
    for amount in amounts:
        cuts = sorted(rng.choice([0, 10000, rng.randint(0, 10000)]) for _ in range(3))
        shares = [b - a for a, b in zip([0, *cuts], [*cuts, 10000], strict=True)]
        for affiliate in (False, True):
            for publisher in (False, True):
                expected = PYTHON.split(amount, shares, affiliate, publisher)
                assert shared(library, amount, shares, affiliate, publisher) == expected


@pytest.mark.parametrize(
    "shares", [(0, 0, 0, 0), (10000, 1, 0, 0), (9999, 0, 0, 0), (65535, 0, 0, 10001)]
)
def test_shares_that_are_not_the_whole_are_refused(shares, library):
    assert not library.accepts("split", pack("<Q", 5), pack("<4H", *shares), b"\x01\x01")

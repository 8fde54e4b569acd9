"""Redaction and shares in C against those in Python, on MicroPython."""

import random

from accelerator import Accelerator

from runtime.node.accelerator import Accelerator as Model
from runtime.wire.records import Shares

OURS, MODEL = Accelerator(), Model()


def some(size):
    return bytes([random.getrandbits(8) for _ in range(size)])


def record(fields, longest):
    made = b""
    for _ in range(fields):
        content = some(random.randrange(longest + 1))
        made += len(content).to_bytes(2, "little") + content
    return made


def refused(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    raise AssertionError("not refused")


def test_redaction_is_that_of_the_model():
    random.seed(1)
    for fields, longest in ((0, 0), (1, 0), (3, 20), (10, 300), (256, 5), (256, 0)):
        for _ in range(5):
            made = record(fields, longest)
            for mask in (some(32), bytes(32), b"\xff" * 32):
                assert OURS.redact(made, mask) == MODEL.redact(made, mask)


def test_what_is_no_record_is_refused():
    for made in (b"\x01", b"\x02\x00a", bytes(2 * 257), bytes(65536)):
        assert "record" in refused(OURS.redact, made, bytes(32))
    assert "mask has 31" in refused(OURS.redact, b"", bytes(31))


def test_shares_are_those_of_the_model():
    random.seed(2)
    for _ in range(300):
        cuts = sorted([random.randrange(10001) for _ in range(3)])
        parts = (cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 10000 - cuts[2])
        amount = random.getrandbits(30) << random.randrange(35)
        for shares in (parts, list(parts), Shares(*parts)):
            for parties in ((True, True), (True, False), (False, True), (False, False)):
                ours = OURS.split(amount, shares, *parties)
                assert ours == MODEL.split(amount, shares, *parties)
                assert sum(ours) == amount
    assert OURS.split(2**64 - 1, (10000, 0, 0, 0), True, True) == (2**64 - 1, 0, 0, 0)


def test_what_cannot_be_split_is_refused():
    for amount, shares in (
        (2**64, (10000, 0, 0, 0)), (-1, (10000, 0, 0, 0)), (1, (9999, 0, 0, 0)),
        (1, (10001, -1, 0, 0)), (1, (65536, 0, 10000, 0)),
    ):  # fmt: skip
        refused(OURS.split, amount, shares, True, True)

"""What the modules compute is what the packages from PyPI and the standard library compute."""

import random
from pathlib import Path
from struct import pack

import msgpack
import pytest

from tests.firmware.modules.evaluate import outcome

EVALUATE = Path(__file__).parent / "evaluate.py"
EDGES = (0, 1, 15, 16, 31, 32, 127, 128, 255, 256, 65535, 65536)


@pytest.fixture
def same(micropython):
    """Assert that expressions have one outcome on both Pythons; returns the outcomes."""

    def check(expressions):
        found = micropython(EVALUATE, expressions)
        expected = [outcome(expression) for expression in expressions]
        for expression, ours, theirs in zip(expressions, found, expected, strict=True):
            assert ours == theirs, expression[:200]
        return expected

    return check


def value(rng, depth=0):
    """A value of any type that a record may have."""
    kind = rng.randrange(9 if depth < 4 else 7)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind <= 2:
        return rng.choice([1, -1]) * rng.getrandbits(rng.randrange(64))
    if kind <= 4:
        return rng.randbytes(rng.choice([0, 3, 32, 255, 256, 300]))
    if kind <= 6:
        return "".join(
            chr(rng.choice([65, 0xFC, 0x20AC, 0x1F600])) for _ in range(rng.randrange(40))
        )
    made = [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3, 16, 20]))]
    return tuple(made) if kind == 7 else made


def packed(literal):
    return f"msgpack.packb({literal}, use_bin_type=True)"


def repacked(data, **options):
    """What bytes are read as, seen by packing it again, which tells all types apart."""
    given = "".join(f", {name}={bound}" for name, bound in options.items())
    unpacked = f"msgpack.unpackb(bytes.fromhex('{data.hex()}'), raw=False{given})"
    return f"msgpack.packb({unpacked})"


def test_values_are_packed_to_the_same_bytes_and_read_back(same):
    rng = random.Random(1)
    values = [value(rng) for _ in range(400)]
    same([packed(ascii(item)) for item in values])
    same([repacked(msgpack.packb(item)) for item in values])


def test_lengths_and_numbers_take_their_shortest_form_at_every_edge(same):
    literals = [f"{form} * {size}" for size in EDGES for form in ("'a'", "b'a'", "[None]")]
    literals += [f"{sign}2**{bits} + {more}" for bits in (5, 7, 8, 15, 16, 31, 32, 61, 62, 63, 64)
                 for sign in ("", "-") for more in (-1, 0, 1)]  # fmt: skip
    found = same([packed(literal) for literal in literals])
    assert found.count("OverflowError") == 6
    same([f"msgpack.unpackb(msgpack.packb({literal})) == {literal}" for literal in literals])


def refused_too(data):
    """Whether ours refuses by the type what the package reads: maps, floats, extensions."""
    try:
        found = msgpack.unpackb(data, raw=False, strict_map_key=False)
    except Exception:
        return False
    return _has_refused(found)


def _has_refused(found):
    if isinstance(found, (list, tuple)):
        return any(_has_refused(item) for item in found)
    return isinstance(found, (dict, float, msgpack.ExtType, msgpack.Timestamp))


def test_hostile_bytes_are_read_as_the_package_reads_them_or_refused(micropython, same):
    rng = random.Random(2)
    hostile = [bytes([head]) + rng.randbytes(9) for head in range(256) for _ in range(3)]
    hostile += [bytes([head]) for head in range(256)]
    for _ in range(1500):
        data = bytearray(msgpack.packb(value(rng)))
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.choice([0, 0x90, 0xC1, 0xD9, 0xDD, 0xFF, 0x7F])
        hostile.append(bytes(data[: rng.randint(1, len(data))]))
    hostile = [data for data in hostile if len(data) < 2000]
    refused = [data for data in hostile if refused_too(data)]
    assert set(micropython(EVALUATE, map(repacked, refused))) == {"ValueError"}
    found = same([repacked(data) for data in hostile if not refused_too(data)])
    assert 100 < found.count("ValueError") < len(found) - 100


def test_a_length_without_its_bytes_is_refused_before_memory_is_taken_for_it(same):
    assert set(same([repacked(pack(">BI", head, 2**32 - 1)) for head in (0xC6, 0xDB, 0xDD)])) == {
        "ValueError"
    }


def test_lengths_are_bounded_as_the_package_bounds_them(same):
    names = ("max_str_len", "max_bin_len", "max_array_len")
    same([
        repacked(msgpack.packb(item), **{name: bound})
        for item in ("abc", b"abc", [1, 2, 3], [["abc"], b"abcd"])
        for name in names
        for bound in range(6)
    ])  # fmt: skip


def test_nesting_is_bounded_both_ways(micropython):
    deepest = "[" * 17 + "]" * 17  # the empty one counts for none
    data = b"\x91" * 16 + b"\x90"
    expressions = [packed(deepest), packed(f"[{deepest}]"), repacked(data),
                   repacked(b"\x91" + data), repacked(b"\x91" * 60000 + b"\xc0")]  # fmt: skip
    assert micropython(EVALUATE, expressions) == [
        data.hex(), "ValueError", data.hex(), "ValueError", "ValueError",
    ]  # fmt: skip


def test_maps_and_floats_are_a_value_error_and_what_else_cannot_be_packed_a_type_error(micropython):
    literals = ("1.5", "{}", "[{'a': 1}]", "{1}", "range(3)", "len")
    assert micropython(EVALUATE, map(packed, literals)) == ["ValueError"] * 3 + ["TypeError"] * 3
    assert micropython(EVALUATE, ["msgpack.packb(b'', use_bin_type=False)"]) == ["ValueError"]


def test_cobs_is_that_of_the_package_both_ways(same):
    rng = random.Random(3)
    plain = [bytes(3)] + [b"a" * size + rest for size in (253, 254, 255, 508)
                          for rest in (b"", b"\0", b"\0b", b"b")]  # fmt: skip
    plain += [bytes(rng.choices([0, 1, 255], k=rng.randrange(600))) for _ in range(100)]
    plain += [bytes(rng.choices([0, 7], [1, 400], k=rng.randrange(900))) for _ in range(100)]
    hostile = [bytes(rng.choices([0, 1, 2, 3, 9, 255], [1, 9, 9, 9, 9, 2], k=rng.randrange(30)))
               for _ in range(500)]  # fmt: skip
    same([f"cobs.encode(bytes.fromhex('{data.hex()}'))" for data in plain])
    same([f"cobs.decode(cobs.encode(bytes.fromhex('{data.hex()}')))" for data in plain])
    found = same([f"cobs.decode(bytes.fromhex('{data.hex()}'))" for data in hostile])
    assert 50 < found.count("DecodeError") < 450


def test_checks_are_those_of_the_standard_library(same):
    rng = random.Random(4)
    same([f"crc32(bytes.fromhex('{rng.randbytes(size).hex()}'), {rng.getrandbits(32)})"
          for size in range(0, 300, 7)])  # fmt: skip


@pytest.mark.parametrize("name", ["sha3_256", "shake_128", "shake_256"])
def test_hashes_are_those_of_the_standard_library(same, name):
    rng = random.Random(5)
    length = "" if name == "sha3_256" else "301"
    expressions = [f"hashlib.{name}().hexdigest({length})"]
    expressions += [f"hashlib.{name}().{word}" for word in ("name", "digest_size", "block_size")]
    for size in [*range(0, 400, 9), 135, 136, 137, 167, 168, 169, 272, 5000]:
        data, rest = rng.randbytes(size).hex(), rng.randbytes(size // 3).hex()
        made = f"hashlib.{name}(bytearray.fromhex('{data}'))"
        expressions.append(f"{made}.digest({length})")
        # In pieces, with digests in between.
        expressions.append(
            f"(lambda h: [(h.update(memoryview(bytes.fromhex(piece))), h.hexdigest({length}))"
            f" for piece in ('{rest}', '', '{data}')])({made})"
        )
    same(expressions)


def test_hashes_refuse_text_and_a_length_of_their_own_or_none(micropython):
    assert set(micropython(EVALUATE, [
        "hashlib.sha3_256('text')", "hashlib.sha3_256().digest(3)", "hashlib.shake_256().digest()",
    ])) == {"TypeError"}  # fmt: skip
    assert micropython(EVALUATE, ["hashlib.shake_256().digest(-1)"]) == ["ValueError"]

"""What `_wire` does in C against the Python that it stands for, on MicroPython."""

import random
from hashlib import sha3_256, shake_256

from runtime.wire import proofs, records, schema
from runtime.wire.errors import Malformed
from runtime.wire.hkdf import hmac_sha3
from runtime.wire.native import native
from runtime.wire.schema import canonical, decode, evolve, make_id, spec_of, specs
from runtime.wire.types import (
    CHOICE,
    EXACTLY,
    FLAG,
    LIST_OF,
    MAYBE,
    RECORD,
    TEXT,
    UNSIGNED,
    UP_TO,
)

LONGEST = 40  # bytes of what has no size of its own
ODD = (None, True, False, 0, -1, 255, 1 << 32, (1 << 64) - 1, 1 << 64, "", "one", "\u20ac" * 50,
       b"", bytes(32), bytes(300), [], (), [1, b""], {}, 1.5, bytearray(32))  # fmt: skip


def randbytes(size):
    return bytes([random.getrandbits(8) for _ in range(size)])


def example(shape):
    """Values of a shape, as they are decoded."""
    form, bound = shape[0], shape[-1]
    if form == UNSIGNED:
        return random.getrandbits(random.randint(1, min(bound, 32))) << (bound - min(bound, 32))
    if form == FLAG:
        return random.getrandbits(1) == 1
    if form == EXACTLY:
        return randbytes(bound)
    if form == UP_TO:
        return randbytes(random.randint(0, min(bound, LONGEST)))
    if form == TEXT:
        return random.choice(("a", "\u20ac", "\U0001f600")) * random.randint(0, min(bound, 9) // 4)
    if form == CHOICE:
        return random.choice(shape[1:])
    if form == LIST_OF:
        return [example(bound) for _ in range(random.randint(0, min(shape[1], 2)))]
    if form == MAYBE:
        return example(bound) if random.getrandbits(1) else None
    return [example(item) for item in shape[2:]]


def changed(value):
    """A value with something in it replaced, dropped or added."""
    if not isinstance(value, list) or random.getrandbits(3) == 0:
        return random.choice(ODD)
    value = list(value)
    at = random.randint(0, len(value))
    if at == len(value):
        return value + [random.choice(ODD)] if random.getrandbits(1) else value[:-1]
    value[at] = changed(value[at])
    return value


def outcome(function, *arguments):
    """(type and value) or the words of the refusal."""
    try:
        made = function(*arguments)
    except Malformed as error:
        return str(error)
    return type(made).__name__, made


def in_python(function, *arguments):
    """The outcome without the C."""
    schema.native = proofs.native = None
    try:
        return outcome(function, *arguments)
    finally:
        schema.native = proofs.native = native


def packable(value):
    try:
        return canonical(value)
    except (TypeError, ValueError, OverflowError):
        return None


def test_every_record_is_built_and_refused_as_in_python():
    random.seed(1)
    refused = 0
    for spec in specs():
        spec.find_types()
        for i in range(20):
            value = example(spec.shape)
            if i >= 5:
                value = changed(value)
            if i % 2 and isinstance(value, list):
                value = tuple(value)
            found = outcome(spec.build, value)
            assert found == in_python(spec.build, value), (spec.name, value)
            if i < 5:
                assert native.build(spec.shape, value) == tuple(found[1]), spec.name
            refused += isinstance(found, str)
    assert refused > 500


def test_every_record_is_decoded_and_refused_as_in_python():
    random.seed(2)
    refused = good = 0
    for spec in specs():
        spec.find_types()
        for i in range(20):
            value = example(spec.shape)
            data = packable(changed(value) if i % 4 == 3 else value)
            if data is None:
                continue
            if i >= 8:
                data = bytearray(data)
                for _ in range(random.randint(1, 3)):
                    at = random.randint(0, len(data) - 1)
                    data[at] = random.choice((0, 0x90, 0xC0, 0xC4, 0xCC, 0xD0, 0xD9, 0xDC, 0xFF))
                data = bytes(data[: random.randint(len(data) - 2, len(data))])
            found = outcome(decode, spec.make, data)
            assert found == in_python(decode, spec.make, data), (spec.name, data)
            if i < 3:
                assert native.decode(spec.shape, data) == spec.build(value), spec.name
            refused += isinstance(found, str)
            good += not isinstance(found, str)
    assert refused > 500 and good > 500


def test_a_record_in_another_than_the_shortest_form_is_refused():
    shape = (RECORD, records.Header, (TEXT, 40), (UNSIGNED, 16), (UNSIGNED, 64), (UP_TO, 9))
    for form in (b"\xa1x\x01\x02\xc4\x01y", b"\xa1x\xcd\x01\x00\xcf\xff" + bytes(7) + b"\xc4\0"):
        assert native.decode(shape, b"\x94" + form) is not None
        assert native.decode(shape, b"\xdc\x00\x04" + form) is None
        assert native.decode(shape, b"\x94" + form + b"\0") is None
    for form in (b"\xd9\x01x\x01\x02\xc4\x01y", b"\xa1x\xcc\x01\x02\xc4\x01y",
                 b"\xa1x\xd0\x01\x02\xc4\x01y", b"\xa1x\x01\xd3\0\0\0\x01\0\0\0\0\xc4\x01y",
                 b"\xa1x\x01\x02\xc5\0\x01y", b"\xa1\xff\x01\x02\xc4\x01y"):  # fmt: skip
        assert native.decode(shape, b"\x94" + form) is None


def test_a_record_evolves_and_its_original_stays():
    old = records.Head(bytes(32), 1, bytes(32), 2, b"")
    new = evolve(old, size=5, time=1 << 40)
    assert new == (bytes(32), 5, bytes(32), 1 << 40, b"") and new.size == 5
    assert old.size == 1 and type(new) is type(old) and evolve(old) == old
    for wrong in (old, (1, 2), [1], None, "text", records.Head):
        try:
            evolve(wrong, absent=1)
        except TypeError:
            continue
        raise AssertionError(wrong)


def test_hashes_are_over_the_bytes_that_python_puts_together():
    random.seed(3)
    one, two, seed = randbytes(32), randbytes(32), randbytes(32)
    header = records.Header("optin/v1/entry", 1, 300, 1 << 60)
    content = randbytes(500)
    for found, hashed in (
        (make_id("tag", one, 7, None, [header]), canonical(["tag", one, 7, None, [header]])),
        (make_id("tag"), canonical(["tag"])),
        (proofs.node_hash(one, two), b"\x01" + one + two),
        (proofs.leaf_hash(one, header, two), b"\x00" + one + canonical(header) + two),
        (proofs.part_salt(one, 200), b"optin/v1/part-salt" + one + b"\xc8"),
        (proofs.part_digest(one, content), b"optin/v1/part" + one + content),
    ):
        assert found == sha3_256(hashed).digest()
    leaves = proofs.hidden_leaves(seed)
    assert b"".join(leaves) == shake_256(b"optin/v1/leaves" + seed).digest(32 * 256)
    nodes = list(leaves)
    for i in range(0, 510, 2):
        nodes.append(sha3_256(b"\x01" + nodes[i] + nodes[i + 1]).digest())
    assert proofs.commitment_tree(leaves) == b"".join(nodes) and len(nodes) == 511
    for index in (0, 1, 100, 255):
        path = proofs.commitment_path(b"".join(nodes), index)
        assert proofs.commitment_root(leaves[index], index, path) == nodes[-1]
    for size in (0, 32, 135, 136, 137, 300):
        key = content[:size]
        key = (sha3_256(key).digest() if size > 136 else key) + bytes(136)
        inner = bytes([b ^ 0x36 for b in key[:136]]) + content
        outer = bytes([b ^ 0x5C for b in key[:136]]) + sha3_256(inner).digest()
        assert hmac_sha3(content[:size], content) == sha3_256(outer).digest()


def test_what_cannot_be_hashed_is_refused():
    for function, arguments, refusal in (
        (proofs.node_hash, (bytes(31), bytes(32)), ValueError),
        (proofs.node_hash, ("text", bytes(32)), TypeError),
        (proofs.part_salt, (bytes(32), 256), ValueError),
        (proofs.part_salt, (bytes(32), -1), ValueError),
        (proofs.commitment_tree, ([bytes(32)] * 255,), TypeError),
        (proofs.commitment_tree, ([bytes(32)] * 255 + [b""],), ValueError),
        (make_id, ("tag", 1.5), ValueError),
        (make_id, ("tag", 1 << 64), OverflowError),
        (native.faces, (b"", None), TypeError),
    ):
        try:
            function(*arguments)
        except refusal:
            continue
        raise AssertionError(function)


def an_event(name):
    shape = spec_of(records.EVENTS[name]).shape
    return ["code", randbytes(32), name, example(shape)]


def bodies():
    """A body with each kind of event."""
    for name in records.EVENTS:
        spec_of(records.EVENTS[name]).find_types()
        events = (canonical(an_event(name)), canonical(an_event("code_viewed")))
        yield records.Body(1, 2, 3, "method", randbytes(50), events, randbytes(32))


def test_every_event_is_parted_and_hashed_as_in_python():
    random.seed(4)
    spec_of(records.EVENTS["code_viewed"]).find_types()
    parted = 0
    for body in bodies():
        for _ in range(2):  # the second time, C knows what is private of the event
            assert outcome(proofs.parts_of, body) == in_python(proofs.parts_of, body)
            for event in body.events:
                found = outcome(proofs.faces, event)
                assert found == in_python(proofs.faces, event)
                parted += found[1][1] != b""
        assert native.parts_of(body.blind, body.command, body.events, proofs._HIDDEN) is not None
    assert parted > 20


def test_what_is_no_event_is_refused_as_in_python():
    random.seed(5)
    refused = 0
    for body in bodies():
        for _ in range(10):
            event = bytearray(body.events[0])
            at = random.randint(0, len(event) - 1)
            event[at] = random.choice((0, 0x90, 0xA1, 0xC0, 0xDD, 0xFF))
            event = bytes(event[: random.randint(len(event) - 3, len(event))])
            native.parts_of(body.blind, b"", (event,), proofs._HIDDEN)
            if native.faces(event, proofs._HIDDEN) is None:
                assert outcome(proofs.faces, event) == in_python(proofs.faces, event)
                refused += 1
    assert refused > 50

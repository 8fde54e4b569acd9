"""The canonical encoding, its bounds, and what validation says."""

from runtime.wire import records, schema
from runtime.wire.errors import ERRORS, Malformed, NodeError, NoFunds, from_wire
from runtime.wire.schema import canonical, decode, evolve, make_id, spec_of, unpack_canonical


def malformed(action, *arguments):
    """Assert that `action` raises Malformed; returns its text."""
    try:
        result = action(*arguments)
    except Malformed as error:
        return str(error)
    raise AssertionError(f"accepted: {result!r}")


def nested(depth):
    return b"\x91" * depth + b"\xc0"


# --------------------------------------------------------------------------------- encoding


def test_values_have_one_shortest_encoding():
    for value, encoding in (
        (None, "c0"), (False, "c2"), (True, "c3"), (0, "00"), (127, "7f"), (128, "cc80"),
        (255, "ccff"), (256, "cd0100"), (65535, "cdffff"), (65536, "ce00010000"),
        ((1 << 32) - 1, "ceffffffff"), (1 << 32, "cf0000000100000000"),
        ((1 << 64) - 1, "cfffffffffffffffff"), (-1, "ff"), (-32, "e0"), (-33, "d0df"),
        ("", "a0"), ("a" * 31, "bf" + "61" * 31), ("a" * 32, "d920" + "61" * 32),
        ("\u00e9", "a2c3a9"), (b"", "c400"), (b"\x00", "c40100"), ([], "90"),
        ([1, [b"a", None]], "920192c40161c0"),
    ):  # fmt: skip
        assert canonical(value).hex() == encoding
        assert unpack_canonical(bytes.fromhex(encoding)) == value
    assert canonical((1, (b"a", None))) == canonical([1, [b"a", None]])


def test_lengths_switch_form_at_the_same_place_everywhere():
    for size, head in ((255, "c4ff"), (256, "c50100"), (65000, "c5fde8")):
        assert canonical(bytes(size))[:8].hex().startswith(head)
        assert unpack_canonical(canonical(bytes(size))) == bytes(size)
    for size, head in ((15, "9f"), (16, "dc0010"), (4096, "dc1000")):
        assert canonical([0] * size)[:4].hex().startswith(head)
        assert unpack_canonical(canonical([0] * size)) == [0] * size
    for size, head in ((255, "d9ff"), (256, "da0100")):
        assert canonical("a" * size)[:4].hex().startswith(head)


def test_longer_encodings_of_the_same_value_are_refused():
    for encoding in (
        "cc00", "cc7f", "cd0001", "cd00ff", "ce00000001", "cf0000000000000001", "d0ff", "d000",
        "d17fff", "d3ffffffffffffffff", "d900", "d90161", "da000161", "c50000", "c500016a",
        "c600000001aa", "dc0000", "dc000100", "dd0000000100",
    ):  # fmt: skip
        assert "canonical" in malformed(unpack_canonical, bytes.fromhex(encoding))


def test_maps_floats_and_extensions_are_refused():
    for encoding in (
        "80", "810000", "de0000", "df00000000", "ca00000000", "cb0000000000000000", "d40000",
        "d5000000", "c70000", "c80000", "c1", "9180",
    ):  # fmt: skip
        assert "msgpack type" in malformed(schema.unpack, bytes.fromhex(encoding))


def test_truncated_and_trailing_bytes_are_refused():
    whole = canonical([1, b"abc", "text", [None, 1 << 40]])
    for end in range(len(whole)):
        malformed(schema.unpack, whole[:end])
    malformed(schema.unpack, whole + b"\x00")
    malformed(schema.unpack, b"")


def test_text_that_is_not_utf8_is_refused():
    for encoding in ("a1ff", "a2c328", "a3eda080"):
        malformed(schema.unpack, bytes.fromhex(encoding))


def test_nesting_is_bounded_before_anything_recurses():
    assert schema.unpack(nested(schema.MAX_DEPTH))
    assert schema.unpack(b"\x91" * schema.MAX_DEPTH + b"\x90")
    assert "nested" in malformed(schema.unpack, nested(schema.MAX_DEPTH + 1))
    assert "nested" in malformed(schema.unpack, nested(60000))
    assert "nested" in malformed(schema.unpack, b"\xdd\x00\x00\x00\x02" * 10000)


def test_closed_arrays_do_not_count_as_nesting():
    assert len(schema.unpack(canonical([[[], [1], [[2]]]] * 40))) == 40


def test_messages_are_bounded_in_length_and_count():
    assert schema.unpack(canonical(bytes(65000)))
    assert "65537" in malformed(schema.unpack, bytes(schema.MAX_MESSAGE + 1))
    assert len(schema.unpack(canonical([0] * schema.MAX_ITEMS))) == schema.MAX_ITEMS
    malformed(schema.unpack, canonical([0] * (schema.MAX_ITEMS + 1)))
    malformed(schema.unpack, b"\xdd\xff\xff\xff\xff")
    malformed(schema.unpack, b"\xc6\xff\xff\xff\xff")


# ------------------------------------------------------------------------------------- ids


def test_equal_inputs_give_the_ids_that_every_node_gives():
    expected = "c717bbaedb247784171179b0c8b4f9ccbdf10c086f57c73e1fb85fcb0f677c43"
    assert make_id("optin/v1/test", b"a", 1, None).hex() == expected
    assert make_id("optin/v1/test", b"a", 1) != make_id("optin/v1/test", b"a", 1, None)
    assert make_id("optin/v1/test", b"ab", b"c") != make_id("optin/v1/test", b"a", b"bc")
    assert make_id("optin/v1/test", "a") != make_id("optin/v1/test", b"a")
    assert make_id("optin/v1/test", ("a",)) == make_id("optin/v1/test", ["a"])


# -------------------------------------------------------------------------------- validation


def test_integers_outside_their_width_are_refused():
    for bits, name in ((8, "u8"), (16, "u16"), (32, "u32"), (64, "u64")):
        kind = schema.Unsigned(bits)
        assert kind.build((1 << bits) - 1, "x") == (1 << bits) - 1
        for wrong in (1 << bits, -1, True, None, "1", b"1"):
            assert name in malformed(kind.build, wrong, "x")


def test_flags_are_not_numbers():
    for wrong in (0, 1, None, "", b""):
        malformed(schema.Flag().build, wrong, "x")


def test_bytes_are_exactly_as_long_as_declared():
    kind = schema.Exactly(3)
    assert kind.build(b"abc", "x") == b"abc"
    for wrong in (b"ab", b"abcd", "abc", None, [1, 2, 3]):
        assert "bytes(3)" in malformed(kind.build, wrong, "x")
    for wrong in (b"abcd", "abc", None):
        malformed(schema.UpTo(3).build, wrong, "x")


def test_text_is_bounded_in_bytes_not_letters():
    assert schema.Text(4).build("\u00e9\u00e9", "x") == "\u00e9\u00e9"
    malformed(schema.Text(3).build, "\u00e9\u00e9", "x")
    malformed(schema.Text(3).build, b"abc", "x")


def test_lists_are_bounded_and_name_the_item_that_is_wrong():
    kind = schema.ListOf(schema.Unsigned(8), 2)
    assert kind.build([1, 2], "x") == (1, 2)
    for wrong in ([1, 2, 3], [256], "12", None, 5):
        malformed(kind.build, wrong, "x")


def test_a_word_is_one_of_the_declared():
    kind = schema.Choice("one", "two")
    for wrong in ("three", b"one", 1, None, [], "One"):
        assert "one of one, two" in malformed(kind.build, wrong, "x")


def test_nil_stands_only_where_it_may():
    assert schema.Maybe(schema.Unsigned(8)).build(None, "x") is None
    malformed(schema.Maybe(schema.Unsigned(8)).build, b"", "x")


def test_an_error_names_the_field_what_it_holds_and_what_it_should():
    spec = spec_of(records.ConsentProof)
    text = malformed(spec.build, [bytes(32), bytes(31), bytes(32)])
    assert "ConsentProof.previous" in text and "31 long" in text and "bytes(32)" in text
    text = malformed(spec_of(records.REQUESTS["define_rules"]).build, [[1, 2, 3, 70000]])
    assert "define_rules.shares.publisher" in text and "u16" in text
    assert "Shares" in malformed(spec_of(records.Shares).build, [1, 2, 3], "Shares")


def test_a_record_has_exactly_its_fields():
    spec = spec_of(records.Shares)
    assert spec.build([1, 2, 3, 4]) == records.Shares(1, 2, 3, 4)
    for wrong in ([1, 2, 3], [1, 2, 3, 4, 5], [], None, b"1234", {"platform": 1}):
        malformed(spec.build, wrong)


def test_every_record_survives_its_own_encoding():
    from tests.portable.test_refusals import sample

    for spec in schema.SPECS:
        record = sample(spec)
        assert decode(spec.make, canonical(record)) == record
        malformed(decode, spec.make, canonical(list(record) + [None]))


def test_evolve_changes_what_it_is_told_and_refuses_the_rest():
    shares = records.Shares(1, 2, 3, 4)
    assert evolve(shares, user=9) == records.Shares(1, 9, 3, 4)
    assert shares.user == 2
    try:
        evolve(shares, nobody=1)
    except TypeError:
        return
    raise AssertionError("a field that does not exist was changed")


# ------------------------------------------------------------------------------------ errors


def test_errors_cross_the_wire_whole():
    for code in ERRORS:
        error = ERRORS[code]("wrong", "expected", "todo", 7)
        back = from_wire(schema.unpack(canonical(error.to_wire())))
        assert type(back) is type(error) and back.to_wire() == error.to_wire()
    assert str(NoFunds("a", "b", "c")) == "a; expected b; c"


def test_hostile_errors_become_a_plain_one():
    for parts in (None, [], [1], ["x"] * 6, ["funds", 1, 2, 3, "x"], [[], "", "", "", 0], 7):
        assert isinstance(from_wire(parts), NodeError)
    assert type(from_wire(["future", "a", "b", "c", 0])) is NodeError

"""The libraries that portable code imports give the same on every Python."""

import hashlib

import msgpack
from cobs import cobs

SHA3_256_OF_NOTHING = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"
SHA3_256_OF_ABC = "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"
SHA3_256_OF_200_A3 = "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787"
SHAKE_256_OF_NOTHING = "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"

PACKED = (
    (None, "c0"),
    (False, "c2"),
    (True, "c3"),
    (0, "00"),
    (127, "7f"),
    (128, "cc80"),
    (0x10000, "ce00010000"),
    (2**64 - 1, "cfffffffffffffffff"),
    (-1, "ff"),
    (-32, "e0"),
    (-33, "d0df"),
    (-129, "d1ff7f"),
    (-(2**63), "d38000000000000000"),
    ("", "a0"),
    ("Gr\u00fc\u00dfe", "a74772c3bcc39f65"),
    ("\u0800\ud7ff\ue000\uffff", "ace0a080ed9fbfee8080efbfbf"),
    ("\U00010000\U0010ffff", "a8f0908080f48fbfbf"),
    (b"\x00\x01", "c4020001"),
    ([1, [True, None]], "920192c3c0"),
)
REFUSED = ("", "92", "c1", "0000", "810102", "d40100", "dbffffffff", "ddffffffff")
NOT_UTF_8 = (
    "ff",
    "80",
    "e282",
    "c080",
    "c1bf",
    "e08080",
    "eda080",
    "f0808080",
    "f4908080",
    "f888808080",
)


def raised_by(function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None


def test_sha3_256_has_the_values_of_fips_202():
    assert hashlib.sha3_256().digest().hex() == SHA3_256_OF_NOTHING
    assert hashlib.sha3_256(b"abc").digest().hex() == SHA3_256_OF_ABC
    assert hashlib.sha3_256(b"\xa3" * 200).digest().hex() == SHA3_256_OF_200_A3


def test_hashing_in_pieces_is_hashing_the_whole():
    pieces = hashlib.sha3_256(b"\xa3" * 7)
    pieces.update(memoryview(b"\xa3" * 150))
    pieces.update(b"")
    pieces.update(bytearray(b"\xa3" * 43))
    assert pieces.digest().hex() == SHA3_256_OF_200_A3
    assert pieces.digest().hex() == SHA3_256_OF_200_A3


def test_shake_256_gives_as_many_bytes_as_asked():
    assert hashlib.shake_256(b"").digest(32).hex() == SHAKE_256_OF_NOTHING
    long = hashlib.shake_256(b"").digest(300)
    assert len(long) == 300
    assert long[:32].hex() == SHAKE_256_OF_NOTHING
    assert hashlib.shake_256(b"").digest(0) == b""


def test_msgpack_packs_and_unpacks_every_type_in_its_shortest_form():
    for obj, packed in PACKED:
        assert msgpack.packb(obj, use_bin_type=True).hex() == packed, obj
        assert msgpack.unpackb(bytes.fromhex(packed), raw=False) == obj
        assert type(msgpack.unpackb(bytes.fromhex(packed))) is type(obj)


def test_msgpack_packs_tuples_as_arrays_and_gives_them_back_if_asked():
    packed = msgpack.packb((1, (2, 3)))
    assert msgpack.unpackb(packed) == [1, [2, 3]]
    assert msgpack.unpackb(memoryview(packed), use_list=False) == (1, (2, 3))


def test_msgpack_refuses_hostile_bytes_with_a_value_error():
    for packed in REFUSED:
        error = raised_by(msgpack.unpackb, bytes.fromhex(packed), max_ext_len=0)
        assert isinstance(error, ValueError), packed
    for text in NOT_UTF_8:
        data = bytes.fromhex(text)
        assert isinstance(raised_by(msgpack.unpackb, bytes([0xA0 + len(data)]) + data), ValueError)
    deep = b"\x91" * 5000 + b"\xc0"
    assert isinstance(raised_by(msgpack.unpackb, deep), ValueError)


def test_msgpack_bounds_lengths():
    for obj, option in (
        ("abc", "max_str_len"),
        (b"abc", "max_bin_len"),
        ([1, 2, 3], "max_array_len"),
    ):
        packed = msgpack.packb(obj)
        assert msgpack.unpackb(packed, **{option: 3}) == obj
        assert isinstance(raised_by(msgpack.unpackb, packed, **{option: 2}), ValueError)


def test_msgpack_refuses_integers_beyond_64_bits():
    assert isinstance(raised_by(msgpack.packb, 2**64), OverflowError)
    assert isinstance(raised_by(msgpack.packb, -(2**63) - 1), OverflowError)


def test_cobs_encodes_and_decodes():
    for plain, encoded in (
        (b"", b"\x01"),
        (b"\0", b"\x01\x01"),
        (b"a\0b", b"\x02a\x02b"),
        (b"a" * 254, b"\xff" + b"a" * 254),
        (b"a" * 255, b"\xff" + b"a" * 254 + b"\x02a"),
    ):
        assert cobs.encode(plain) == encoded
        assert cobs.decode(encoded) == plain


def test_cobs_refuses_what_is_no_encoding():
    for data in (b"\0", b"\x02\0", b"\x03a", b"\x05abc"):
        assert isinstance(raised_by(cobs.decode, data), cobs.DecodeError)

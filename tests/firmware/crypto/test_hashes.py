"""Hashes, HMAC and HKDF against hashlib and the portable HKDF."""

import hashlib
import random

import pytest

from runtime.wire.hkdf import hkdf, hmac_sha3

# About a word, a block of each rate, two blocks.
SIZES = [0, 1, 7, 8, 9, 71, 72, 73, 135, 136, 137, 167, 168, 169, 271, 272, 273, 336, 1000]


def message(size):
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("size", SIZES)
def test_digests_of_every_size_are_hashlibs(size, library):
    data = message(size)
    assert library.get("sha3_256", data) == hashlib.sha3_256(data).digest()
    assert library.get("sha3_512", data) == hashlib.sha3_512(data).digest()
    assert library.get("shake256_at_once", data, 50) == hashlib.shake_256(data).digest(50)


@pytest.mark.parametrize("piece", [1, 3, 8, 64, 135, 136, 168, 500])
def test_pieces_absorb_and_squeeze_as_the_whole(piece, library):
    for size in SIZES:
        data = message(size)
        for length in (0, 1, 136, 168, 700):
            expected = hashlib.shake_128(data).digest(length)
            assert library.get("shake128", data, piece, length) == expected
            expected = hashlib.shake_256(data).digest(length)
            assert library.get("shake256", data, piece, length) == expected


@pytest.mark.parametrize("size", [0, 1, 32, 135, 136, 137, 300])
def test_hmac_is_that_of_the_portable_code(size, library):
    for length in SIZES:
        key, data = message(size), message(length)
        assert library.get("hmac", key, data) == hmac_sha3(key, data)


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 64, 100, 8159, 8160])
def test_hkdf_is_that_of_the_portable_code(size, library):
    for salt in (b"", b"salt", message(32), message(200)):
        for info in (b"", b"optin/v1/view"):
            derived = library.get("hkdf", message(32), salt, info, size)
            assert derived == hkdf(message(32), salt, info, size)


def test_hkdf_refuses_more_than_255_blocks(library):
    assert not library.accepts("hkdf", b"secret", b"", b"", 8161)


def test_equal_is_all_ones_for_equal_bytes_only(library):
    data = message(100)
    assert library.get("equal", data, data) == b"\xff" * 4
    assert library.get("equal", b"", b"") == b"\xff" * 4
    for bit in range(800):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert library.get("equal", data, changed) == bytes(4)

"""The crypto port on the C, on MicroPython."""

import gc
import os

import _crypto

from firmware.node.crypto import Crypto
from runtime.wire.errors import Malformed

SEED = bytes(range(32))
CRYPTO = Crypto(os.urandom)


def refused(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    raise AssertionError("not refused")


def test_a_signature_verifies_and_nothing_else_does():
    key = CRYPTO.public_key(SEED)
    signature = CRYPTO.sign(SEED, b"purpose", b"message")
    assert (len(key), len(signature)) == (2592, 4627)
    assert CRYPTO.verify(key, b"purpose", b"message", signature)
    for arguments in (
        (CRYPTO.public_key(bytes(32)), b"purpose", b"message", signature),
        (key, b"other", b"message", signature),
        (key, b"purpose", b"other", signature),
        (key, b"purpose", b"message", bytes([signature[0] ^ 1]) + signature[1:]),
        (key, b"purpose", b"message", signature[:-1]),
        (key[:-1], b"purpose", b"message", signature),
        (b"", b"", b"", b""),
        (key, bytes(256), b"message", signature),
    ):
        assert CRYPTO.verify(*arguments) is False


def test_signatures_are_hedged_by_the_entropy_that_the_port_was_given():
    asked = []

    def fixed(size):
        asked.append(size)
        return bytes(size)

    still = Crypto(fixed)
    assert still.sign(SEED, b"", b"message") == still.sign(SEED, b"", b"message")
    assert CRYPTO.sign(SEED, b"", b"message") != CRYPTO.sign(SEED, b"", b"message")
    assert still.encapsulate(still.kem_public_key(SEED * 2))
    assert asked == [32, 32, 32]


def test_what_was_encapsulated_is_decapsulated():
    key = CRYPTO.kem_public_key(SEED * 2)
    secret, ciphertext = CRYPTO.encapsulate(key)
    assert (len(key), len(secret), len(ciphertext)) == (1568, 32, 1568)
    assert CRYPTO.decapsulate(SEED * 2, ciphertext) == secret
    forged = CRYPTO.decapsulate(SEED * 2, bytes(1568))
    assert len(forged) == 32 and forged != secret
    assert CRYPTO.encapsulate(key)[0] != secret


def test_a_key_that_is_none_is_malformed():
    key = CRYPTO.kem_public_key(SEED * 2)
    for wrong in (b"", key[:-1], key + b"\0", b"\xff" * 1568):
        try:
            CRYPTO.encapsulate(wrong)
        except Malformed as error:
            assert "ML-KEM-1024" in error.wrong and error.expected
            continue
        raise AssertionError("a key that is none was taken")


def test_a_box_opens_with_what_sealed_it_and_nothing_else():
    key, nonce = SEED, bytes(12)
    for content in (b"", b"content", bytes(5000)):
        box = CRYPTO.aead_seal(key, nonce, content, b"context")
        assert len(box) == len(content) + 16
        assert CRYPTO.aead_open(key, nonce, box, b"context") == content
        assert CRYPTO.aead_open(key, nonce, box, b"other") is None
        assert CRYPTO.aead_open(bytes(32), nonce, box, b"context") is None
        assert CRYPTO.aead_open(key, bytes(11) + b"\1", box, b"context") is None
        assert CRYPTO.aead_open(key, nonce, bytes([box[0] ^ 1]) + box[1:], b"context") is None
        assert CRYPTO.aead_open(key, nonce, box[:15], b"context") is None


def test_sizes_that_do_not_fit_are_named():
    assert "seed has 31 bytes, expected 32" in refused(CRYPTO.public_key, bytes(31))
    assert "seed has 33" in refused(CRYPTO.sign, bytes(33), b"", b"")
    assert "255" in refused(CRYPTO.sign, SEED, bytes(256), b"")
    assert "seed has 32 bytes, expected 64" in refused(CRYPTO.kem_public_key, SEED)
    assert "ciphertext has 3" in refused(CRYPTO.decapsulate, SEED * 2, b"abc")
    assert "key has 0" in refused(CRYPTO.aead_seal, b"", bytes(12), b"", b"")
    assert "nonce has 11" in refused(CRYPTO.aead_open, SEED, bytes(11), bytes(16), b"")
    assert "random part has 31" in refused(_crypto.sign, SEED, b"", b"", bytes(31))


def test_a_thousand_boxes_and_some_signatures_leave_no_memory_behind():
    key = CRYPTO.public_key(SEED)
    sizes = []
    for number in range(1000):
        box = CRYPTO.aead_seal(SEED, bytes(12), bytes(number), b"")
        assert len(CRYPTO.aead_open(SEED, bytes(12), box, b"")) == number
        if number % 100 == 0:
            assert CRYPTO.verify(key, b"", b"", CRYPTO.sign(SEED, b"", b""))
        box = None
        if number in (100, 999):
            gc.collect()
            sizes.append(gc.mem_alloc())
    assert sizes[1] <= sizes[0] + 200, sizes

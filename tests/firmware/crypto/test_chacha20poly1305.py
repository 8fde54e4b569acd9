"""ChaCha20-Poly1305 against RFC 8439 and `cryptography`."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.poly1305 import Poly1305

from tests.firmware.crypto.material import around, some

# RFC 8439, section 2.8.2.
KEY = bytes(range(0x80, 0xA0))
NONCE = bytes.fromhex("070000004041424344454647")
AAD = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
TEXT = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    b"sunscreen would be it."
)
CIPHERTEXT = bytes.fromhex(
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
    "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
    "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
    "3ff4def08e4b7a9de576d26586cec64b6116"
)
TAG = bytes.fromhex("1ae10b594f09e26a7e902ecbd0600691")

# RFC 8439, section 2.5.2, and appendix A.3, vectors 7 to 11, which are at the edges of the modulus.
EDGE = "e33594d7505e43b9" + 8 * "00" + "3394d7505e4379cd01" + 7 * "00"
POLY1305 = [
    ("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
     b"Cryptographic Forum Research Group".hex(), "a8061dc1305136c6c22b8baf0c0127a9"),
    ("01" + 31 * "00", 16 * "ff" + "f0" + 15 * "ff" + "11" + 15 * "00", "05" + 15 * "00"),
    ("01" + 31 * "00", 16 * "ff" + "fb" + 15 * "fe" + 16 * "01", 16 * "00"),
    ("02" + 31 * "00", "fd" + 15 * "ff", "fa" + 15 * "ff"),
    ("01" + 7 * "00" + "04" + 23 * "00", EDGE + 16 * "00" + "01" + 15 * "00",
     "14" + 7 * "00" + "55" + 7 * "00"),
    ("01" + 7 * "00" + "04" + 23 * "00", EDGE + 16 * "00", "13" + 15 * "00"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "message", "tag"), POLY1305)
def test_poly1305_is_that_of_the_rfc(key, message, tag, library):
    made = library.get("poly1305", bytes.fromhex(key), bytes.fromhex(message))
    assert made.hex() == tag


def test_poly1305_is_right_on_both_sides_of_the_modulus(library):
    """With r = 1 three blocks add 3 * 2^128 to what they say."""
    modulus, tail = (1 << 130) - 5, bytes(32)
    for near in range(-6, 5):
        first = (modulus + near - 3 * (1 << 128)).to_bytes(16, "little")
        key = (1).to_bytes(16, "little") + some("s", near, 16)
        expected = Poly1305.generate_tag(key, first + tail)
        assert library.get("poly1305", key, first + tail) == expected


def test_poly1305_of_every_size_is_that_of_cryptography(library):
    for size in range(200):
        for key in (some("key", size, 32), b"\xff" * 32):
            for data in (some("data", size, size), b"\xff" * size):
                expected = Poly1305.generate_tag(key, data)
                assert library.get("poly1305", key, data) == expected


def test_sealing_is_that_of_the_rfc(library):
    assert library.call("seal", KEY, NONCE, AAD, TEXT) == (0, [CIPHERTEXT, TAG])
    assert library.call("open", KEY, NONCE, AAD, CIPHERTEXT, TAG) == (0, [TEXT])


def test_every_size_seals_as_in_cryptography(library):
    for size in [*range(70), 127, 128, 129, 1000, 65536]:
        key, nonce = some("key", size, 32), some("nonce", size, 12)
        aad, text = some("aad", size, size % 37), some("text", size, size)
        theirs = ChaCha20Poly1305(key).encrypt(nonce, text, aad)
        result, (ciphertext, tag) = library.call("seal", key, nonce, aad, text)
        assert (result, ciphertext + tag) == (0, theirs)
        assert library.get("open", key, nonce, aad, theirs[:-16], theirs[-16:]) == text


def test_a_change_of_any_bit_is_refused_and_nothing_is_written(library):
    arguments = [KEY, NONCE, AAD, CIPHERTEXT, TAG]
    for i, argument in enumerate(arguments):
        for bit in range(8 * len(argument)):
            if i == 0 and bit % 7:
                continue
            changed = bytearray(argument)
            changed[bit // 8] ^= 1 << bit % 8
            result, (text,) = library.call("open", *arguments[:i], changed, *arguments[i + 1 :])
            assert (result, set(text)) == (-1, {0xEE})


def test_a_ciphertext_of_another_length_is_refused(library):
    for size in around(len(CIPHERTEXT)):
        cut = (CIPHERTEXT * 2)[:size]
        assert not library.accepts("open", KEY, NONCE, AAD, cut, TAG)

"""Sealing to an ML-KEM-1024 key: what only its holder can open, of a length that tells nothing."""

from hashlib import sha3_256

from runtime.wire import records
from runtime.wire.errors import Malformed, Refused
from runtime.wire.hkdf import hkdf

TAG = 16  # bytes of Poly1305
NONCE = bytes(12)  # each key seals once

# Sizes to which requests are padded, so that their length does not tell that of the fields.
REQUEST_SIZES = (12288, 49152)
ASK_SIZES = (2048, 12288, 49152)  # and of what is asked about a key that the node keeps


def seal(
    crypto, public_key: bytes, purpose: bytes, content: bytes, size: int = 0
) -> records.Sealed:
    """Seal `content` to a KEM key.

    Args:
        crypto: crypto port.
        public_key: ML-KEM-1024 encapsulation key, 1,568 bytes.
        purpose: bytes that both ends know; binds the box to its use.
        content: the bytes to protect.
        size: pad so that all contents shorter than this give boxes of one length.

    Raises:
        Refused: `content` does not fit below `size`.
    """
    secret, ciphertext = crypto.encapsulate(public_key)
    padded = content + b"\x80"  # ISO/IEC 7816-4: the end is the last 0x80
    if size:
        if len(padded) > size:
            raise Refused(f"{len(content)} bytes to seal", f"less than {size}")
        padded += bytes(size - len(padded))
    return records.Sealed(
        ciphertext, crypto.aead_seal(_key(secret, ciphertext, purpose), NONCE, padded, purpose)
    )


def seal_request(
    crypto, kem_key: bytes, purpose: bytes, content: bytes, sizes: tuple = REQUEST_SIZES
) -> records.Sealed:
    """Seal a request to a node's KEM key, padded to one of `sizes`.

    Raises:
        Refused: `content` is longer than the largest.
    """
    fitting = [size for size in sizes if len(content) < size]
    return seal(crypto, kem_key, purpose, content, fitting[0] if fitting else sizes[-1])


def unseal(crypto, private_seed: bytes, purpose: bytes, sealed: records.Sealed) -> bytes:
    """Open what `seal` made.

    Raises:
        Malformed: it was sealed to another key, for another purpose, or was changed.
    """
    secret = crypto.decapsulate(private_seed, sealed.ciphertext)
    key = _key(secret, sealed.ciphertext, purpose)
    padded = crypto.aead_open(key, NONCE, sealed.box, purpose)
    if padded is None:
        raise Malformed(
            "the sealed content does not open",
            "content sealed to this very key",
            "fetch the key anew and seal again",
        )
    content = padded.rstrip(b"\x00")
    if content[-1:] != b"\x80":
        raise Malformed("the sealed content has no end mark")
    return content[:-1]


def _key(secret: bytes, ciphertext: bytes, purpose: bytes) -> bytes:
    return hkdf(secret, sha3_256(ciphertext).digest(), purpose)

"""HKDF (RFC 5869) and HMAC (RFC 2104) with SHA3-256."""

from hashlib import sha3_256

from runtime.wire.native import native

BLOCK = 136  # rate of SHA3-256, bytes: the HMAC block (FIPS 202, section 7)


def hmac_sha3(key: bytes, message: bytes | bytearray) -> bytes:
    """HMAC-SHA3-256 (32 bytes)."""
    if len(key) > BLOCK:
        key = sha3_256(key).digest()
    key = key + bytes(BLOCK - len(key))
    inner = sha3_256(bytes([b ^ 0x36 for b in key]) + message).digest()
    return sha3_256(bytes([b ^ 0x5C for b in key]) + inner).digest()


if native:
    hmac_sha3 = native.hmac_sha3


def hkdf(secret: bytes | bytearray, salt: bytes, info: bytes, size: int = 32) -> bytes:
    """Derive `size` bytes (at most 8,160) from a secret.

    Args:
        secret: input key material.
        salt: public, may be empty.
        info: what the key is for; other info, other key.
    """
    prk = hmac_sha3(salt or bytes(32), secret)
    block, okm, i = b"", b"", 0
    while len(okm) < size:
        i += 1
        block = hmac_sha3(prk, block + info + bytes([i]))
        okm += block
    return okm[:size]

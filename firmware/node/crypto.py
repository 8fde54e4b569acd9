"""The crypto port on the firmware's C: ML-DSA-87, ML-KEM-1024 and ChaCha20-Poly1305."""

import _crypto

from runtime.wire.errors import Malformed

RANDOM = 32  # bytes that hedge a signature, and that an encapsulation is made of


class Crypto:
    """The crypto port: FIPS 204, FIPS 203 and RFC 8439. Seeds and keys of another size, nonces that
    have not 12 bytes and purposes above 255 are a ValueError.

    Args:
        entropy: function of a number to so many random bytes, which nobody can foresee.
    """

    def __init__(self, entropy) -> None:
        self._entropy = entropy

    def public_key(self, seed: bytes) -> bytes:
        """ML-DSA-87 public key (2,592 bytes) of a 32-byte seed."""
        return _crypto.public_key(seed)

    def sign(self, seed: bytes, purpose: bytes, message: bytes) -> bytes:
        """Hedged signature (4,627 bytes) under context `purpose`."""
        return _crypto.sign(seed, purpose, message, self._entropy(RANDOM))

    def verify(self, public_key: bytes, purpose: bytes, message: bytes, signature: bytes) -> bool:
        """Whether a signature is valid; False for a key that is none."""
        return _crypto.verify(public_key, purpose, message, signature)

    def kem_public_key(self, seed: bytes) -> bytes:
        """ML-KEM-1024 encapsulation key (1,568 bytes) of a 64-byte seed."""
        return _crypto.kem_public_key(seed)

    def encapsulate(self, public_key: bytes):
        """(shared secret of 32 bytes, ciphertext of 1,568 bytes).

        Raises:
            Malformed: the key fails the checks of FIPS 203, section 7.2.
        """
        result = _crypto.encapsulate(public_key, self._entropy(RANDOM))
        if result is None:
            raise Malformed("the ML-KEM-1024 key is none", "1,568 bytes of a valid key")
        return result

    def decapsulate(self, seed: bytes, ciphertext: bytes) -> bytes:
        """Shared secret (32 bytes); a wrong ciphertext gives a random one.

        Raises:
            ValueError: the ciphertext has not 1,568 bytes.
        """
        return _crypto.decapsulate(seed, ciphertext)

    def aead_seal(self, key: bytes, nonce: bytes, content: bytes, context: bytes) -> bytes:
        """Encrypt and authenticate; 16 bytes longer than `content`."""
        return _crypto.aead_seal(key, nonce, content, context)

    def aead_open(self, key: bytes, nonce: bytes, box: bytes, context: bytes):
        """The content, or None if the box is not authentic."""
        return _crypto.aead_open(key, nonce, box, context)

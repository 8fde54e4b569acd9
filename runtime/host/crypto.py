"""ML-DSA-87, ML-KEM-1024 and ChaCha20-Poly1305 of the `cryptography` package, from seeds."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM1024PrivateKey,
    MLKEM1024PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from runtime.wire.errors import Malformed


class Crypto:
    """The crypto port on CPython: FIPS 204, FIPS 203 and RFC 8439.

    Expanded keys are kept for a while: expanding costs as much as a verification. Not so that of a
    seed that is a bytearray, whose owner is to overwrite it.
    """

    def __init__(self) -> None:
        self._signer = lru_cache(16)(MLDSA87PrivateKey.from_seed_bytes)
        self._verifier = lru_cache(64)(MLDSA87PublicKey.from_public_bytes)
        self._kem = lru_cache(4)(MLKEM1024PrivateKey.from_seed_bytes)

    def _private(self, seed: bytes | bytearray) -> MLDSA87PrivateKey:
        if isinstance(seed, bytearray):
            return MLDSA87PrivateKey.from_seed_bytes(seed)
        return self._signer(seed)

    def public_key(self, seed: bytes | bytearray) -> bytes:
        """ML-DSA-87 public key (2,592 bytes) of a 32-byte seed."""
        return self._private(seed).public_key().public_bytes_raw()

    def sign(self, seed: bytes | bytearray, purpose: bytes, message: bytes) -> bytes:
        """Hedged signature (4,627 bytes) under context `purpose`."""
        return self._private(seed).sign(message, purpose)

    def verify(self, public_key: bytes, purpose: bytes, message: bytes, signature: bytes) -> bool:
        """Whether a signature is valid; False for a key that is none."""
        try:
            self._verifier(public_key).verify(signature, message, purpose)
        except (InvalidSignature, ValueError):
            return False
        return True

    def kem_public_key(self, seed: bytes) -> bytes:
        """ML-KEM-1024 encapsulation key (1,568 bytes) of a 64-byte seed."""
        return self._kem(seed).public_key().public_bytes_raw()

    def encapsulate(self, public_key: bytes) -> tuple[bytes, bytes]:
        """(shared secret of 32 bytes, ciphertext of 1,568 bytes).

        Raises:
            Malformed: the key fails the checks of FIPS 203, section 7.2.
        """
        try:
            return MLKEM1024PublicKey.from_public_bytes(public_key).encapsulate()
        except ValueError as error:
            raise Malformed("the ML-KEM-1024 key is none", "1,568 bytes of a valid key") from error

    def decapsulate(self, seed: bytes, ciphertext: bytes) -> bytes:
        """Shared secret (32 bytes); a wrong ciphertext gives a random one."""
        return self._kem(seed).decapsulate(ciphertext)

    def aead_seal(self, key: bytes, nonce: bytes, content: bytes, context: bytes) -> bytes:
        """Encrypt and authenticate; 16 bytes longer than `content`."""
        return ChaCha20Poly1305(key).encrypt(nonce, content, context)

    def aead_open(self, key: bytes, nonce: bytes, box: bytes, context: bytes) -> bytes | None:
        """The content, or None if the box is not authentic."""
        try:
            return ChaCha20Poly1305(key).decrypt(nonce, box, context)
        except InvalidTag:
            return None

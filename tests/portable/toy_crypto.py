"""TOY CRYPTOGRAPHY. IT PROTECTS NOTHING. FOR TESTS OF RULES, WHERE THERE IS NO ML-DSA.

The crypto port from SHA3 alone, with the sizes of the real algorithms. One instance plays every
party: it remembers the seed behind each public key that it made, and "verifies" by computing the
signature anew. A signature still depends on seed, purpose and message, a box still opens with
nothing but its key, so that every refusal of the rules can be provoked.
"""

from hashlib import sha3_256, shake_256

from runtime.wire.errors import Malformed

PUBLIC_KEY, SIGNATURE, KEM = 2592, 4627, 1568


class ToyCrypto:
    """See the top of this file. Keys of another instance verify nothing here."""

    def __init__(self):
        self._signers = {}  # public key: seed
        self._kems = {}
        self._made = 0

    def public_key(self, seed):
        seed = bytes(seed)  # its owner may overwrite it
        key = _long(PUBLIC_KEY, b"toy key", seed)
        self._signers[key] = seed
        return key

    def sign(self, seed, purpose, message):
        return _long(SIGNATURE, b"toy signature", bytes(seed), purpose, message)

    def verify(self, public_key, purpose, message, signature):
        seed = self._signers.get(public_key)
        return seed is not None and signature == self.sign(seed, purpose, message)

    def kem_public_key(self, seed):
        key = _long(KEM, b"toy kem key", seed)
        self._kems[key] = seed
        return key

    def encapsulate(self, public_key):
        seed = self._kems.get(public_key)
        if seed is None:
            raise Malformed("the ML-KEM-1024 key is none", "a key made by this toy")
        self._made += 1
        ciphertext = _long(KEM, b"toy ciphertext", str(self._made).encode())
        return self.decapsulate(seed, ciphertext), ciphertext

    def decapsulate(self, seed, ciphertext):
        return _hash(b"toy secret", seed, ciphertext)

    def aead_seal(self, key, nonce, content, context):
        box = _masked(key, nonce, content)
        return box + _hash(b"toy tag", key, nonce, context, box)[:16]

    def aead_open(self, key, nonce, box, context):
        content = box[:-16]
        if len(box) < 16 or box[-16:] != _hash(b"toy tag", key, nonce, context, content)[:16]:
            return None
        return _masked(key, nonce, content)


def _hash(*parts):
    return sha3_256(b"".join([len(part).to_bytes(4, "big") + part for part in parts])).digest()


def _long(size, *parts):
    return _hash(*parts) + bytes(size - 32)


def _masked(key, nonce, content):
    size = len(content)
    stream = shake_256(b"toy stream" + key + nonce).digest(size)
    mixed = int.from_bytes(stream, "big") ^ int.from_bytes(content, "big")
    return mixed.to_bytes(size, "big")

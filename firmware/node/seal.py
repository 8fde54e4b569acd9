"""Sealing what the host keeps: ChaCha20-Poly1305 (RFC 8439) under a key of each boot.

The key comes from the device key and the boot counter, the nonce is a counter within the boot: as
no two boots share a counter, no key is ever used twice with one nonce.

What is sealed is an *object* with a name, in one part or several, each a *box*:

    boot u64 | counter u64 | 1 if it is the last part, else 0 | ciphertext and tag

The name, the part's number and these 17 bytes are associated data, and parts have successive
counters: parts cannot be swapped, left out, or mixed with those of another time. A counter is used
once, so that `boot | counter` of the first part also says *which* object of that name it is.
"""

from runtime.wire.hkdf import hkdf
from runtime.wire.schema import canonical

HEAD = 17  # bytes in front of the ciphertext
MARK = 16  # of these, what tells this object from any other
TAG = 16  # bytes behind it
KEYS = 4  # of boots kept at hand
PURPOSE = b"optin/v1/kept"


class NotAuthentic(Exception):
    """What was brought is not what was sealed; says what it is."""


class Sealer:
    """Seals and opens.

    Args:
        crypto: port with `aead_seal` and `aead_open`.
        device_key: 32 secret bytes.
    """

    def __init__(self, crypto, device_key: bytes) -> None:
        self._crypto = crypto
        self._device_key = device_key
        self._keys: dict = {}
        self._boot = None
        self._counter = 0

    def begin(self, boot: int) -> None:
        """Seal from now on as that boot, whose number is in the anchor and was used by no other."""
        self._boot = boot.to_bytes(8, "big")
        self._counter = 0

    def seal(self, name: list, chunks):
        """Yield a box for each chunk; nothing else may be sealed meanwhile.

        Args:
            name: what the object is known by: texts, numbers and bytes.
            chunks: at least one bytes each.
        """
        part, held = 0, None
        for chunk in chunks:
            if held is not None:
                yield self._box(name, part, held, b"\x00")
                part += 1
            held = chunk
        yield self._box(name, part, held, b"\x01")

    def open(self, name: list, boxes, mark=None):
        """Yield the chunks of an object.

        Args:
            boxes: function from a part's number to its box, or None.
            mark: first 16 bytes that the first box must have; None for any.

        Raises:
            NotAuthentic: a part is missing, or is not as it was sealed.
        """
        part, last = 0, False
        while not last:
            box = boxes(part)
            if box is None:
                raise NotAuthentic(f"{name[0]} {name[1]} is missing, part {part}")
            if part == 0 and mark is None:
                mark = bytes(box[:MARK])
            head = mark + box[MARK:HEAD]
            chunk = None
            if box[:MARK] == mark and len(box) >= HEAD + TAG:
                context = _context(name, part, head)
                key = self._key(mark[:8])
                chunk = self._crypto.aead_open(
                    key, bytes(4) + mark[8:], memoryview(box)[HEAD:], context
                )
            if chunk is None:
                raise NotAuthentic(f"{name[0]} {name[1]} is not the one that was sealed")
            yield chunk
            last = head[MARK] == 1
            mark = mark[:8] + _next(mark[8:])
            part += 1

    def _box(self, name, part, chunk, last):
        counter = self._counter.to_bytes(8, "big")
        self._counter += 1
        head = self._boot + counter + last
        context = _context(name, part, head)
        sealed = self._crypto.aead_seal(self._key(self._boot), bytes(4) + counter, chunk, context)
        box = bytearray(HEAD + len(sealed))  # MicroPython hashes whatever it adds up as bytes
        box[:HEAD] = head
        box[HEAD:] = sealed
        return box

    def _key(self, boot):
        key = self._keys.get(boot)
        if key is None:
            if len(self._keys) >= KEYS:
                self._keys.clear()
            key = self._keys[boot] = hkdf(self._device_key, boot, PURPOSE)
        return key


def _context(name, part, head):
    return canonical([PURPOSE, name, part, head])


def _next(counter):
    return ((int.from_bytes(counter, "big") + 1) & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")

"""Sealing what the host keeps: ChaCha20-Poly1305 (RFC 8439) under a key of each boot.

The key comes from a root and the boot counter, the nonce is a counter within the boot: as no two
boots share a counter, no key is ever used twice with one nonce. The root is the device key, but for
entries of the journal: theirs is the key of an *age*, which comes from the device key too and is
known to nobody else until a recovery key is made, which ends the age (see README.md).

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
ENTRY = "entry"  # place of what is sealed under the key of an age
TAG = 16  # bytes behind it
KEYS = 8  # kept at hand: two of each boot
PURPOSE = b"optin/v1/kept"
AGE = b"optin/v1/kept-age"


class NotAuthentic(Exception):
    """What was brought is not what was sealed; says what it is."""


class Sealer:
    """Seals and opens.

    Args:
        crypto: port with `aead_seal` and `aead_open`.
        device_key: 32 secret bytes.

    Attributes:
        ages: mark at which each age began but the first, ascending.
    """

    def __init__(self, crypto, device_key: bytes) -> None:
        self._crypto = crypto
        self._device_key = device_key
        self._keys: dict = {}
        self._boot = None
        self._counter = 0
        self.ages: list = []

    def begin(self, boot: int) -> None:
        """Seal from now on as that boot, whose number is in the anchor and was used by no other."""
        self._boot = boot.to_bytes(8, "big")
        self._counter = 0

    def mark(self) -> bytes:
        """The mark that the next box will have."""
        return self._boot + self._counter.to_bytes(8, "big")

    def age_keys(self) -> list:
        """[mark at which it began, 32-byte key] of each age."""
        begins = [bytes(MARK)] + self.ages
        return [[begins[age], self._age_key(age)] for age in range(len(begins))]

    def seal(self, name: list, chunks, root=None):
        """Yield a box for each chunk; nothing else may be sealed meanwhile.

        Args:
            name: what the object is known by: texts, numbers and bytes.
            chunks: at least one bytes each.
            root: 32 secret bytes to seal it under instead of the node's own.
        """
        part, held = 0, None
        for chunk in chunks:
            if held is not None:
                yield self._box(name, part, held, b"\x00", root)
                part += 1
            held = chunk
        yield self._box(name, part, held, b"\x01", root)

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
                key = self._key(name, mark)
                chunk = self._crypto.aead_open(
                    key, bytes(4) + mark[8:], memoryview(box)[HEAD:], context
                )
            if chunk is None:
                raise NotAuthentic(f"{name[0]} {name[1]} is not the one that was sealed")
            yield chunk
            last = head[MARK] == 1
            mark = mark[:8] + _next(mark[8:])
            part += 1

    def _box(self, name, part, chunk, last, root):
        mark = self.mark()
        self._counter += 1
        head = mark + last
        context = _context(name, part, head)
        key = hkdf(root, mark[:8], PURPOSE) if root else self._key(name, mark)
        sealed = self._crypto.aead_seal(key, bytes(4) + mark[8:], chunk, context)
        box = bytearray(HEAD + len(sealed))  # MicroPython hashes whatever it adds up as bytes
        box[:HEAD] = head
        box[HEAD:] = sealed
        return box

    def _key(self, name, mark):
        age = None
        if name[0] == ENTRY:
            age = 0
            while age < len(self.ages) and self.ages[age] <= mark:
                age += 1
        whose = (age, mark[:8])
        key = self._keys.get(whose)
        if key is None:
            if len(self._keys) >= KEYS:
                self._keys.clear()
            root = self._device_key if age is None else self._age_key(age)
            key = self._keys[whose] = hkdf(root, mark[:8], PURPOSE)
        return key

    def _age_key(self, age):
        return hkdf(self._device_key, age.to_bytes(8, "big"), AGE)


def _context(name, part, head):
    return canonical([PURPOSE, name, part, head])


def _next(counter):
    return ((int.from_bytes(counter, "big") + 1) & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")

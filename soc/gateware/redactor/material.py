"""Records for tests of the redactor."""

from random import Random

from soc.gateware.redactor.model import FIELDS, redact

__all__ = ["some_malformed", "some_record"]


def some_record(rng: Random, size: int) -> bytes:
    """A record of random fields, some of them empty.

    Args:
        size: bytes, not 1
    """
    parts = []
    count = 1
    while size:
        longest = min(size - 2, rng.choice([0, 1, 5, 40, 4000]))
        content = rng.randint(0, longest)
        if size - 2 - content == 1 or count == FIELDS:
            content = size - 2
        parts.append(content.to_bytes(2, "little") + rng.randbytes(content))
        size -= 2 + content
        count += 1
    return b"".join(parts)


def some_malformed(rng: Random, size: int) -> bytes:
    """A record whose last field does not end where the record does.

    Args:
        size: bytes, at least 1
    """
    longer = some_record(rng, size + rng.randint(2, 9))
    while True:
        try:
            redact(longer[:size], bytes(32))
        except ValueError:
            return longer[:size]
        longer = some_record(rng, size + rng.randint(2, 9))

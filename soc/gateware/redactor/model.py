"""What the redactor computes."""

from collections.abc import Iterator

__all__ = ["fields", "redact"]

FIELDS = 256  # of a record, at most


def fields(record: bytes) -> Iterator[bytes]:
    """Iterate over the fields of a record, each with its u16 little-endian length.

    Raises:
        ValueError: if one ends behind the record, or there are more than FIELDS
    """
    at = count = 0
    while at < len(record):
        end = at + 2 + int.from_bytes(record[at : at + 2], "little")
        count += 1
        if end > len(record) or count > FIELDS:
            raise ValueError("a field ends behind the record, or there are more than 256")
        yield record[at:end]
        at = end


def redact(record: bytes, mask: bytes) -> bytes:
    """The chosen fields of a record, with their lengths.

    Args:
        record: fields one after the other
        mask: bytes(32), little-endian: bit i keeps field i

    Raises:
        ValueError: if the record is malformed
    """
    chosen = int.from_bytes(mask, "little")
    return b"".join(field for i, field in enumerate(fields(record)) if chosen >> i & 1)

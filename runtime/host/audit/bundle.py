"""The file that a journal is exported to.

A bundle is a file of records, each after one byte that says what it is and its length as u32,
big-endian. First the node's identity, then what it says it is made of, then every entry, at the
end the signed head. All are canonical msgpack; nothing in the file is trusted.

A journal that was recovered from a dead node has not what the node would have to sign now: nothing
says what it was made of, and at the end is the last head that it signed while it lived, over as
many of the entries as there were then.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO, NamedTuple

from runtime.wire import records
from runtime.wire.errors import Malformed
from runtime.wire.records import Entry, MeasurementsReply, SignedHead
from runtime.wire.schema import canonical, spec_of, unpack_canonical

TAG = "optin/v1/bundle"
FRAME = Struct(">BI")
IDENTITY, ENTRY, HEAD, MEASURED, LAST_HEAD = 1, 2, 3, 4, 5  # what a record of a bundle is
FOLLOWS = {
    0: (IDENTITY,),
    IDENTITY: (MEASURED, ENTRY),
    MEASURED: (ENTRY, HEAD),
    ENTRY: (ENTRY, HEAD, LAST_HEAD),
}
MAX_RECORD = 1 << 20  # bytes; the schema's limits on an Entry keep it below


class Identity(NamedTuple):
    """Whose journal it is: id (32 bytes) and ML-DSA-87 key (2,592 bytes) of the node."""

    node: bytes
    public_key: bytes


class Bundle(NamedTuple):
    """Content of a bundle.

    Attributes:
        identity: of the node.
        measured: what it says it is made of; None of a node that is dead.
        entries: all of the journal from the first, as `journal_entries` gives them.
        signed: a head over exactly these; of a dead node its last one, over the first of them.
    """

    identity: Identity
    measured: MeasurementsReply | None
    entries: Iterable[Entry]
    signed: SignedHead


def write_bundle(path: str | Path, bundle: Bundle) -> int:
    """Write a bundle, readable by its owner; a file at `path` is whole or is not there.

    Args:
        path: where.
        bundle: its content.

    Returns:
        How many entries there were.

    Raises:
        Malformed: an entry is none, or holds values of users' fields.
        OSError: the file cannot be written.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            _put(file, IDENTITY, [TAG, *bundle.identity])
            if bundle.measured:
                _put(file, MEASURED, bundle.measured)
            for entry in bundle.entries:
                if any(item.label == "values" for item in entry.attachments):
                    raise Malformed(
                        f"entry {entry.header.sequence} has values of a user's fields beside it",
                        "none in a bundle",
                        "take the entries from journal_entries",
                    )
                _put(file, ENTRY, entry)
                count += 1
            _put(file, HEAD if bundle.measured else LAST_HEAD, bundle.signed)
            file.flush()
            os.fsync(fd)
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    return count


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle without verifying it.

    Raises:
        Malformed: the file is no bundle, or not whole.
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        (_, identity), *content, (_, signed) = parts(file)
    measured = content.pop(0)[1] if content and content[0][0] == MEASURED else None
    return Bundle(identity, measured, [entry for _, entry in content], signed)


def _put(file: BinaryIO, kind: int, record: Sequence[Any]) -> None:
    data = canonical(record)
    file.write(FRAME.pack(kind, len(data)) + data)


def parts(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """(kind, record) of each part of a bundle, checked for their order and shape.

    Raises:
        Malformed: it is no bundle.
    """
    yield from _from(file, 0)
    if file.read(1):
        raise Malformed("bytes follow the head", "the end of the file")


def rest(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """The parts that follow an entry."""
    yield from _from(file, ENTRY)


def _from(file: BinaryIO, last: int) -> Iterator[tuple[int, Any]]:
    while last not in (HEAD, LAST_HEAD):
        start = file.read(FRAME.size)
        if len(start) < FRAME.size:
            raise Malformed("the file ends early", "a bundle, with a signed head at its end")
        kind, size = FRAME.unpack(start)
        if kind not in FOLLOWS[last]:
            raise Malformed(
                f"a part of kind {kind}",
                "the identity, the measurements, then entries, then the head of a bundle",
            )
        if size > MAX_RECORD:
            raise Malformed(f"a part of {size} bytes", f"at most {MAX_RECORD}")
        data = file.read(size)
        if len(data) < size:
            raise Malformed("the file ends early", f"{size} more bytes of this part")
        yield kind, _record(kind, unpack_canonical(data, MAX_RECORD))
        last = kind


def _record(kind: int, value: Any) -> Any:
    if kind in (HEAD, LAST_HEAD):
        return spec_of(SignedHead).build(value, "head")
    if kind == MEASURED:
        return spec_of(MeasurementsReply).build(value, "measurements")
    if kind == ENTRY:
        return spec_of(Entry).build(value, "entry")
    if not isinstance(value, list) or len(value) != 3:
        raise Malformed("the identity has another shape", "an array of 3")
    if value[0] != TAG:
        raise Malformed(f"the bundle's tag is {value[0]!r:.60}", TAG)
    return Identity(
        records.ID.build(value[1], "node"), records.PUBLIC_KEY.build(value[2], "public_key")
    )

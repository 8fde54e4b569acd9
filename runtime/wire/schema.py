"""The machinery of the schema: field types, records, and their canonical encoding.

`records.py` is the table. From one declaration come the named tuple, the validation, the
canonical bytes, the type stubs and the reference documentation.

Canonical encoding: msgpack in its shortest form, arrays in declared field order, no maps,
nil for absent, UTF-8 as given.
"""

from collections import namedtuple
from hashlib import sha3_256

import msgpack

from runtime.wire.errors import Malformed

MAX_MESSAGE = 65536  # bytes of any encoded message
MAX_ITEMS = 4096  # of any array in one
MAX_DEPTH = 16  # arrays within arrays


def canonical(value) -> bytes:
    """The one encoding of `value`: nil, bool, int, str, bytes and arrays of these."""
    return msgpack.packb(value, use_bin_type=True)


def unpack(data: bytes, max_len: int = MAX_MESSAGE):
    """Decode bounded msgpack.

    Args:
        data: at most `max_len` bytes.

    Raises:
        Malformed: not msgpack, too long, too deep, or with a map, float or extension in it.
    """
    if len(data) > max_len:
        raise Malformed(f"{len(data)} bytes of message", f"at most {max_len}")
    if _LOOK_FIRST:
        _check_depth(data)
    try:
        value = msgpack.unpackb(
            data,
            raw=False,
            use_list=True,
            max_bin_len=max_len,
            max_str_len=max_len,
            max_array_len=MAX_ITEMS,
            max_map_len=0,
            max_ext_len=0,
        )
    except Exception as error:  # the libraries raise a dozen types for hostile bytes
        raise Malformed("the bytes are not msgpack: " + str(error), "one bounded msgpack value")
    return value


def unpack_own(data: bytes):
    """Decode msgpack that this process made itself: nothing is checked twice."""
    return msgpack.unpackb(data, raw=False, use_list=True)


# A decoder recurses by the nesting of its input, so somebody must look before it does. The
# firmware's does so itself, and knows no types but ours.
_LOOK_FIRST = getattr(msgpack, "MAX_DEPTH", None) != MAX_DEPTH


def _check_depth(data: bytes) -> None:
    """Refuse nesting beyond MAX_DEPTH and every type but nil, bool, int, str, bin and array."""
    open_items: list[int] = []  # items still to come of each open array
    at, end = 0, len(data)
    while at < end:
        tag = data[at]
        at += 1
        items = 0
        if tag <= 0x7F or tag >= 0xE0 or tag in (0xC0, 0xC2, 0xC3):
            pass
        elif 0xA0 <= tag <= 0xBF:
            at += tag & 0x1F
        elif tag in _INTEGER:
            at += _INTEGER[tag]
        elif tag in _LENGTH:
            size = _LENGTH[tag]
            at += size + int.from_bytes(data[at : at + size], "big")
        elif 0x90 <= tag <= 0x9F:
            items = tag & 0x0F
        elif tag in (0xDC, 0xDD):
            size = 2 if tag == 0xDC else 4
            items = int.from_bytes(data[at : at + size], "big")
            at += size
        else:
            raise Malformed(f"msgpack type 0x{tag:02x}", "nil, bool, integer, text, bytes or array")
        if items:
            open_items.append(items)
            if len(open_items) > MAX_DEPTH:
                raise Malformed(f"arrays nested deeper than {MAX_DEPTH}", "a flatter message")
            continue
        while open_items:
            open_items[-1] -= 1
            if open_items[-1]:
                break
            open_items.pop()


_INTEGER = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_LENGTH = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}


def unpack_canonical(data: bytes, max_len: int = MAX_MESSAGE):
    """Decode `data`, refusing every encoding of its value but the canonical one.

    Raises:
        Malformed: as `unpack`, or the bytes are not the shortest form.
    """
    value = unpack(data, max_len)
    if canonical(value) != bytes(data):
        raise Malformed("the bytes are not canonical msgpack", "the shortest form, no maps")
    return value


def make_id(tag: str, *fields) -> bytes:
    """A 32-byte id: SHA3-256 of the canonical array of tag and fields.

    Args:
        tag: text that separates this kind of id from all others, as `optin/v1/code`.
    """
    return sha3_256(canonical((tag,) + fields)).digest()


# ---------------------------------------------------------------------------- field types


class Type:
    """What a field may hold. `build` turns decoded msgpack into the value or raises Malformed."""

    name = ""  # in the reference
    stub = ""  # in the type stubs

    def build(self, value, where: str):
        raise Malformed(f"{where} has no type")

    def _wrong(self, value, where: str) -> None:
        shown = f"{len(value)} long" if isinstance(value, (bytes, str, list, tuple)) else ""
        raise Malformed(
            f"{where} is {type(value).__name__} {shown}".strip(), self.name, "see the reference"
        )


class Unsigned(Type):
    """An integer of 0 to 2**bits - 1."""

    stub = "int"

    def __init__(self, bits: int) -> None:
        self.limit = 1 << bits
        self.name = f"u{bits}"

    def build(self, value, where: str):
        if type(value) is not int or not 0 <= value < self.limit:
            self._wrong(value, where)
        return value


class Flag(Type):
    """True or false."""

    name = "bool"
    stub = "bool"

    def build(self, value, where: str):
        if value is not True and value is not False:
            self._wrong(value, where)
        return value


class Exactly(Type):
    """Exactly `size` bytes."""

    stub = "bytes"

    def __init__(self, size: int) -> None:
        self.size = size
        self.name = f"bytes({size})"

    def build(self, value, where: str):
        if not isinstance(value, bytes) or len(value) != self.size:
            self._wrong(value, where)
        return value


class UpTo(Type):
    """At most `limit` bytes."""

    stub = "bytes"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.name = f"bytes, at most {limit}"

    def build(self, value, where: str):
        if not isinstance(value, bytes) or len(value) > self.limit:
            self._wrong(value, where)
        return value


class Text(Type):
    """At most `limit` bytes of UTF-8."""

    stub = "str"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.name = f"text, at most {limit} bytes"

    def build(self, value, where: str):
        if not isinstance(value, str) or len(value.encode()) > self.limit:
            self._wrong(value, where)
        return value


class Choice(Type):
    """One of a few words."""

    stub = "str"

    def __init__(self, *words: str) -> None:
        self.words = words
        self.name = "one of " + ", ".join(words)

    def build(self, value, where: str):
        if value not in self.words:
            raise Malformed(f"{where} is {value!r:.60}", self.name)
        return value


class ListOf(Type):
    """At most `limit` values of one type."""

    def __init__(self, item, limit: int) -> None:
        self.item = item = _type(item)
        self.limit = limit
        self.name = f"list of at most {limit} {item.name}"
        self.stub = f"tuple[{item.stub}, ...]"

    def build(self, value, where: str):
        if not isinstance(value, (list, tuple)) or len(value) > self.limit:
            self._wrong(value, where)
        return tuple([self.item.build(item, where) for item in value])


class Maybe(Type):
    """A value or nil."""

    def __init__(self, item) -> None:
        self.item = item = _type(item)
        self.name = item.name + ", or nil"
        self.stub = item.stub + " | None"

    def build(self, value, where: str):
        return None if value is None else self.item.build(value, where)


# -------------------------------------------------------------------------------- records


class Spec(Type):
    """One declared record: name, fields, meaning; `make` is its named tuple."""

    def __init__(self, name: str, doc: str, fields: tuple, wire_name: str = "", **more) -> None:
        self.name = name
        self.stub = name
        self.doc = doc
        self.fields = fields  # ((name, Type, meaning), ...)
        self.wire_name = wire_name or name
        self.make: type = namedtuple(name, [field[0] for field in fields])  # type: ignore[misc]
        self.section = more.get("section", "value")
        self.more = more

    def build(self, value, where: str = ""):
        """Validate decoded msgpack (or a named tuple) into this record.

        Raises:
            Malformed: naming the field, what it holds and what it should.
        """
        where = where or self.wire_name
        fields = self.fields
        if not isinstance(value, (list, tuple)) or len(value) != len(fields):
            self._wrong(value, where)
        return self.make(
            *[fields[i][1].build(value[i], where + "." + fields[i][0]) for i in range(len(fields))]
        )


SPECS: list[Spec] = []  # in order of declaration
_BY_TYPE: dict[type, Spec] = {}


def _type(item):
    """A field's type; a declared record stands for itself."""
    return _BY_TYPE.get(item, item)


def declare(section: str, name: str, doc: str, *fields, **more) -> type:
    """Add a record to the table and return its named tuple."""
    fields = tuple([(field[0], _type(field[1]), field[2]) for field in fields])
    spec = Spec(name, doc, fields, section=section, **more)
    SPECS.append(spec)
    _BY_TYPE[spec.make] = spec
    return spec.make


def spec_of(record_type: type) -> Spec:
    """The declaration behind a named tuple type."""
    return _BY_TYPE[record_type]


def decode(record_type: type, data: bytes):
    """Build a record from its canonical bytes.

    Raises:
        Malformed: not canonical, or not of this shape.
    """
    return _BY_TYPE[record_type].build(unpack_canonical(data))


def evolve(old, **changes):
    """A copy of a named tuple with some fields changed (MicroPython has no `_replace`)."""
    fields = _BY_TYPE[type(old)].fields
    values = list(old)
    left = len(changes)
    for i in range(len(fields)):
        if fields[i][0] in changes:
            values[i] = changes[fields[i][0]]
            left -= 1
    if left:
        raise TypeError("no such field in " + type(old).__name__)
    return type(old)(*values)

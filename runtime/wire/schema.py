"""The machinery of the schema: records of typed fields, and their canonical encoding.

`records.py` is the table. From one declaration come the named tuple, the validation, the
canonical bytes, the type stubs and the reference documentation, each when it is first needed.

Canonical encoding: msgpack in its shortest form, arrays in declared field order, no maps,
nil for absent, UTF-8 as given.
"""

from collections import namedtuple
from hashlib import sha3_256

import msgpack

from runtime.wire.errors import Malformed
from runtime.wire.native import native
from runtime.wire.types import (
    RECORD,
    Choice,
    Exactly,
    Flag,
    ListOf,
    Maybe,
    Text,
    Type,
    Unsigned,
    UpTo,
)

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
    try:
        return _unpack_bounded(data, MAX_ITEMS)
    except Malformed:
        raise
    except Exception as error:  # the libraries raise a dozen types for hostile bytes
        raise Malformed("the bytes are not msgpack: " + str(error), "one bounded msgpack value")


def _unpack_bounded(data, max_items):
    _check_depth(data)
    return msgpack.unpackb(
        data,
        raw=False,
        use_list=True,
        max_bin_len=len(data),
        max_str_len=len(data),
        max_array_len=max_items,
        max_map_len=0,
        max_ext_len=0,
    )


def unpack_own(data: bytes):
    """Decode msgpack that this process made itself: nothing is checked twice."""
    return msgpack.unpackb(data, raw=False, use_list=True)


def _check_depth(data: bytes) -> None:
    """Refuse nesting beyond MAX_DEPTH and every type but nil, bool, int, str, bin and array.

    A decoder recurses by the nesting of its input, so somebody must look before it does.
    """
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


if native:  # whose decoder knows no types but ours, and counts the depth itself
    canonical = native.canonical
    make_id = native.make_id
    unpack_own = _unpack_bounded = native.unpack


# ---------------------------------------------------------------------------- field types


def type_of(words: str) -> Type:
    """The type that words name.

    Args:
        words: "unsigned BITS", "flag", "exactly SIZE" or "up to SIZE" bytes, "text SIZE",
            "one of WORD WORD ...", "list of LIMIT TYPE", "maybe TYPE", or the name of a declared
            type or record.
    """
    made = _MADE_TYPES.get(words)
    if made is None:
        # Threads may get here together: the first one's counts, as of a record.
        made = _MADE_TYPES.setdefault(words, _make_type(words))
    return made


def _make_type(words):
    form, _, rest = words.partition(" ")
    if form == "maybe":
        return Maybe(type_of(rest))
    if form == "list":
        _, limit, item = rest.split(" ", 2)
        return ListOf(type_of(item), int(limit))
    if form == "one":
        return Choice(*rest.split(" ")[1:])
    if form == "up":
        return UpTo(int(rest.split(" ")[1]))
    if rest:
        return {"unsigned": Unsigned, "exactly": Exactly, "text": Text}[form](int(rest))
    if words == "flag":
        return Flag()
    for declared in _DECLARED:
        if words in declared.types:
            return type_of(declared.types[words])
    spec = _spec(words)
    if spec is None:
        raise ValueError(f"there is no type {words!r}; see type_of")
    spec.find_types()
    return spec


_MADE_TYPES: dict[str, Type] = {}


# -------------------------------------------------------------------------------- records


class Spec(Type):
    """One declared record: name, fields, meaning; `make` is its named tuple.

    Args:
        name: of the named tuple.
        section: where it belongs.
        wire_name: by which the wire, or what is stored, knows it.
        doc: what it means.
        fields: ((name, type in words, meaning), ...).
        more: its options.
    """

    name = ""  # its own, of each

    def __init__(
        self, name: str, section: str, wire_name: str, doc: str, fields: tuple, more: dict
    ) -> None:
        self.name = name
        self.section = section
        self.wire_name = wire_name
        self.doc = doc
        self.more = more
        self.names = [field[0] for field in fields]
        self.make: type = namedtuple(name, self.names)  # type: ignore[misc]
        self._declared = fields
        self._types: list = []

    @property
    def fields(self) -> list:
        """[(name, Type, meaning), ...]"""
        return [(name, type_of(words), meaning) for name, words, meaning in self._declared]

    def find_types(self) -> None:
        """Look the types of the fields up, which waits until the record is used."""
        self._types = [type_of(field[1]) for field in self._declared]
        self.shape = (RECORD, self.make) + tuple([type.shape for type in self._types])

    def build(self, value, where: str = ""):
        """Validate decoded msgpack (or a named tuple) into this record.

        Raises:
            Malformed: naming the field, what it holds and what it should.
        """
        if not self.shape:
            self.find_types()
        if native:
            built = native.build(self.shape, value)
            if built is not None:
                return built
        where = where or self.wire_name
        names, types = self.names, self._types
        if not isinstance(value, (list, tuple)) or len(value) != len(types):
            self._wrong(value, where)
        return self.make(
            *[types[i].build(value[i], where + "." + names[i]) for i in range(len(types))]
        )

    def decode(self, data: bytes, where: str = ""):
        """Build this record from its canonical bytes.

        Raises:
            Malformed: not canonical, or not of this shape.
        """
        built = self._decoded(data) if native and len(data) <= MAX_MESSAGE else None
        return self.build(unpack_canonical(data), where) if built is None else built

    def decode_own(self, data: bytes):
        """Build this record from bytes that this process made of one: nothing is checked twice."""
        built = self._decoded(data) if native else None
        return self.build(unpack_own(data)) if built is None else built

    def _decoded(self, data):
        if not self.shape:
            self.find_types()
        return native.decode(self.shape, data)


class Declared:
    """Tables, see `declare`."""

    def __init__(self, records, types, options):
        self.records = records
        self.types = types
        self.options = options


_DECLARED: list[Declared] = []
_SPECS: dict[str, Spec] = {}  # what was made of them so far, by the names of their tuples


def declare(records: dict, types: dict, options: dict) -> None:
    """Add to the schema; nothing is made of it until somebody asks.

    Args:
        records: {name: (section, name on the wire, meaning[, fields[, options[, reply]]])}, with
            fields and the reply's ((name, type in words, meaning), ...) and options
            ((name, value), ...).
        types: {name: type in words}.
        options: {section: options that its records have unless they say otherwise}.
    """
    _DECLARED.append(Declared(records, types, options))


def specs() -> list[Spec]:
    """All that is declared, in order; what answers a request before the request."""
    found = []
    for declared in _DECLARED:
        for name, entry in declared.records.items():
            if entry[0] == "request":
                found.append(_spec(name + "Reply"))
            found.append(_spec(name))
    return found


def record_or_type(name: str):
    """The named tuple, or the type, that was declared under a name; None if there is none."""
    for declared in _DECLARED:
        if name in declared.types:
            return type_of(name)
    spec = _spec(name)
    return spec and spec.make


def _spec(name):
    """Spec of a record by its name, None if there is none."""
    spec = _SPECS.get(name)
    if spec is None:
        for declared in _DECLARED:
            spec = _make_spec(declared, name)
            if spec is not None:
                # Two threads may get here; whose record is found first is everybody's. The key is
                # the tuple's own name: MicroPython finds constants sooner than texts put together.
                return _SPECS.setdefault(spec.make.__name__, spec)
    return spec


def _make_spec(declared, name):
    entry = declared.records.get(name)
    if entry is not None:
        section, wire_name, doc = entry[:3]
        more = dict(declared.options.get(section, ()))
        if len(entry) > 4:
            more.update(entry[4])
        if section == "request":
            more["reply"] = _spec(name + "Reply").make
        return Spec(name, section, wire_name, doc, entry[3] if len(entry) > 3 else (), more)
    if name.endswith("Reply"):
        entry = declared.records.get(name[:-5])
        if entry is not None and entry[0] == "request":
            doc = "Answers `" + entry[1] + "`."
            return Spec(name, "reply", entry[1], doc, entry[5] if len(entry) > 5 else (), {})
    return None


class Section:
    """The named tuples of one section by their names on the wire.

    Args:
        section: its name.
        ending: what a record's name has behind its name on the wire.
    """

    def __init__(self, section: str, ending: str = "") -> None:
        self._section = section
        self._ending = ending
        self._made: dict[str, type] = {}

    def get(self, wire_name: str):
        """The named tuple, or None."""
        made = self._made.get(wire_name)
        if made is None:
            spec = _spec(camel(wire_name) + self._ending)
            if spec is None or spec.wire_name != wire_name or spec.section != self._section:
                return None
            self._made[spec.wire_name] = made = spec.make
        return made

    def __getitem__(self, wire_name: str):
        made = self.get(wire_name)
        if made is None:
            raise KeyError(wire_name)
        return made

    def __contains__(self, wire_name) -> bool:
        return self.get(wire_name) is not None

    def __iter__(self):
        return iter([spec.wire_name for spec in specs() if spec.section == self._section])

    def items(self) -> list:
        """[(name on the wire, named tuple), ...] in order of declaration."""
        return [(name, self[name]) for name in self]


def camel(wire_name: str) -> str:
    """A name on the wire as a record's: `list_codes` as ListCodes."""
    return "".join([part[:1].upper() + part[1:] for part in wire_name.split("_")])


def spec_of(record_type: type) -> Spec:
    """The declaration behind a named tuple type."""
    return _SPECS[record_type.__name__]


def decode(record_type: type, data: bytes):
    """Build a record from its canonical bytes.

    Raises:
        Malformed: not canonical, or not of this shape.
    """
    return _SPECS[record_type.__name__].decode(data)


def evolve(old, **changes):
    """A copy of a named tuple with some fields changed (MicroPython has no `_replace`)."""
    names = _SPECS[type(old).__name__].names
    values = list(old)
    left = len(changes)
    for i in range(len(names)):
        if names[i] in changes:
            values[i] = changes[names[i]]
            left -= 1
    if left:
        raise TypeError("no such field in " + type(old).__name__)
    return type(old)(*values)


if native:
    evolve = native.evolve

"""What a field of a record may hold, and the checks of it."""

from runtime.wire.errors import Malformed

# Forms of types, as the firmware's C knows them: firmware/modules/bindings/records.c.
UNSIGNED, FLAG, EXACTLY, UP_TO, TEXT, CHOICE, LIST_OF, MAYBE, RECORD = range(9)


class Type:
    """What a field may hold. `build` turns decoded msgpack into the value or raises Malformed.

    Attributes:
        shape: the same as a tuple for C: the form and what belongs to it.
    """

    stub = ""  # in the type stubs
    shape: tuple = ()

    @property
    def name(self) -> str:
        """What it is called in errors and in the reference."""
        raise NotImplementedError

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
        self.bits = bits
        self.limit = 1 << bits
        self.shape = (UNSIGNED, bits)

    @property
    def name(self) -> str:
        return f"u{self.bits}"

    def build(self, value, where: str):
        if type(value) is not int or not 0 <= value < self.limit:
            self._wrong(value, where)
        return value


class Flag(Type):
    """True or false."""

    stub = "bool"
    shape = (FLAG,)

    @property
    def name(self) -> str:
        return "bool"

    def build(self, value, where: str):
        if value is not True and value is not False:
            self._wrong(value, where)
        return value


class Exactly(Type):
    """Exactly `size` bytes."""

    stub = "bytes"

    def __init__(self, size: int) -> None:
        self.size = size
        self.shape = (EXACTLY, size)

    @property
    def name(self) -> str:
        return f"bytes({self.size})"

    def build(self, value, where: str):
        if not isinstance(value, bytes) or len(value) != self.size:
            self._wrong(value, where)
        return value


class UpTo(Type):
    """At most `limit` bytes."""

    stub = "bytes"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.shape = (UP_TO, limit)

    @property
    def name(self) -> str:
        return f"bytes, at most {self.limit}"

    def build(self, value, where: str):
        if not isinstance(value, bytes) or len(value) > self.limit:
            self._wrong(value, where)
        return value


class Text(Type):
    """At most `limit` bytes of UTF-8."""

    stub = "str"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.shape = (TEXT, limit)

    @property
    def name(self) -> str:
        return f"text, at most {self.limit} bytes"

    def build(self, value, where: str):
        if not isinstance(value, str) or len(value.encode()) > self.limit:
            self._wrong(value, where)
        return value


class Choice(Type):
    """One of a few words."""

    stub = "str"

    def __init__(self, *words: str) -> None:
        self.words = words
        self.shape = (CHOICE,) + words

    @property
    def name(self) -> str:
        return "one of " + ", ".join(self.words)

    def build(self, value, where: str):
        if value not in self.words:
            raise Malformed(f"{where} is {value!r:.60}", self.name)
        return value


class ListOf(Type):
    """At most `limit` values of one type."""

    def __init__(self, item: Type, limit: int) -> None:
        self.item = item
        self.limit = limit
        self.shape = (LIST_OF, limit, item.shape)

    @property
    def name(self) -> str:
        return f"list of at most {self.limit} {self.item.name}"

    def build(self, value, where: str):
        if not isinstance(value, (list, tuple)) or len(value) > self.limit:
            self._wrong(value, where)
        return tuple([self.item.build(item, where) for item in value])


class Maybe(Type):
    """A value or nil."""

    def __init__(self, item: Type) -> None:
        self.item = item
        self.shape = (MAYBE, item.shape)

    @property
    def name(self) -> str:
        return self.item.name + ", or nil"

    def build(self, value, where: str):
        return None if value is None else self.item.build(value, where)

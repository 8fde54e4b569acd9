"""The part of msgpack that the wire and the store use, with the names of the package from PyPI.

Floats and extension types are refused: no record has them.
"""

import struct

__all__ = ["MAX_DEPTH", "packb", "unpackb"]

MAX_DEPTH = 32
"""How many arrays and maps may be inside one another, both ways."""


def packb(obj, use_bin_type: bool = True) -> bytes:
    """Pack an object, everything in its shortest form.

    Args:
        obj: `None`, bool, int, str, bytes-like, list, tuple or dict, or such within such
        use_bin_type: must be true; the old form without a type for bytes is not made

    Returns:
        its encoding

    Raises:
        ValueError: for a float, and for what is nested too deeply
        OverflowError: for an int that is not within 64 bits
        TypeError: for any other type
    """
    if not use_bin_type:
        raise ValueError("only use_bin_type=True is supported")
    out = bytearray()
    _pack(obj, out, MAX_DEPTH)
    return bytes(out)


def unpackb(
    data,
    raw: bool = False,
    use_list: bool = True,
    strict_map_key: bool = True,
    max_str_len: int = -1,
    max_bin_len: int = -1,
    max_array_len: int = -1,
    max_map_len: int = -1,
    max_ext_len: int = -1,
):
    """Unpack an object.

    Args:
        data: the encoding, bytes-like
        raw: give strings as bytes
        use_list: give arrays as lists, not as tuples
        strict_map_key: refuse map keys that are neither str nor bytes
        max_str_len: bound on the bytes of a string; any below zero is none
        max_bin_len: bound on the bytes of a bin
        max_array_len: bound on the items of an array
        max_map_len: bound on the pairs of a map
        max_ext_len: accepted and without effect, extension types being refused

    Returns:
        the object

    Raises:
        ValueError: for what is cut short, trails, is too long, nested too deeply, of a type that is
            refused or not UTF-8
    """
    bounds = (max_str_len, max_bin_len, max_array_len, max_map_len)
    reader = _Reader(bytes(data), raw, use_list, strict_map_key, bounds)
    obj = reader.read(MAX_DEPTH)
    if reader.at != len(reader.data):
        raise ValueError("unpack(b) received extra data.")
    return obj


def _pack(obj, out: bytearray, depth: int) -> None:
    # Bools come before ints, which on CPython they are and on MicroPython are not.
    if obj is None:
        out.append(0xC0)
    elif obj is False:
        out.append(0xC2)
    elif obj is True:
        out.append(0xC3)
    elif isinstance(obj, int):
        _pack_int(obj, out)
    elif isinstance(obj, str):
        data = obj.encode()
        _pack_head(len(data), out, 0xA0, 32, 0xD9, 0xDA, 0xDB)
        out.extend(data)
    elif isinstance(obj, (bytes, bytearray, memoryview)):
        data = bytes(obj)
        _pack_head(len(data), out, 0, 0, 0xC4, 0xC5, 0xC6)
        out.extend(data)
    elif isinstance(obj, (list, tuple)):
        _check_depth(depth)
        _pack_head(len(obj), out, 0x90, 16, 0, 0xDC, 0xDD)
        for item in obj:
            _pack(item, out, depth - 1)
    elif isinstance(obj, dict):
        _check_depth(depth)
        _pack_head(len(obj), out, 0x80, 16, 0, 0xDE, 0xDF)
        for key, value in obj.items():
            _pack(key, out, depth - 1)
            _pack(value, out, depth - 1)
    elif isinstance(obj, float):
        raise ValueError("floats are refused: amounts and times are integers")
    else:
        raise TypeError(f"can not serialize '{type(obj).__name__}' object")


def _pack_int(number: int, out: bytearray) -> None:
    if -0x20 <= number < 0x80:
        out.append(number & 0xFF)
    elif 0 <= number < 0x10000000000000000:
        if number < 0x100:
            out.extend(struct.pack(">BB", 0xCC, number))
        elif number < 0x10000:
            out.extend(struct.pack(">BH", 0xCD, number))
        elif number < 0x100000000:
            out.extend(struct.pack(">BI", 0xCE, number))
        else:
            out.extend(struct.pack(">BQ", 0xCF, number))
    elif -0x8000000000000000 <= number < 0:
        if number >= -0x80:
            out.extend(struct.pack(">Bb", 0xD0, number))
        elif number >= -0x8000:
            out.extend(struct.pack(">Bh", 0xD1, number))
        elif number >= -0x80000000:
            out.extend(struct.pack(">Bi", 0xD2, number))
        else:
            out.extend(struct.pack(">Bq", 0xD3, number))
    else:
        raise OverflowError("Integer value out of range")


def _pack_head(size, out: bytearray, fix, fix_end, head_8, head_16, head_32) -> None:
    """Write a length behind the shortest head; a head of 0 is one the type does not have."""
    if size < fix_end:
        out.append(fix | size)
    elif size < 0x100 and head_8:
        out.extend(struct.pack(">BB", head_8, size))
    elif size < 0x10000:
        out.extend(struct.pack(">BH", head_16, size))
    else:
        out.extend(struct.pack(">BI", head_32, size))


def _check_depth(depth: int) -> None:
    if depth == 0:
        raise ValueError("recursion limit exceeded")


def _text(data: bytes) -> str:
    text = data.decode()
    # MicroPython lets overlong forms, surrogates and what is beyond U+10FFFF pass.
    if data and max(data) >= 0xC0:
        for at, head in enumerate(data):
            if head in (0xC0, 0xC1) or head > 0xF4:
                raise ValueError("invalid UTF-8")
            lowest, highest = _SECOND_BYTES.get(head, (0, 0xFF))
            if head >= 0xE0 and not lowest <= data[at + 1] <= highest:
                raise ValueError("invalid UTF-8")
    return text


_SECOND_BYTES = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}

_STR, _BIN, _ARRAY, _MAP = range(4)
_KINDS = ("str", "bin", "array", "map")
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_INTEGERS = {
    0xCC: (">B", 1),
    0xCD: (">H", 2),
    0xCE: (">I", 4),
    0xCF: (">Q", 8),
    0xD0: (">b", 1),
    0xD1: (">h", 2),
    0xD2: (">i", 4),
    0xD3: (">q", 8),
}
_LENGTHS = {
    0xC4: (_BIN, ">B", 1),
    0xC5: (_BIN, ">H", 2),
    0xC6: (_BIN, ">I", 4),
    0xD9: (_STR, ">B", 1),
    0xDA: (_STR, ">H", 2),
    0xDB: (_STR, ">I", 4),
    0xDC: (_ARRAY, ">H", 2),
    0xDD: (_ARRAY, ">I", 4),
    0xDE: (_MAP, ">H", 2),
    0xDF: (_MAP, ">I", 4),
}


class _Reader:
    def __init__(self, data: bytes, raw, use_list, strict_map_key, bounds) -> None:
        self.data = data
        self.at = 0
        self.raw = raw
        self.use_list = use_list
        self.strict_map_key = strict_map_key
        self.bounds = bounds

    def read(self, depth: int):
        head = self.take(1)[0]
        if head < 0x80:
            return head
        if head >= 0xE0:
            return head - 0x100
        if head < 0x90:
            return self.sized(_MAP, head & 0x0F, depth)
        if head < 0xA0:
            return self.sized(_ARRAY, head & 0x0F, depth)
        if head < 0xC0:
            return self.sized(_STR, head & 0x1F, depth)
        if head in _CONSTANTS:
            return _CONSTANTS[head]
        if head in _INTEGERS:
            return self.number(*_INTEGERS[head])
        if head in _LENGTHS:
            kind, form, size = _LENGTHS[head]
            return self.sized(kind, self.number(form, size), depth)
        raise ValueError(f"type {head:#04x} is refused: only nil, bool, int, str, bin, array, map")

    def sized(self, kind: int, size: int, depth: int):
        bound = self.bounds[kind]
        if 0 <= bound < size:
            raise ValueError(f"{size} exceeds max_{_KINDS[kind]}_len({bound})")
        if kind == _BIN:
            return self.take(size)
        if kind == _STR:
            data = self.take(size)
            return data if self.raw else _text(data)
        _check_depth(depth)
        if kind == _MAP:
            return self.pairs(size, depth - 1)
        items = [self.read(depth - 1) for _ in range(size)]
        return items if self.use_list else tuple(items)

    def pairs(self, size: int, depth: int) -> dict:
        result = {}
        for _ in range(size):
            key = self.read(depth)
            if self.strict_map_key and not isinstance(key, (str, bytes)):
                raise ValueError(f"{type(key).__name__} is not allowed for map key")
            result[key] = self.read(depth)
        return result

    def number(self, form: str, size: int) -> int:
        return struct.unpack(form, self.take(size))[0]

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise ValueError("Unpack failed: incomplete input")
        data = self.data[self.at : end]
        self.at = end
        return data

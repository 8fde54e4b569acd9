"""Consistent overhead byte stuffing: the same bytes without a zero among them."""

__all__ = ["DecodeError", "decode", "encode"]


class DecodeError(Exception):
    """Exception raised when bytes are not the encoding of any."""


def encode(data) -> bytes:
    """Encode bytes.

    Args:
        data: any bytes-like object

    Returns:
        the encoding, at least one byte and one in 254 longer, without zeros
    """
    out = bytearray()
    blocks = bytes(data).split(b"\0")
    last = len(blocks) - 1
    for index, block in enumerate(blocks):
        at = 0
        left = len(block)
        while left > 254 or (left == 254 and index < last):
            out.append(255)
            out.extend(block[at : at + 254])
            at += 254
            left -= 254
        out.append(left + 1)
        out.extend(block[at:])
    return bytes(out)


def decode(data) -> bytes:
    """Decode bytes.

    Args:
        data: any bytes-like object

    Returns:
        what was encoded

    Raises:
        DecodeError: if there is a zero among them or the last block is cut short
    """
    data = bytes(data)
    if 0 in data:
        raise DecodeError("zero byte found in input")
    out = bytearray()
    at = 0
    end = len(data)
    while at < end:
        code = data[at]
        out.extend(data[at + 1 : at + code])
        at += code
        if at < end and code < 255:
            out.append(0)
    if at > end:
        raise DecodeError("not enough input bytes for length code")
    return bytes(out)

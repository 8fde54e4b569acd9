"""Evaluate expressions of standard input, one a line, with the modules of this Python: the result,
or what class of error there was. Portable, so that two Pythons can be asked the same.
"""

import hashlib
import sys
from binascii import crc32

import msgpack
from cobs import cobs

NAMES = {"cobs": cobs, "crc32": crc32, "hashlib": hashlib, "msgpack": msgpack}


def outcome(expression):
    try:
        result = eval(expression, dict(NAMES))
    except ValueError:  # or a subclass of one
        return "ValueError"
    except Exception as error:
        return type(error).__name__
    if isinstance(result, bytes):  # of which MicroPython says b'' in hexadecimal if it is empty
        return "".join([f"{byte:02x}" for byte in result])
    return str(result)


if __name__ == "__main__":
    for line in sys.stdin:
        print(outcome(line.strip()))

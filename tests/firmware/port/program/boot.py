"""What the port can: C modules by the engines, the line both ways, a panic that says why."""

import hashlib

import _crypto
import board


def say(text):
    data = text.encode() + b"\n"
    while data:
        data = data[board.write(data) :]


say("sha3 " + hashlib.sha3_256(b"abc").digest().hex())
key = _crypto.public_key(b"s" * 32)
began = board.cycles()
signature = _crypto.sign(b"s" * 32, b"purpose", b"message", bytes(32))
say(f"signed in {board.cycles() - began}")
say("signature " + hashlib.sha3_256(key + signature).digest().hex())
say(f"verified {_crypto.verify(key, b'purpose', b'message', signature)}")
line = b""
while not line.endswith(b"\n"):
    board.wait(None, False)
    line += board.read()
say(f"heard {len(line)} bytes")
raise ValueError("enough")

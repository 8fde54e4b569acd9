"""A second reader of the secure channel, written from `runtime/wire/CHANNEL.md` alone.

It shares no code with the product: `hashlib`, `hmac` and `cryptography` are all it has. Given what
passed on the line and the secret that the encapsulation gave, it reads the conversation.
"""

import hashlib
import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


class Hello(NamedTuple):
    versions: bytes
    nonce: bytes
    encapsulation_key: bytes


class Answer(NamedTuple):
    version: int
    nonce: bytes
    node: bytes
    ciphertext: bytes
    signature: bytes
    mac: bytes


class Finish(NamedTuple):
    host: bytes
    key: bytes
    signature: bytes
    mac: bytes


class Read(NamedTuple):
    """What a conversation says: records of each end as (kind, content)."""

    id: bytes
    host: bytes
    host_key: bytes
    by_host: list[tuple[int, bytes]]
    by_node: list[tuple[int, bytes]]


def _cut(data: bytes, *sizes: int) -> list[bytes]:
    assert len(data) == sum(sizes), f"{len(data)} bytes, expected {sum(sizes)}"
    parts, at = [], 0
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    return parts


def read_hello(message: bytes) -> Hello:
    assert message[0] == 1
    count = message[1]
    return Hello(*_cut(message[2:], count, 32, 1568))


def read_answer(message: bytes) -> Answer:
    assert message[0] == 2
    return Answer(message[1], *_cut(message[2:], 32, 32, 1568, 4627, 32))


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, "sha3_256").digest()


def derive(secret: bytes, label: str) -> bytes:
    return mac(secret, b"optin/v1/channel/" + label.encode() + b"\x01")


def open_box(key: bytes, nonce: bytes, box: bytes, head: bytes) -> bytes:
    return ChaCha20Poly1305(key).decrypt(nonce, box, head)


class Records:
    """The records of one direction."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.number = 0

    def read(self, message: bytes) -> tuple[int, bytes]:
        assert message[:4] == b"\x05\x00\x00\x00"
        if self.number % 1024 == 0:
            self.key = derive(self.secret, "key")
            self.secret = derive(self.secret, "next")
        nonce = bytes(4) + self.number.to_bytes(8, "big")
        inner = open_box(self.key, nonce, message[4:], message[:4])
        self.number += 1
        return inner[-1], inner[:-1]


def read(by_host: list[bytes], by_node: list[bytes], shared: bytes, node_key: bytes | None) -> Read:
    """Read a conversation; an error if any of it is not as the document says.

    Args:
        by_host, by_node: messages of each end, in order.
        shared: secret of the encapsulation.
        node_key: the node's; None for a conversation whose signatures are none.
    """
    hello, answer = by_host[0], by_node[0]
    said = hashlib.sha3_256(b"optin/v1/channel")

    def say(data: bytes) -> bytes:
        said.update(data)
        return said.digest()

    first, second = read_hello(hello), read_answer(answer)
    assert second.version in first.versions
    say(len(hello).to_bytes(4, "big") + hello)
    t1 = say((6293).to_bytes(4, "big") + answer[: -4627 - 32])
    t2 = say(second.signature)
    s = mac(t1, shared)
    assert mac(derive(s, "answer"), t2) == second.mac
    say(second.mac)

    assert (len(by_host[1]), by_host[1][0]) == (7300, 3)
    plain = open_box(derive(s, "host"), bytes(12), by_host[1][1:], b"\x03")
    finish = Finish(*_cut(plain, 32, 2592, 4627, 32))
    t3 = say((7284).to_bytes(4, "big") + b"\x03" + finish.host + finish.key)
    t4 = say(finish.signature)
    assert mac(derive(s, "finish"), t4) == finish.mac
    say(finish.mac)

    assert (len(by_node[1]), by_node[1][0]) == (49, 4)
    t5 = say((33).to_bytes(4, "big") + b"\x04")
    done = open_box(derive(s, "node"), bytes(12), by_node[1][1:], b"\x04")
    assert mac(derive(s, "done"), t5) == done
    t6 = say(done)

    if node_key is not None:
        verifier = MLDSA87PublicKey.from_public_bytes(node_key)
        verifier.verify(second.signature, t1, b"optin/v1/channel-node")
        verifier = MLDSA87PublicKey.from_public_bytes(finish.key)
        verifier.verify(finish.signature, t3, b"optin/v1/channel-host")

    m = mac(t6, derive(s, "main"))
    host_records = Records(derive(m, "host-records"))
    node_records = Records(derive(m, "node-records"))
    return Read(
        t6,
        finish.host,
        finish.key,
        [host_records.read(message) for message in by_host[2:]],
        [node_records.read(message) for message in by_node[2:]],
    )

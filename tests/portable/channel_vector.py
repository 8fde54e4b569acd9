"""A conversation over the secure channel of which every byte is known.

Encapsulation and signatures are random by nature; here they are given: the shared secret, the
ciphertext, the key, and as a signature so many bytes of SHAKE256. The cipher is whichever crypto
port is tried. `EXPECTED` was read by `tests/runtime/wire/channel_reader.py`.
"""

from hashlib import sha3_256, shake_256

from runtime.wire.handshake import HostHandshake, NodeHandshake

HOST, NODE = b"\x11" * 32, b"\x22" * 32
SHARED = b"\x33" * 32
TURNED = 1024  # records after which a key turns

# Messages in hexadecimal, SHA3-256 of those of 64 bytes and more, and of all of them.
EXPECTED = {
    "id": "211ea43bc13b11faf946762f49051cd3ec6443a0ed669e464a7b6cab32fa3645",
    "hello": "f3338cfb5d2be64c929b9e74c49234927c4401e37deff50548039893b98269fc",
    "answer": "f433d44cb8f962b53b8dd7882292619d1475e12eb692570291e9c4c09ed2560d",
    "finish": "bd4472eb3c58f853eaa45f94da4e6de32c157b89176cdcd463ca98bc9cf62a54",
    "done": "04effd554da3ec7b0bcdf46730a7a66a88bf848c37437c1911dd00c22fdb5c86"
    "7ada39917cbb608a438c0136677365eb92",
    "host 0": "05000000fbc429b90ece5a8cbc3b1af0ad357f9eb2",
    "node 0": "050000009267eba3a27e76147ad110f473b35fba75",
    "host 1": "05000000773914a8fea6c12d8bf97a7b73fed624ce43",
    "host 40": "050000008daf269fab4da4afc78f5726129d17818f6171e820057fcfc8ccbb0c"
    "875176820041af82dace0b77a15d601197ee53544da006dda18311bed2",
    "host 199": "719f74a18eeea4b2251057bbe9adaf8136a06ca965d646a626b9679154013e71",
    "node 1023": "05000000a459c5fa69d2f96c3b5a971421fd1b0a036d0d744027b74f81055753"
    "e5fbb56369b2d8f88601612f",
    "node 1024": "05000000a866c81b7c1dc5703c5370381ff7593028c0eabfbd154f2bf38e5a6a"
    "a4c570602d36daa01f9462fc12",
    "host 1024": "050000002def3b92f5092d50b0780ed0a51162dadba5fc51112707f47ff94980"
    "f4e1bdb35225e55d19df48952d",
    "host 1025": "0500000068453aded182aeab6e58ceaaf4ccf1dd1d486b6f40d1195ddd73e094"
    "15b7532a41da2e775e566a784008",
    "host close": "050000009ba783e042dc278d8e908a3827997808b0",
    "node close": "05000000af1b3890acd131097677a485a80a0b41f4",
    "all": "91f10fbc326e09f1637f259e196c84527a3802f698f5799d4b5e748725c13eaf",
}


def some(label, size):
    """Bytes that stand for something."""
    return shake_256(b"channel vector: " + label).digest(size)


HOST_KEY, NODE_KEY = some(b"host key", 2592), some(b"node key", 2592)


class Given:
    """A crypto port whose random parts are given; `aead` is the port whose cipher it has."""

    def __init__(self, aead):
        self.aead_seal = aead.aead_seal
        self.aead_open = aead.aead_open

    def kem_public_key(self, seed):
        assert len(seed) == 64
        return some(b"encapsulation key", 1568)

    def encapsulate(self, public_key):
        assert public_key == some(b"encapsulation key", 1568)
        return SHARED, some(b"ciphertext", 1568)

    def decapsulate(self, seed, ciphertext):
        assert ciphertext == some(b"ciphertext", 1568)
        return SHARED

    def verify(self, public_key, purpose, message, signature):
        return bytes(signature) == signature_of(public_key, purpose, message)


def signature_of(public_key, purpose, message):
    return some(sha3_256(public_key).digest() + purpose + message, 4627)


def signer(public_key):
    return lambda purpose, message: signature_of(public_key, purpose, message)


def conversation(aead):
    """[(name, message)] of a handshake and records, and the ids of both ends' channels."""
    crypto = Given(aead)
    host = HostHandshake(
        crypto, lambda n: some(b"host", n), signer(HOST_KEY), HOST, HOST_KEY, NODE, NODE_KEY
    )
    node = NodeHandshake(
        crypto, lambda n: some(b"node", n), signer(NODE_KEY), NODE, lambda _, enclosed: enclosed
    )
    hello = host.hello()
    answer = node.answer(hello)
    finish = host.finish(answer)
    done, at_node = node.done(finish)
    at_host = host.done(done)
    said = [("hello", hello), ("answer", answer), ("finish", finish), ("done", done)]
    for number in range(TURNED + 2):
        for name, end, other in (("host", at_host, at_node), ("node", at_node, at_host)):
            content = some(name.encode(), number % 200)
            record = end.seal(content)
            assert other.open(record) == content
            said.append((name + " " + str(number), record))
    said.append(("host close", at_host.close()))
    said.append(("node close", at_node.close()))
    return said, [at_host.id, at_node.id]


def digests(said, id):
    """What EXPECTED has of a conversation."""
    found = {"id": id.hex(), "all": sha3_256(b"".join([m for _, m in said])).digest().hex()}
    for name, message in said:
        if name in EXPECTED:
            found[name] = (message if len(message) < 64 else sha3_256(message).digest()).hex()
    return found

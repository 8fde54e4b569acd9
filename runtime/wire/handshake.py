"""Handshake of the secure channel: a signed key encapsulation in the shape of SPDM 1.4
KEY_EXCHANGE and FINISH (DSP0274). `CHANNEL.md` has every byte.

    host                                   node
    HELLO   nonce, ephemeral key      ->
                                      <-   ANSWER  nonce, id, ciphertext, signature, MAC
    FINISH  id, key, signature, MAC   ->           encrypted, as is all that follows
                                      <-   DONE    MAC

Each end signs all that was said before, under a key that the other has pinned or finds out about.
Whatever is wrong ends a handshake: another begins with a new HELLO.
"""

from hashlib import sha3_256

from runtime.wire.channel import (
    ANSWER,
    DONE,
    FINISH,
    HELLO,
    TAG,
    Channel,
    HandshakeFailed,
    derive,
    extract,
    make_channel,
)
from runtime.wire.compare import same
from runtime.wire.errors import Malformed
from runtime.wire.hkdf import hmac_sha3

VERSION = 1
# ML-DSA context strings (FIPS 204, section 5.2)
NODE_SIGNS = b"optin/v1/channel-node"
HOST_SIGNS = b"optin/v1/channel-host"

DIGEST = ID = NONCE = MAC = 32
KEM_SEED, KEM_KEY, CIPHERTEXT = 64, 1568, 1568
KEY, SIGNATURE = 2592, 4627
ANSWER_HEAD = 2 + NONCE + ID + CIPHERTEXT
ANSWER_SIZE = ANSWER_HEAD + SIGNATURE + MAC
FINISH_PLAIN = 1 + ID + KEY + SIGNATURE + MAC
DONE_PLAIN = 1 + MAC
ONCE = bytes(12)  # nonce of a key that encrypts once

_NAMES = {HELLO: "HELLO", ANSWER: "ANSWER", FINISH: "FINISH", DONE: "DONE"}


class _Handshake:
    """What both ends do alike: the transcript, whose turn it is, and the secrets.

    Each step takes turn and secret away and gives them back at its end, so that whatever fails
    leaves neither.
    """

    def __init__(self, crypto, random, sign, turn: int) -> None:
        self._crypto = crypto
        self._random = random
        self._sign = sign
        self._turn = turn
        self._secret = b""
        self._transcript = sha3_256(b"optin/v1/channel")

    def _begin(self, turn: int, message: bytes, size: int) -> bytes:
        """Take the message whose turn it is; returns the secret so far.

        Raises:
            HandshakeFailed: it is not its turn, or it is another, or of another size.
        """
        due, self._turn = self._turn, 0
        secret, self._secret = self._secret, b""
        if due != turn:
            raise HandshakeFailed("this handshake is over", "each step once", "begin another")
        if len(message) != size or message[0] != turn:
            raise HandshakeFailed(
                f"a message of {len(message)} bytes that begins with {message[:1].hex() or 'none'}",
                f"{_NAMES[turn]}, {size} bytes that begin with 0{turn}",
                "begin anew",
            )
        return secret

    def _say(self, size: int, part: bytes) -> bytes:
        """Add the size of a message and its first part to the transcript; returns its hash."""
        self._transcript.update(size.to_bytes(4, "big"))
        return self._add(part)

    def _add(self, part: bytes) -> bytes:
        self._transcript.update(part)
        return self._transcript.digest()

    def _seal(self, key: bytes, plain: bytes) -> bytes:
        """Encrypt a message but for its type."""
        return plain[:1] + self._crypto.aead_seal(key, ONCE, plain[1:], plain[:1])

    def _open(self, key: bytes, message: bytes) -> bytes:
        """What follows the type of an encrypted message."""
        plain = self._crypto.aead_open(key, ONCE, message[1:], message[:1])
        if plain is None:
            raise _altered(message)
        return plain

    def _channel(self, secret: bytes, transcript: bytes, outgoing: bytes, incoming: bytes):
        main = extract(transcript, derive(secret, b"main"))
        return make_channel(
            self._crypto, transcript, derive(main, outgoing), derive(main, incoming)
        )


class HostHandshake(_Handshake):
    """The host's end: `hello`, `finish`, `done`, in this order, each once.

    Args:
        crypto: crypto port.
        random: function of a number to so many bytes that nobody can foresee.
        sign: function (purpose, message) to a signature of the host.
        host: its id, 32 bytes.
        host_key: its current ML-DSA-87 public key, 2,592 bytes.
        node: id of the node, pinned.
        node_key: key of the node, pinned.
    """

    def __init__(
        self, crypto, random, sign, host: bytes, host_key: bytes, node: bytes, node_key: bytes
    ) -> None:
        super().__init__(crypto, random, sign, HELLO)
        self._host = host
        self._host_key = host_key
        self._node = node
        self._node_key = node_key

    def hello(self) -> bytes:
        """HELLO, to be sent first.

        Raises:
            HandshakeFailed: it has been made before.
        """
        if self._turn != HELLO:
            raise HandshakeFailed("this handshake has begun", "each step once", "begin another")
        self._secret = self._random(KEM_SEED)
        message = bytes([HELLO, 1, VERSION]) + self._random(NONCE)
        message += self._crypto.kem_public_key(self._secret)
        self._say(len(message), message)
        self._turn = ANSWER
        return message

    def finish(self, answer: bytes) -> bytes:
        """FINISH, to be sent when ANSWER has come.

        Raises:
            HandshakeFailed: the answer is not that of the pinned node to this HELLO.
        """
        seed = self._begin(ANSWER, answer, ANSWER_SIZE)
        head, signature = answer[:ANSWER_HEAD], answer[ANSWER_HEAD:-MAC]
        if head[1] != VERSION:
            raise HandshakeFailed(
                f"the node answers in version {head[1]}", f"version {VERSION}", "update this host"
            )
        node = head[2 + NONCE : 2 + NONCE + ID]
        if node != self._node:
            raise HandshakeFailed(
                f"another node answers: {node.hex()}",
                f"the pinned one, {self._node.hex()}",
                "if the node has changed, compare fingerprints and pair anew",
            )
        begun = self._say(ANSWER_SIZE, head)
        secret = extract(begun, self._crypto.decapsulate(seed, head[-CIPHERTEXT:]))
        if not same(answer[-MAC:], hmac_sha3(derive(secret, b"answer"), self._add(signature))):
            raise _altered(answer)
        if not self._crypto.verify(self._node_key, NODE_SIGNS, begun, signature):
            raise HandshakeFailed(
                "the node's signature does not verify under the key that is pinned for it",
                "the node that was paired",
                "someone imitates it, or its key has changed: compare fingerprints and pair anew",
            )
        said = self._add(answer[-MAC:])
        plain = bytes([FINISH]) + self._host + self._host_key
        said = self._say(FINISH_PLAIN, plain)
        signature = self._sign(HOST_SIGNS, said)
        mac = hmac_sha3(derive(secret, b"finish"), self._add(signature))
        self._add(mac)
        self._turn, self._secret = DONE, secret
        return self._seal(derive(secret, b"host"), plain + signature + mac)

    def done(self, message: bytes) -> Channel:
        """The channel, when DONE has come.

        Raises:
            HandshakeFailed: the node did not get this FINISH, or refuses the host.
        """
        secret = self._begin(DONE, message, DONE_PLAIN + TAG)
        mac = self._open(derive(secret, b"node"), message)
        said = self._say(DONE_PLAIN, message[:1])
        if not same(mac, hmac_sha3(derive(secret, b"done"), said)):
            raise _altered(message)
        return self._channel(secret, self._add(mac), b"host-records", b"node-records")


class NodeHandshake(_Handshake):
    """The node's end: `answer`, `done`, in this order, each once.

    Args:
        crypto: crypto port.
        random: function of a number to so many bytes that nobody can foresee.
        sign: function (purpose, message) to a signature of the node.
        node: its id, 32 bytes.
        key_of: function of a host's id and the key that it encloses to the key that its signature
            must verify under, or None for a host that is refused.

    Attributes:
        host: id of the host, once it is known to be the one; before that None.
    """

    def __init__(self, crypto, random, sign, node: bytes, key_of) -> None:
        super().__init__(crypto, random, sign, HELLO)
        self._node = node
        self._key_of = key_of
        self.host: bytes | None = None

    def answer(self, hello: bytes) -> bytes:
        """ANSWER, to be sent when HELLO has come.

        Raises:
            HandshakeFailed: it is none, or in no version that this node speaks.
        """
        count = hello[1] if len(hello) > 1 else 1
        self._begin(HELLO, hello, 2 + count + NONCE + KEM_KEY)
        if VERSION not in hello[2 : 2 + count]:
            raise HandshakeFailed(
                "the host does not speak the version of this node",
                f"version {VERSION}",
                "update the older one of both",
            )
        try:
            shared, ciphertext = self._crypto.encapsulate(hello[-KEM_KEY:])
        except Malformed as error:
            raise HandshakeFailed(error.wrong, error.expected, "begin anew")
        self._say(len(hello), hello)
        head = bytes([ANSWER, VERSION]) + self._random(NONCE) + self._node + ciphertext
        begun = self._say(ANSWER_SIZE, head)
        secret = extract(begun, shared)
        signature = self._sign(NODE_SIGNS, begun)
        mac = hmac_sha3(derive(secret, b"answer"), self._add(signature))
        self._add(mac)
        self._turn, self._secret = FINISH, secret
        return head + signature + mac

    def done(self, finish: bytes) -> tuple[bytes, Channel]:
        """(DONE, to be sent when FINISH has come; the channel).

        Raises:
            HandshakeFailed: the host is refused, or is not who it says, or did not get this ANSWER.
        """
        secret = self._begin(FINISH, finish, FINISH_PLAIN + TAG)
        plain = self._open(derive(secret, b"host"), finish)
        host, enclosed, signature = plain[:ID], plain[ID : ID + KEY], plain[ID + KEY : -MAC]
        self._say(FINISH_PLAIN, finish[:1] + host)
        said = self._add(enclosed)
        if not same(plain[-MAC:], hmac_sha3(derive(secret, b"finish"), self._add(signature))):
            raise _altered(finish)
        key = self._key_of(host, enclosed)
        if key is None:
            raise HandshakeFailed(
                f"the host {host.hex()} is not admitted", "one that is", "pair with this node"
            )
        if not self._crypto.verify(key, HOST_SIGNS, said, signature):
            raise HandshakeFailed(
                f"the signature does not verify under the key of the host {host.hex()}",
                "its current key",
                "sign with it, or pair anew",
            )
        self._add(plain[-MAC:])
        mac = hmac_sha3(derive(secret, b"done"), self._say(DONE_PLAIN, bytes([DONE])))
        channel = self._channel(secret, self._add(mac), b"node-records", b"host-records")
        self.host = host
        return self._seal(derive(secret, b"node"), bytes([DONE]) + mac), channel


def _altered(message: bytes) -> HandshakeFailed:
    return HandshakeFailed(
        f"the {_NAMES[message[0]]} is not of this handshake: something on the line altered or "
        "made it",
        "what the other end sent",
        "begin anew; if it happens again, the line is under attack",
    )

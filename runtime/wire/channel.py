"""Secure channel: what its messages are, and the records that two ends exchange once they have
shaken hands (`handshake.py`). `CHANNEL.md` has every byte.

Both ends run the same class, which does no input or output and has no clock. The number of a
record is not on the line, as a link brings every message once and in order: what is replayed,
reordered, left out, reflected or altered does not open, and breaks the channel for good.
"""

from runtime.wire.errors import Malformed, NodeError
from runtime.wire.hkdf import hmac_sha3
from runtime.wire.native import native
from runtime.wire.schema import MAX_MESSAGE

# First byte of a message of the channel; msgpack-rpc begins with 0x93 or 0x94.
HELLO, ANSWER, FINISH, DONE, RECORD = 1, 2, 3, 4, 5
HEAD = bytes([RECORD, 0, 0, 0])  # of a record; so long that what follows it is aligned
CONTENT, CLOSE = 1, 2  # kinds of records, the last byte of what is encrypted
TAG = 16  # bytes of Poly1305
OVERHEAD = len(HEAD) + 1 + TAG  # bytes of a record beside its content
CONTENT_LIMIT = MAX_MESSAGE - OVERHEAD
RECORDS_OF_A_KEY = 1024


class HandshakeFailed(NodeError):
    """There is no channel: the other end is not who it should be, or the line was tampered with."""

    code = "handshake"


class ChannelBroken(NodeError):
    """The channel carries nothing any more."""

    code = "channel"


def is_channel(message: bytes) -> bool:
    """Whether a message of the link is one of the channel."""
    return len(message) > 0 and HELLO <= message[0] <= RECORD


def extract(salt: bytes, secret: bytes) -> bytes:
    """HKDF-Extract (RFC 5869, section 2.2) with SHA3-256: 32 bytes."""
    return hmac_sha3(salt, secret)


def derive(secret: bytes, label: bytes) -> bytes:
    """HKDF-Expand (RFC 5869, section 2.3) to 32 bytes under a label of the channel."""
    return hmac_sha3(secret, b"optin/v1/channel/" + label + b"\x01")


class Direction:
    """One direction of a channel: the key in use, and the secret that the next comes of.

    What is forgotten is left to the collector; in C it is overwritten.

    Args:
        crypto: crypto port.
        secret: 32 bytes that only the two ends know, for this direction alone.
    """

    def __init__(self, crypto, secret: bytes) -> None:
        self._crypto = crypto
        self._secret = secret
        self._count = 0
        self._turn()

    def seal(self, kind: int, content: bytes) -> bytes:
        """The next record."""
        inner = content + bytes([kind])
        record = HEAD + self._crypto.aead_seal(self._key, self._nonce(), inner, HEAD)
        self._advance()
        return record

    def open(self, record: bytes) -> tuple | None:
        """(kind, content), or None if this is not the next record."""
        if len(record) < OVERHEAD or record[: len(HEAD)] != HEAD:
            return None
        inner = self._crypto.aead_open(self._key, self._nonce(), record[len(HEAD) :], HEAD)
        if inner is None:
            return None
        self._advance()
        return inner[-1], inner[:-1]

    def forget(self) -> None:
        """Let go of the secrets: nothing can be sealed or opened any more."""
        self._key = self._secret = b""

    def _nonce(self) -> bytes:
        return bytes(4) + self._count.to_bytes(8, "big")

    def _advance(self) -> None:
        self._count += 1
        if self._count % RECORDS_OF_A_KEY == 0:
            self._turn()

    def _turn(self) -> None:
        """Take the next key; neither it nor those before can be had from what is kept."""
        self._key = derive(self._secret, b"key")
        self._secret = derive(self._secret, b"next")


class Channel:
    """One end of a channel; a handshake makes it.

    The firmware has it in C: firmware/modules/channel.c.

    Args:
        crypto: crypto port.
        id: 32 bytes that both ends know; no other channel has the same.
        outgoing, incoming: secrets of the directions, 32 bytes each.

    Attributes:
        id: the same.
        closed_by_peer: the peer has said that nothing follows.
        broken: an error ended it, or `end`; its keys are gone.
    """

    def __init__(self, crypto, id: bytes, outgoing: bytes, incoming: bytes) -> None:
        self.id = id
        self.closed_by_peer = False
        self.broken = False
        self._closed = False
        self._outgoing = Direction(crypto, outgoing)
        self._incoming = Direction(crypto, incoming)

    def seal(self, content: bytes) -> bytes:
        """The record, a message for the link, that carries `content` of up to CONTENT_LIMIT bytes.

        Raises:
            ChannelBroken: it is broken, or one of the ends has closed it.
            Malformed: the content is too long; the channel goes on.
        """
        if len(content) > CONTENT_LIMIT:
            raise wrong(TOO_LONG)
        if self.broken or self._closed or self.closed_by_peer:
            raise wrong(OVER)
        return self._outgoing.seal(CONTENT, content)

    def open(self, record: bytes) -> bytes | None:
        """The content of a message that came by the link; None when the peer closes the channel.

        Raises:
            ChannelBroken: it is not the next record of the peer, and no later one is either.
        """
        if self.broken:
            raise wrong(OVER)
        opened = None if self.closed_by_peer else self._incoming.open(record)
        if opened is not None:
            kind, content = opened
            if kind == CONTENT:
                return content
            if kind == CLOSE and not content:
                self.closed_by_peer = True
                self._incoming.forget()
                return None
        self._forget()
        raise wrong(NOT_NEXT)

    def close(self) -> bytes:
        """The record that tells the peer that nothing follows. What it sends may still be opened.

        Raises:
            ChannelBroken: it is broken, or was closed by this end.
        """
        if self.broken or self._closed:
            raise wrong(OVER)
        record = self._outgoing.seal(CLOSE, b"")
        self._closed = True
        self._outgoing.forget()
        return record

    def end(self) -> None:
        """The line is gone, or what it carried is over: forget the keys.

        Raises:
            ChannelBroken: the peer has not closed it, so that what it sent may have been cut off.
        """
        if self.broken:
            raise wrong(OVER)
        self._forget()
        if not self.closed_by_peer:
            raise wrong(CUT_OFF)

    def _forget(self) -> None:
        self.broken = True
        self._outgoing.forget()
        self._incoming.forget()


OVER, TOO_LONG, NOT_NEXT, CUT_OFF = 0, 1, 2, 3


def wrong(what: int) -> NodeError:
    """The error of a channel: its texts are the same for both implementations."""
    if what == OVER:
        return ChannelBroken("the channel is closed or broken", "an open one", "shake hands anew")
    if what == TOO_LONG:
        return Malformed(
            "the content is longer than a record's", f"at most {CONTENT_LIMIT} bytes", "send less"
        )
    if what == NOT_NEXT:
        return ChannelBroken(
            "a message is not the next record of the peer: something on the line altered, "
            "replayed, reordered, left out or made it",
            "the records of the peer, each once and in order",
            "shake hands anew; nothing of this message was taken",
        )
    return ChannelBroken(
        "the channel ended without its close",
        "the peer's close first",
        "shake hands anew and ask what became of requests without an answer",
    )


def make_channel(crypto, id: bytes, outgoing: bytes, incoming: bytes) -> Channel:
    """A channel: in C where there is one."""
    if native:
        return native.Channel(wrong, id, outgoing, incoming)
    return Channel(crypto, id, outgoing, incoming)

"""The states of an open channel: a plain model, and every sequence of events to some depth.

The model is the table of `runtime/wire/CHANNEL.md`.
"""

from runtime.wire.channel import CLOSE, CONTENT, HEAD, ChannelBroken, Direction

OUTGOING, INCOMING = b"o" * 32, b"i" * 32
OUTCOMES = {"content", "closed", "record", "over", "error"}
EVENTS = (
    "next", "close", "odd kind", "close with content", "one left out", "altered", "cut",
    "replayed", "reflected", "of a handshake", "empty", "seal", "shut", "end",
)  # fmt: skip


class Model:
    """An end of a channel as the document has it."""

    def __init__(self):
        self.broken = self.closed = self.closed_by_peer = False

    def event(self, name):
        """What comes of an event: content, closed, record, over, or an error."""
        if self.broken:
            return "error"
        if name in ("seal", "shut"):
            if self.closed or (name == "seal" and self.closed_by_peer):
                return "error"
            self.closed = self.closed or name == "shut"
            return "record"
        if name == "end":
            self.broken = True
            return "over" if self.closed_by_peer else "error"
        if self.closed_by_peer or name not in ("next", "close"):
            self.broken = True
            return "error"
        self.closed_by_peer = name == "close"
        return "closed" if self.closed_by_peer else "content"


class End:
    """An end of a channel, and what its peer seals: more than an honest one would.

    Args:
        channel: with the secrets OUTGOING and INCOMING.
        crypto: crypto port of the same cipher.
    """

    def __init__(self, channel, crypto):
        self.channel = channel
        self._peer = Direction(crypto, INCOMING)
        self._reader = Direction(crypto, OUTGOING)
        self._came = []
        self._said = []
        self._number = 0

    def event(self, name):
        """What comes of an event; the same words as the model's."""
        channel = self.channel
        self._number += 1
        content = b"content %d" % self._number
        try:
            if name == "end":
                channel.end()
                return "over"
            if name in ("seal", "shut"):
                record = channel.seal(content) if name == "seal" else channel.close()
                expected = (CONTENT, content) if name == "seal" else (CLOSE, b"")
                assert self._reader.open(record) == expected
                self._said.append(record)
                return "record"
            message = self._message(name, content)
            self._came.append(message)
            opened = channel.open(message)
        except ChannelBroken:
            return "error"
        assert opened == (None if name == "close" else content)
        return "closed" if opened is None else "content"

    def _message(self, name, content):
        if name in ("replayed", "reflected"):
            kept = self._came if name == "replayed" else self._said
            return kept[-1] if kept else HEAD + bytes(40)
        if name == "empty":
            return b""
        if name == "one left out":
            self._peer.seal(CONTENT, content)
        kind, sealed = CONTENT, content
        if name == "close":
            kind, sealed = CLOSE, b""
        elif name == "close with content":
            kind = CLOSE
        elif name == "odd kind":
            kind = 3
        record = self._peer.seal(kind, sealed)
        if name == "altered":
            return record[:1] + bytes([record[1] ^ 1]) + record[2:]
        if name == "cut":
            return record[:-1]
        return b"\x04" + record[1:] if name == "of a handshake" else record


def explore(make, depth):
    """Give every sequence of events to an end of its own; returns how often what came of one.

    Args:
        make: function that gives an End.
        depth: length of the sequences.
    """
    found = dict.fromkeys(OUTCOMES, 0)
    for number in range(len(EVENTS) ** depth):
        end, model, events = make(), Model(), []
        for _ in range(depth):
            number, which = divmod(number, len(EVENTS))
            events.append(EVENTS[which])
            expected = model.event(EVENTS[which])
            assert end.event(EVENTS[which]) == expected, events
            assert end.channel.broken == model.broken, events
            assert end.channel.closed_by_peer == model.closed_by_peer, events
            found[expected] += 1
    return found

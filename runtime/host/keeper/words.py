"""What a node says in plain text on its line, beside frames: why it cannot go on."""

import re

from runtime.wire.frames import CHUNK_LIMIT

LIMIT = 4096  # bytes of text, or of what may become it
LINES = 20  # that people are shown
WIDTH = 200  # characters of a line
PANIC = b"panic: "
PANIC_LINE = re.compile(PANIC + rb"[\t\r\x20-\x7e]*\n")
TEXT = re.compile(rb"[\t\r\n\x20-\x7e]+")
TEXT_AT_END = re.compile(TEXT.pattern + rb"\Z")
BEGINNING = re.compile(rb"Traceback \(|error: |" + PANIC)


class Words:
    """Finds the text in the bytes of a node.

    Frames lie between zero bytes, and each has a byte that is no text (its version). So what lies
    between two zero bytes and is all text, and ends a line, is no frame. Behind the beginning of a
    frame, whose bytes may be anybody's, text counts from where a failure is known to begin, and
    only if it goes on to the next zero byte, for a frame ends with its check; one of some thousand
    checks could be taken for the rest of such a line, and then a session is begun anew for nothing.
    """

    def __init__(self) -> None:
        self._chunk = b""  # since the last zero byte
        self._text = b""

    def take(self, data: bytes) -> bool:
        """Take bytes of the node; returns whether they end its panic, the last that it says."""
        *chunks, last = (self._chunk + data).split(b"\0")
        panic = PANIC_LINE.search(last)
        if panic and (len(last) > CHUNK_LIMIT or TEXT.fullmatch(last)):
            chunks.append(last[: panic.end()])  # no frame need follow it
            last = last[panic.end() :]
        self._chunk = last[-LIMIT:]
        found = [_text(chunk) for chunk in chunks if chunk.endswith(b"\n")]
        self._text = (self._text + b"".join(found))[-LIMIT:]
        return any(PANIC in text for text in found)

    def said(self) -> str:
        """All text since the last time, for people: some short lines of printable ASCII."""
        text, self._text = self._text.decode("ascii"), b""
        lines = [line.rstrip().replace("\t", "    ")[:WIDTH] for line in text.splitlines()]
        return "\n".join([line for line in lines if line][-LINES:])


def _text(chunk: bytes) -> bytes:
    found = TEXT_AT_END.search(chunk)
    if not found:
        return b""
    if not found.start():
        return chunk
    beginning = BEGINNING.search(chunk, found.start())
    return chunk[beginning.start() :] if beginning else b""

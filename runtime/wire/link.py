"""Link: messages, in order and exactly once, over a byte pipe that flips, drops and adds bytes.

Both ends run the same class, which does no input or output and has no clock: its owner hands it
the bytes that came and the time, and writes the bytes it returns. README.md has the rules.

The pipe may damage bytes but not reorder them. So when the other end has seen a frame, each
frame written before it has either been seen too or is lost, and is sent again at once; the timer
only asks a silent peer what it has seen. Its interval follows the line's pace (Jacobson 1988).
The firmware has the same in C: firmware/modules/link.c.
"""

from binascii import crc32

from runtime.wire.frames import (
    DATA,
    MORE,
    OVERHEAD,
    PAYLOAD_LIMIT,
    RESET,
    Decoder,
    Frame,
    encode,
)

MESSAGE_LIMIT = 65536
WINDOW_LIMIT = 16
RESERVE = 256  # of a ring, for frames outside the credit: resets and the answers to them
RING_LEAST = RESERVE + PAYLOAD_LIMIT + OVERHEAD

_MESSAGE_COST = 32  # what a waiting message takes beside its bytes
_INTERVAL_LEAST = 20
_INTERVAL_MOST = 2000
_NONCE_SIZE = 8
_NOBODY = bytes(_NONCE_SIZE)
_LOST = -1  # as an end: to be sent again


class LinkError(Exception):
    """A message was not taken."""


class LinkFull(LinkError):
    """The outbox has no room now; try again when the peer has taken some."""


class MessageTooLong(LinkError):
    """The message is longer than any link carries."""


class _Piece:
    """A DATA frame not yet acknowledged; `end` is the count of written bytes after it."""

    def __init__(self, flags: int, payload: bytes) -> None:
        self.flags = flags
        self.payload = payload
        self.end = _LOST


class Link:
    """One end of a line.

    nonce: 8 bytes, fresh at every start of this end; each further session adds one to it.
    ring: bytes this end's receiver can hold unread, at least 516; the peer is granted 256 less.
    window: DATA frames on their way at once, 1 to 16.
    retransmit_ms: the timer's first interval; the line's pace adapts it.
    outbox: bytes that may wait, each message counting 32 more; a lone message always may.
    Raises ValueError for what is out of these bounds.

    Call `transmit` after every `send` and `receive`, and when `deadline` has come. Times are
    milliseconds that never decrease, from any origin. To read:

    peer_nonce: the peer's nonce in this session, or None while there is no session.
    generation: goes up by one whenever a session is given up, by a reset or because the peer
    started anew; what was sent in it and not yet delivered is gone.
    bad: as the decoder's. retransmitted, asked, strange, oversize: frames sent again, questions
    of the timer, good frames that make no sense, messages of the peer over 65,536 bytes.
    unanswered: questions since the peer last made progress.
    """

    def __init__(
        self,
        nonce: bytes,
        ring: int,
        window: int = WINDOW_LIMIT,
        retransmit_ms: int = 250,
        outbox: int = 2 * MESSAGE_LIMIT,
    ) -> None:
        if len(nonce) != _NONCE_SIZE or nonce == _NOBODY:
            raise ValueError("nonce: expected 8 random bytes, not all of them zero")
        if ring < RING_LEAST:
            raise ValueError(f"ring: {ring} bytes cannot hold a frame, expected {RING_LEAST}")
        if not 1 <= window <= WINDOW_LIMIT:
            raise ValueError(f"window: expected 1 to {WINDOW_LIMIT} frames, got {window}")
        self.generation = 0
        self.retransmitted = self.asked = self.strange = self.oversize = 0
        self._next = nonce
        self._grant = min(ring - RESERVE, 0x7FFF)
        self._window = window
        self._outbox = outbox
        self._decoder = Decoder()
        self.bad = self._decoder.bad
        # Mean and deviation of the time between two signs of progress, times 8 and 4.
        self._pace8 = 4 * retransmit_ms
        self._deviation4 = retransmit_ms // 2
        self._clear()

    def _clear(self) -> None:
        """Leave no session and nothing to send or to deliver."""
        self._queue: list[bytes] = []
        self._queued = 0
        self._ready: list[bytes] = []
        self._enter(_NOBODY, None)
        self._greeting: tuple[bytes, bytes] | None = (self._next, _NOBODY)

    def _enter(self, own: bytes, peer: bytes | None) -> None:
        self._own = own
        self.peer_nonce = peer
        self._confirmed = False  # the peer is known to have entered too
        self._key = 0
        self._decoder.key = None
        if peer is not None:
            self._key = crc32(own + peer)
            self._decoder.key = crc32(peer + own)
        self._greeting = None
        self._owed = False  # an acknowledgement
        self._answer = False  # the state, whatever the credit
        self._since: int | None = None  # the peer was to make progress from then on
        self._due = 0
        self.unanswered = 0
        # Sending: pieces from sequence number `base` on; counts of bytes are modulo 2**16.
        self._offset = 0
        self._base = 0
        self._flight: list[_Piece] = []
        self._written = self._seen = self._credit = 0
        # Receiving: the next sequence number, later frames by theirs, the message so far.
        self._expected = 0
        self._held: dict[int, Frame] = {}
        self._heard = 0
        self._partial = bytearray()

    @property
    def idle(self) -> bool:
        """Whether there is a session and all that was sent has been acknowledged."""
        return self._confirmed and not self._flight and not self._queue

    def reset(self) -> None:
        """Give up the session and all that was sent in it, and open another."""
        self.generation += 1
        self._clear()

    def send(self, message: bytes) -> None:
        """Queue a message of up to 65,536 bytes; it may wait for a session.

        Raises MessageTooLong; LinkFull when the outbox has no room for it.
        """
        size = len(message)
        if size > MESSAGE_LIMIT:
            raise MessageTooLong(f"message has {size} bytes, at most {MESSAGE_LIMIT}: split it")
        if self._queue and self._queued + size + _MESSAGE_COST > self._outbox:
            raise LinkFull(
                f"{self._queued} of {self._outbox} bytes wait, no room for {size}: try later"
            )
        self._queue.append(bytes(message))
        self._queued += size + _MESSAGE_COST

    def receive(self, data: bytes, now_ms: int) -> list[bytes]:
        """Take bytes from the line; return the messages they complete, in order, each once.

        All of them are of the present generation.
        """
        for frame in self._decoder.feed(data):
            if frame.flags & RESET:
                if self._is_greeting_of_session(frame):
                    self._learn(frame, now_ms)
            elif self._learn(frame, now_ms):
                self._confirmed = True
                if frame.flags & DATA:
                    self._take(frame)
        ready = self._ready
        self._ready = []
        return ready

    def transmit(self, now_ms: int) -> bytes:
        """Return what is to be written to the line now, often nothing."""
        if self.idle:
            self._since = None
        elif self._since is None:
            self._since = now_ms
            self._due = now_ms + self._interval()
        elif now_ms >= self._due:
            self.asked += 1
            self.unanswered += 1
            self._due = now_ms + self._interval()
            if self.peer_nonce is None:
                self._greeting = (self._next, _NOBODY)
            else:
                self._greeting = (self._own, self.peer_nonce)
        out = []
        if self._greeting is not None:
            out.append(self._greet(self._greeting[0], self._greeting[1]))
            self._greeting = None
        if self.peer_nonce is not None:
            self._send_pieces(out)
            if self._answer or (self._owed and self._has_room(OVERHEAD)):
                # An answer is not counted: it must go out when the credit is used up.
                out.append(self._frame(0, 0, b"", 0 if self._answer else OVERHEAD))
        return b"".join(out)

    def deadline(self, now_ms: int) -> int | None:
        """Return the time to call `transmit` at if nothing happens before; None for never."""
        if self.idle:
            return None
        return now_ms if self._since is None else self._due

    # Sessions

    def _greet(self, own: bytes, peer: bytes) -> bytes:
        state = Frame(RESET, 0, 0, 0, 0, 0, self._grant, own + peer)
        if own == self._own and peer == self.peer_nonce:
            state = self._state(RESET, 0, own + peer)
        return encode(state)

    def _is_greeting_of_session(self, frame: Frame) -> bool:
        """Act on a RESET frame; return whether its header counts in the session we are in now."""
        if len(frame.payload) != 2 * _NONCE_SIZE:
            self.strange += 1
            return False
        peer = frame.payload[:_NONCE_SIZE]
        own = frame.payload[_NONCE_SIZE:]
        if peer in (_NOBODY, self._own, self._next):  # the line echoes
            self.strange += 1
            return False
        if peer == self.peer_nonce:
            if own == self._own:
                self._confirmed = True
                self._answer = True
                return True
            self._greeting = (self._own, peer)
            return False
        if own != self._next:
            # Perhaps from before a restart: only the answer to this offer proves it is not.
            self._greeting = (self._next, peer)
            return False
        if self.peer_nonce is not None:
            self.generation += 1
            self._clear()
        self._enter(own, peer)
        self._greeting = (own, peer)
        # A nonce serves one session only, so no two sessions have equal keys.
        following = (int.from_bytes(own, "big") + 1) & 0xFFFFFFFFFFFFFFFF
        self._next = following.to_bytes(_NONCE_SIZE, "big")
        return True

    # Sending

    def _send_pieces(self, out: list[bytes]) -> None:
        for index, piece in enumerate(self._flight):
            if piece.end == _LOST and not self._send_piece(index, piece, out):
                return
        while self._queue and len(self._flight) < self._window:
            message = self._queue[0]
            end = self._offset + PAYLOAD_LIMIT
            more = end < len(message)
            piece = _Piece(DATA | MORE if more else DATA, message[self._offset : end])
            if not self._send_piece(len(self._flight), piece, out):
                return
            self._flight.append(piece)
            self._offset = end
            if not more:
                self._queue.pop(0)
                self._queued -= len(message) + _MESSAGE_COST
                self._offset = 0

    def _send_piece(self, index: int, piece: _Piece, out: list[bytes]) -> bool:
        size = len(piece.payload) + OVERHEAD
        if not self._has_room(size):
            return False
        if index < len(self._flight):
            self.retransmitted += 1
        out.append(self._frame(piece.flags, self._base + index, piece.payload, size))
        piece.end = self._written
        return True

    def _has_room(self, size: int) -> bool:
        return ((self._written - self._seen) & 0xFFFF) + size <= self._credit

    def _frame(self, flags: int, seq: int, payload: bytes, counted: int) -> bytes:
        self._written = (self._written + counted) & 0xFFFF
        self._owed = self._answer = False
        return encode(self._state(flags, seq & 0xFF, payload), self._key)

    def _state(self, flags: int, seq: int, payload: bytes) -> Frame:
        held = 0
        for other in self._held:
            held |= 1 << ((other - self._expected - 1) & 0xFF)
        return Frame(
            flags, seq, self._expected, held, self._written, self._heard, self._grant, payload
        )

    # Receiving

    def _learn(self, frame: Frame, now_ms: int) -> bool:
        """Take in what the peer has seen; return whether it can be."""
        count = (frame.ack - self._base) & 0xFF
        advance = (frame.seen - self._seen) & 0xFFFF
        unseen = ((self._written - self._seen) & 0xFFFF) - advance
        if count > len(self._flight) or unseen < 0:
            self.strange += 1
            return False
        self._heard = frame.sent
        self._credit = frame.credit
        self._seen = frame.seen
        self._base = frame.ack
        del self._flight[:count]
        lost = False
        for index, piece in enumerate(self._flight):
            held = index and frame.held >> (index - 1) & 1
            behind = piece.end != _LOST and ((self._written - piece.end) & 0xFFFF) >= unseen
            if behind and not held:
                piece.end = _LOST
                lost = True
        if count or advance or lost:
            self._progress(now_ms, lost)
        return True

    def _progress(self, now_ms: int, lost: bool) -> None:
        # A wait that a loss explains says nothing about the line's pace.
        if self._since is not None and not lost:
            error = now_ms - self._since - (self._pace8 >> 3)
            self._pace8 += error
            self._deviation4 += abs(error) - (self._deviation4 >> 2)
        self.unanswered = 0
        self._since = None if self.idle else now_ms
        self._due = now_ms + self._interval()

    def _interval(self) -> int:
        interval = max((self._pace8 >> 3) + self._deviation4, _INTERVAL_LEAST)
        return min(interval << min(self.unanswered, 7), _INTERVAL_MOST)

    def _take(self, frame: Frame) -> None:
        self._owed = True
        if (frame.seq - self._expected) & 0xFF >= WINDOW_LIMIT:
            return  # had it already
        self._held[frame.seq] = frame
        while self._expected in self._held:
            piece = self._held.pop(self._expected)
            self._expected = (self._expected + 1) & 0xFF
            self._partial += piece.payload
            if len(self._partial) > MESSAGE_LIMIT:
                self.oversize += 1
                self.reset()
            elif not piece.flags & MORE:
                self._ready.append(bytes(self._partial))
                self._partial = bytearray()

"""The node's end of a line: messages in, requests to the sequencer, answers out."""

from runtime.node.node import Node
from runtime.wire.errors import Malformed, NodeError
from runtime.wire.link import Link, LinkFull
from runtime.wire.requests import Request, encode_notification, encode_response, parse
from runtime.wire.schema import MAX_MESSAGE

REMEMBERED = 16  # answers kept for requests that come again within the session
LOG_EVERY_MS = 100  # at most one log line so often


class Session:
    """Serves one line.

    Args:
        node: Node.
        link: Link.
    """

    def __init__(self, node: Node, link: Link) -> None:
        self._node = node
        self._link = link
        self._generation = link.generation
        self._outgoing: list[bytes] = []  # answers that the link has no room for yet
        self._answers: dict[
            int, bytes | None
        ] = {}  # request id: answer bytes, or None while it is under way
        self._ids: list[int] = []  # in order of arrival
        self._logged_ms = -LOG_EVERY_MS
        self.garbled = 0  # messages that were no requests

    def receive(self, data: bytes, now_ms: int) -> None:
        """Take bytes off the line."""
        self.take(self._link.receive(data, now_ms))

    def take(self, messages: list[bytes]) -> None:
        """Take messages that the link received; to be told when it received none, too."""
        if self._link.generation != self._generation:
            # Another client, or the same one anew: what was under way is not for it.
            self._generation = self._link.generation
            self._outgoing, self._answers, self._ids = [], {}, []
        for message in messages:
            self._message(message)

    def _message(self, message: bytes) -> None:
        try:
            request = parse(message)
        except Malformed:
            self.garbled += 1
            return
        if not isinstance(request, Request):
            self.garbled += 1
            return
        if request.id in self._answers:
            answer = self._answers[request.id]
            if answer is not None:
                self._outgoing.append(answer)
            return
        self._remember(request.id)
        generation = self._generation
        try:
            self._node.submit(
                request.method,
                request.params,
                lambda error, result: self._answer(generation, request.id, error, result),
            )
        except NodeError as error:
            # Not executed: the same id may come again.
            self._forget(request.id)
            self._outgoing.append(encode_response(request.id, error.to_wire(), None))

    def _answer(self, generation: int, request_id: int, error: list | None, result) -> None:
        if generation != self._generation:
            return
        answer = encode_response(request_id, error, result)
        if len(answer) > MAX_MESSAGE:
            problem = Malformed("the answer is longer than a message", todo="ask for less")
            answer = encode_response(request_id, problem.to_wire(), None)
        if request_id in self._answers:
            self._answers[request_id] = answer
        self._outgoing.append(answer)

    def _remember(self, request_id: int) -> None:
        self._answers[request_id] = None
        self._ids.append(request_id)
        if len(self._ids) > REMEMBERED and self._answers[self._ids[0]] is not None:
            self._forget(self._ids[0])

    def _forget(self, request_id: int) -> None:
        self._ids.remove(request_id)
        del self._answers[request_id]

    def log(self, line: str, now_ms: int) -> None:
        """Send a log line, unless one went out just now. It must hold no secret."""
        if now_ms - self._logged_ms >= LOG_EVERY_MS:
            self._logged_ms = now_ms
            self._outgoing.append(encode_notification("log", [line[:200]]))

    def transmit(self, now_ms: int) -> bytes:
        """Bytes to write to the line now."""
        while self._outgoing:
            try:
                self._link.send(self._outgoing[0])
            except LinkFull:
                break
            self._outgoing.pop(0)
        return self._link.transmit(now_ms)

    def deadline(self, now_ms: int) -> int | None:
        """When the node must be run and `transmit` be called next (ms), or None."""
        due = self._link.deadline(now_ms)
        look = self._node.presence.due(now_ms)
        if due is None or look is None:
            return look if due is None else due
        return min(due, look)

"""The node's end of a line: messages in, requests to the sequencer, answers out."""

from runtime.node.gate import Gate
from runtime.node.node import Node
from runtime.wire.channel import OVERHEAD
from runtime.wire.errors import Malformed, NodeError
from runtime.wire.link import Link, LinkFull
from runtime.wire.requests import Request, encode_notification, encode_response
from runtime.wire.schema import MAX_MESSAGE

REMEMBERED = 16  # answers kept for requests that come again within the session
LOG_EVERY_MS = 100  # at most one log line so often


class Session:
    """Serves one line.

    Args:
        node: Node.
        link: Link.
        random: function of a number to so many random bytes.
        operator: who may become operator; see Gate.
    """

    def __init__(self, node: Node, link: Link, random, operator: bytes = b"") -> None:
        self._node = node
        self._link = link
        self._generation = link.generation
        self.gate = Gate(node, random, operator)
        self._opened = self.gate.opened
        # Of the host at the other end: request id: answer bytes, or None while it is under way.
        self._answers: dict[int, bytes | None] = {}
        self._ids: list[int] = []  # in order of arrival
        self._logged_ms = -LOG_EVERY_MS

    def receive(self, data: bytes, now_ms: int) -> None:
        """Take bytes off the line."""
        self.take(self._link.receive(data, now_ms))

    def take(self, messages: list[bytes]) -> None:
        """Take messages that the link received; to be told when it received none, too."""
        if self._link.generation != self._generation:
            # Another client, or the same one anew: what was under way is not for it.
            self._generation = self._link.generation
            self.gate.close()
        for message in messages:
            taken = self.gate.take(message)
            if taken:
                self._request(taken[0], taken[1])

    def _request(self, request: Request, secured: bool) -> None:
        opened = self.gate.opened
        if opened != self._opened:
            self._opened = opened
            self._answers, self._ids = {}, []
        if secured and request.id in self._answers:
            answer = self._answers[request.id]
            if answer is not None:
                self.gate.send(answer)
            return
        if secured:
            self._remember(request.id)
        try:
            self._node.submit(
                request.method,
                request.params,
                lambda error, result: self._answer(opened, request.id, secured, error, result),
            )
        except NodeError as error:
            # Not executed: the same id may come again.
            if secured:
                self._forget(request.id)
            self.gate.send(encode_response(request.id, error.to_wire(), None), secured)

    def _answer(
        self, opened: int, request_id: int, secured: bool, error: list | None, result
    ) -> None:
        if opened != self.gate.opened:
            return
        answer = encode_response(request_id, error, result)
        if len(answer) > MAX_MESSAGE - OVERHEAD:
            problem = Malformed("the answer is longer than a message", todo="ask for less")
            answer = encode_response(request_id, problem.to_wire(), None)
        if secured and request_id in self._answers:
            self._answers[request_id] = answer
        self.gate.send(answer, secured)

    def _remember(self, request_id: int) -> None:
        self._answers[request_id] = None
        self._ids.append(request_id)
        if len(self._ids) > REMEMBERED and self._answers[self._ids[0]] is not None:
            self._forget(self._ids[0])

    def _forget(self, request_id: int) -> None:
        self._ids.remove(request_id)
        del self._answers[request_id]

    def log(self, line: str, now_ms: int) -> None:
        """Send the operator a log line, unless one went out just now. It must hold no secret."""
        if self.gate.is_operator and now_ms - self._logged_ms >= LOG_EVERY_MS:
            self._logged_ms = now_ms
            self.gate.send(encode_notification("log", [line[:200]]))

    def transmit(self, now_ms: int) -> bytes:
        """Bytes to write to the line now."""
        outgoing = self.gate.outgoing
        while outgoing:
            try:
                self._link.send(outgoing[0])
            except LinkFull:
                break
            outgoing.pop(0)
        return self._link.transmit(now_ms)

    def deadline(self, now_ms: int) -> int | None:
        """When the node must be run and `transmit` be called next (ms), or None."""
        due = self._link.deadline(now_ms)
        look = self._node.presence.due(now_ms)
        if due is None or look is None:
            return look if due is None else due
        return min(due, look)

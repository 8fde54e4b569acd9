"""One node, one line, two conversations: what clients ask of it, and what it asks of its keeper.

Two links: to the node, and to whoever is on the terminal. Messages of a secure channel pass as
they are: nobody here can read them. The requests that need none go to the node under numbers of
this end, answers come back under theirs; so the node sees one session, however clients come and go,
and no answer reaches another client than the one that asked.
"""

import contextlib

from runtime.host.keeper.boxes import Boxes
from runtime.wire.channel import is_channel
from runtime.wire.errors import Malformed, NodeError, from_wire
from runtime.wire.link import MESSAGE_LIMIT, Link, LinkFull
from runtime.wire.requests import (
    MAX_ID,
    Notification,
    Request,
    Response,
    encode_notification,
    encode_request,
    encode_response,
    parse,
)

UNDER_WAY = 128  # requests of a client that the node has not answered
REMEMBERED = 256  # numbers of a client's requests, so that one that comes again is the same one
STOP = encode_notification("stop", [])


class Relay:
    """Passes messages on, and answers the node's own. It does no input or output.

    Args:
        boxes: what the node leaves here.
        node: Link to the node.
        clients: Link to whoever is on the terminal.

    Attributes:
        ready: id of the node, once it serves; None before.
        stopped: whether the node said, having been told to stop, that it has.
        failed: why the node cannot start, if it said so.
        resets: how often the node began anew by itself.
        heard: messages of the node.
        speed: the node's answer to the last `ask_speed` (baud), once it came.
        holding: whether nothing but `ask_speed` goes to the node.
        noise: messages that made no sense.
    """

    def __init__(self, boxes: Boxes, node: Link, clients: Link) -> None:
        self._boxes = boxes
        self._node = node
        self._clients = clients
        self._node_generation = node.generation
        self._client_generation = clients.generation
        self._for_node: list[bytes] = []  # what the links have no room for yet
        self._for_client: list[bytes] = []
        self._numbers: dict[int, int] = {}  # of a client's requests here, in order of arrival
        self._asked: dict[int, int] = {}  # requests under way: number here, and the client's
        self._last = 0
        self.ready: bytes | None = None
        self.stopped = False
        self.failed: NodeError | None = None
        self.resets = self.heard = 0
        self.speed: int | None = None
        self.holding = False
        self._stopping = False
        self.noise = 0

    @property
    def takes_clients(self) -> bool:
        """Whether bytes of clients may be taken now."""
        under_way = max(len(self._asked), len(self._for_node))
        return self.ready is not None and under_way < UNDER_WAY

    def stop(self) -> None:
        """Have the node finish what it does, and stop."""
        self._stopping = True
        self._for_node.append(STOP)

    # -------------------------------------------------------------------------- the node

    def from_node(self, data: bytes, now_ms: int) -> None:
        """Take bytes of the node."""
        messages = self._node.receive(data, now_ms)
        if self._node.generation != self._node_generation:
            self.resets += 1
            self._node_anew()
        self.heard += len(messages)
        for message in messages:
            if is_channel(message):
                self._for_client.append(message)
                continue
            try:
                self._of_node(parse(message))
            except Malformed:
                self.noise += 1

    @property
    def met_node(self) -> bool:
        """Whether there is a session with the node."""
        return self._node.peer_nonce is not None

    def lose_node(self) -> None:
        """Give up the session: the node is gone, or it cannot be heard."""
        self._node.reset()
        self._node_anew()

    def ask_speed(self, baud: int) -> None:
        """Ask the node for a speed of the line; its answer will be in `speed`."""
        self.speed = None
        with contextlib.suppress(LinkFull):  # what goes out asks whether it is there, too
            self._node.send(encode_notification("speed", [baud]))

    def _node_anew(self) -> None:
        """Nothing that was under way will be answered."""
        self._node_generation = self._node.generation
        self._boxes.abort()
        self._for_node = [STOP] if self._stopping else []
        self.ready = None
        self._clients.reset()
        self._clients_anew()

    def _of_node(self, message: Request | Response | Notification) -> None:
        if isinstance(message, Request):
            answer = self._boxes.answer(message)
            self._for_node.append(_fitting(answer, message.id, "answer"))
        elif isinstance(message, Response):
            number = self._asked.pop(message.id, None)
            if number is not None:
                answer = encode_response(number, message.error, message.result)
                self._for_client.append(_fitting(answer, number, "answer"))
        elif message.method == "ready":
            self.ready = _id(message.params)
        elif message.method == "stopped":
            # One that was told by another keeper starts anew once it has said so to this one.
            self.stopped = self._stopping
        elif message.method == "failed":
            self.failed = from_wire(message.params)
        elif message.method == "speed":
            self.speed = _speed(message.params)
        else:
            self._for_client.append(encode_notification(message.method, message.params))

    # ----------------------------------------------------------------------- the clients

    def from_client(self, data: bytes, now_ms: int) -> None:
        """Take bytes of clients."""
        messages = self._clients.receive(data, now_ms)
        if self._clients.generation != self._client_generation:
            self._clients_anew()
        for message in messages:
            if is_channel(message):
                self._for_node.append(message)
                continue
            try:
                request = parse(message)
            except Malformed:
                request = None
            if isinstance(request, Request):
                self._of_client(request)
            else:
                self.noise += 1

    def _clients_anew(self) -> None:
        self._client_generation = self._clients.generation
        self._numbers, self._asked, self._for_client = {}, {}, []

    def _of_client(self, request: Request) -> None:
        number = self._numbers.get(request.id)
        if number is None:
            number = self._last = self._last % MAX_ID + 1
            self._numbers[request.id] = number
            if len(self._numbers) > REMEMBERED:
                del self._numbers[next(iter(self._numbers))]
        passed = encode_request(number, request.method, request.params)
        if len(passed) > MESSAGE_LIMIT:
            self._for_client.append(_fitting(passed, request.id, "request"))
            return
        self._asked[number] = request.id
        self._for_node.append(passed)

    # -------------------------------------------------------------------------- both ways

    def to_node(self, now_ms: int) -> bytes:
        """Bytes to write to the node now."""
        if not self.holding:
            _send(self._node, self._for_node)
        return self._node.transmit(now_ms)

    def to_client(self, now_ms: int) -> bytes:
        """Bytes to write to clients now."""
        _send(self._clients, self._for_client)
        return self._clients.transmit(now_ms)

    def node_deadline(self, now_ms: int) -> int | None:
        """When `to_node` must be called next (ms), or None."""
        return self._node.deadline(now_ms)

    def client_deadline(self, now_ms: int) -> int | None:
        """When `to_client` must be called next (ms), or None."""
        return self._clients.deadline(now_ms)


def _fitting(message: bytes, number: int, what: str) -> bytes:
    """The message, or an error in its place: another number may have made it too long."""
    if len(message) <= MESSAGE_LIMIT:
        return message
    problem = Malformed(f"the {what} is longer than a message", todo="ask for less")
    return encode_response(number, problem.to_wire(), None)


def _id(params: object) -> bytes:
    if not isinstance(params, list) or len(params) != 1 or not isinstance(params[0], bytes):
        raise Malformed("ready has another shape", "[id of the node]")
    return params[0]


def _speed(params: object) -> int:
    if not isinstance(params, list) or len(params) != 1 or type(params[0]) is not int:
        raise Malformed("speed has another shape", "[baud]")
    return params[0]


def _send(link: Link, messages: list[bytes]) -> None:
    while messages:
        try:
            link.send(messages[0])
        except LinkFull:
            return
        del messages[0]

"""The host that keeps, as the node sees it: calls over the node's own line.

The node asks as clients do, with msgpack-rpc in its own direction. README.md has the methods.
"""

from firmware.node.speed import Speed
from runtime.wire.errors import Malformed, NodeError, StorageFailed, from_wire
from runtime.wire.link import LinkFull
from runtime.wire.requests import encode_notification, encode_request, parse

ROOM = 62 * 1024  # bytes of boxes in a message at most
BESIDE = 64  # bytes that a box takes beside itself, at most

ANSWER = b"\x94\x01"  # how the encoding of [1, id, error, result] begins
STOP = encode_notification("stop", [])
SPEED = encode_notification("speed", [0])[:-1]


class Interrupted(Exception):
    """The host is another process now, or the session was lost: ask from the beginning."""


class Line:
    """The node's line, on which clients' requests come, and answers to the node's own calls.

    It moves bytes, and waits for answers.

    Args:
        link: Link.
        pipe: port with `read()`, the bytes at hand, `write(data)`, which returns how many bytes
            were taken, and `wait(ms, writing)`: until there are bytes to read, or with `writing`
            room to write, at most that time (None: for ever). A serial line also has
            `set_speed(baud)`; see Speed.
        now_ms: function without arguments; ms that never decrease.

    Attributes:
        session: Session that serves clients; None while the node starts.
        stopping: whether the host said `stop`.
    """

    def __init__(self, link, pipe, now_ms) -> None:
        self.link = link
        self.session = None
        self.stopping = False
        self._pipe = pipe
        self._now_ms = now_ms
        self._unsent = b""
        self._awaited = 0  # id of the call whose answer is awaited
        self._answer = None  # Response to it, once it came
        self._asked_speed = None  # parameters of the host's last `speed`
        self._speed = Speed(link, pipe)
        self._generation = link.generation
        self._announcement = b""

    def pump(self, wait: bool) -> None:
        """Write what is due, take in what came.

        Args:
            wait: for something to happen, if nothing is due.
        """
        # It runs for each few frames: what is not due is not called.
        link, pipe, speed = self.link, self._pipe, self._speed
        end = self.session or link
        now = self._now_ms()
        unsent = self._unsent or end.transmit(now)
        if unsent:
            # A view: MicroPython hashes what it cuts off bytes, and copies it.
            unsent = self._unsent = memoryview(unsent)[pipe.write(unsent) :]
        if speed.agreed or speed.due is not None:
            speed.step(now, not unsent)
        wait_ms = 0
        if wait:
            due, other = end.deadline(now), speed.due
            if due is None or (other is not None and other < due):
                due = other
            wait_ms = None if due is None else max(0, due - now)
        pipe.wait(wait_ms, len(unsent) > 0)
        data = pipe.read()
        if data:
            messages = link.receive(data, self._now_ms())
            if messages or link.generation != self._generation:
                self._take(messages)
                self._see_to_the_host()

    def _take(self, messages):
        requests = []
        for message in messages:
            if message.startswith(ANSWER):
                self._take_answer(message)
            elif message == STOP:
                self.stopping = True
            elif message.startswith(SPEED):
                self._take_speed(message)
            else:
                requests.append(message)
        if self.session:
            self.session.take(requests)

    def _take_answer(self, message):
        try:
            answer = parse(message)
        except Malformed:
            return
        if answer.id == self._awaited:
            self._answer = answer

    def _take_speed(self, message):
        try:
            self._asked_speed = parse(message).params
        except Malformed:
            pass

    def _see_to_the_host(self):
        if self.link.generation != self._generation:
            self._generation = self.link.generation
            if self._announcement:
                self.link.send(self._announcement)
        if self._asked_speed:
            self._speed.asked(self._asked_speed[0])
            self._asked_speed = None

    def announce(self, method: str, params: list) -> None:
        """Tell the host something, and each host that comes after it, until there is other news."""
        self._announcement = encode_notification(method, params)
        self._send(self._announcement)

    def ask(self, method: str, params: list):
        """The result of a call; waits as long as it takes.

        Raises:
            Interrupted: the answer will not come; what the host did is not known.
            StorageFailed: the host says no.
        """
        generation = self.link.generation
        self._awaited += 1
        self._answer = None
        self._send(encode_request(self._awaited, method, params))
        while self._answer is None:
            if self.link.generation != generation:
                raise Interrupted
            self.pump(True)
        if self._answer.error:
            raise said_no(from_wire(self._answer.error))
        return self._answer.result

    def _send(self, message):
        while True:
            try:
                self.link.send(message)
                return
            except LinkFull:
                self.pump(True)


def said_no(error: NodeError) -> StorageFailed:
    """What the store makes of an error that the host answered with."""
    return StorageFailed(
        "the host did not store or bring it: " + error.wrong,
        error.expected,
        error.todo,
        error.retry_ms,
    )


def _strange(method, expected):
    return StorageFailed(f"the host's answer to {method} is none", expected, "see to the host")


class Keeper:
    """What a KeptStore needs of its host.

    Args:
        ask: function (method, params) to the result, as `Line.ask`.
    """

    def __init__(self, ask) -> None:
        self._ask = ask

    def newest(self, place: str):
        """The largest number of an object in a place; None if there is none."""
        number = self._again("newest", [place])
        if number is not None and (type(number) is not int or number < 0):
            raise _strange("newest", "a number or nil")
        return number

    def fetch(self, place: str, number: int, part: int):
        """A box, or None."""
        box = self._again("fetch", [place, number, part])
        if box is not None and not isinstance(box, bytes):
            raise _strange("fetch", "bytes or nil")
        return box

    def keep(self, drops: list, boxes) -> int:
        """Have objects dropped and boxes stored, all or nothing, durably.

        Args:
            drops: (place, first number, number behind the last); dropped before.
            boxes: function to an iterable of (place, number, part, box); called anew if the host
                was interrupted.

        Returns:
            How many bytes the boxes have.

        Raises:
            StorageFailed: the host cannot; nothing of it remains.
        """
        while True:
            try:
                return self._keep(drops, boxes())
            except Interrupted:
                pass

    def _keep(self, drops, boxes):
        message, size, number, total = [], 0, 0, 0
        for box in boxes:
            total += len(box[3])
            size += len(box[3]) + BESIDE
            if message and size > ROOM:
                self._ask("keep", [number, False, drops, message])
                message, size, drops = [], len(box[3]) + BESIDE, []
                number += 1
            message.append(box)
        self._ask("keep", [number, True, drops, message])
        return total

    def _again(self, method, params):
        while True:
            try:
                return self._ask(method, params)
            except Interrupted:
                pass

"""The node's calls over its own line: beside clients' requests, and over restarts of the host."""

from firmware.node.keeper import Interrupted, Keeper, Line
from runtime.wire.errors import StorageFailed
from runtime.wire.link import Link
from runtime.wire.requests import (
    Notification,
    encode_notification,
    encode_request,
    encode_response,
    parse,
)
from tests.portable.kept import Host


class Wire:
    """A host at the other end of a line, driven by the node's waiting.

    Attributes:
        host: Host, which keeps.
        also: messages that the host sends before its next answer.
        restarts: ids of calls; instead of an answer the host is started anew.
    """

    def __init__(self):
        self.host = Host()
        self.now = 0
        self.also = []
        self.restarts = []
        self.got = []  # what is no call
        self.sent = 0  # bytes of the node
        self._lives = 0
        self._in = b""
        self._restart()

    def _restart(self):
        self._lives += 1
        self.link = Link(bytes([9] * 7 + [self._lives]), 16384)
        self._in = b""

    def wait(self, ms, writing):
        self.now += 1 if ms is None else max(1, min(ms, 50))
        self._in += self.link.transmit(self.now)

    def read(self):
        data, self._in = self._in[:700], self._in[700:]
        return data

    def write(self, data):
        taken = data[:500]
        self.sent += len(taken)
        for message in self.link.receive(taken, self.now):
            self._message(parse(message))
        return len(taken)

    def _message(self, message):
        if not hasattr(message, "id") or not hasattr(message, "params"):
            self.got.append(message)
            return
        if message.id in self.restarts:
            self.restarts.remove(message.id)
            self._restart()
            return
        for also in self.also:
            self.link.send(also)
        self.also = []
        try:
            result = getattr(self.host, message.method)(*message.params)
            self.link.send(encode_response(message.id, None, result))
        except StorageFailed as error:
            self.link.send(encode_response(message.id, error.to_wire(), None))


class Clients:
    """A session that only notes what came."""

    def __init__(self, link):
        self.link = link
        self.messages = []

    def take(self, messages):
        self.messages.extend(messages)

    def transmit(self, now_ms):
        return self.link.transmit(now_ms)

    def deadline(self, now_ms):
        return self.link.deadline(now_ms)


def connected():
    wire = Wire()
    line = Line(Link(bytes([1] * 8), 16384), wire, lambda: wire.now)
    return wire, line, Keeper(line.ask)


def boxes(count, size):
    return [("entry", number, 0, bytes([number]) * size) for number in range(count)]


def test_what_is_kept_comes_back_over_the_line():
    wire, line, keeper = connected()
    assert keeper.newest("entry") is None
    assert keeper.keep([], lambda: boxes(3, 1000)) == 3000
    assert keeper.newest("entry") == 2
    assert keeper.fetch("entry", 1, 0) == b"\x01" * 1000
    assert keeper.fetch("entry", 3, 0) is None
    keeper.keep([("entry", 0, 2)], list)
    assert keeper.fetch("entry", 1, 0) is None and keeper.fetch("entry", 2, 0)


def test_what_fits_no_message_goes_in_several_that_count_as_one():
    wire, line, keeper = connected()
    asked = []
    ask = line.ask
    line_keeper = Keeper(lambda method, params: (asked.append(params[:2]), ask(method, params)))
    line_keeper.keep([], lambda: boxes(5, 30_000))
    assert asked == [[0, False], [1, False], [2, True]]
    assert len(wire.host.boxes) == 5


def test_a_host_started_anew_in_the_middle_gets_all_of_it_again():
    for lost in range(1, 6):
        wire, line, keeper = connected()
        keeper.newest("entry")
        wire.restarts = [lost + 1]
        keeper.keep([], lambda: boxes(10, 30_000))
        assert len(wire.host.boxes) == 10
        assert line.link.generation == 1
        assert not wire.restarts


def test_a_question_to_a_host_started_anew_is_asked_again():
    wire, line, keeper = connected()
    keeper.keep([], lambda: boxes(1, 10))
    wire.restarts = [2, 3]
    assert keeper.fetch("entry", 0, 0) == bytes(10)


def test_a_call_says_that_it_was_interrupted():
    wire, line, keeper = connected()
    keeper.newest("entry")
    wire.restarts = [2]
    try:
        line.ask("newest", ["entry"])
    except Interrupted:
        return
    raise AssertionError("it was answered")


def test_an_error_of_the_host_is_a_storage_error():
    wire, line, keeper = connected()
    wire.host.full = True
    try:
        keeper.keep([], lambda: boxes(1, 10))
    except StorageFailed as error:
        assert "the disk is full" in error.wrong and error.todo == "make room"
        return
    raise AssertionError("it was kept")


def test_requests_of_clients_go_to_the_session_and_answers_do_not():
    wire, line, keeper = connected()
    keeper.newest("entry")
    line.session = Clients(line.link)
    request = encode_request(1, "status", [])
    wire.also = [request, encode_response(77, None, None), request]
    assert keeper.newest("entry") is None
    assert line.session.messages == [request, request]
    assert not line.stopping


def test_the_host_can_say_stop():
    wire, line, keeper = connected()
    wire.also = [encode_notification("stop", [])]
    keeper.newest("entry")
    assert line.stopping


def test_news_reach_the_host_and_each_that_comes_after_it():
    wire, line, keeper = connected()
    line.announce("ready", [b"id"])
    keeper.newest("entry")
    wire.restarts = [2]
    keeper.newest("entry")
    assert wire.got == [Notification("ready", [b"id"])] * 2
    line.announce("stopped", [])
    keeper.newest("entry")
    assert wire.got[2:] == [Notification("stopped", [])]


def test_an_answer_that_is_none_is_passed_over():
    wire, line, keeper = connected()
    wire.also = [b"\x94\x01\xc0\xc0\xc0", b"\x94\x01", b"\x94\x01" + bytes(9)]
    assert keeper.newest("entry") is None


def test_an_answer_of_another_shape_is_a_storage_error():
    wire, line, keeper = connected()
    for method, wrong in (("newest", b"1"), ("newest", -1), ("fetch", 7), ("fetch", "text")):
        setattr(wire.host, method, lambda *params, answer=wrong: answer)
        try:
            keeper.newest("entry") if method == "newest" else keeper.fetch("entry", 0, 0)
            raise AssertionError("it was taken")
        except StorageFailed as error:
            assert "answer to " + method in error.wrong

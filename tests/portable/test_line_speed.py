"""The node's end of how fast the line is."""

from firmware.node.keeper import Line
from firmware.node.speed import MOST, PATIENCE_MS, START
from runtime.wire.link import Link
from runtime.wire.requests import Notification, encode_notification, parse


class PlainWire:
    """A host at the other end of a line; bytes at another speed than the node's are lost.

    Attributes:
        baud: speed of the host's end.
        speeds: those that the node has set.
        got: messages that came to the host.
    """

    def __init__(self):
        self.now = 0
        self.baud = START
        self.speeds = []
        self.got = []
        self._lives = 0
        self.new_host()

    def new_host(self):
        self._lives += 1
        self.link = Link(bytes([9] * 7 + [self._lives]), 16384)

    @property
    def _at_one_speed(self):
        return self.baud == (self.speeds[-1] if self.speeds else START)

    def wait(self, ms, writing):
        self.now += 10

    def read(self):
        data = self.link.transmit(self.now)
        return data if self._at_one_speed else b""

    def write(self, data):
        if self._at_one_speed:
            self.got += [parse(message) for message in self.link.receive(data, self.now)]
        return len(data)


class SerialWire(PlainWire):
    def set_speed(self, baud):
        self.speeds.append(baud)


def connected(wire=None):
    wire = wire or SerialWire()
    line = Line(Link(bytes([1] * 8), 16384), wire, lambda: wire.now)
    return wire, line


def pump(wire, line, ms):
    end = wire.now + ms
    while wire.now < end:
        line.pump(True)


def ask(wire, line, baud, ms=300):
    wire.link.send(encode_notification("speed", [baud]))
    pump(wire, line, ms)


def answer(baud):
    return Notification("speed", [baud])


def test_a_speed_is_agreed_at_the_old_one_and_confirmed_at_the_new_one():
    wire, line = connected()
    ask(wire, line, 1_000_000)
    assert wire.got == [answer(1_000_000)] and wire.speeds == [1_000_000]
    wire.baud = 1_000_000
    ask(wire, line, 1_000_000, 3 * PATIENCE_MS)
    assert wire.got == [answer(1_000_000)] * 2 and wire.speeds == [1_000_000]


def test_a_host_that_is_not_heard_at_the_new_speed_is_met_again_at_the_old_one():
    wire, line = connected()
    ask(wire, line, MOST)
    pump(wire, line, PATIENCE_MS)
    assert wire.speeds == [MOST, START]
    ask(wire, line, START, 3 * PATIENCE_MS)
    assert wire.got == [answer(MOST), answer(START)]


def test_speeds_out_of_bounds_and_nonsense_change_nothing():
    wire, line = connected()
    for wrong in (0, -1, START - 1, MOST + 1, True, "fast", None, [1]):
        ask(wire, line, wrong)
    assert wire.got == [answer(START)] * 8 and not wire.speeds


def test_what_only_begins_like_a_question_for_a_speed_is_passed_over():
    wire, line = connected()
    beginning = encode_notification("speed", [0])[:-1]
    wire.link.send(beginning)
    wire.link.send(beginning + b"\xc1")
    pump(wire, line, 300)
    assert not wire.got and not wire.speeds


def test_a_line_without_speeds_says_that_it_stays():
    wire, line = connected(PlainWire())
    ask(wire, line, MOST)
    assert wire.got == [answer(START)]


def test_a_host_that_comes_before_the_switch_has_agreed_to_nothing():
    wire, line = connected()
    pump(wire, line, 300)
    wire.link.send(encode_notification("speed", [MOST]))
    line.pump(True)  # the question is there; its answer is not yet acknowledged
    wire.new_host()
    pump(wire, line, 300)
    assert not wire.speeds
    ask(wire, line, START)
    assert wire.got[-1] == answer(START)

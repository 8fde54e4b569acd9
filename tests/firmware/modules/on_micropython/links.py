"""The link in C against that in Python: its tests, and byte for byte on bad lines."""

from link import Link as Ours

from runtime.wire.link import Link as Model
from tests.portable import test_link as tests

COUNTS = (
    "idle", "peer_nonce", "generation", "bad", "retransmitted", "asked", "strange", "oversize",
    "unanswered",
)  # fmt: skip


class Twin:
    """Both, side by side: what one does the other must do."""

    def __init__(self, *arguments, **named):
        self.ours, self.model = Ours(*arguments, **named), Model(*arguments, **named)

    def _both(self, name, *arguments):
        results = []
        for link in (self.ours, self.model):
            try:
                results.append(getattr(link, name)(*arguments))
            except Exception as error:
                results.append((type(error), str(error)))
        assert results[0] == results[1], (name, results)
        for count in COUNTS:
            assert getattr(self.ours, count) == getattr(self.model, count), (name, count)
        if isinstance(results[0], tuple):
            raise results[0][0](results[0][1])
        return results[0]

    def send(self, message):
        self._both("send", message)

    def receive(self, data, now_ms):
        return self._both("receive", data, now_ms)

    def transmit(self, now_ms):
        return self._both("transmit", now_ms)

    def deadline(self, now_ms):
        return self._both("deadline", now_ms)

    def reset(self):
        self._both("reset")

    def __getattr__(self, name):
        return getattr(self.ours, name)


def _tests_with(link):
    """The tests of the link, of another class."""
    own = tests.Link
    tests.Link = link
    try:
        names = [name for name in dir(tests) if name.startswith("test_")]
        assert len(names) > 20
        for name in names:
            getattr(tests, name)()
    finally:
        tests.Link = own


def test_the_link_in_c_passes_the_tests_of_the_link():
    _tests_with(Ours)


def test_both_do_the_same_in_all_of_these_tests():
    _tests_with(Twin)


def test_both_do_the_same_on_a_bad_line_with_small_rings():
    for seed in range(40):
        line = tests.Line(
            Twin(b"a" * 8, 516 + 97 * seed, 1 + seed % 16, 20 + seed),
            Twin(b"b" * 8, 516, 16, 500, 4000),
        )
        line.damage = [tests.make_bad(300, seed), tests.make_bad(300, seed + 100)]
        sent = [tests.make_messages(seed, 4), tests.make_messages(seed + 1000, 4)]
        for end in (0, 1):
            for message in sent[end]:
                while True:
                    try:
                        line.ends[end].send(message)
                        break
                    except tests.LinkFull:
                        line.settle()
        line.settle()
        assert line.inbox == [sent[1], sent[0]]


def test_times_beyond_31_bits_are_taken():
    link = Ours(b"a" * 8, 4096)
    for now in (2**30, 2**31, 2**40):
        link.transmit(now)
        assert link.deadline(now) > now


def test_a_message_that_changes_after_it_was_sent_arrives_as_it_was():
    line = tests.Line(Ours(b"a" * 8, 4096), Model(b"b" * 8, 4096))
    message = bytearray(b"as it was")
    line.ends[0].send(message)
    message[0] = 0
    line.settle()
    assert line.inbox[1] == [b"as it was"]


def test_what_is_no_message_or_no_time_is_refused():
    link = Ours(b"a" * 8, 4096)
    for call in (
        lambda: link.send("text"),
        lambda: link.send(1),
        lambda: link.receive("text", 0),
        lambda: link.receive(b"", b""),
        lambda: link.transmit(-1),
        lambda: link.transmit(2**64),
    ):
        try:
            call()
        except (TypeError, ValueError):
            continue
        raise AssertionError("accepted")

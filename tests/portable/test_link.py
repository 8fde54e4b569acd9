"""The link, on every Python there is: plain functions, nothing but assert."""

from binascii import crc32

from runtime.wire.frames import DATA, MORE, RESET, Decoder, Frame, encode
from runtime.wire.link import MESSAGE_LIMIT, Link, LinkFull, MessageTooLong

RING = 4096


class Generator:
    """Numbers that look random (a linear congruential generator), the same on every Python."""

    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        self._state = (self._state * 1103515245 + 12345) & 0x3FFFFFFF
        return (self._state >> 8) % limit

    def bytes(self, count):
        return bytes([self.below(256) for _ in range(count)])


def make_link(name, ring=RING, window=16, retransmit_ms=250, outbox=2 * MESSAGE_LIMIT):
    return Link((name * 8).encode(), ring, window, retransmit_ms, outbox)


def carry(data):
    return data


class Line:
    """Two links; `damage[i]` is what happens to the bytes that end i writes."""

    def __init__(self, a=None, b=None):
        self.ends = [a or make_link("a"), b or make_link("b")]
        self.damage = [carry, carry]
        self.inbox = [[], []]
        self.now = 0

    def exchange(self):
        """Carry bytes to and fro until both ends are silent."""
        while True:
            pieces = [link.transmit(self.now) for link in self.ends]
            if pieces == [b"", b""]:
                return
            for end in (0, 1):
                data = self.damage[1 - end](pieces[1 - end])
                self.inbox[end] += self.ends[end].receive(data, self.now)

    def wait(self):
        """Let time pass up to the first deadline; return whether there was one."""
        deadlines = [link.deadline(self.now) for link in self.ends]
        deadlines = [deadline for deadline in deadlines if deadline is not None]
        if not deadlines:
            return False
        self.now = max(self.now, min(deadlines))
        return True

    def settle(self, limit_ms=100000):
        """Exchange and wait until neither end wants anything more."""
        end = self.now + limit_ms
        self.exchange()
        while self.wait():
            assert self.now < end, "no end in sight"
            self.exchange()


def make_bad(rate, seed):
    """Return what damages one byte in `rate`: flips, drops, doubles, or puts one before it."""
    random = Generator(seed)

    def damage(data):
        out = bytearray()
        for byte in data:
            kind = random.below(4) if random.below(rate) == 0 else 4
            if kind == 0:
                out.append(byte ^ 1 << random.below(8))
            elif kind == 2:
                out.append(byte)
                out.append(byte)
            elif kind == 3:
                out.append(random.below(256))
                out.append(byte)
            elif kind == 4:
                out.append(byte)
        return bytes(out)

    return damage


def drop(data):
    return b""


def make_lossy(pattern):
    """Return what loses the n-th of the first pieces if bit n of the pattern is set."""
    bits = [pattern]

    def lossy(data):
        if data:
            bits[0], lost = bits[0] >> 1, bits[0] & 1
            return b"" if lost else data
        return data

    return lossy


def make_messages(seed, count):
    random = Generator(seed)
    return [random.bytes(random.below(1500)) for _ in range(count)]


def test_a_session_opens_and_is_confirmed():
    line = Line()
    line.settle()
    a, b = line.ends
    assert a.idle and b.idle
    assert (a.peer_nonce, b.peer_nonce) == (b"b" * 8, b"a" * 8)
    assert (a.generation, b.generation) == (0, 0)
    assert a.deadline(line.now) is None


def test_messages_of_all_sizes_arrive_once_and_in_order():
    line = Line()
    messages = [bytes([size & 0xFF]) * size for size in (0, 1, 239, 240, 241, 480, 481, 5000)]
    for message in messages:
        line.ends[0].send(message)
        line.ends[1].send(message + b"!")
    line.settle()
    assert line.inbox == [[message + b"!" for message in messages], messages]


def test_the_longest_message_passes_and_a_longer_one_is_refused():
    line = Line()
    line.ends[0].send(bytes(MESSAGE_LIMIT))
    line.settle()
    assert line.inbox[1] == [bytes(MESSAGE_LIMIT)]
    try:
        line.ends[0].send(bytes(MESSAGE_LIMIT + 1))
    except MessageTooLong as error:
        assert "65536" in str(error)
    else:
        raise AssertionError("accepted")


def test_a_full_outbox_says_so_and_takes_more_later():
    line = Line(a=make_link("a", outbox=1000))
    line.ends[0].send(bytes(900))
    try:
        line.ends[0].send(bytes(100))
    except LinkFull as error:
        assert "932 of 1000" in str(error)
    else:
        raise AssertionError("accepted")
    line.settle()
    line.ends[0].send(bytes(400))
    line.ends[0].send(bytes(500))
    line.settle()
    assert [len(message) for message in line.inbox[1]] == [900, 400, 500]


def test_arguments_out_of_bounds_are_refused():
    for arguments in ((b"short", RING, 16), (bytes(8), RING, 16), (b"a" * 8, 515, 16)):
        try:
            Link(arguments[0], arguments[1], arguments[2])
        except ValueError:
            pass
        else:
            raise AssertionError(arguments)
    for window in (0, 17):
        try:
            make_link("a", RING, window)
        except ValueError:
            pass
        else:
            raise AssertionError(window)


def test_sequence_numbers_and_byte_counts_wrap_around():
    line = Line()
    messages = [bytes([index & 0xFF]) * 200 for index in range(700)]
    for message in messages:
        line.ends[0].send(message)
        line.exchange()
    line.settle()
    assert line.inbox[1] == messages
    assert line.ends[0].retransmitted == 0
    assert line.ends[0].strange == line.ends[1].strange == 0


def test_a_window_of_one_works():
    line = Line(make_link("a", 516, 1), make_link("b", 516, 1))
    for end in (0, 1):
        line.ends[end].send(bytes(3000))
    line.settle()
    assert line.inbox == [[bytes(3000)], [bytes(3000)]]


def test_a_lost_frame_is_sent_again_without_waiting():
    line = Line()
    line.settle()
    now = line.now
    line.ends[0].send(b"lost")
    line.ends[0].transmit(now)
    line.ends[0].send(b"kept")
    line.exchange()
    assert line.inbox[1] == [b"lost", b"kept"]
    assert (line.now, line.ends[0].retransmitted, line.ends[0].asked) == (now, 1, 0)


def test_only_what_was_lost_is_sent_again():
    line = Line()
    line.settle()
    line.ends[0].send(bytes(240 * 10))
    pieces = line.ends[0].transmit(line.now).split(b"\0\0")
    assert len(pieces) == 10
    line.inbox[1] += line.ends[1].receive(b"\0" + b"\0\0".join(pieces[:3] + pieces[5:]), line.now)
    line.exchange()
    assert line.inbox[1] == [bytes(2400)]
    assert line.ends[0].retransmitted == 2


def test_the_timer_finds_a_lost_last_frame():
    line = Line()
    line.settle()
    line.ends[0].send(b"last")
    line.ends[0].transmit(line.now)
    line.exchange()
    assert line.inbox[1] == []
    line.settle()
    assert line.inbox[1] == [b"last"]
    assert line.ends[0].asked == 1


def test_a_lost_acknowledgement_brings_no_second_message():
    line = Line()
    line.settle()
    line.damage[1] = drop
    line.ends[0].send(b"once")
    line.exchange()
    line.damage[1] = carry
    line.settle()
    assert line.inbox[1] == [b"once"]
    assert line.ends[0].retransmitted == 0


def test_a_frame_from_before_is_dropped_even_when_its_number_is_in_use_again():
    line = Line()
    line.settle()
    line.ends[0].send(b"old")
    old = line.ends[0].transmit(line.now)
    line.ends[1].receive(old, line.now)
    line.settle()
    for _ in range(255):
        line.ends[0].send(b"new")
        line.settle()
    assert line.inbox[1] == [b"new"] * 255
    assert line.ends[1].receive(old, line.now) == []
    assert line.ends[1].strange == 1


def test_an_acknowledgement_of_what_was_never_sent_is_dropped():
    line = Line()
    line.settle()
    line.ends[0].send(b"message")
    line.ends[0].transmit(line.now)
    for ack, seen in ((2, 0), (0, 1000)):
        forged = encode(Frame(0, 0, ack, 0, 0, seen, 1000, b""), crc32(b"b" * 8 + b"a" * 8))
        line.ends[0].receive(forged, line.now)
    assert line.ends[0].strange == 2
    line.settle()
    assert line.inbox[1] == [b"message"]


def test_losses_do_not_slow_the_timer_down():
    line = Line()
    line.settle()
    for _ in range(30):
        line.ends[0].send(b"lost at first")
        line.ends[0].transmit(line.now)
        line.settle()
    assert line.ends[0].asked == 30
    line.ends[0].send(b"")
    line.ends[0].transmit(line.now)
    assert line.ends[0].deadline(line.now) - line.now <= 250


def test_the_timer_learns_the_pace_of_a_slow_line():
    line = Line()
    line.settle()
    for _ in range(30):
        line.ends[0].send(b"slow")
        data = line.ends[0].transmit(line.now)
        line.now += 900
        line.inbox[1] += line.ends[1].receive(data, line.now)
        line.exchange()
    line.ends[0].send(b"slow")
    line.ends[0].transmit(line.now)
    assert 900 < line.ends[0].deadline(line.now) - line.now < 1500


def test_questions_to_a_silent_peer_become_rarer_but_never_cease():
    line = Line()
    line.settle()
    line.damage[0] = drop
    line.ends[0].send(b"hello")
    times = []
    for _ in range(20):
        line.exchange()
        line.wait()
        times.append(line.now)
    pauses = [after - before for before, after in zip(times, times[1:])]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 2000
    assert line.ends[0].unanswered >= 19
    line.damage[0] = carry
    line.settle()
    assert line.inbox[1] == [b"hello"]
    assert line.ends[0].unanswered == 0


def test_a_stalled_receiver_gets_no_more_than_its_ring():
    ring = 1024
    line = Line(b=make_link("b", ring))
    line.settle()
    line.ends[0].send(bytes(10000))
    unread = b""
    for _ in range(5):
        unread += line.ends[0].transmit(line.now)
        line.wait()
    assert 516 < len(unread) <= ring
    line.inbox[1] += line.ends[1].receive(unread, line.now)
    line.settle()
    assert line.inbox[1] == [bytes(10000)]


def test_a_restarted_peer_is_noticed_and_nothing_old_reaches_it():
    line = Line()
    line.settle()
    line.ends[0].send(b"for the old one")
    stale = line.ends[0].transmit(line.now)
    line.ends[1] = make_link("c")
    line.inbox[1] += line.ends[1].receive(stale, line.now)
    line.settle()
    assert line.ends[0].generation == 1
    assert line.ends[0].peer_nonce == b"c" * 8
    assert line.ends[1].generation == 0
    line.inbox[1] += line.ends[1].receive(stale, line.now)
    line.settle()
    assert line.inbox[1] == []
    line.ends[0].send(b"for the new one")
    line.settle()
    assert line.inbox[1] == [b"for the new one"]


def test_messages_of_a_session_that_ends_in_the_same_bytes_are_not_returned():
    line = Line()
    line.settle()
    old, node = line.ends
    new = make_link("c")
    node.receive(new.transmit(0), 0)
    new.receive(node.transmit(0), 0)
    old.send(b"old")
    new.send(b"new")
    assert node.receive(old.transmit(0) + new.transmit(0), 0) == [b"new"]
    assert node.generation == 1


def test_a_reset_drops_what_waits_at_both_ends():
    line = Line()
    line.settle()
    for end in (0, 1):
        line.ends[end].send(bytes(9000))
        line.ends[end].transmit(line.now)
    line.ends[0].reset()
    line.settle()
    assert line.inbox == [[], []]
    assert [link.generation for link in line.ends] == [1, 1]
    line.ends[0].send(b"after")
    line.ends[1].send(b"wards")
    line.settle()
    assert line.inbox == [[b"wards"], [b"after"]]


def test_a_message_may_wait_for_the_first_session():
    line = Line()
    line.ends[0].send(b"early")
    line.settle()
    assert line.inbox[1] == [b"early"]
    assert line.ends[0].generation == 0


def test_bytes_of_an_earlier_boot_before_those_of_this_one_change_nothing():
    earlier = Line(make_link("x"), make_link("y"))
    stale = earlier.ends[0].transmit(0)
    earlier.settle()
    earlier.ends[0].send(b"stale")
    stale += earlier.ends[0].transmit(0)
    line = Line()
    assert line.ends[1].receive(stale, 0) == []
    line.settle()
    assert [link.generation for link in line.ends] == [0, 0]
    assert line.ends[1].peer_nonce == b"a" * 8


def test_a_stray_reset_frame_in_a_session_leads_to_another_with_the_same_peer():
    line = Line()
    line.settle()
    line.ends[0].receive(make_link("x").transmit(0), line.now)
    line.settle()
    line.ends[1].send(b"still here")
    line.settle()
    assert line.inbox[0] == [b"still here"]


def test_a_line_that_echoes_opens_no_session():
    link = make_link("a")
    link.receive(link.transmit(0), 0)
    assert link.peer_nonce is None
    assert link.strange == 1


def test_a_peer_that_forgot_the_session_is_met_again():
    line = Line()
    line.settle()
    other = Line(make_link("x"), line.ends[1])
    other.settle()
    assert line.ends[1].peer_nonce == b"x" * 8
    line.ends[0].send(b"lost with the session")
    line.settle()
    line.ends[0].send(b"hello again")
    line.settle()
    assert line.inbox[1] == [b"hello again"]


def test_a_peer_that_missed_the_opening_is_told_as_soon_as_it_asks():
    a, b = make_link("a"), make_link("b")
    b.receive(a.transmit(0), 0)
    a.receive(b.transmit(0), 0)
    a.transmit(0)  # lost
    question = b.transmit(250)
    a.receive(question, 100)
    b.receive(a.transmit(100), 250)
    assert b.peer_nonce == b"a" * 8
    assert a.generation == b.generation == 0


def test_lost_resets_are_repeated_in_any_pattern():
    for pattern in range(256):
        line = Line()
        lossy = make_lossy(pattern)
        line.damage = [lossy, lossy]
        line.ends[0].send(b"x")
        line.ends[1].send(b"y")
        line.settle()
        assert line.inbox == [[b"y"], [b"x"]], pattern
        assert [link.generation for link in line.ends] == [0, 0], pattern


def test_a_message_over_the_limit_is_dropped_with_its_session():
    line = Line()
    line.settle()
    a, b = line.ends
    key, written = crc32(b"a" * 8 + b"b" * 8), 0
    for number in range(MESSAGE_LIMIT // 240 + 1):
        written = (written + 260) & 0xFFFF
        piece = Frame(DATA | MORE, number & 0xFF, 0, 0, written, 0, 1000, bytes(240))
        assert b.receive(encode(piece, key), line.now) == []
    assert (b.oversize, b.generation) == (1, 1)
    line.settle()
    assert a.generation == 1
    a.send(b"after")
    line.settle()
    assert line.inbox[1] == [b"after"]


def test_a_bad_line_delivers_everything_once_in_order():
    for rate in (10000, 1000, 300):
        line = Line()
        line.damage = [make_bad(rate, 1), make_bad(rate, 2)]
        sent = [make_messages(rate, 20), make_messages(rate + 1, 20)]
        for end in (0, 1):
            for message in sent[end]:
                line.ends[end].send(message)
        line.settle()
        assert line.inbox == [sent[1], sent[0]]
        assert [link.generation for link in line.ends] == [0, 0]


def test_any_bytes_are_taken_without_an_error():
    link = make_link("a")
    for seed in range(100):
        assert link.receive(Generator(seed).bytes(300), 0) == []


def test_a_reset_frame_names_both_nonces():
    frames = list(Decoder(key=None).feed(make_link("a").transmit(0)))
    assert [frame.flags for frame in frames] == [RESET]
    assert frames[0].payload == b"a" * 8 + bytes(8)

"""Hostile bytes under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer."""

import random
from struct import pack, unpack_from

import msgpack
from cobs import cobs

from runtime.wire.frames import DATA, Decoder, Frame, encode
from runtime.wire.proofs import faces
from runtime.wire.records import EVENTS
from runtime.wire.schema import canonical, spec_of
from tests.firmware.modules import hostile_frames
from tests.firmware.modules.test_same_on_both import refused_too, value
from tests.portable.ram_store import RamStore

ROUNDS = 1500
LETTERS = b"\x00a\xffb"
ABSENT = 2**32 - 1


def changed(rng, data):
    data = bytearray(data)
    for _ in range(rng.randint(0, 3)):
        data[rng.randrange(len(data))] = rng.choice([0, 0x91, 0xC4, 0xD9, 0xDD, 0xFF])
    return bytes(data[: rng.randint(0, len(data))]) if rng.randrange(2) else bytes(data)


def test_hostile_messages_are_read_as_the_package_reads_them(sanitized):
    rng = random.Random(1)
    good = 0
    for _ in range(ROUNDS):
        data = changed(rng, msgpack.packb(value(rng)))
        result, (found,) = sanitized.call("msgpack", data)
        if result == 0:
            assert found == msgpack.packb(msgpack.unpackb(data, raw=False))
            good += 1
        elif not refused_too(data):
            try:
                read = msgpack.unpackb(data, raw=False)
            except ValueError:
                continue
            raise AssertionError(f"{data.hex()} was refused: {read}")
    assert ROUNDS // 4 < good < ROUNDS


def test_every_two_bytes_do_no_harm_as_a_message(sanitized):
    for head in range(0x80, 0x100):
        for rest in (b"", b"\x00", b"\x01", b"\x7f\xff", b"\xff" * 4, b"\xff" * 8, b"\x00" * 9):
            sanitized.accepts("msgpack", bytes([head]) + rest)


def test_bytes_are_canonical_if_they_are_what_the_package_makes_of_their_value(sanitized):
    rng = random.Random(9)
    found = {0: 0, -1: 0, -2: 0}
    for _ in range(ROUNDS):
        data = changed(rng, msgpack.packb(value(rng)))
        result, _ = sanitized.call("canonical", data)
        found[result] += 1
        if result == -2:
            continue
        try:
            repacked = msgpack.packb(msgpack.unpackb(data, raw=False))
        except ValueError:  # text that is not UTF-8
            continue
        assert (result == 0) == (repacked == data), data.hex()
    for head in ("cc00", "cd00ff", "cf0000000000000001", "d000", "d3000000ffffffffff", "d0ff",
                 "d900", "c50000", "dc0000", "dd0000000100"):  # fmt: skip
        assert sanitized.call("canonical", bytes.fromhex(head))[0] == -1, head
    assert min(found.values()) > 10


def test_an_event_has_the_faces_that_python_gives_it_or_is_refused(sanitized):
    rng = random.Random(10)
    good = refused = 0
    for name, made in EVENTS.items():
        spec = spec_of(made)
        private = [word in spec.more["private"] for word in ["id", *spec.names]]
        for _ in range(8):
            event = canonical(["code", rng.randbytes(32), name, [value(rng) for _ in spec.names]])
            assert sanitized.call("faces", event, bytes(private)) == (
                0, [name.encode(), *faces(event)],
            )  # fmt: skip
            result, _ = sanitized.call("faces", changed(rng, event), bytes(private))
            good += result == 0
            refused += result == -1
    assert good > 50 and refused > 50


def test_hostile_frames_are_decoded_as_the_package_decodes_them(sanitized):
    rng = random.Random(2)
    for _ in range(ROUNDS):
        data = bytes(rng.choices([0, 1, 2, 5, 255], [1, 20, 20, 20, 2], k=rng.randrange(300)))
        assert sanitized.get("cobs_encode", data) == cobs.encode(data)
        result, (found,) = sanitized.call("cobs_decode", data)
        try:
            assert (result, found) == (0, cobs.decode(data))
        except cobs.DecodeError:
            assert result < 0


FAULTS = {2: "long", 3: "cobs", 4: "size", 5: "check", 6: "version"}


def received(out):
    """What the driver says of bytes: frames, and how often there was what fault."""
    found, bad, at = [], dict.fromkeys(FAULTS.values(), 0), 0
    while at < len(out):
        fault, at = out[at], at + 1
        if fault:
            bad[FAULTS[fault]] += 1
            continue
        *numbers, size = unpack_from("<8H", out, at)
        at += 16 + size
        found.append(Frame(*numbers, out[at - size : at]))
    return found, bad


def check_frames(sanitized, data, key, piece):
    """The receiver in C finds in some bytes what that in Python finds; returns the frames."""
    decoder = Decoder(key=key)
    expected = list(decoder.feed(data))
    given = b"" if key is None else key
    assert received(sanitized.get("frame_receive", data, given, piece)) == (expected, decoder.bad)
    return expected


def test_frames_are_encoded_as_in_python(sanitized):
    for frame in hostile_frames.frames(random.Random(7)):
        header = pack(">BBBBHHHH", 1, *frame[:7])
        for key in (0, hostile_frames.KEY):
            assert sanitized.get("frame_encode", header, frame.payload, key) == encode(frame, key)


def test_every_cut_and_every_flipped_bit_of_a_frame_is_taken_as_in_python(sanitized):
    rng = random.Random(8)
    key = hostile_frames.KEY
    for payload in (b"", bytes(40), rng.randbytes(240)):
        frame = Frame(DATA, 1, 2, 3, 4, 5, 6, payload)
        encoded = encode(frame, key)
        for data in (*hostile_frames.cuts(encoded), *hostile_frames.flips(encoded)):
            assert check_frames(sanitized, data, key, len(data))[-1] == frame


def test_noise_on_the_line_is_taken_as_in_python_in_pieces_of_any_size(sanitized):
    rng = random.Random(9)
    found = 0
    for data in hostile_frames.noise(rng, ROUNDS):
        key = rng.choice([hostile_frames.KEY] * 9 + [None])
        found += len(check_frames(sanitized, data, key, rng.choice([1, 3, 260, 5000])))
    assert found > ROUNDS // 2


def test_no_byte_decides_that_was_not_written_before(undefined_watched):
    rng = random.Random(10)
    for data in hostile_frames.noise(rng, 100):
        check_frames(undefined_watched, data, hostile_frames.KEY, rng.choice([7, 5000]))
        undefined_watched.call("cobs_decode", data)
        undefined_watched.call("msgpack", data)


class Model:
    """The steps of driver.c on the portable store."""

    def __init__(self):
        self.store = RamStore()
        self.out = b""

    def step(self, code, refused):
        """Take a step, unless there was no room for it."""
        store, kind, extra = self.store, code[0] % 12, code[5]
        name, key, row = _letters(code[1]), _letters(code[2]), _letters(code[3])
        content = bytes([extra]) * (2 * code[4])
        parts = (row, content, None)
        if refused:
            pass
        elif kind in (0, 1):
            store.put(name, key, content)
        elif kind == 2:
            store.drop(name, key)
        elif kind in (3, 4):
            store.add_key(name, key, row)
        elif kind == 5:
            store.drop_key(name, key, row)
        elif kind == 6:
            store.append(store.count(), key, *parts)
        elif kind == 7 and store.count():
            store.replace(extra % store.count(), *parts)
        elif kind == 8 and store.get(name, key) is not None:
            self._say(key, store.get(name, key))
        elif kind == 9:
            rows = [r for r in store.scan(name, b"", None, 9999)
                    if r > (key, row) or (code[4] & 1 and r == (key, row))]  # fmt: skip
            for found in rows[: extra % 8]:
                self._say(*found)
        elif kind == 10 and extra < 128:
            store.commit()
        elif kind == 11 and extra < 128:
            store.rollback()
        self.out += bytes([refused])

    def content(self):
        state, indexes, entries = self.store.content()
        for kind in sorted({kind for kind, _ in state}):
            self._say(kind)
            for key in sorted(key for found, key in state if found == kind):
                self._say(key, state[kind, key])
        for name, rows in indexes:
            self._say(name)
            for row in rows:
                self._say(*row)
        for entry in entries:
            self._say(*entry)

    def _say(self, *parts):
        for part in parts:
            self.out += pack("<I", ABSENT) if part is None else pack("<I", len(part)) + part


def _letters(which):
    return bytes(LETTERS[which >> (2 * i) & 3] for i in range(which % 5))


def follow(program, found):
    """What the model says to a program, refused where the store found no room."""
    model = Model()
    for at in range(0, len(program) - 5, 6):
        model.step(program[at : at + 6], found[len(model.out) + _said(model, program[at:])] != 0)
    model.content()
    return model.out


def _said(model, code):
    """How many bytes the step says before its result; those that say something are not refused."""
    before = len(model.out)
    if code[0] % 12 not in (8, 9):
        return 0
    model.step(code[:6], False)
    size = len(model.out) - before - 1
    model.out = model.out[:before]
    return size


def histories(rng, count, steps):
    """Random programs; long transactions and short ones."""
    for _ in range(count):
        ending = rng.choice([128, 140, 255])
        codes = []
        for _ in range(steps):
            code = bytearray(rng.randbytes(6))
            code[1] &= 7
            if code[0] % 12 >= 10:
                code[5] = rng.randrange(ending)
            codes.append(bytes(code))
        yield b"".join(codes)


def test_random_histories_leave_what_they_leave_in_the_portable_store(sanitized):
    for program in histories(random.Random(3), 25, 400):
        found = sanitized.get("store", pack("<I", 0) + program)
        assert found == follow(program, found)
        assert len(found) > 2000


def test_a_store_without_room_changes_nothing(sanitized):
    rng = random.Random(4)
    refusals = 0
    for program in histories(rng, 25, 300):
        found = sanitized.get("store", pack("<I", rng.randint(300, 9000)) + program)
        assert found == follow(program, found)
        refusals += found.count(1)
    assert refusals > 500


def test_a_history_that_is_taken_back_leaves_no_memory_behind(sanitized):
    for program in histories(random.Random(5), 10, 200):
        kept = bytearray(program)
        kept[0::6] = [code if code % 12 < 10 else 8 for code in program[0::6]]
        assert unpack_from("<I", sanitized.get("store_leftover", bytes(kept))) == (0,)


def test_bytes_as_they_come_are_a_history_too(sanitized):
    rng = random.Random(6)
    for _ in range(20):
        sanitized.get("store", rng.randbytes(4 + 6 * 150))

import hashlib
import random

from migen import run_simulation

from soc.gateware.engine import BUSY
from soc.gateware.keccak.bench import MEMORY, Bench
from soc.gateware.keccak.model import FUNCTIONS, hashed, permuted
from soc.gateware.keccak.registers import KeccakEngine
from soc.gateware.keccak.sponge import MAX_LENGTH, Operation
from soc.gateware.keccak.volume import cycles, job

STANDARD = {
    "sha3_256": lambda message, size: hashlib.sha3_256(message).digest(),
    "sha3_512": lambda message, size: hashlib.sha3_512(message).digest(),
    "shake128": lambda message, size: hashlib.shake_128(message).digest(size),
    "shake256": lambda message, size: hashlib.shake_256(message).digest(size),
}


def hashing(function, message, size):
    """The jobs that hash a message in one piece."""
    digest = STANDARD[function](message, size)
    return [
        job(Operation.ABSORB, function, fresh=True, final=True, message=message),
        job(Operation.SQUEEZE, function, expected=digest),
    ]


def test_the_model_is_the_standard():
    material = random.Random(1)
    for function, (rate, _) in FUNCTIONS.items():
        for size in (0, 1, rate - 1, rate, rate + 1, 3 * rate):
            message = material.randbytes(size)
            digest = STANDARD[function](message, 500)
            assert hashed(function, message, len(digest)) == digest


def test_all_lengths_around_the_rate_agree_with_hashlib():
    material = random.Random(2)
    jobs = []
    for function, (rate, _) in FUNCTIONS.items():
        sizes = [*range(20), *(n * rate + d for n in (1, 2, 3) for d in range(-9, 10))]
        for size in sizes:
            jobs += hashing(function, material.randbytes(size), size + 1)
    cycles(jobs)
    cycles(jobs, stalls=2)


def test_random_messages_agree_with_hashlib():
    material = random.Random(3)
    jobs = []
    for i in range(10_000):
        function = list(FUNCTIONS)[i % 4]
        message = material.randbytes(material.randrange(600))
        jobs += hashing(function, message, material.randrange(1, 600))
    cycles(jobs)


def test_the_state_can_be_changed_by_lanes_loaded_and_saved():
    material = random.Random(4)
    state = material.randbytes(200)
    lanes = [int.from_bytes(state[at : at + 8], "little") for at in range(0, 200, 8)]
    jobs = [job(Operation.LOAD, message=bytes(200))]
    jobs += [job(Operation.LANE, lane=i, value=lanes[i]) for i in material.sample(range(25), 25)]
    jobs += [
        job(Operation.SAVE, expected=state),
        job(Operation.PERMUTE),
        job(Operation.SAVE, expected=permuted(state)),
        job(Operation.LOAD, message=state),
        job(Operation.PERMUTE),
        job(Operation.SAVE, expected=permuted(state)),
    ]
    cycles(jobs)


def test_an_output_goes_on_where_it_ended():
    message = b"the same message"
    output = hashlib.shake_128(message).digest(1000)
    jobs = [job(Operation.ABSORB, "shake128", fresh=True, final=True, message=message)]
    at = 0
    for size in (8, 16, 144, 8, 160, 176, 336, 8, 7):
        jobs.append(job(Operation.SQUEEZE, "shake128", expected=output[at : at + size]))
        at += size
    cycles(jobs)


def test_a_message_may_come_in_pieces_of_whole_blocks():
    message = random.Random(5).randbytes(5 * 136 + 11)
    cycles(
        [
            job(Operation.ABSORB, fresh=True, message=message[:136]),
            job(Operation.ABSORB, message=message[136 : 4 * 136]),
            job(Operation.ABSORB, final=True, message=message[4 * 136 :]),
            job(Operation.SQUEEZE, expected=hashlib.sha3_256(message).digest()),
        ]
    )


def test_a_permutation_takes_24_cycles_and_a_block_of_136_bytes_49():
    first, permute, lane, save, few, many = cycles(
        [
            job(Operation.PERMUTE),
            job(Operation.PERMUTE),
            job(Operation.LANE),
            job(Operation.SAVE, expected=permuted(permuted(bytes(200)))),
            job(Operation.ABSORB, fresh=True, final=True, message=bytes(10 * 136)),
            job(Operation.ABSORB, fresh=True, final=True, message=bytes(30 * 136)),
        ]
    )
    assert first == permute == 24 + 2
    assert lane == 25 + 2
    assert save == 50 + 2
    assert many - few == 20 * 49


def operation(at, function="sha3_256", first=0, last=0, wipe=0):
    """What goes into the register `job`."""
    return at | list(FUNCTIONS).index(function) << 4 | first << 8 | last << 9 | wipe << 10


def simulated(test):
    """Run a test with the engine in Migen's simulator."""
    bench = Bench(KeccakEngine())
    run_simulation(bench, test(bench, bench.engine))


def left(engine):
    """All bits that could tell something of what was hashed."""
    sponge = engine.sponge
    total = (yield engine.value.storage) | (yield engine.before.status)
    for lane in engine.keccak.state:
        total |= yield lane
    for stream in (sponge.pad.lanes.source, sponge.cut.words.sink, sponge.sink, sponge.source):
        total |= yield stream.payload.raw_bits()
    for entry in range(16):
        total |= yield sponge.fifo.memory[entry]
    return total


def test_no_memory_of_the_engine_is_on_the_bus():
    assert KeccakEngine().get_memories() == []


def test_a_message_in_memory_is_hashed_to_memory():
    message = random.Random(6).randbytes(300)

    def test(bench, engine):
        yield from bench.put(0x100, message)
        took = yield from bench.run(
            job=operation(Operation.ABSORB, first=1, last=1), address=0x100, length=300
        )
        assert took == 3 * 49 + 27
        assert (yield engine.context.fields.open) and not (yield engine.free)
        took = yield from bench.run(job=operation(Operation.SQUEEZE), address=0x800, length=32)
        assert took == 36
        digest = yield from bench.get(0x800, 36)
        assert digest == hashlib.sha3_256(message).digest() + bytes(4)
        yield from bench.run(job=operation(Operation.SQUEEZE, wipe=1), address=0x900, length=7)
        assert (yield from bench.get(0x900, 12)) == hashed("sha3_256", message, 39)[32:] + bytes(5)
        assert not (yield engine.context.fields.open) and (yield engine.free)
        assert not (yield from left(engine))

    simulated(test)


def test_a_context_can_make_room_for_another():
    message = random.Random(7).randbytes(272)

    def test(bench, engine):
        yield from bench.put(0, message)
        absorb = operation(Operation.ABSORB, first=1)
        yield from bench.run(job=absorb, address=0, length=136)
        yield from bench.run(job=operation(Operation.SAVE, wipe=1), address=0x800)
        yield from bench.run(job=absorb | 1 << 9, address=0, length=5)
        yield from bench.run(job=operation(Operation.LOAD), address=0x800, lane=0)
        yield from bench.run(job=operation(Operation.ABSORB, last=1), address=136, length=136)
        yield from bench.run(job=operation(Operation.SQUEEZE), address=0xC00, length=32)
        assert (yield from bench.get(0xC00, 32)) == hashlib.sha3_256(message).digest()

    simulated(test)


def test_the_processor_can_add_and_read_lanes():
    state = permuted((7).to_bytes(8, "little") + bytes(192))

    def test(bench, engine):
        yield from bench.run(job=operation(Operation.LANE), lane=0, value=7)
        assert not (yield engine.value.storage)
        yield from bench.run(job=operation(Operation.PERMUTE))
        yield from bench.run(job=operation(Operation.LANE), lane=24)
        assert (yield engine.before.status) == int.from_bytes(state[192:], "little")

    simulated(test)


def test_a_refused_job_changes_neither_state_nor_memory():
    absorb, squeeze = operation(Operation.ABSORB), operation(Operation.SQUEEZE)
    first, last = 1 << 8, 1 << 9

    def test(bench, engine):
        before = yield from bench.get(0, 4096)
        refused = [
            ("operation", {"job": 6}),
            ("operation", {"job": 7}),
            ("order", {"job": absorb, "address": 0, "length": 136}),
            ("order", {"job": squeeze, "length": 32}),
            ("address", {"job": absorb | first, "address": 2}),
            ("address", {"job": operation(Operation.SAVE), "address": 1}),
            ("address", {"job": operation(Operation.LOAD), "address": 3}),
            ("length", {"job": absorb | first, "address": 0, "length": 0}),
            ("length", {"job": absorb | first, "length": 135}),
            ("length", {"job": absorb | first, "length": 137}),
            ("length", {"job": absorb | first, "length": 144}),
            ("length", {"job": absorb | first, "length": 16 * 136 + 8}),
            ("length", {"job": absorb | first | 2 << 4, "length": 136}),
            ("length", {"job": absorb | first | last, "length": MAX_LENGTH + 1}),
            ("length", {"job": absorb | first | last, "length": 0xFFFFFFFF}),
            ("lane", {"job": operation(Operation.LANE), "lane": 25}),
            ("lane", {"job": operation(Operation.LOAD), "lane": 255}),
        ]
        for why, registers in refused:
            assert (yield from bench.run(**registers)) == why
            assert not (yield from left(engine))
            assert not (yield engine.context.fields.open)
        assert (yield from bench.get(0, 4096)) == before
        yield from bench.run(job=operation(Operation.PERMUTE))
        for why, length in (("length", 0), ("length", MAX_LENGTH + 1)):
            assert (yield from bench.run(job=squeeze, length=length)) == why
        for length, result in ((7, 32), (8, "order")):  # on from a lane that was cut
            assert (yield from bench.run(job=squeeze, length=length)) == result

    simulated(test)


def test_a_message_that_has_ended_is_not_gone_on_with():
    def test(bench, engine):
        absorb = operation(Operation.ABSORB, last=1)
        yield from bench.run(job=absorb | 1 << 8, length=4)
        assert (yield from bench.run(job=absorb)) == "order"

    simulated(test)


def test_a_start_while_a_job_runs_leaves_that_job_alone():
    def test(bench, engine):
        yield from bench.start(job=operation(Operation.ABSORB, first=1, last=1), length=300)
        for _ in range(20):
            yield
        yield from bench.start()
        assert (yield engine.status.fields.error) == BUSY
        while (yield engine.status.fields.busy):
            yield
        yield from bench.run(job=operation(Operation.SQUEEZE), address=0x800, length=32)
        assert (yield from bench.get(0x800, 32)) == hashlib.sha3_256(bytes(300)).digest()

    simulated(test)


def test_clear_leaves_nothing_of_a_message_at_whatever_moment():
    message = bytes([255]) * 600

    def test(bench, engine):
        yield from bench.put(0, message)
        for after in (0, 1, 40, 70):
            yield from bench.start(
                job=operation(Operation.ABSORB, first=1, last=1), value=99, address=0, length=600
            )
            for _ in range(after):
                yield
            yield from bench.clear()
            assert not (yield engine.status.fields.busy)
            for _ in range(16):
                yield
            assert not (yield from left(engine))
        yield from bench.run(length=3)
        yield from bench.run(job=operation(Operation.SQUEEZE), address=0x800, length=32)
        assert (yield from bench.get(0x800, 32)) == hashlib.sha3_256(message[:3]).digest()

    simulated(test)


def test_an_address_that_does_not_answer_ends_the_job_and_clears_the_state():
    def test(bench, engine):
        absorb = operation(Operation.ABSORB, first=1, last=1)
        yield from bench.put(0, bytes([255]) * 16)
        for address in (MEMORY - 8, 1 << 31):
            assert (yield from bench.run(job=absorb, address=address, length=100)) == "bus"
            yield
            assert not (yield engine.context.fields.open)
            for _ in range(16):
                yield
            assert not (yield from left(engine))
        yield from bench.run(job=absorb, address=0, length=16)
        squeeze = operation(Operation.SQUEEZE)
        assert (yield from bench.run(job=squeeze, address=1 << 31, length=32)) == "bus"
        yield from bench.run(job=absorb, address=0, length=16)
        yield from bench.run(job=squeeze, address=0x800, length=32)
        expected = hashlib.sha3_256(bytes([255]) * 16).digest()
        assert (yield from bench.get(0x800, 32)) == expected

    simulated(test)


def test_a_core_that_is_lent_refuses_and_is_left_alone():
    def test(bench, engine):
        yield engine.lent.eq(1)
        yield engine.guest.command.valid.eq(1)
        yield engine.guest.command.permute.eq(1)
        yield
        assert (yield from bench.run(job=operation(Operation.PERMUTE))) == "lent"
        yield from bench.clear()
        while not (yield engine.guest.command.ready):
            yield
        yield engine.guest.command.valid.eq(0)
        yield
        yield
        state = b""
        for lane in engine.keccak.state:
            state += (yield lane).to_bytes(8, "little")
        assert state == permuted(bytes(200))

    simulated(test)

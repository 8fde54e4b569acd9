import hashlib
import random

from soc.gateware.keccak.model import FUNCTIONS, hashed
from soc.gateware.keccak.sponge import Operation
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

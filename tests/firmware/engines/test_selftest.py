"""The answers that the self-test knows are right, and the engines give them."""

import re
import subprocess
import sys
from collections.abc import Iterable
from functools import reduce
from hashlib import sha3_256, shake_256
from pathlib import Path
from struct import pack, unpack

import pytest

from firmware import engines
from firmware.crypto import build as crypto
from runtime.node.accelerator import Accelerator
from soc.gateware.ntt import model as ntt
from soc.gateware.sampler.model import sampled
from soc.sim.build import build
from soc.software.build import image

FOLDER = Path(__file__).parent
PORT = crypto.FOLDER.parent / "port"
SOURCE = engines.FOLDER / engines.SELFTEST
BASIS, PRIME = 0x811C9DC5, 0x01000193  # of FNV-1a with 32 bits
L = 7  # columns of the matrix of ML-DSA-87
SLOTS = L + 3
RECORD_BYTES = 512
CYCLES = {"none": 2_800_000, "hash": 1_600_000, "all": 180_000}  # at most


def digest(words: Iterable[int]) -> int:
    """FNV-1a on words of 32 bits."""
    return reduce(lambda so_far, word: (so_far ^ word) * PRIME & 0xFFFFFFFF, words, BASIS)


def words(data: bytes) -> tuple[int, ...]:
    return unpack(f"<{len(data) // 4}I", data)


def filled(size: int) -> bytes:
    return bytes((i * 91 + 5) % 256 for i in range(size))


def poly(number: int) -> list[int]:
    """The polynomial that the self-test makes of a number."""
    made = []
    for _ in range(ntt.COEFFICIENTS):
        number = (number * 1664525 + 1013904223) % 2**32
        made.append((number >> 9) % ntt.Q)
    return made


def arithmetic() -> list[int]:
    """What the self-test does with transforms."""
    slots = [ntt.ntt(poly(d)) for d in range(SLOTS)]
    f = poly(SLOTS)
    total = ntt.add(ntt.multiply(f, slots[0]), ntt.multiply(f, slots[1]))
    total = ntt.subtract(total, ntt.multiply(slots[2], slots[3]))
    return ntt.inverse_ntt(ntt.add(ntt.subtract(total, slots[4]), f))


def row() -> list[int]:
    """Row 3 of the matrix of `filled(32)` times a vector."""
    products = [
        ntt.multiply(sampled("uniform", filled(32), column | 3 << 8), poly(column))
        for column in range(L)
    ]
    return reduce(ntt.add, products)


def answers() -> dict[str, int]:
    message, seed = filled(200), filled(64)
    record = b"".join(bytes([n * 7 % 41, 0]) + filled(n * 7 % 41) for n in range(24))
    kept = Accelerator().redact(record, filled(32))
    parts = Accelerator().split(0xFEDCBA9876543210, (1111, 3333, 2222, 3334), True, True)
    transforms = [word for d in range(SLOTS) for word in ntt.ntt(poly(d))]
    return {
        "SHA3_256_ANSWER": digest(words(sha3_256(message).digest())),
        "SHAKE256_ANSWER": digest(words(shake_256(message).digest(400))),
        "TRANSFORMS_ANSWER": digest(transforms),
        "ARITHMETIC_ANSWER": digest(arithmetic()),
        "UNIFORM_ANSWER": digest(row()),
        "ETA_ANSWER": digest(sampled("eta", seed, 7)),
        "MASK_ANSWER": digest(sampled("mask", seed, 0x1234)),
        "UNIFORM_KEM_ANSWER": digest(sampled("uniform_kem", seed[:32], 1 | 2 << 8)),
        "CBD2_ANSWER": digest(sampled("cbd2", seed[:32], 9)),
        "REDACTED_ANSWER": digest(words(kept.ljust(RECORD_BYTES, b"\0"))),
        "KEPT_ANSWER": len(kept),
        "PARTS_ANSWER": digest(words(pack("<4Q", *parts))),
    }


def test_the_answers_in_c_are_those_of_the_models() -> None:
    found = re.findall(r"^#define (\w+_ANSWER) (\w+?)U?$", SOURCE.read_text(), re.MULTILINE)
    assert {name: int(value, 0) for name, value in found} == answers()


def selftest(configuration: str, tmp_path: Path, *options: object) -> tuple[int, list[str]]:
    """Exit status and words of the self-test."""
    sources = engines.sources(engines.CONFIGURATIONS[configuration])
    program = image(
        "selftest",
        [FOLDER / "selftest.c", PORT / "memory.c", *sources],
        build().headers,
        includes=[crypto.FOLDER, engines.FOLDER, PORT],
    )
    command = [sys.executable, "-m", "soc.sim", "run", program, *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize("configuration", engines.CONFIGURATIONS)
def test_engines_and_software_give_the_answers(configuration: str, tmp_path: Path) -> None:
    status, (said, cycles) = selftest(configuration, tmp_path)
    assert (status, said) == (0, "passed")
    assert int(cycles) <= CYCLES[configuration]


def test_a_source_of_entropy_that_is_stuck_is_named(tmp_path: Path) -> None:
    status, (said, _) = selftest("all", tmp_path, "--seed", 0)
    assert (status, said) == (1, "entropy")

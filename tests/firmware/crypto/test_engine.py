"""Another Keccak takes the place of ours behind the same interface, with one state for all."""

import subprocess
from hashlib import sha3_256
from pathlib import Path

import pytest

from firmware.crypto.build import PROGRAM, build
from tests.firmware.crypto.material import some
from tests.firmware.crypto.native import Process

ENGINE = Path(__file__).parent / "engine.c"


@pytest.fixture
def engine():
    process = Process(PROGRAM, more=[ENGINE])
    yield process
    assert process.finish() == (0, "")


def test_every_operation_does_the_same_with_one_state(engine, library):
    seed, rnd = some("seed", 0, 64), some("rnd", 0, 32)

    def both(name, *arguments):
        made = library.call(name, *arguments)
        assert engine.call(name, *arguments) == made
        return made[1]

    assert both("sha3_256", seed) == [sha3_256(seed).digest()]
    both("shake128", seed, 5, 400)
    both("hmac", some("long key", 0, 200), seed)
    both("hkdf", seed, b"", b"info", 100)
    (public,) = both("mldsa_keygen", seed[:32])
    (signature,) = both("mldsa_sign", seed[:32], rnd, b"context", b"message")
    both("mldsa_verify", public, signature, b"context", b"message")
    (public,) = both("mlkem_keygen", seed)
    ciphertext, _ = both("mlkem_encaps", public, rnd)
    both("mlkem_decaps", seed, ciphertext)


TWO = """
#include "keccak.h"
int main(void)
{
    struct keccak a, b;
    keccak_clear(&a);
    keccak_clear(&b);
    keccak_permute(&a);
    return 0;
}
"""


def test_two_states_at_a_time_would_be_found(tmp_path):
    (tmp_path / "two.c").write_text(TWO)
    program = build("two", PROGRAM, [ENGINE, tmp_path / "two.c"])
    done = subprocess.run([program], capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr == "engine: two states in use at a time\n"

"""The cryptography on the engines of the simulated system does what the software does."""

import os
import random
from collections.abc import Iterator
from hashlib import sha3_256, shake_256
from struct import pack, unpack

import pytest

from runtime.node.accelerator import Accelerator
from tests.firmware.crypto import acvp
from tests.firmware.crypto.material import record, some, vectors
from tests.firmware.engines.simulated import Simulated

PYTHON = Accelerator()
EVERY_VECTOR = bool(os.environ.get("OPTIN_ENGINE_VECTORS"))  # else one of each function
FILES = [f"acvp_mldsa87_{name}" for name in ("keygen", "siggen", "sigver")]
FILES += [f"acvp_mlkem1024_{name}" for name in acvp.MLKEM]
LIMIT = 8192  # bytes of a record that the redactor takes


@pytest.fixture(scope="module")
def simulated() -> Iterator[Simulated]:
    system = Simulated()
    yield system
    system.close()


@pytest.mark.parametrize("name", FILES)
def test_vectors_pass_on_the_engines(name: str, simulated: Simulated) -> None:
    functions = set()
    for group in vectors(name):
        if EVERY_VECTOR or group.get("function") not in functions:
            functions.add(group.get("function"))
            for test in group["tests"] if EVERY_VECTOR else group["tests"][:1]:
                assert acvp.play(simulated, group, test), (group["tgId"], test["tcId"])


def test_hashes_in_pieces_of_every_alignment_are_those_of_hashlib(simulated: Simulated) -> None:
    for size in (0, 1, 3, 4, 135, 136, 137, 272, 500):
        data = some("data", size, size)
        assert simulated.get("sha3_256", data) == sha3_256(data).digest()
        for piece in (1, 4, 7, 136):
            expected = shake_256(data).digest(200)
            assert simulated.get("shake256", data, piece, 200) == expected


@pytest.mark.parametrize("size", [0, 2, 7, 8, 9, 10, 11, 100, LIMIT - 1, LIMIT, LIMIT + 1])
def test_records_of_every_alignment_and_on_both_sides_of_every_limit(
    size: int, simulated: Simulated
) -> None:
    rng = random.Random(size)
    data, mask = record_of(rng, size), rng.randbytes(32)
    result, (out, kept) = simulated.call("redact", data, mask)
    expected = PYTHON.redact(data, mask)
    assert (result, int.from_bytes(kept, "little")) == (0, len(expected))
    assert out == expected.ljust(size, b"\0")


def record_of(rng: random.Random, size: int) -> bytes:
    """A well-formed record of so many bytes, with up to nine fields."""
    made = b""
    while size - len(made) > 4 and len(made) < 8 * size // 9:
        length = rng.randint(0, min(size // 9, size - len(made) - 4))
        made += length.to_bytes(2, "little") + rng.randbytes(length)
    rest = size - len(made) - 2
    return made + rest.to_bytes(2, "little") + rng.randbytes(rest) if rest >= 0 else made


def test_a_malformed_record_is_refused_and_nothing_is_written(simulated: Simulated) -> None:
    good = record(random.Random(2), 9, 20)
    for bad in (good[:-1], good + b"\x01", good + b"\x01\x00", bytes(2 * 257)):
        result, (out, kept) = simulated.call("redact", bad, b"\xff" * 32)
        assert (result, kept) == (-1, bytes(4))
        assert not any(out)


def test_shares_are_those_of_the_portable_node(simulated: Simulated) -> None:
    rng = random.Random(3)
    for amount in (0, 1, 9999, 10_000, (1 << 64) - 1, *(rng.getrandbits(64) for _ in range(10))):
        cuts = sorted(rng.randint(0, 10_000) for _ in range(3))
        shares = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
        affiliate, publisher = rng.random() < 0.5, rng.random() < 0.5
        parts = simulated.get(
            "split", pack("<Q", amount), pack("<4H", *shares), bytes([affiliate, publisher])
        )
        assert unpack("<4Q", parts) == PYTHON.split(amount, tuple(shares), affiliate, publisher)
    wrong = pack("<4H", 2500, 2500, 2500, 2501)
    assert not simulated.accepts("split", pack("<Q", 5), wrong, bytes([1, 1]))


def test_a_flipped_bit_in_a_signature_is_refused(simulated: Simulated) -> None:
    seed = some("seed", 1, 32)
    public = simulated.get("mldsa_keygen", seed)
    signature = simulated.get("mldsa_sign", seed, bytes(32), b"context", b"message")
    assert simulated.accepts("mldsa_verify", public, signature, b"context", b"message")
    wrong = signature[:1000] + bytes([signature[1000] ^ 1]) + signature[1001:]
    assert not simulated.accepts("mldsa_verify", public, wrong, b"context", b"message")

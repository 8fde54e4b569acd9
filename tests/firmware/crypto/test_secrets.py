"""No branch and no index depends on a secret, and no division is there that could take longer.

Under valgrind with all secrets marked undefined; driver.c says which arguments these are.
"""

import random
import re
import subprocess
from struct import pack

import pytest

from firmware.crypto.build import SECRETS, WARNINGS, build, sources
from tests.firmware.crypto import acvp
from tests.firmware.crypto.material import record, some, vectors
from tests.firmware.crypto.native import VALGRIND, Process
from tests.firmware.crypto.test_parts import packed


@pytest.mark.parametrize("name", [f"acvp_mldsa87_{kind}" for kind in acvp.MLDSA])
def test_mldsa_keeps_its_secrets(name, secret_keeping):
    for group in vectors(name):
        for test in group["tests"]:
            assert acvp.play(secret_keeping, group, test)


@pytest.mark.parametrize("name", [f"acvp_mlkem1024_{kind}" for kind in acvp.MLKEM])
def test_mlkem_keeps_its_secrets(name, secret_keeping):
    for group in vectors(name):
        for test in group["tests"]:
            assert acvp.play(secret_keeping, group, test)


def test_keys_from_their_seeds_are_kept(secret_keeping):
    for number in range(3):
        seed, rnd = some("seed", number, 64), some("rnd", number, 32)
        public = secret_keeping.get("mldsa_keygen", seed[:32])
        assert public == secret_keeping.get("mldsa_keygen_twice", seed[:32])
        signature = secret_keeping.get("mldsa_sign", seed[:32], rnd, b"context", b"message")
        assert secret_keeping.accepts("mldsa_verify", public, signature, b"context", b"message")
        public = secret_keeping.get("mlkem_keygen", seed)
        _, (ciphertext, shared) = secret_keeping.call("mlkem_encaps", public, rnd)
        assert secret_keeping.get("mlkem_decaps", seed, ciphertext) == shared
        forged = ciphertext[:-1] + bytes([ciphertext[-1] ^ 1])
        assert secret_keeping.get("mlkem_decaps", seed, forged) != shared


def test_parts_keep_their_secrets(secret_keeping):
    f = packed([random.Random(1).randrange(3329) for _ in range(256)])
    for name in ("mldsa_ntt", "mldsa_ntt_inverse", "mlkem_ntt", "mlkem_ntt_inverse"):
        secret_keeping.get(name, f)
    secret_keeping.get("mldsa_multiply_add", f, f, f)
    secret_keeping.get("mldsa_sample_uniform", bytes(32), 1, 2, f)
    secret_keeping.get("mldsa_sample_eta", bytes(64), 1)
    secret_keeping.get("mldsa_sample_mask", bytes(64), 1)
    secret_keeping.get("mldsa_round", f)
    secret_keeping.get("mlkem_multiply_add", f, f, f)
    secret_keeping.get("mlkem_sample_noise", bytes(32), 1)
    secret_keeping.get("mlkem_divided", f)
    for width in (1, 5, 11):
        secret_keeping.get(
            "mlkem_decompress", secret_keeping.get("mlkem_compress", f, width), width
        )


def test_hashes_and_sealing_keep_their_secrets(secret_keeping):
    for size in (0, 1, 16, 31, 136, 300):
        data = some("data", size, size)
        for name in ("sha3_256", "sha3_512"):
            secret_keeping.get(name, data)
        for name in ("shake128", "shake256"):
            secret_keeping.get(name, data, 7, 200)
        secret_keeping.get("hmac", data, data)
        secret_keeping.get("hkdf", data, data, data, 100)
        secret_keeping.get("poly1305", bytes(32), data)
        secret_keeping.get("equal", data, data)
        _, (ciphertext, tag) = secret_keeping.call("seal", bytes(32), bytes(12), data, data)
        opened = secret_keeping.get("open", bytes(32), bytes(12), data, ciphertext, tag)
        assert opened == data
        assert not secret_keeping.accepts("open", bytes(32), bytes(12), data, ciphertext, bytes(16))


def test_redaction_keeps_mask_contents_and_lengths(secret_keeping):
    rng = random.Random(2)
    for fields in (0, 1, 20, 256):
        data = record(rng, fields, 12)
        assert secret_keeping.accepts("redact", data, rng.randbytes(32))
    assert not secret_keeping.accepts("redact", b"\x05\x00abc", bytes(32))


def test_shares_keep_amounts_and_parties(secret_keeping):
    for amount in (0, 10001, (1 << 64) - 1):
        for parties in (b"\x00\x00", b"\x01\x01"):
            shares = pack("<4H", 2500, 2500, 4999, 1)
            secret_keeping.get("split", pack("<Q", amount), shares, parties)


@pytest.mark.parametrize("fault", ["fault_branch", "fault_index"])
def test_a_branch_or_an_index_that_depends_on_a_secret_is_found(fault):
    process = Process(SECRETS, VALGRIND)
    process.call(fault, b"\x01")
    status, errors = process.finish()
    assert status == 9
    assert "uninitialised value" in errors


def instructions(assembly):
    return re.findall(r"^\s+[0-9a-f]+:\t(\w+)", assembly, re.MULTILINE)


def test_the_library_has_no_division_instruction():
    path = build("libcrypto.so")
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True
    ).stdout
    found = instructions(listing)
    assert len(found) > 5000
    assert not [name for name in found if "div" in name]


STRING_H = """
#include <stddef.h>
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
"""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory):
    """The library for a 32-bit machine, whose libc need not be here."""
    include = tmp_path_factory.mktemp("include")
    (include / "string.h").write_text(STRING_H)
    options = ["-m32", "-fno-pic", "-ffreestanding", "-nostdinc", f"-I{include}"]
    compiler = ["gcc", "-print-file-name=include"]
    own = subprocess.run(compiler, capture_output=True, text=True, check=True).stdout.strip()

    def compile(level):
        for source in sources():
            command = ["gcc", *WARNINGS, *options, f"-I{own}", level, "-S", "-o", "-", source]
            yield subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return {level: "".join(compile(level)) for level in ("-O2", "-Os")}


@pytest.mark.parametrize("level", ["-O2", "-Os"])
def test_code_for_32_bits_neither_divides_nor_calls_anything_but_memcpy_and_memset(level, assembly):
    """A compiler calls a library for what the machine lacks: division, shifts of 64 bits."""
    text = assembly[level]
    assert not re.search(r"^\ti?div[lwb]?\b", text, re.MULTILINE)
    called = set(re.findall(r"^\t(?:call|jmp)\t([A-Za-z_]\w*)$", text, re.MULTILINE))
    defined = set(re.findall(r"^(\w+):$", text, re.MULTILINE))
    assert "keccak_permute" in called
    assert called - defined <= {"memcpy", "memset"}

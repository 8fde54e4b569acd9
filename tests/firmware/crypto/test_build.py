"""The library is compiled once for what it is made of, and failures say why."""

import os
import subprocess
import sys

import pytest

from firmware.crypto import build as builder
from firmware.crypto.build import PROGRAM, BuildError, build
from tests.firmware.crypto.material import ROOT


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """No library in it, so that a program is made in no time."""
    monkeypatch.setattr(builder, "sources", list)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "optin-node"


def program(tmp_path, text):
    path = tmp_path / "program.c"
    path.write_text(text)
    return path


def test_the_command_builds_the_library_and_prints_its_path():
    done = subprocess.run(
        [sys.executable, "-m", "firmware.crypto.build"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == (f"{build('libcrypto.so')}\n", "")


def test_what_is_built_changes_with_source_and_options_and_only_then(tmp_path, empty_cache):
    main = program(tmp_path, "int main(void) { return 3; }")
    first = build("program", PROGRAM, [main])
    assert subprocess.run([first]).returncode == 3
    assert build("program", PROGRAM, [main]) == first
    assert build("program", ("-O1",), [main]) != first
    main.write_text("int main(void) { return 4; }")
    second = build("program", PROGRAM, [main])
    assert second != first
    assert subprocess.run([second]).returncode == 4


def test_a_warning_is_an_error_and_leaves_nothing_half_made(tmp_path, empty_cache):
    main = program(tmp_path, "int main(int count, char **words) { char c = count; return c; }")
    with pytest.raises(BuildError, match="unused parameter"):
        build("program", PROGRAM, [main])
    assert {path.name for path in empty_cache.rglob("*") if path.is_file()} == {"libcrypto.a"}


def test_a_missing_compiler_is_named_with_its_package(empty_cache, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert builder.main() == 1
    assert "install the Debian packages gcc and libc6-dev" in capsys.readouterr().err


def test_a_second_run_needs_no_compiler(tmp_path):
    path = build("libcrypto.so")
    done = subprocess.run(
        [sys.executable, "-m", "firmware.crypto.build"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == f"{path}\n"


def test_what_a_program_defines_takes_the_place_of_the_librarys(tmp_path):
    main = program(
        tmp_path,
        '#include "keccak.h"\n#include "sha3.h"\n'
        "void keccak_permute(struct keccak *state) { state->lanes[0] = 7; }\n"
        "int main(void) { uint8_t digest[32]; sha3_256(digest, 0, 0); return digest[0]; }\n"
        "void keccak_clear(struct keccak *state) { state->lanes[0] = 0; }\n"
        "void keccak_xor(struct keccak *state, size_t offset, const uint8_t *bytes, size_t size)\n"
        "{ (void)state, (void)offset, (void)bytes, (void)size; }\n"
        "void keccak_extract(const struct keccak *state, size_t offset, uint8_t *bytes, size_t n)\n"
        "{ (void)offset, (void)n; bytes[0] = (uint8_t)state->lanes[0]; }\n",
    )
    assert subprocess.run([build("program", PROGRAM, [main])]).returncode == 7

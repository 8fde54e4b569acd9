"""The toolchain is built once, from the pinned source only, and says what it lacks."""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware import micropython

ROOT = Path(__file__).parents[2]

PROBE = """
import accelerator, cobs, hashlib, link, msgpack, ramstore, _crypto
import binascii, collections, gc, io, json, micropython, struct, sys, time
assert binascii.crc32(b"123456789") == 0xcbf43926
assert hashlib.sha3_256(b"").digest()[:2] == b"\\xa7\\xff"
assert struct.unpack(">Q", bytes(range(8)))[0] == 0x01020304050607
assert not hasattr(sys, "exc_info")
print(".".join(str(part) for part in sys.implementation[1][:3]))
"""


@pytest.fixture(scope="session")
def toolchain():
    return micropython.ensure()


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("OPTIN_MICROPYTHON_TARBALL", raising=False)
    return tmp_path / "cache" / "optin-node"


def script(folder, name, text):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_micropython_runs_and_has_what_the_firmware_needs(toolchain):
    done = subprocess.run([toolchain.micropython, "-c", PROBE], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{micropython.VERSION}\n", "")


def test_a_change_of_our_c_code_makes_another_build(tmp_path, monkeypatch):
    for name in ("crypto/hash.c", "crypto/hash.h", "modules/micropython.mk"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(micropython, "FOLDER", tmp_path)
    keys = {micropython._key(False)}
    for name in ("crypto/hash.c", "crypto/hash.h", "modules/micropython.mk"):
        (tmp_path / name).write_text("changed")
        keys.add(micropython._key(False))
    (tmp_path / "crypto/README.md").write_text("no code")
    assert len(keys | {micropython._key(False)}) == 4


def test_mpy_cross_compiles_what_that_micropython_loads(toolchain, tmp_path):
    (tmp_path / "told.py").write_text("print('told')\n")
    subprocess.run([toolchain.mpy_cross, "told.py"], cwd=tmp_path, check=True)
    (tmp_path / "told.py").unlink()
    done = subprocess.run(
        [toolchain.micropython, "-m", "told"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "told\n"


def test_a_second_run_needs_no_tools_and_prints_both_paths(toolchain, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "firmware.micropython"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [str(toolchain.micropython), str(toolchain.mpy_cross)]
    assert done.stderr == ""


def test_a_frozen_one_has_the_nodes_code_in_it(tmp_path):
    frozen = micropython.ensure(frozen=True).micropython
    probe = "import actors, pykka, firmware.node.crypto, runtime.node.node as n; print(n.Node)"
    done = subprocess.run(
        [frozen, "-c", probe], cwd=tmp_path, env={"MICROPYPATH": ".frozen"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("<class 'Node'>\n", "")


def test_a_frozen_one_is_another_when_that_code_is_another(monkeypatch, tmp_path):
    before = micropython._key(True)
    assert before != micropython._key(False)
    (tmp_path / "more.py").touch()
    monkeypatch.setattr(micropython, "FROZEN", (*micropython.FROZEN, str(tmp_path)))
    assert micropython._key(True) != before
    assert micropython._key(False) == micropython._key(False)


def test_a_sanitized_one_sees_a_byte_beyond_an_object():
    probe = """
import uctypes
four = bytearray(4)
print(uctypes.bytearray_at(uctypes.addressof(four), 5)[{}])
"""
    program = micropython.ensure(sanitized=True).micropython
    within = subprocess.run([program, "-c", probe.format(3)], capture_output=True, text=True)
    beyond = subprocess.run([program, "-c", probe.format(4)], capture_output=True, text=True)
    assert (within.returncode, within.stdout, within.stderr) == (0, "0\n", "")
    assert beyond.returncode and "heap-buffer-overflow" in beyond.stderr


def test_a_second_run_is_instantaneous(toolchain):
    begin = time.perf_counter()
    assert micropython.ensure() == toolchain
    assert time.perf_counter() - begin < 0.5


def test_a_tarball_with_another_hash_is_refused(empty_cache, tmp_path, capsys):
    wrong = tmp_path / "wrong.tar.xz"
    wrong.write_bytes(b"not the source")
    assert micropython.main(["--tarball", str(wrong)]) == 1
    message = capsys.readouterr().err
    assert f"{wrong} is not {micropython.TARBALL}" in message
    assert micropython.TARBALL_SHA256 in message
    assert list(empty_cache.iterdir()) == []


def test_the_tarball_of_the_environment_is_verified_too(empty_cache, tmp_path, monkeypatch):
    monkeypatch.setenv("OPTIN_MICROPYTHON_TARBALL", str(tmp_path / "absent.tar.xz"))
    with pytest.raises(micropython.ToolchainError, match="cannot read the tarball"):
        micropython.ensure()


def test_a_kept_tarball_that_was_damaged_is_refused(empty_cache):
    empty_cache.mkdir(parents=True)
    (empty_cache / micropython.TARBALL).write_bytes(b"damaged")
    with pytest.raises(micropython.ToolchainError, match="delete this one and have it fetched"):
        micropython.ensure()


def test_missing_tools_are_named_with_package_and_purpose(empty_cache, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(micropython.ToolchainError) as raised:
        micropython.ensure()
    message = str(raised.value)
    assert "install these Debian packages" in message
    assert "make: make runs MicroPython's build" in message
    assert "gcc and libc6-dev: gcc compiles MicroPython" in message


def test_without_a_mirror_that_has_it_the_message_says_how_to_give_it(
    empty_cache, tmp_path, monkeypatch
):
    script(tmp_path / "bin", "apt-get", "exit 100")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(micropython.ToolchainError, match="--tarball or OPTIN_MICROPYTHON_TARBALL"):
        micropython.source_tarball()
    assert list(empty_cache.iterdir()) == []


def test_the_mirror_is_that_of_the_machine_and_debians_archive_comes_first(tmp_path, monkeypatch):
    base = "file:/mirror"
    lines = [f"'{base}/{name}/dists/any/InRelease' any 0" for name in ("other", "debian", "other")]
    script(tmp_path / "bin", "apt-get", "cat <<END\n" + "\n".join(lines) + "\nEND")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert micropython._mirrors() == [f"{base}/debian", f"{base}/other"]


@pytest.fixture(scope="session")
def source():
    return micropython.source_tarball()


def test_a_failed_build_says_why_and_leaves_nothing(empty_cache, source, tmp_path, monkeypatch):
    script(tmp_path / "bin", "make", "echo no space left; exit 2")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(micropython.ToolchainError, match="no space left"):
        micropython.ensure(source)
    assert list(empty_cache.iterdir()) == []


def test_what_was_built_is_put_in_place_whole(empty_cache, source, tmp_path, monkeypatch):
    make = "mkdir -p build build-optin; touch build/mpy-cross build-optin/micropython"
    script(tmp_path / "bin", "make", make)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    built = micropython.ensure(source)
    assert built.micropython.exists() and built.mpy_cross.exists()
    assert list(empty_cache.iterdir()) == [built.micropython.parent]

    shutil.rmtree(tmp_path / "bin")
    assert micropython.ensure(source) == built

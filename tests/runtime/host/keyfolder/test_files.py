"""Files: private, whole, refused when changed."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.host.keyfolder import (
    KeyFolder,
    KeyFolderError,
    TooOpen,
    files,
)
from tests.runtime.host.keyfolder.folders import (
    CHEAP,
    NODE,
    NODE_KEY,
    PARTY,
    WORDS,
    contents,
    edit,
)


def test_everything_is_private_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        folder = KeyFolder.create(path, WORDS, cost=CHEAP)
        folder.create_key("acme")
        folder.remember("ada", PARTY)
        folder.pin_node("/dev/ttyUSB0", NODE, NODE_KEY)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for entry in path.iterdir():
        assert stat.S_IMODE(entry.stat().st_mode) == 0o600, entry


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
@pytest.mark.parametrize("name", ["folder.json", "acme.key"])
def test_a_file_that_others_may_read_is_refused(folder: KeyFolder, name: str, mode: int) -> None:
    folder.create_key("acme")
    (folder.path / name).chmod(mode)
    with pytest.raises(TooOpen, match=rf"mode {mode:o}\); expected mode 600; run: chmod 600"):
        KeyFolder.open(folder.path, WORDS)
    if name == "acme.key":
        with pytest.raises(TooOpen):
            folder.key("acme")


def test_a_folder_that_others_may_read_is_refused(folder: KeyFolder) -> None:
    folder.path.chmod(0o750)
    for act in (
        lambda: KeyFolder.open(folder.path, WORDS),
        lambda: folder.create_key("acme"),
        lambda: folder.remember("ada", PARTY),
    ):
        with pytest.raises(TooOpen, match="chmod 700"):
            act()


def test_a_folder_of_somebody_else_is_refused(
    folder: KeyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.os, "geteuid", lambda: 4242)
    with pytest.raises(TooOpen, match="expected you, 4242"):
        KeyFolder.open(folder.path, WORDS)


def test_a_link_to_a_key_elsewhere_is_refused(folder: KeyFolder, tmp_path: Path) -> None:
    folder.create_key("acme")
    (folder.path / "acme.key").rename(tmp_path / "elsewhere")
    (folder.path / "acme.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFolderError, match="expected a plain file"):
        folder.key("acme")


def test_a_folder_is_made_only_where_nothing_is(path: Path, tmp_path: Path) -> None:
    path.mkdir(mode=0o700)
    (path / "letter").write_text("dear")
    with pytest.raises(KeyFolderError, match="something here already"):
        KeyFolder.create(path, WORDS, cost=CHEAP)
    (path / "letter").unlink()
    KeyFolder.create(path, WORDS, cost=CHEAP)
    with pytest.raises(KeyFolderError, match="something here already"):
        KeyFolder.create(path, WORDS, cost=CHEAP)
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFolderError, match="cannot make the folder"):
        KeyFolder.create(tmp_path / "file", WORDS, cost=CHEAP)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFolderError, match="expected a key folder"):
        KeyFolder.open(tmp_path / "nowhere", WORDS)
    tmp_path.chmod(0o700)
    with pytest.raises(KeyFolderError, match=r"folder\.json: no such file"):
        KeyFolder.open(tmp_path, WORDS)


@pytest.mark.parametrize(
    "changes",
    [{"id": PARTY.hex()}, {"name": "ada"}, {"purpose": "x"}, {"created": "x"}, {"format": "x"},
     {"seals": {}}, {"seals": []}, {"id": None}, {"seals": None}],
)  # fmt: skip
def test_a_key_file_that_was_changed_is_refused(folder: KeyFolder, changes: dict[str, Any]) -> None:
    folder.create_key("acme")
    edit(folder.path / "acme.key", **changes)
    with pytest.raises(KeyFolderError, match=r"acme\.key: (changed or damaged|sealed under)"):
        folder.key("acme")


def test_a_seal_that_was_changed_anywhere_is_refused(folder: KeyFolder) -> None:
    folder.create_key("acme")
    path = folder.path / "acme.key"
    ((generation, seal),) = json.loads(path.read_text())["seals"].items()
    box = bytes.fromhex(seal)
    assert len(box) == 12 + 32 + 16
    for at in range(len(box)):
        broken = box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :]
        edit(path, seals={generation: broken.hex()})
        with pytest.raises(KeyFolderError, match="changed or damaged"):
            folder.key("acme")
    for seal in ("", "zz", 5, None, box[:11].hex()):
        edit(path, seals={generation: seal})
        with pytest.raises(KeyFolderError, match="changed or damaged"):
            folder.key("acme")


def test_keys_cannot_be_exchanged_for_each_other(folder: KeyFolder) -> None:
    folder.create_key("acme")
    folder.create_key("ada")
    ada = folder.path / "ada.key"
    (folder.path / "acme.key").write_bytes(ada.read_bytes())
    with pytest.raises(KeyFolderError, match="changed or damaged"):
        folder.key("acme")
    seals = json.loads(ada.read_text())["seals"]
    folder.create_key("bob")
    edit(folder.path / "bob.key", seals=seals)
    with pytest.raises(KeyFolderError, match="changed or damaged"):
        folder.key("bob")


@pytest.mark.parametrize(
    "kdf",
    [None, {}, {"name": "md5"}, {"n": 2**60}, {"n": "x"}, {"salt": "zz"}, {"r": 2**30},
     {"n": 3}, {"p": 10**6}],
)  # fmt: skip
def test_a_damaged_or_greedy_folder_file_is_refused(folder: KeyFolder, kdf: Any) -> None:
    path = folder.path / "folder.json"
    right = json.loads(path.read_text())["kdf"]
    edit(path, kdf={**right, **kdf} if kdf else kdf)
    with pytest.raises(KeyFolderError, match="changed or damaged"):
        KeyFolder.open(folder.path, WORDS)


def test_a_newer_format_is_refused(folder: KeyFolder) -> None:
    edit(folder.path / "folder.json", format="optin/v9/key-folder")
    with pytest.raises(KeyFolderError, match="the format is 'optin/v9/key-folder'"):
        KeyFolder.open(folder.path, WORDS)


@settings(deadline=None)  # it waits for the disk
@given(noise=st.binary(max_size=60))
def test_noise_in_any_file_gives_an_error_of_the_folder(
    noise: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("noise") / "keys"
    folder = KeyFolder.create(path, WORDS, cost=CHEAP)
    for name in ("names.json", "nodes.json", "heads.json", "acme.key", "folder.json"):
        (path / name).touch(0o600)
        (path / name).write_bytes(noise)
    for act in (
        lambda: folder.key("acme"),
        lambda: folder.lookup("ada"),
        lambda: folder.remember("ada", PARTY),
        lambda: folder.pin_node("x", NODE, NODE_KEY),
        lambda: folder.head(NODE),
        lambda: KeyFolder.open(path, WORDS),
    ):
        with pytest.raises(KeyFolderError):
            act()


def test_no_half_written_file_is_ever_seen(
    folder: KeyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.remember("ada", PARTY)
    before = contents(folder.path)

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        with pytest.raises(KeyFolderError, match="No space left"):
            folder.create_key("acme")
        with pytest.raises(KeyFolderError, match="No space left"):
            folder.remember("bob", PARTY)
    assert contents(folder.path) == before


def _remember_some(path: Path, first: int) -> None:
    folder = KeyFolder.open(path, WORDS)
    for i in range(first, first + 20):
        folder.remember(f"party-{i}", i.to_bytes(32, "big"))


def test_two_processes_do_not_undo_each_other(folder: KeyFolder) -> None:
    context = multiprocessing.get_context("fork")
    workers = [
        context.Process(target=_remember_some, args=(folder.path, first)) for first in (0, 20, 40)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    for i in range(60):
        assert folder.lookup(f"party-{i}") == i.to_bytes(32, "big")

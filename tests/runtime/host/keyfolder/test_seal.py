"""The passphrase: all keys under one, and nothing without it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from runtime.host.keyfolder import (
    KeyFolder,
    KeyFolderError,
    WrongPassphrase,
    files,
    seal,
)
from tests.runtime.host.keyfolder.folders import (
    CHEAP,
    WORDS,
    Killed,
    contents,
    edit,
    seed_of,
)


def test_a_wrong_passphrase_is_recognised_without_touching_a_key(folder: KeyFolder) -> None:
    folder.create_key("acme")
    (folder.path / "acme.key").write_text("not even JSON")
    with pytest.raises(WrongPassphrase, match="the passphrase is wrong"):
        KeyFolder.open(folder.path, WORDS + " ")
    with pytest.raises(WrongPassphrase, match="no passphrase was given"):
        KeyFolder.open(folder.path)
    assert KeyFolder.open(folder.path, WORDS).names() == ["acme"]


def test_the_check_value_is_compared_in_constant_time(
    folder: KeyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    monkeypatch.setattr(seal.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or a == b)
    KeyFolder.open(folder.path, WORDS)
    assert [len(pair[0]) for pair in compared] == [32]


def test_the_same_words_from_another_keyboard_open_the_folder(path: Path) -> None:
    KeyFolder.create(path, "caf\u00e9", cost=CHEAP)
    KeyFolder.open(path, "cafe\u0301")


def test_an_empty_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(KeyFolderError, match="passphrase is empty"):
        KeyFolder.create(path, "")
    assert not path.exists()


def test_a_folder_without_passphrase_says_so_everywhere(path: Path) -> None:
    folder = KeyFolder.create(path, None)
    assert folder.insecure
    key = folder.create_key("acme")
    facts = json.loads((path / "folder.json").read_text())
    assert facts["insecure"] is True
    assert "demonstrations only" in facts["warning"]
    assert "insecure" in repr(folder)
    again = KeyFolder.open(path)
    assert again.insecure
    assert again.key("acme").id == key.id
    with pytest.raises(WrongPassphrase, match="seeds are in clear"):
        KeyFolder.open(path, WORDS)


def test_a_secure_folder_is_not_insecure(folder: KeyFolder) -> None:
    assert not folder.insecure
    assert not KeyFolder.open(folder.path, WORDS).insecure


def test_after_a_change_only_the_new_passphrase_opens_the_same_keys(folder: KeyFolder) -> None:
    ids = {name: folder.create_key(name).id for name in ("acme", "ada", "bob")}
    before = contents(folder.path)
    folder.change_passphrase(WORDS, "new words")
    assert {name: folder.key(name).id for name in ids} == ids
    with pytest.raises(WrongPassphrase):
        KeyFolder.open(folder.path, WORDS)
    again = KeyFolder.open(folder.path, "new words")
    assert {name: again.key(name).id for name in again.names()} == ids
    again.create_key("zoe")
    for name, data in contents(folder.path).items():
        if name.endswith(".key"):
            assert len(json.loads(data)["seals"]) == 1
            assert data != before.get(name)


def test_a_change_needs_the_old_passphrase(folder: KeyFolder) -> None:
    folder.create_key("acme")
    before = contents(folder.path)
    with pytest.raises(WrongPassphrase):
        folder.change_passphrase("guess", "new words")
    with pytest.raises(KeyFolderError, match="empty"):
        folder.change_passphrase(WORDS, "")
    assert contents(folder.path) == before


def test_a_key_that_does_not_open_leaves_the_passphrase_as_it_was(folder: KeyFolder) -> None:
    folder.create_key("acme")
    folder.create_key("ada")
    edit(folder.path / "ada.key", purpose="another")
    before = contents(folder.path)
    with pytest.raises(KeyFolderError, match=r"ada\.key: changed or damaged"):
        folder.change_passphrase(WORDS, "new words")
    assert contents(folder.path) == before


def test_an_insecure_folder_can_be_given_a_passphrase(path: Path) -> None:
    folder = KeyFolder.create(path, None)
    key = folder.create_key("acme")
    folder.change_passphrase(None, WORDS, cost=CHEAP)
    assert not folder.insecure
    assert KeyFolder.open(path, WORDS).key("acme").id == key.id
    assert seed_of(key).hex() not in "".join(map(str, contents(path).values()))


def test_a_crash_at_any_write_leaves_all_keys_under_one_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends before or after each rename; then the folder is opened again."""
    names = ("acme", "ada", "bob")
    opened = []
    for steps in range(2 * 7):
        path = tmp_path / str(steps)
        folder = KeyFolder.create(path, WORDS, cost=CHEAP)
        ids = {name: folder.create_key(name).id for name in names}
        renames = Crash(steps)
        with monkeypatch.context() as patch:
            patch.setattr(files.os, "rename", renames)
            with pytest.raises(Killed):
                folder.change_passphrase(WORDS, "new words")
        working = []
        for words in (WORDS, "new words"):
            try:
                again = KeyFolder.open(path, words)
            except WrongPassphrase:
                continue
            working.append(words)
            assert {name: again.key(name).id for name in again.names()} == ids
            for name in names:
                assert len(json.loads((path / f"{name}.key").read_text())["seals"]) == 1
            assert not list(path.glob(".write-*"))
        assert len(working) == 1, f"after {steps} steps {working} open the folder"
        opened += working
    assert opened == [WORDS] * 7 + ["new words"] * 7


class Crash:
    """os.rename, until the process is killed before or after one of them."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.real = os.rename

    def step(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def __call__(self, source: Path, target: Path) -> None:
        self.step()
        self.real(source, target)
        self.step()


def test_a_folder_opened_before_a_change_does_not_write_under_the_old_passphrase(
    folder: KeyFolder,
) -> None:
    folder.create_key("acme")
    stale = KeyFolder.open(folder.path, WORDS)
    folder.change_passphrase(WORDS, "new words")
    with pytest.raises(WrongPassphrase, match="open the folder again"):
        stale.create_key("ada")
    with pytest.raises(WrongPassphrase, match="open the folder again"):
        stale.key("acme")
    assert folder.names() == ["acme"]

"""Keys that a node keeps: the folder has what lets their user use them there."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from runtime.host.crypto import Crypto
from runtime.host.keyfolder import (
    HeldKey,
    KeyFolder,
    KeyFolderError,
    WrongPassphrase,
    export_salt,
    open_exported,
    passphrase_key,
    seal_exported,
)
from runtime.wire import commands
from tests.runtime.host.keyfolder.folders import PARTY, WORDS, edit

SEED, NODE, ACCESS = bytes(range(32)), b"N" * 32, b"A" * 32
PUBLIC = Crypto().public_key(SEED)


@pytest.fixture
def held(folder: KeyFolder) -> HeldKey:
    return folder.create_held("anna", PUBLIC, NODE, ACCESS)


def test_it_is_found_again_with_node_and_access(folder: KeyFolder, held: HeldKey) -> None:
    found = KeyFolder.open(folder.path, WORDS).key("anna")
    assert isinstance(found, HeldKey)
    assert (found.id, found.node, found.access, found.public_key) == (
        commands.party_id(PUBLIC), NODE, ACCESS, PUBLIC,
    )  # fmt: skip
    assert folder.find(held.id) == "anna" and folder.lookup("anna") == held.id


def test_its_access_is_in_the_file_only_sealed(folder: KeyFolder, held: HeldKey) -> None:
    text = (folder.path / "anna.key").read_text()
    assert ACCESS.hex() not in text and NODE.hex() in text
    for shown in (repr(held), str(held)):
        assert ACCESS.hex() not in shown and "A" * 8 not in shown
    with pytest.raises(TypeError):
        pickle.dumps(held)


def test_it_signs_nothing_here(held: HeldKey) -> None:
    with pytest.raises(KeyFolderError, match="keeps this key"):
        held.sign(b"purpose", b"message")


def test_what_it_says_in_clear_is_bound_to_it(folder: KeyFolder, held: HeldKey) -> None:
    other = Crypto().public_key(b"o" * 32)
    for fact, value in (("held", "00" * 32), ("public_key", other.hex()), ("name", "ben")):
        before = (folder.path / "anna.key").read_text()
        edit(folder.path / "anna.key", **{fact: value})
        with pytest.raises(KeyFolderError, match="changed or damaged"):
            folder.key("anna")
        (folder.path / "anna.key").write_text(before)
    assert folder.key("anna").id == held.id


def test_another_passphrase_seals_it_too(folder: KeyFolder, held: HeldKey) -> None:
    folder.change_passphrase(WORDS, "other words")
    found = KeyFolder.open(folder.path, "other words").key("anna")
    assert isinstance(found, HeldKey) and found.access == ACCESS


def test_partners_know_it_by_what_the_node_says(held: HeldKey) -> None:
    held.meet(PARTY, PUBLIC)
    assert held.pairwise(PARTY) == (commands.pairwise_id(PUBLIC), PUBLIC)


def test_the_key_itself_takes_its_place_and_no_other_does(folder: KeyFolder, held: HeldKey) -> None:
    with pytest.raises(KeyFolderError, match="the name is taken"):
        folder.import_key("anna", b"o" * 32)
    with pytest.raises(KeyFolderError, match="the name is taken"):
        folder.create_key("anna")
    with pytest.raises(KeyFolderError, match="the name is taken"):
        folder.create_held("anna", PUBLIC, NODE, ACCESS)
    assert isinstance(folder.key("anna"), HeldKey)
    folder.import_key("anna", SEED)
    found = KeyFolder.open(folder.path, WORDS).key("anna")
    assert not isinstance(found, HeldKey) and found.id == held.id
    with pytest.raises(KeyFolderError, match="the name is taken"):
        folder.import_key("anna", SEED)
    assert folder.import_key("other", b"o" * 32).id == folder.lookup("other")


def test_an_exported_key_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    salt = export_salt(ACCESS)
    stretched = passphrase_key("words of anna", salt)
    file = json.loads(json.dumps(seal_exported(SEED, stretched, salt)))
    assert SEED.hex() not in json.dumps(file) and stretched.hex() not in json.dumps(file)
    assert open_exported(file, "words of anna") == SEED
    for wrong in (
        {**file, "seal": file["seal"][:-2] + "00"},
        {**file, "id": "00" * 32},
        {**file, "seal": "00"},
    ):
        with pytest.raises(WrongPassphrase, match="does not open"):
            open_exported(wrong, "words of anna")
    with pytest.raises(WrongPassphrase):
        open_exported(file, "words of ben")
    for strange in (None, [], {}, {**file, "format": "another"}, {**file, "salt": 3}):
        with pytest.raises(KeyFolderError, match="no exported key"):
            open_exported(strange, "words of anna")

"""The address book: names, ids and their first digits."""

from __future__ import annotations

import pytest

from runtime.host.keyfolder import (
    KeyFolder,
    KeyFolderError,
    UnknownName,
)
from tests.runtime.host.keyfolder.folders import (
    PARTY,
)


def test_a_party_is_found_by_name_id_or_the_first_digits(folder: KeyFolder) -> None:
    key = folder.create_key("acme")
    folder.remember("ada", PARTY)
    digits = key.id.hex()
    for typed in ("acme", digits, digits.upper(), digits[:8], digits[:40]):
        assert folder.lookup(typed) == key.id, typed
    assert folder.lookup("ada") == folder.lookup(PARTY.hex()[:8]) == PARTY
    assert folder.lookup("ff" * 32) == b"\xff" * 32
    assert folder.name_of(key.id) == "acme"
    assert folder.name_of(PARTY) == "ada"
    assert folder.name_of(bytes(32)) is None


def test_who_is_not_known_is_refused_with_near_misses(folder: KeyFolder) -> None:
    folder.remember("acme", PARTY)
    with pytest.raises(UnknownName, match=r"acmee: not known .*did you mean acme\?"):
        folder.lookup("acmee")
    for typed in ("0001020", "ffffffff", "ff" * 33, "ff" * 31, "", "0x00010203"):
        with pytest.raises(UnknownName, match="expected a name known here, an id of 64 hex"):
            folder.lookup(typed)


def test_digits_that_two_ids_begin_with_are_refused(folder: KeyFolder) -> None:
    folder.remember("ada", PARTY)
    folder.remember("bob", PARTY[:10] + bytes(22))
    with pytest.raises(UnknownName, match="the start of 2 ids, those of ada, bob"):
        folder.lookup(PARTY.hex()[:16])
    assert folder.lookup(PARTY.hex()[:22]) == PARTY


def test_two_names_of_one_party_are_one_party(folder: KeyFolder) -> None:
    folder.remember("ada", PARTY)
    folder.remember("ada-lovelace", PARTY)
    assert folder.lookup(PARTY.hex()[:8]) == PARTY
    assert folder.name_of(PARTY) == "ada"


def test_a_name_is_never_silently_given_to_another_party(folder: KeyFolder) -> None:
    key = folder.create_key("acme")
    folder.remember("ada", PARTY)
    folder.remember("ada", PARTY)
    folder.remember("acme", key.id)
    for name in ("ada", "acme"):
        with pytest.raises(KeyFolderError, match="the name is that of"):
            folder.remember(name, bytes(32))
    with pytest.raises(KeyFolderError, match="the name is taken"):
        folder.create_key("ada")
    folder.forget("ada")
    folder.remember("ada", bytes(32))
    assert folder.lookup("ada") == bytes(32)
    with pytest.raises(UnknownName, match="a remembered name"):
        folder.forget("acme")


def test_an_id_of_another_length_is_not_remembered(folder: KeyFolder) -> None:
    with pytest.raises(KeyFolderError, match="an id of 5 bytes; expected 32"):
        folder.remember("ada", b"short")

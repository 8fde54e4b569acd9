"""Keys: made once, found again, followed by others, never shown."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PrivateKey, MLDSA87PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA3_256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from runtime.host.crypto import Crypto
from runtime.host.keyfolder import (
    KeyFolder,
    KeyFolderError,
    UnknownName,
    keys,
)
from runtime.wire import commands
from runtime.wire.schema import canonical
from tests.runtime.host.keyfolder.folders import (
    PARTY,
    WORDS,
    Killed,
    contents,
    edit,
    seed_of,
)


def test_a_key_is_the_same_after_the_folder_is_opened_again(folder: KeyFolder) -> None:
    made = folder.create_key("acme", "partner")
    found = KeyFolder.open(folder.path, WORDS).key("acme")
    assert found.public_key == made.public_key
    assert found.id == made.id == commands.party_id(made.public_key)
    signature = found.sign(b"optin/v1/test", b"message")
    MLDSA87PublicKey.from_public_bytes(made.public_key).verify(
        signature, b"message", b"optin/v1/test"
    )
    assert len(signature) == 4627


def test_keys_are_different_and_listed_by_name(folder: KeyFolder) -> None:
    keys = [folder.create_key(name) for name in ("zoe", "acme", "Bob.2-x_y")]
    assert folder.names() == ["Bob.2-x_y", "acme", "zoe"]
    assert len({key.id for key in keys}) == 3
    for key in keys:
        assert folder.find(key.id) == key.name
    assert folder.find(bytes(32)) is None


def test_the_file_says_in_clear_what_is_public_and_nothing_else(folder: KeyFolder) -> None:
    key = folder.create_key("acme", "the partner's")
    text = (folder.path / "acme.key").read_text()
    facts = json.loads(text)
    assert (facts["name"], facts["id"], facts["purpose"]) == ("acme", key.id.hex(), "the partner's")
    everything = b"".join(contents(folder.path).values())
    assert seed_of(key) not in everything
    assert seed_of(key).hex().encode() not in everything.lower()


def test_the_seal_is_what_the_standards_say(folder: KeyFolder) -> None:
    key = folder.create_key("acme")
    facts = json.loads((folder.path / "acme.key").read_text())
    lock = json.loads((folder.path / "folder.json").read_text())
    kdf = lock["kdf"]
    root = Scrypt(salt=bytes.fromhex(kdf["salt"]), length=32, n=kdf["n"], r=8, p=1).derive(
        WORDS.encode()
    )
    folder_key = HKDF(SHA3_256(), 32, b"", b"optin/v1/folder-key").derive(root)
    check = HKDF(SHA3_256(), 32, b"", b"optin/v1/folder-check").derive(root)
    assert lock["check"] == check.hex()
    generation = lock["generation"]
    bound = ["optin/v1/seed", generation, "acme", facts["id"], facts["format"], "",
             facts["created"]]  # fmt: skip
    box = bytes.fromhex(facts["seals"][generation])
    seed = ChaCha20Poly1305(folder_key).decrypt(box[:12], box[12:], canonical(bound))
    assert MLDSA87PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw() == key.public_key


def test_by_default_a_guess_costs_128_mib(path: Path) -> None:
    KeyFolder.create(path, WORDS)
    kdf = json.loads((path / "folder.json").read_text())["kdf"]
    assert (kdf["name"], kdf["n"], kdf["r"], kdf["p"]) == ("scrypt", 2**17, 8, 1)


@pytest.mark.parametrize(
    "name", ["", ".acme", "a/b", "../acme", "a b", "ä", "a" * 65, "acme\n", "deadbeef", "12345678"]
)
def test_a_name_that_could_be_anything_else_is_refused(folder: KeyFolder, name: str) -> None:
    before = contents(folder.path)
    with pytest.raises(KeyFolderError, match="expected"):
        folder.create_key(name)
    with pytest.raises(KeyFolderError, match="expected"):
        folder.remember(name, PARTY)
    with pytest.raises(UnknownName):
        folder.key(name)
    assert contents(folder.path) == before


@pytest.mark.parametrize("name", ["acme", "Acme"])
def test_a_key_is_never_overwritten(folder: KeyFolder, name: str) -> None:
    folder.create_key("acme")
    before = contents(folder.path)
    with pytest.raises(KeyFolderError, match="taken by key acme"):
        folder.create_key(name)
    assert contents(folder.path) == before


def test_an_unknown_key_is_refused_with_names_that_are_close(folder: KeyFolder) -> None:
    with pytest.raises(UnknownName, match="none yet"):
        folder.key("acme")
    folder.create_key("acme")
    with pytest.raises(UnknownName, match="did you mean acme"):
        folder.key("acne")
    with pytest.raises(UnknownName, match="known here: acme"):
        folder.key("quite-another")


# ------------------------------------------------------------------------------ pairwise


def test_a_pairwise_key_is_derived_by_hkdf_from_seed_and_partner(folder: KeyFolder) -> None:
    key = folder.create_key("ada")
    derived = key.pairwise(PARTY)
    seed = HKDF(SHA3_256(), 32, b"", b"optin/v1/pairwise" + PARTY).derive(seed_of(key))
    assert seed_of(derived) == seed
    assert derived.id == commands.pairwise_id(derived.public_key)
    assert derived.public_key == folder.key("ada").pairwise(PARTY).public_key


def test_two_partners_do_not_know_the_same_user(folder: KeyFolder) -> None:
    key = folder.create_key("ada")
    one, other = key.pairwise(PARTY), key.pairwise(bytes(32))
    assert len({key.id, one.id, other.id}) == 3
    assert one.public_key != other.public_key
    signature = one.sign(commands.CONSENT, b"consent")
    assert Crypto().verify(one.public_key, commands.CONSENT, b"consent", signature)
    assert not Crypto().verify(key.public_key, commands.CONSENT, b"consent", signature)


def test_a_pairwise_key_is_for_a_party_and_of_a_party(folder: KeyFolder) -> None:
    key = folder.create_key("ada")
    with pytest.raises(ValueError, match="expected 32"):
        key.pairwise(b"acme")
    with pytest.raises(ValueError, match="pairwise key"):
        key.pairwise(PARTY).pairwise(PARTY)


# ------------------------------------------------------------------- seeds stay where they are


def test_what_is_printed_of_a_key_is_its_name_and_short_id(folder: KeyFolder) -> None:
    key = folder.create_key("acme")
    assert repr(key) == f"<Key acme, party {key.id.hex()[:8]}>"
    pairwise = key.pairwise(PARTY)
    assert repr(pairwise) == f"<Key acme, pairwise for 00010203 {pairwise.id.hex()[:8]}>"
    for shown in (repr(folder), str(vars(folder))):
        assert seed_of(key).hex() not in shown
    assert WORDS not in repr(folder)


@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy])
def test_keys_and_folders_are_not_pickled_or_copied(folder: KeyFolder, act: Any) -> None:
    for thing in (folder.create_key("acme"), folder.key("acme").pairwise(PARTY), folder):
        with pytest.raises(TypeError, match="not pickled or copied"):
            act(thing)


def test_no_error_shows_a_seed_or_the_passphrase(path: Path) -> None:
    folder = KeyFolder.create(path, None)
    key = folder.create_key("acme")
    edit(path / "acme.key", id=PARTY.hex())
    shown = []
    for act in (
        lambda: folder.key("acme"),
        lambda: KeyFolder.open(path, WORDS),
        lambda: key.pairwise(b""),
        lambda: folder.change_passphrase(WORDS, WORDS + "!"),
    ):
        try:
            act()
        except (KeyFolderError, ValueError) as error:
            shown.append("".join(traceback.format_exception(error)))
    assert len(shown) == 4
    for text in shown:
        assert seed_of(key).hex() not in text
        assert repr(seed_of(key)) not in text
        assert WORDS not in text


# ------------------------------------------------------------------------------ successors


def test_a_successor_takes_the_place_of_a_key_and_the_party_stays(folder: KeyFolder) -> None:
    old = folder.create_key("ada", "her own")
    successor, is_new = folder.successor("ada")
    assert is_new
    assert successor.id == commands.party_id(successor.public_key) != old.id
    assert folder.successor("ada")[0].public_key == successor.public_key
    assert folder.successor("ada")[1] is False
    # Until it succeeds nothing has changed.
    assert folder.key("ada").public_key == old.public_key
    assert folder.names() == ["ada", "ada.next"]
    now = folder.succeed("ada")
    again = KeyFolder.open(folder.path, WORDS)
    for key in (now, again.key("ada")):
        assert (key.name, key.id, key.public_key) == ("ada", old.id, successor.public_key)
    assert folder.names() == ["ada"]
    assert folder.find(old.id) == "ada"
    assert folder.lookup("ada") == old.id
    assert now.pairwise(PARTY).id != old.pairwise(PARTY).id


def test_a_key_is_followed_again_and_again_under_any_passphrase(folder: KeyFolder) -> None:
    old = folder.create_key("ada")
    folder.successor("ada")
    folder.succeed("ada")
    successor, _ = folder.successor("ada")
    folder.change_passphrase(WORDS, "other words")
    assert folder.succeed("ada").public_key == successor.public_key
    folder.change_passphrase("other words", WORDS)
    key = KeyFolder.open(folder.path, WORDS).key("ada")
    assert (key.id, key.public_key) == (old.id, successor.public_key)


def test_a_crash_while_a_key_is_followed_loses_neither(
    folder: KeyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = folder.create_key("ada")
    successor, _ = folder.successor("ada")

    def killed(path: Path, contents: dict[str, Any]) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(keys, "write", killed)
        with pytest.raises(Killed):
            folder.succeed("ada")
    assert folder.key("ada").public_key == old.public_key
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda self: killed(self, {}))
        with pytest.raises(Killed):
            folder.succeed("ada")
    assert folder.key("ada").public_key == successor.public_key
    assert folder.successor("ada")[1] is False
    assert folder.succeed("ada").public_key == successor.public_key
    assert folder.names() == ["ada"]


def test_a_successor_is_of_a_key_and_for_that_alone(folder: KeyFolder) -> None:
    with pytest.raises(UnknownName):
        folder.successor("ada")
    folder.create_key("ada")
    with pytest.raises(UnknownName):
        folder.succeed("ada")
    folder.create_key("ada.next", "something else")
    with pytest.raises(KeyFolderError, match="another purpose"):
        folder.successor("ada")
    with pytest.raises(KeyFolderError, match="another purpose"):
        folder.succeed("ada")


@pytest.mark.parametrize("fact", ["id", "current"])
def test_a_key_that_follows_another_is_bound_to_what_its_file_says(
    folder: KeyFolder, fact: str
) -> None:
    folder.create_key("ada")
    folder.successor("ada")
    folder.succeed("ada")
    edit(folder.path / "ada.key", **{fact: PARTY.hex()})
    with pytest.raises(KeyFolderError, match="changed or damaged"):
        folder.key("ada")

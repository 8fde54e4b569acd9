"""The key folder: seeds sealed, files private, changes all or nothing, strangers refused."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import pickle
import re
import stat
import traceback
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PrivateKey, MLDSA87PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA3_256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given
from hypothesis import strategies as st

from runtime.host import keyfolder
from runtime.host.crypto import Crypto
from runtime.host.keyfolder import (
    Key,
    KeyFolder,
    KeyFolderError,
    NodeChanged,
    TooOpen,
    UnknownName,
    WrongPassphrase,
    fingerprint,
)
from runtime.wire import commands, records
from runtime.wire.schema import canonical

CHEAP = 16  # scrypt's N
WORDS = "correct horse battery staple"
PARTY = bytes(range(32))
NODE_KEY = Crypto().public_key(bytes(32))
NODE = commands.node_id(NODE_KEY)
OTHER_KEY = Crypto().public_key(bytes([1]) * 32)
OTHER = commands.node_id(OTHER_KEY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def folder(path: Path) -> KeyFolder:
    return KeyFolder.create(path, WORDS, cost=CHEAP)


def seed_of(key: Key) -> bytes:
    return key._seed


def contents(path: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in path.iterdir()}


def edit(path: Path, **changes: Any) -> None:
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, **changes}))


# ---------------------------------------------------------------------------------- keys


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


# ------------------------------------------------------------------------------ passphrase


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
    monkeypatch.setattr(
        keyfolder.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or a == b
    )
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
            patch.setattr(keyfolder.os, "rename", renames)
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


class Killed(BaseException):
    """The process is gone."""


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
        patch.setattr(keyfolder, "_write", killed)
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


# ----------------------------------------------------------------------- files and folders


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
    monkeypatch.setattr(keyfolder.os, "geteuid", lambda: 4242)
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
        patch.setattr(keyfolder.os, "fsync", full)
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


# ---------------------------------------------------------------------------- address book


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


# --------------------------------------------------------------------------- nodes and heads


def test_a_node_is_pinned_at_first_contact_and_known_after(folder: KeyFolder) -> None:
    pin = folder.pin_node("/dev/ttyUSB0", NODE, NODE_KEY)
    again = KeyFolder.open(folder.path, WORDS)
    assert again.pin_node("/dev/ttyUSB0", NODE, NODE_KEY) == pin
    assert again.pinned() == {"/dev/ttyUSB0": pin}
    assert (pin.node, pin.public_key) == (NODE, NODE_KEY)
    assert pin.fingerprint == fingerprint(NODE)
    assert re.fullmatch(r"([0-9a-f]{4}-){4}[0-9a-f]{4}", pin.fingerprint)
    assert NODE.hex().startswith(pin.fingerprint.replace("-", ""))


def test_a_changed_node_is_refused_loudly(folder: KeyFolder) -> None:
    folder.pin_node("board", NODE, NODE_KEY)
    before = contents(folder.path)
    with pytest.raises(NodeChanged, match="THE NODE HAS CHANGED") as caught:
        folder.pin_node("board", OTHER, OTHER_KEY)
    assert fingerprint(NODE) in str(caught.value)
    assert fingerprint(OTHER) in str(caught.value)
    assert "unpin" in str(caught.value)
    assert contents(folder.path) == before
    folder.pin_node("another board", OTHER, OTHER_KEY)
    folder.unpin_node("board")
    folder.pin_node("board", OTHER, OTHER_KEY)
    with pytest.raises(UnknownName, match="did you mean board"):
        folder.unpin_node("bord")


def test_a_node_id_that_is_not_the_hash_of_its_key_is_refused(folder: KeyFolder) -> None:
    with pytest.raises(KeyFolderError, match="not the hash of the key"):
        folder.pin_node("board", NODE, OTHER_KEY)
    assert folder.pinned() == {}


def head(size: int, root: bytes = PARTY) -> records.Head:
    return records.Head(NODE, size, root, 1_800_000_000 * 10**9, bytes([7]) * 32)


def test_the_last_verified_head_of_each_node_is_kept(folder: KeyFolder) -> None:
    assert folder.head(NODE) is None
    folder.save_head(NODE, head(5))
    folder.save_head(NODE, head(9))
    again = KeyFolder.open(folder.path, WORDS)
    assert again.head(NODE) == head(9)
    assert again.head(OTHER) is None


def test_a_head_never_goes_back(folder: KeyFolder) -> None:
    folder.save_head(NODE, head(9))
    folder.save_head(NODE, head(5))
    assert folder.head(NODE) == head(9)
    with pytest.raises(NodeChanged, match="two different trees of 9 entries"):
        folder.save_head(NODE, head(9, bytes(32)))
    assert folder.head(NODE) == head(9)


def test_a_head_of_another_node_is_not_kept(folder: KeyFolder) -> None:
    with pytest.raises(ValueError, match="expected"):
        folder.save_head(OTHER, head(5))

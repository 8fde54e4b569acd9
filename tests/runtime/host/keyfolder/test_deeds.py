"""Deeds: what a key was used for, in the order of the journal."""

from __future__ import annotations

import json
import stat

import pytest

from runtime.host.keyfolder import KeyFolder, KeyFolderError
from tests.runtime.host.keyfolder.folders import NODE, OTHER, WORDS, seed_of

LEAF = bytes([5]) * 32


def test_deeds_are_kept_by_key_and_node_in_the_order_of_the_journal(folder: KeyFolder) -> None:
    folder.create_key("ada")
    folder.note("ada", NODE, "optin_activate_code", 9, LEAF, {"code": "00"})
    folder.note("ada", NODE, "enrol", 4, LEAF, {})
    folder.note("ada", OTHER, "enrol", 1, LEAF, {})
    folder.note("bob", NODE, "enrol", 5, LEAF, {})
    again = KeyFolder.open(folder.path, WORDS)
    assert [(deed.method, deed.position) for deed in again.deeds("ada", NODE)] == [
        ("enrol", 4),
        ("optin_activate_code", 9),
    ]
    found = again.deeds("ada", NODE)[1]
    assert (found.leaf, found.facts) == (LEAF, {"code": "00"})
    assert [deed.position for deed in again.deeds("ada", OTHER)] == [1]
    assert again.deeds("zoe", NODE) == []


def test_deeds_are_private_and_no_key(folder: KeyFolder) -> None:
    key = folder.create_key("ada")
    folder.note("ada", NODE, "enrol", 4, LEAF, {})
    path = folder.path / "ada.deeds"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert folder.names() == ["ada"]
    assert seed_of(key).hex() not in path.read_text()


def test_deeds_stay_when_key_and_passphrase_change(folder: KeyFolder) -> None:
    folder.create_key("ada")
    folder.note("ada", NODE, "enrol", 4, LEAF, {})
    folder.successor("ada")
    folder.succeed("ada")
    folder.change_passphrase(WORDS, "other words")
    assert len(KeyFolder.open(folder.path, "other words").deeds("ada", NODE)) == 1


@pytest.mark.parametrize(
    "change",
    [{"leaf": "zz"}, {"leaf": None}, {"position": "x"}, {"node": None, "facts": 5}, {"facts": 5}],
)
def test_deeds_that_were_damaged_are_refused(folder: KeyFolder, change: dict[str, object]) -> None:
    folder.note("ada", NODE, "enrol", 4, LEAF, {})
    path = folder.path / "ada.deeds"
    form = json.loads(path.read_text())
    form["deeds"][0].update({**change, "node": NODE.hex()})
    path.write_text(json.dumps(form))
    with pytest.raises(KeyFolderError, match="changed or damaged"):
        folder.deeds("ada", NODE)

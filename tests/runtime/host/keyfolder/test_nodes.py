"""Nodes met and heads seen: what changed is refused."""

from __future__ import annotations

import re

import pytest

from runtime.host.keyfolder import (
    KeyFolder,
    KeyFolderError,
    MeasurementChanged,
    NodeChanged,
    UnknownName,
    fingerprint,
)
from runtime.wire import records
from tests.runtime.host.keyfolder.folders import (
    NODE,
    NODE_KEY,
    OTHER,
    OTHER_KEY,
    PARTY,
    WORDS,
    contents,
)


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


MADE = (records.Measurement("firmware", bytes(32)), records.Measurement("gateware", bytes(32)))
UPDATED = (records.Measurement("firmware", bytes([1]) * 32), MADE[1])


def test_a_node_that_is_made_of_something_else_is_refused_until_that_is_accepted(
    folder: KeyFolder,
) -> None:
    folder.pin_node("board", NODE, NODE_KEY)
    assert not folder.pin_measurements("board", MADE)
    assert not folder.pin_measurements("board", reversed(MADE))
    before = contents(folder.path)
    with pytest.raises(MeasurementChanged, match="firmware was 0000.*is 0101") as caught:
        folder.pin_measurements("board", UPDATED)
    assert "optin node accept" in str(caught.value) and "gateware" not in str(caught.value)
    assert contents(folder.path) == before
    assert folder.pin_measurements("board", UPDATED, accept=True)
    assert not folder.pin_measurements("board", UPDATED)
    with pytest.raises(MeasurementChanged):
        folder.pin_measurements("board", MADE)


def test_a_measurement_that_is_gone_or_new_is_a_change(folder: KeyFolder) -> None:
    folder.pin_node("board", NODE, NODE_KEY)
    folder.pin_measurements("board", MADE)
    with pytest.raises(MeasurementChanged, match="gateware was 0000.*is not there"):
        folder.pin_measurements("board", MADE[:1])
    folder.pin_measurements("board", MADE[:1], accept=True)
    with pytest.raises(MeasurementChanged, match="gateware was not there"):
        folder.pin_measurements("board", MADE)


def test_a_node_keeps_its_measurements_when_it_is_met_again(folder: KeyFolder) -> None:
    folder.pin_node("board", NODE, NODE_KEY)
    folder.pin_measurements("board", MADE)
    folder.pin_node("board", NODE, NODE_KEY)
    with pytest.raises(MeasurementChanged):
        folder.pin_measurements("board", UPDATED)
    folder.unpin_node("board")
    folder.pin_node("board", NODE, NODE_KEY)
    assert not folder.pin_measurements("board", UPDATED)

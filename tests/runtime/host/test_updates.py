"""Signed updates in a file, and on the command line."""

from __future__ import annotations

import os
from hashlib import sha3_256
from pathlib import Path
from typing import Any

import pytest

from runtime.host import updates
from runtime.host.crypto import Crypto
from runtime.wire import records
from runtime.wire.commands import FIRMWARE
from runtime.wire.errors import Malformed, NodeError
from runtime.wire.schema import canonical
from tests.runtime.host.served import Someone, serving
from tests.runtime.host.test_cli import Terminal

IMAGE = bytes(range(256)) * 40
KEY = Someone("releases")


@pytest.fixture(scope="module")
def update() -> updates.Update:
    return updates.signed(KEY, "ulx3s_45f", 7, IMAGE)


def test_an_update_is_signed_over_what_it_is_and_comes_back_from_its_file(
    update: updates.Update,
) -> None:
    expected = records.Firmware("ulx3s_45f", 7, len(IMAGE), sha3_256(IMAGE).digest())
    assert update.firmware == expected
    assert Crypto().verify(KEY.public_key, FIRMWARE, canonical(expected), update.signature)
    assert updates.unpacked(updates.packed(update)) == update


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": IMAGE + b"x"}, "not the one that was signed"),
        ({"image": 7}, "not the one that was signed"),
        ({"signature": b"short"}, "signature"),
        ({"firmware": [1]}, "firmware"),
    ],
)
def test_a_file_that_is_no_update_is_refused(
    update: updates.Update, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(Malformed, match=words):
        updates.unpacked(updates.packed(update._replace(**changes)))


@pytest.mark.parametrize("content", [b"", b"\x90", IMAGE, bytes(updates.MOST + 1)])
def test_any_other_file_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        updates.unpacked(content)


def test_a_counter_that_is_none_is_not_signed() -> None:
    with pytest.raises(NodeError):
        updates.signed(KEY, "ulx3s_45f", 1 << 32, IMAGE)


def test_on_the_command_line_an_update_is_signed_and_a_software_node_says_what_it_is(
    tmp_path: Path,
) -> None:
    image, file = str(tmp_path / "firmware.bin"), str(tmp_path / "update.optin")
    Path(image).write_bytes(IMAGE)
    with serving(tmp_path / "node"):
        terminal = Terminal(tmp_path)
        terminal.ok("--insecure-no-passphrase", "keys", "create", "operator", "releases")
        terminal.ok("node", "provision")
        sign = ("board", "sign-update", "--key", "releases", "--counter", "7", "ulx3s_45f")
        assert "counter 7" in terminal.ok(*sign, image, file)
        content = updates.unpacked(Path(file).read_bytes())
        assert content.firmware.board == "ulx3s_45f" and content.image == IMAGE
        line = os.path.join(tmp_path, "node", "tty")
        said = terminal.fails("board", "update", line, file)
        assert "not updated over its line" in said and "new version of the package" in said
        Path(file).write_bytes(canonical(["optin/v1/other", 1, 2, 3]))
        assert "the file is no update" in terminal.fails("board", "update", line, file)

"""What is soldered to a board: made once, whole, and never a key without its anchor."""

from pathlib import Path
from typing import Any

import pytest

from firmware.node.anchor import Anchor
from firmware.node.main import Device
from runtime.wire.errors import Refused, StorageFailed
from tests.firmware.node.power import Power, PowerCut


def flush(file: Any) -> None:
    file.flush()


def test_a_new_device_has_a_key_and_a_blank_anchor_and_keeps_them(tmp_path: Path) -> None:
    path = str(tmp_path / "device")
    first, again = Device(path, flush), Device(path, flush)
    assert len(first.key) == 32
    assert again.key == first.key
    assert again.anchor.read() == first.anchor.read()
    assert first.anchor.read()[:3] == (0, 0, bytes(32))


def test_power_that_fails_while_it_is_made_does_no_harm(tmp_path: Path) -> None:
    cut_at, done = 0, False
    while not done:
        cut_at += 1
        path, power = tmp_path / str(cut_at), Power()
        power.restore(cut_at)

        def sync(file: Any, power: Power = power) -> None:
            power.step("before")
            file.flush()
            power.step("after")

        try:
            Device(str(path), sync)
            done = True
        except PowerCut:
            pass
        device = Device(str(path), flush)
        assert len(device.key) == 32
        assert device.anchor.read().boot == 0
    assert cut_at > 6


def test_a_key_is_refused_without_its_anchor_or_with_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "device"
    device = Device(str(path), flush)
    device.anchor.write(Anchor(7, 0, bytes(32), 0, bytes(32)))
    content = (path / "anchor").read_bytes()
    (path / "anchor").write_bytes(content[:-1])
    with pytest.raises(StorageFailed, match="whole number of sectors"):
        Device(str(path), flush)
    (path / "anchor").unlink()
    with pytest.raises(Refused, match="a device key and no anchor"):
        Device(str(path), flush)
    (path / "anchor").write_bytes(content)
    assert Device(str(path), flush).anchor.read().boot == 7


def test_a_key_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "device"
    Device(str(path), flush)
    (path / "key").write_bytes(bytes(31))
    with pytest.raises(Refused, match="31 bytes; expected 32"):
        Device(str(path), flush)

"""An update over the line of the simulated node, and what the loader starts afterwards.

It takes minutes: set OPTIN_SIMULATED=1.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from firmware.measurement import of_image
from firmware.port.build import FIRMWARE_AT
from firmware.port.build import image as built
from firmware.port.loader import loader
from runtime.host import client, steps, updates
from runtime.wire.errors import NodeError
from runtime.wire.records import Measurement
from soc.sim.build import build
from soc.sim.firmware import firmware
from soc.software.build import FOLDER as SOFTWARE
from soc.software.build import image
from tests.firmware.node.simulated import Simulated, simulated
from tests.firmware.node.test_simulated import Prepared
from tests.portable.world import DAY
from tests.runtime.host.served import Someone

PROGRAM = Path(__file__).parents[1] / "port" / "slot.c"
FLASH = 8 << 20

pytestmark = pytest.mark.skipif(
    "OPTIN_SIMULATED" not in os.environ, reason="takes minutes: set OPTIN_SIMULATED=1"
)


def test_a_board_is_updated_over_its_line_and_the_loader_starts_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LIFE_NS", 10 * 365 * DAY)  # the board's clock is years ahead
    simulator, key = build(), Someone("releases")
    running = firmware(simulator, update_key=key.public_key)
    plain = built(simulator.headers, (SOFTWARE,), update_key=key.public_key)
    prepared = Prepared(tmp_path / "node")
    flash = prepared.folder / "device" / "flash"
    flash.write_bytes(flash.read_bytes().ljust(FLASH, b"\xff"))
    new = image("slot", [PROGRAM], simulator.headers, ['-DWHO="updated\\n"']).read_bytes()
    new = new.ljust(-(-len(new) // 4) * 4, b"\0")
    operator = prepared.world.operator

    async def work(node: Simulated) -> None:
        async with await node.connect() as host:
            measured = (await steps.measurements(host)).measured.measurements
            assert measured[0] == Measurement("firmware", of_image(plain))
            forged = updates.signed(Someone("somebody"), "sim", 7, new)
            with pytest.raises(NodeError, match="not signed with this board's update key"):
                await updates.update(host, operator, forged, lambda done: None)
            update = updates.signed(key, "sim", 7, new)
            assert await updates.update(host, operator, update, lambda done: None) == 7
            with pytest.raises(NodeError, match="never taken back"):
                await updates.update(host, operator, update, lambda done: None)

    with simulated(prepared.folder, "--seed", 3, image=running) as node:
        asyncio.run(work(node))
    started = simulator.command(
        loader(simulator.headers, (SOFTWARE,), FIRMWARE_AT),
        {"flash": flash, "flash-fast": 1, "max-cycles": 3_000_000},
    )
    assert subprocess.run(started, capture_output=True, text=True).stdout == "updated\n"

"""A kept key on the simulated board: the lamp blinks, the harness presses, the key comes out."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from runtime.host import steps
from runtime.host.keyfolder import HeldKey
from runtime.wire import commands, records
from runtime.wire.errors import NodeError
from tests.firmware.node.simulated import Simulated, simulated

ACCESS, PASSPHRASE_KEY = b"A" * 32, b"P" * 32


async def take_home(node: Simulated) -> None:
    async with await node.connect() as client:
        asked: list[records.Question] = []
        client.on_question = asked.append
        done, key = await steps.enrol_held(client, {}, None, ACCESS, PASSPHRASE_KEY)
        held = HeldKey("anna", key, client.identity.node, ACCESS)
        assert held.id == done.reply.user
        assert node.tell("lamp") == "off"
        leaving = asyncio.create_task(steps.export_key(client, held, PASSPHRASE_KEY))
        await node.press_when_lit()
        seed = await leaving
        (question,) = asked
        assert question.code == commands.press_code(client.identity.boot, question.command)
        assert seed not in (node.folder / "kept.db").read_bytes()
        # A question that is refused without a press leaves the lamp dark.
        with pytest.raises(NodeError):
            await client.press(held, records.OptinRevokeCode(bytes(32)))
        assert node.tell("lamp") == "off"


@pytest.mark.skipif(
    "OPTIN_SIMULATED" not in os.environ, reason="takes minutes: set OPTIN_SIMULATED=1"
)
def test_a_press_on_the_simulated_board_lets_a_key_go(tmp_path: Path) -> None:
    with simulated(tmp_path / "board") as node:
        asyncio.run(take_home(node))
        node.stop()

"""A whole run of the simulated board, and no secret of it in what left it.

Everything is real: its line is tapped, its flash and what its host keeps are read. It takes
minutes: set OPTIN_SIMULATED=1.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from firmware.node.serve import SEED
from firmware.node.soldered import KEY
from runtime.host import audit, steps
from runtime.host.keyfolder import HeldKey
from runtime.wire import commands
from runtime.wire.hkdf import hkdf
from tests.appliance.counted import CountingClient
from tests.appliance.path import Path as Walk
from tests.firmware.node.simulated import KEY_AT, PATIENCE_S, Simulated, simulated
from tests.runtime.host import secrets
from tests.runtime.host.at_node import Tap

ACCESS, PASSPHRASE_KEY = b"A" * 32, b"P" * 32
TELLING = 8  # bytes of a value, at least, that is in no other bytes by chance


async def live(node: Simulated, line: str, bundle: Path) -> dict[str, bytes]:
    """One engagement, a key that the node made and gave out; the secrets of those who took part."""
    async with await CountingClient.connect(line, timeout_s=PATIENCE_S) as client:
        walk = Walk(client, 1, lambda: None, node.press)
        await walk.go()
        done, public = await steps.enrol_held(client, {}, None, ACCESS, PASSPHRASE_KEY)
        held = HeldKey("ben", public, client.identity.node, ACCESS)
        assert held.id == done.reply.user
        leaving = asyncio.create_task(steps.export_key(client, held, PASSPHRASE_KEY))
        await node.press_when_lit()
        given = await leaving
        audit.write_bundle(bundle, await walk.journal())
    found = {f"seed of {name}": key._seed for name, key in walk.keys.items()}
    ((user, _, values),) = walk.rows
    for partner in ("acme", "nimbus"):
        purpose = commands.PAIRWISE + walk.keys[partner].id
        found[f"pairwise seed for {partner}"] = hkdf(walk.keys[user]._seed, b"", purpose)
    for name, value in values.items():
        if len(value) >= TELLING:
            found["value of " + name] = value.encode()
    return {**found, "exported seed": given, "access": ACCESS, "passphrase": PASSPHRASE_KEY}


@pytest.mark.skipif(
    "OPTIN_SIMULATED" not in os.environ, reason="takes minutes: set OPTIN_SIMULATED=1"
)
def test_no_secret_of_a_whole_run_leaves_the_simulated_board(tmp_path: Path) -> None:
    bundle = tmp_path / "journal.optin"
    with simulated(tmp_path / "board") as node:
        tap = Tap(node.line)
        found = asyncio.run(live(node, tap.path, bundle))
        tap.close()
        node.stop()
    flash = (node.folder / "device" / "flash").read_bytes()
    device = flash[KEY_AT : KEY_AT + KEY]
    found |= {"device key": device, **secrets.of_node(hkdf(device, b"", SEED))}
    seen = {
        "the line": bytes(tap.passed),
        "what was said": "\n".join(node.said).encode(),
        "the exported journal": bundle.read_bytes(),
        "the flash, beside the key": flash[:KEY_AT] + flash[KEY_AT + KEY :],
    }
    for path in node.folder.rglob("*"):
        if path.is_file() and path.name != "flash":
            seen[path.name] = path.read_bytes()
    assert sum(map(len, seen.values())) > 1_000_000
    secrets.nowhere(found, seen)

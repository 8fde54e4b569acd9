"""The node on the simulated system bears what its line, its host and its power do to it.

Its folder begins with what a node of this process left there: an operator.
What takes minutes is done with OPTIN_SIMULATED=1; OPTIN_CUTS is how many times the power is cut.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from firmware.measurement import of_image
from firmware.node.anchor import SECTORS
from firmware.node.flash import BLANK, SECTOR
from firmware.port.build import image
from runtime.host import steps
from runtime.host.client import Client
from runtime.wire import records
from runtime.wire.errors import StorageFailed
from soc.sim.build import build
from soc.sim.firmware import firmware
from soc.sim.system import make
from soc.soc import measurement as soc_measurement
from soc.software.build import FOLDER as SOFTWARE
from tests.conformance.board import Board
from tests.conformance.record import NODE_SEED
from tests.firmware.node.bridge import SerialBoard
from tests.firmware.node.simulated import NODE_AT, PATIENCE_S, Ended, Simulated, simulated, start
from tests.portable.world import World
from tests.runtime.host.keeper.kept import attached

CUTS = int(os.environ.get("OPTIN_CUTS", "1"))
FULL = Path(__file__).parent / "full" / "boot.py"
long = pytest.mark.skipif(
    "OPTIN_SIMULATED" not in os.environ, reason="takes minutes: set OPTIN_SIMULATED=1"
)
GARBAGE = {
    "random bytes": random.Random(1).randbytes(3000),
    "a frame that is too long": bytes([1]) * 5000 + b"\0",
    "nothing but ends of frames": bytes(3000),
    "the beginning of a frame": b"\x05abc",
}
Params = list[Any]


class Prepared:
    """A folder whose node has an operator, and commands for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.board = Board(folder)
        player = self.board.player(NODE_SEED)
        self.world = World(player.power_up(), player.crypto, seed=NODE_SEED)
        operator = self.world.operator
        self.world.do(operator, "provision", enclosures=(operator.key,))
        self.entries = self.world.node.journal.size
        player.node = self.world.node
        player.close()
        self._fields = 0

    def field(self) -> Params:
        """Params of the definition of another field, which are signed once."""
        self._fields += 1
        definition = records.FieldDefinition(
            self._fields, f"field {self._fields}", "text", ("ExactValue",)
        )
        params: Params = self.world.signed(self.world.operator, "define_field", definition)
        return params


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    return Prepared(tmp_path / "node")


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """A node that serves, for tests that do it no harm."""
    folder = Prepared(tmp_path_factory.mktemp("simulated") / "node").folder
    with simulated(folder, "--seed", 3) as node:
        yield node
        node.tell("resume")
        assert not node.said


@pytest.fixture
def serving(unharmed: Simulated) -> Iterator[Simulated]:
    """That node; its clock stands still while others are simulated."""
    unharmed.tell("resume")
    yield unharmed
    unharmed.tell("pause")


async def define(client: Client, params: Params) -> int:
    """Define a field; returns the position of the entry."""
    position: int = (await client.call("define_field", params))[1]
    return position


async def entries(client: Client) -> int:
    """How many the journal has."""
    count: int = (await client.read(records.Status())).entries
    return count


def test_the_node_measures_what_was_built_and_what_it_runs_on(serving: Simulated) -> None:
    async def measured() -> list[Any]:
        async with await serving.connect() as client:
            return list((await steps.measurements(client)).measured.measurements)

    simulator = build()
    plain = image(simulator.headers, (SOFTWARE,))
    gateware = soc_measurement(partial(make, memory="block", variant="full", cores=None))
    assert asyncio.run(measured()) == [
        records.Measurement("firmware", of_image(plain)),
        records.Measurement("gateware", gateware.to_bytes(32, "big")),
    ]


# ---------------------------------------------------------------------------------- the line


def test_garbage_on_the_line_costs_a_repetition_at_most(serving: Simulated) -> None:
    async def work() -> None:
        async with await serving.connect() as client:
            before = await entries(client)
            for what, garbage in GARBAGE.items():
                asked = asyncio.create_task(entries(client))
                await serving.until_cycle(serving.cycle() + 100_000)
                serving.tell(f"uart {garbage.hex()}")
                assert await asked == before, what
            assert await entries(client) == before

    asyncio.run(work())


def test_a_flood_that_fills_the_ring_is_survived(serving: Simulated) -> None:
    flood = random.Random(2).randbytes(40_000)

    async def work() -> None:
        async with await serving.connect() as client:
            asked = asyncio.create_task(entries(client))
            for at in range(0, len(flood), 4000):
                serving.tell(f"uart {flood[at : at + 4000].hex()}")
            await asked
            assert await entries(client) == await asked

    asyncio.run(work())


def test_a_host_that_stops_reading_for_long_gets_its_answers_then(serving: Simulated) -> None:
    async def work() -> None:
        async with await serving.connect() as client:
            asked = [asyncio.create_task(entries(client)) for _ in range(4)]
            await serving.until_cycle(serving.cycle() + 200_000)
            os.kill(serving.keeper.pid, signal.SIGSTOP)
            await serving.until_cycle(serving.cycle() + 5_000_000)
            os.kill(serving.keeper.pid, signal.SIGCONT)
            assert len(set(await asyncio.gather(*asked))) == 1

    asyncio.run(work())


@long
def test_a_host_that_disappears_while_it_is_asked_is_followed_by_another(
    prepared: Prepared,
) -> None:
    """What the first had stored, or not, is once in the journal."""
    field = prepared.field()

    async def ready() -> Client:
        while not (prepared.folder / "tty").exists():
            await asyncio.sleep(0.1)
        return await Client.connect(
            str(prepared.folder / "tty"), host=prepared.world.operator, timeout_s=PATIENCE_S
        )

    async def lose(process: int) -> None:
        client = await ready()
        asked = asyncio.create_task(define(client, field))
        await entries(client)  # the node has both by then
        os.kill(process, signal.SIGKILL)
        asked.cancel()
        await client.close()
        (prepared.folder / "tty").unlink()  # its terminal may be anybody's by now

    async def go_on() -> None:
        async with await ready() as client:
            assert await define(client, field) == prepared.entries
            assert await entries(client) == prepared.entries + 1

    board = SerialBoard(prepared.folder, prepared.folder / "device/flash", firmware(build()))
    try:
        with attached(prepared.folder, str(board.port), first="") as keeper:
            asyncio.run(lose(keeper.pid))
        with attached(prepared.folder, str(board.port), first=""):
            asyncio.run(go_on())
    finally:
        board.close()


# ---------------------------------------------------------------------------------- the power


def test_power_cut_at_any_cycle_loses_nothing_answered_and_does_nothing_twice(
    prepared: Prepared,
) -> None:
    """Each cut comes so many cycles after a command was sent; `OPTIN_CUTS` says how many."""
    where = random.Random(4)
    positions: list[int] = []
    answered: list[tuple[Params, int]] = []

    async def work(node: Simulated) -> None:
        async with await node.connect() as client:
            for number in range(CUTS):
                field = prepared.field()
                asked = asyncio.create_task(define(client, field))
                await node.until_cycle(node.cycle() + where.randrange(10_000_000))
                node.tell("cut")
                await asyncio.to_thread(node.until_ready)
                answered.append((field, await asked))
                assert await entries(client) == prepared.entries + number + 1
            for field, position in answered:
                assert await define(client, field) == position
                positions.append(position)

    with simulated(prepared.folder, "--seed", 4) as node:
        asyncio.run(work(node))
        assert node.said == ["the node was reset: its power was cut"] * CUTS
    assert positions == list(range(prepared.entries, prepared.entries + CUTS))
    player = prepared.board.player(NODE_SEED)
    player.boot(0, False)
    assert player.node.journal.size == prepared.entries + CUTS
    player.close()


# -------------------------------------------------------------------------------- the memory


@long
def test_a_node_whose_memory_is_full_says_so_and_does_it_once_there_is_room(
    prepared: Prepared,
) -> None:
    """The memory of `full/boot.py` is full until it is asked for its status."""
    field = prepared.field()

    async def work(node: Simulated) -> None:
        async with await node.connect() as client:
            with pytest.raises(StorageFailed, match="the store is full"):
                await define(client, field)
            assert await entries(client) == prepared.entries
            assert await define(client, field) == prepared.entries

    image = firmware(build(), program=FULL)
    with simulated(prepared.folder, "--seed", 5, image=image) as node:
        asyncio.run(work(node))
        assert not node.said


# ------------------------------------------------------------------------------- the start


def refusal(folder: Path) -> str:
    """Why a node does not start."""
    node = start(folder, "--seed", 6)
    with pytest.raises(Ended) as ended:
        node.until_ready()
    assert node.keeper.returncode == 1
    return str(ended.value)


def test_a_node_that_lost_its_anchor_does_not_start_and_says_why(prepared: Prepared) -> None:
    with (prepared.folder / "device/flash").open("r+b") as file:
        file.seek(NODE_AT)
        file.write(BLANK * (SECTORS * SECTOR))
    assert "the flash has a device key and no anchor" in refusal(prepared.folder)


@long
def test_a_node_whose_host_lost_its_records_does_not_start_and_says_which(
    prepared: Prepared,
) -> None:
    for path in prepared.folder.glob("kept.db*"):
        path.unlink()
    assert "the host has records up to 0 only" in refusal(prepared.folder)

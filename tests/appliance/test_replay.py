"""The path on a software node, played to another one."""

import asyncio
from typing import NamedTuple

import pytest

from runtime.wire import records
from tests.appliance import path
from tests.appliance.counted import CountingClient
from tests.appliance.run import played_otherwise
from tests.runtime.host.served import serving

SEED = b"\x07" * 32


class Gone(NamedTuple):
    """A path that was gone: what was done, how many steps were ticked, the journal."""

    done: list[path.Command]
    ticks: int
    entries: list[records.Entry]


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Gone:
    ticks = []

    async def go(line: str) -> Gone:
        async with await CountingClient.connect(line) as client:
            walk = path.Path(client, 2, lambda: ticks.append(1))
            await walk.go()
            entries = list((await walk.journal()).entries)
            return Gone(path.journaled(client), len(ticks), entries)

    operator = path.key("operator").id
    with serving(tmp_path_factory.mktemp("node"), SEED, operator) as served:
        return asyncio.run(go(served.line))


def test_the_bar_of_the_path_ends_where_the_path_does(gone: Gone) -> None:
    assert gone.ticks == path.STEPS + 2 * path.STEPS_A_USER


def test_equal_seed_clock_and_commands_give_the_same_journal(gone: Gone) -> None:
    assert len(gone.done) == len(gone.entries)
    assert played_otherwise(SEED, gone.done, gone.entries) == []


def test_entries_that_differ_or_are_too_many_are_named(gone: Gone) -> None:
    first, second, *others = gone.entries
    forged = second._replace(salt=bytes(32))
    assert played_otherwise(SEED, gone.done, [first, forged, *others, first]) == [
        1,
        len(gone.entries),
    ]

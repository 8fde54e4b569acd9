"""A node on a board at a serial port: its speed, resets, and hosts and cables that come and go."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware.micropython import ensure
from runtime.host import steps
from runtime.wire import records
from tests.runtime.host.keeper.boards import PANIC, Board
from tests.runtime.host.keeper.kept import attached, connect, line_of
from tests.runtime.host.served import Someone
from tests.runtime.host.test_client import run

SLOW, FAST = 115_200, 1_000_000
CPYTHON = [sys.executable]


@contextmanager
def attached_board(
    folder: Path, baud: int, python: list[str] = CPYTHON
) -> Iterator[tuple[Board, subprocess.Popen[str]]]:
    """A board, and a keeper at it whose folder is `host`."""
    with board(folder, python) as made, attached(folder / "host", *serial(made, baud)) as keeper:
        yield made, keeper


@contextmanager
def board(folder: Path, python: list[str] = CPYTHON) -> Iterator[Board]:
    """A board, from power on to power off."""
    made = Board(folder, python)
    try:
        yield made
    finally:
        made.close()


def serial(made: Board, baud: int) -> list[str]:
    """What `optin node attach` gets, before the folder."""
    return ["--baud", str(baud), str(made.path)]


async def _entries(folder: Path) -> int:
    async with await connect(folder) as client:
        return int((await client.read(records.Status())).entries)


def entries(folder: Path) -> int:
    """How many the journal has; whoever can tell is served."""
    found = []

    async def work() -> None:
        found.append(await _entries(folder))

    run(work())
    return found[0]


def provision(folder: Path) -> None:
    async def work() -> None:
        async with await connect(folder) as client:
            await steps.provision(client, Someone("operator"))

    run(work())


@pytest.mark.parametrize("kind", ["cpython", "micropython"])
def test_both_ends_go_to_the_higher_speed_and_back_after_a_reset(tmp_path: Path, kind: str) -> None:
    python = CPYTHON
    if kind == "micropython":
        python = [str(ensure(frozen=True).micropython), "-X", "heapsize=4m"]
    with attached_board(tmp_path, FAST, python) as (made, keeper):
        provision(tmp_path / "host")
        carried = [pair for pair in made.speeds if pair[0] == pair[1]]
        assert carried == [(SLOW, SLOW), (FAST, FAST)]
        made.reset(PANIC)
        assert line_of(keeper) == "the node was reset: " + PANIC.decode().strip()
        assert " ready on " in line_of(keeper)
        made.speeds.clear()
        assert entries(tmp_path / "host") == 1
        assert made.speeds == [(FAST, FAST)]


def test_a_cable_that_does_not_carry_it_is_used_at_the_old_speed(tmp_path: Path) -> None:
    with board(tmp_path) as made:
        made.most = SLOW
        refused = f"the line does not carry {FAST} baud: it stays at {SLOW}"
        with attached(tmp_path / "host", *serial(made, FAST), first=refused) as keeper:
            assert " ready on " in line_of(keeper)
            made.speeds.clear()
            assert entries(tmp_path / "host") == 0
            assert made.speeds == [(SLOW, SLOW)]


def test_a_host_that_was_killed_finds_the_node_at_the_speed_it_left_it(tmp_path: Path) -> None:
    with board(tmp_path) as made:
        with attached(tmp_path / "host", *serial(made, FAST)) as keeper:
            provision(tmp_path / "host")
            keeper.kill()
        with attached(tmp_path / "host", *serial(made, SLOW)):
            assert entries(tmp_path / "host") == 1
            assert (FAST, SLOW) in made.speeds
            made.speeds.clear()
            assert entries(tmp_path / "host") == 1
            assert made.speeds == [(SLOW, SLOW)]


def test_a_host_killed_in_the_middle_of_requests_is_followed_by_another(tmp_path: Path) -> None:
    operator, partner = Someone("operator"), Someone("partner")

    async def ask_and_kill(keeper: subprocess.Popen[str]) -> None:
        async with await connect(tmp_path / "host") as client:
            await steps.provision(client, operator)
            work = asyncio.create_task(steps.register(client, operator, partner, ["partner"]))
            await asyncio.sleep(0)
            keeper.kill()
            work.cancel()

    with board(tmp_path) as made:
        with attached(tmp_path / "host", *serial(made, SLOW)) as keeper:
            run(ask_and_kill(keeper))
        with attached(tmp_path / "host", *serial(made, SLOW)):
            assert entries(tmp_path / "host") in (1, 2)


def test_a_reset_without_words_is_told_as_such(tmp_path: Path) -> None:
    with attached_board(tmp_path, SLOW) as (made, keeper):
        provision(tmp_path / "host")
        made.reset()
        assert line_of(keeper) == "the node was reset: it did not say why"
        assert " ready on " in line_of(keeper)
        assert entries(tmp_path / "host") == 1


def test_a_cable_may_be_pulled_out_and_plugged_in(tmp_path: Path) -> None:
    with attached_board(tmp_path, SLOW) as (made, keeper):
        provision(tmp_path / "host")
        made.unplug()
        made.plug_in()
        assert line_of(keeper) == f"the node was reset: {made.path} was away"
        assert " ready on " in line_of(keeper)
        assert entries(tmp_path / "host") == 1


def test_a_port_that_is_none_is_an_error(tmp_path: Path) -> None:
    with attached(tmp_path / "host", str(tmp_path / "absent"), first="") as keeper:
        assert keeper.wait(30) == 1
        assert keeper.stderr is not None
        assert "no such port" in keeper.stderr.read()

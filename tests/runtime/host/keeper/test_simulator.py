"""A node in a simulator comes back after a panic and a power cut, and its clients notice little."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

from runtime.host import steps
from runtime.wire import records
from tests.runtime.host.keeper.boards import CUT, END, PANIC, RESET, TRACEBACK, simulator
from tests.runtime.host.keeper.kept import attached, child_of, connect, line_of
from tests.runtime.host.served import Someone
from tests.runtime.host.test_client import run


def simulated(*options: str) -> list[str]:
    """Words of a keeper's command line, behind its folder."""
    return ["--simulator", *simulator(*options)]


def test_a_panic_is_told_and_the_client_goes_on(tmp_path: Path) -> None:
    operator = Someone("operator")

    async def work(keeper: subprocess.Popen[str]) -> None:
        async with await connect(tmp_path) as client:
            await steps.provision(client, operator)
            os.kill(child_of(keeper), RESET)
            entries = (await client.read(records.Status())).entries
            assert entries == 1

    with attached(tmp_path, *simulated()) as keeper:
        run(work(keeper))
        told = [line_of(keeper) for _ in range((TRACEBACK + PANIC).count(b"\n"))]
        assert told[0].startswith("the node was reset: Traceback")
        assert told[-1] == "  " + PANIC.decode().strip()
        assert " ready on " in line_of(keeper)


def test_power_comes_back_after_a_cut_and_nothing_answered_is_lost(tmp_path: Path) -> None:
    async def work(keeper: subprocess.Popen[str]) -> None:
        async with await connect(tmp_path) as client:
            await steps.provision(client, Someone("operator"))
            first = child_of(keeper)
            reads = [asyncio.create_task(client.read(records.Status())) for _ in range(8)]
            os.kill(first, CUT)
            assert {(await read).entries for read in reads} == {1}
            assert (await client.read(records.Status())).entries == 1
            assert child_of(keeper) != first

    with attached(tmp_path, *simulated()) as keeper:
        run(work(keeper))
        assert line_of(keeper) == "the node was reset: its power was cut"
        assert " ready on " in line_of(keeper)


def test_its_flash_is_whole_after_a_stop_and_after_the_keeper_was_killed(tmp_path: Path) -> None:
    whole = tmp_path / "device/whole"
    with attached(tmp_path, *simulated()) as keeper:
        assert not whole.exists()
        keeper.terminate()
        assert keeper.wait(30) == 0
        assert whole.exists()
    with attached(tmp_path, *simulated()) as keeper:
        assert not whole.exists()
        keeper.kill()
    with attached(tmp_path, *simulated()):
        # The one before has ended, or the folder were still held.
        assert not whole.exists()


def test_where_its_buttons_are_is_told(tmp_path: Path) -> None:
    told = "control tcp://127.0.0.1:"
    with attached(tmp_path, *simulated("--control", "0"), first=told) as keeper:
        assert keeper.stdout is not None
        assert "ready" in keeper.stdout.readline()


def test_a_simulator_that_ends_of_itself_is_an_error_with_its_words(tmp_path: Path) -> None:
    with attached(tmp_path, *simulated()) as keeper:
        os.kill(child_of(keeper), END)
        assert keeper.wait(30) == 1
        assert keeper.stderr is not None
        assert keeper.stderr.read() == "error: the simulator ended with status 3\n2000 cycles\n"


def test_a_simulator_that_cannot_start_is_an_error_with_its_words(tmp_path: Path) -> None:
    command = ["--simulator", "sh", "-c", "echo error: no room >&2; exit 1"]
    with attached(tmp_path, *command, first="") as keeper:
        assert keeper.wait(30) == 1
        assert keeper.stderr is not None
        assert keeper.stderr.read() == "error: no room\n"


def test_a_node_that_never_comes_to_serve_is_given_up(tmp_path: Path) -> None:
    endless = (
        "import socket, sys\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    uart = f'uart tcp://127.0.0.1:{server.getsockname()[1]}'\n"
        "    print(uart, file=sys.stderr, flush=True)\n"
        "    line, _ = server.accept()\n"
        "    while True:\n"
        "        line.sendall(b'panic: keccak at 00000000, 00000001\\n')\n"
    )
    command = ["--simulator", "python3", "-c", endless]
    with attached(tmp_path, *command, first="the node was reset: panic: keccak") as keeper:
        keeper.communicate(timeout=30)
        assert keeper.returncode == 1

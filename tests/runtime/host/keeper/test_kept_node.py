"""A node without a disk, in a real process behind its keeper: the path, kills, and refusals."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from hashlib import sha3_256
from pathlib import Path
from typing import Any

import pytest

from runtime.host import audit, steps
from runtime.host.client import Client
from runtime.wire import records
from tests.runtime.host.keeper.kept import (
    CPYTHON,
    UNIX,
    child_of,
    connect,
    keeping,
    set_clock,
    start,
)
from tests.runtime.host.served import EUR, Cast, Someone
from tests.runtime.host.test_client import run


class Engaged:
    """One user's engagement, which goes on over restarts."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.user = Someone("ada")

    async def begin(self, client: Client) -> None:
        """Up to the consent."""
        cast = self.cast
        await cast.introduce(client)
        await set_clock(client, cast)
        await cast.open_offer(client)
        await steps.enrol(client, self.user, {0: b"Ada", 1: b"ada@example.org"})
        generated = await steps.generate_code(client, cast.operator, cast.offer, self.user.id)
        self.code = generated.reply.code
        await steps.mark_viewed(client, self.user, self.code)
        done = await steps.activate(client, self.user, self.code, cast.offer, (1,))
        self.record = done.reply.record
        self.accepted = done.accepted

    async def end(self, client: Client, folder: Path) -> None:
        """From the view to the money, and the journal verified."""
        cast = self.cast
        receipt = await client.receipt(self.accepted)
        assert receipt.leaf == self.accepted.leaf
        await set_clock(client, cast)
        seen = await steps.fetch_view(client, cast.partner, self.record)
        assert seen.values == {0: "Ada", 1: "ada@example.org", 2: False}
        signatures = [
            await steps.sign_statement(client, witness, self.code) for witness in cast.witnesses[1:]
        ]
        await steps.settle(client, cast.partner, signatures)
        totals = await steps.totals(client, cast.operator, EUR)
        assert totals.conserved
        assert totals.balances == 1_000_003
        path = folder / "journal.optin"
        audit.write_bundle(path, await steps.whole_journal(client, cast.auditor))
        assert audit.verify_bundle(path, client.identity.node).ok


@pytest.mark.parametrize("node", [CPYTHON, UNIX], ids=["cpython", "unix"])
def test_an_engagement_goes_on_after_node_and_keeper_were_killed(
    tmp_path: Path, node: list[str]
) -> None:
    folder, engaged = tmp_path / "node", Engaged()

    async def begin() -> None:
        async with await connect(folder) as client:
            await engaged.begin(client)

    async def end() -> None:
        async with await connect(folder) as client:
            await engaged.end(client, tmp_path)

    with keeping(folder, node) as keeper:
        run(begin())
        os.kill(child_of(keeper), signal.SIGKILL)
        assert keeper.wait(30) == 1
        assert keeper.stderr is not None
        assert "the node ended with status -9" in keeper.stderr.read()
    with keeping(folder, node) as keeper:
        keeper.kill()
    with keeping(folder, node):
        run(end())


def _deposit(client: Client, cast: Cast, number: int) -> Any:
    reference = b"payment %d" % number
    return steps.deposit(client, cast.operator, cast.partner.id, number, EUR, reference)


def test_what_was_answered_is_there_after_a_kill_of_either_and_after_a_stop(tmp_path: Path) -> None:
    command, cast = UNIX, Cast()

    async def first() -> None:
        async with await connect(tmp_path) as client:
            await steps.provision(client, cast.operator)
            await steps.register(client, cast.operator, cast.partner, ["partner"])
            await _deposit(client, cast, 1)

    async def more(number: int) -> None:
        async with await connect(tmp_path) as client:
            status = await client.read(records.Status())
            assert status.entries == number + 1
            await _deposit(client, cast, number)

    with keeping(tmp_path, command) as keeper:
        run(first())
        os.kill(child_of(keeper), signal.SIGKILL)
        assert keeper.wait(30) == 1
    with keeping(tmp_path, command) as keeper:
        run(more(2))
        keeper.kill()
    with keeping(tmp_path, command) as keeper:
        run(more(3))
        keeper.terminate()
        assert keeper.wait(30) == 0
    with keeping(tmp_path, command):
        run(more(4))


def _last_words(folder: Path, command: list[str]) -> str:
    """What a node says that does not start."""
    keeper = start(folder, command)
    out, err = keeper.communicate(timeout=60)
    assert keeper.returncode == 1
    assert out == ""
    return err


def _started_once(folder: Path) -> None:
    async def work() -> None:
        async with await connect(folder) as client:
            await steps.provision(client, Someone("operator"))

    with keeping(folder, UNIX):
        run(work())


def test_a_host_that_lost_a_record_is_refused_with_what_to_do(tmp_path: Path) -> None:
    _started_once(tmp_path)
    with sqlite3.connect(tmp_path / "kept.db") as db:
        db.execute("DELETE FROM boxes WHERE place != 'entry'")
    words = _last_words(tmp_path, UNIX)
    assert "error: the host has records up to 0 only" in words
    assert "restore the host's folder from a backup" in words


def test_a_node_with_another_ones_boxes_does_not_start(tmp_path: Path) -> None:
    for name in ("one", "other"):
        _started_once(tmp_path / name)
    shutil.copy(tmp_path / "one/kept.db", tmp_path / "other/kept.db")
    assert "is not the one that was sealed" in _last_words(tmp_path / "other", UNIX)


def test_a_key_without_its_anchor_does_not_start(tmp_path: Path) -> None:
    _started_once(tmp_path)
    (tmp_path / "device/anchor").unlink()
    assert "has a device key and no anchor" in _last_words(tmp_path, UNIX)


def test_two_keepers_on_one_folder_are_refused(tmp_path: Path) -> None:
    with keeping(tmp_path, UNIX):
        assert "another node runs on" in _last_words(tmp_path, UNIX)


def test_a_node_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    assert "cannot run absent" in _last_words(tmp_path, ["absent"])
    assert "the node ended with status 3" in _last_words(tmp_path, ["sh", "-c", "exit 3"])


def test_what_belongs_to_the_node_is_for_its_owner_alone(tmp_path: Path) -> None:
    with keeping(tmp_path / "node", UNIX):
        for path in (tmp_path / "node").rglob("*"):
            if not path.is_symlink():
                assert path.stat().st_mode & 0o077 == 0, path
    assert not (tmp_path / "node/tty").exists()


def test_the_node_says_which_program_it_is(tmp_path: Path) -> None:
    async def ask() -> Any:
        async with await connect(tmp_path / "node") as client:
            return (await steps.measurements(client)).measured.measurements

    with keeping(tmp_path / "node", UNIX) as process:
        (found,) = run(ask())
        program = Path(f"/proc/{child_of(process)}/exe").read_bytes()
    assert found == records.Measurement("program", sha3_256(program).digest())

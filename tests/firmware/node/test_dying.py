"""What a node says that cannot go on: where it failed, and nothing that it held."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from firmware import micropython
from runtime.host.cli.kinds import HEAP, PLACES
from runtime.host.connection import ConnectionLost
from tests.runtime.host.keeper.kept import connect, start

PROGRAM = Path(__file__).parent / "dying" / "main.py"


def test_the_text_of_an_exception_goes_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROPYPATH", ".frozen")
    program = str(micropython.ensure(frozen=True).micropython)
    node = [program, "-X", f"heapsize={HEAP}", str(PROGRAM), "{device}", str(PLACES)]
    keeper = start(tmp_path / "node", node)
    assert keeper.stdout is not None and keeper.stdout.readline().startswith("node ")

    async def ask() -> None:
        async with await connect(tmp_path / "node"):
            pass

    with pytest.raises(ConnectionLost):
        asyncio.run(ask())
    said = "".join(keeper.communicate())
    assert "the node failed with RuntimeError in\n  File " in said
    assert ", in sign\n" in said
    assert "no signature under" not in said

"""A process that holds keys leaves none of its memory behind, however it dies."""

import os
import re
import signal
from pathlib import Path

import pytest

from firmware import micropython
from runtime.host.dumps import DUMPED_BYTES
from tests.runtime.host.at_node import node_with_terminal
from tests.runtime.host.served import node_process

PAGE = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """A process and those that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def most_dumped(pid: int) -> set[int]:
    """The limits of a process's core file, in bytes."""
    limits = Path(f"/proc/{pid}/limits").read_text()
    found = re.search(r"Max core file size +(\d+) +(\d+)", limits)
    assert found, limits
    return {int(limit) for limit in found.groups()}


def test_a_node_started_by_its_module_leaves_none_either(tmp_path: Path) -> None:
    with node_process(tmp_path / "node") as node:
        assert most_dumped(node.pid) == {DUMPED_BYTES}


@pytest.mark.parametrize("kind", ["software", "unix"])
def test_a_node_that_crashes_leaves_no_dump(kind: str, tmp_path: Path) -> None:
    if kind == "unix":
        micropython.ensure(frozen=True)
    folder = tmp_path / "node"
    with node_with_terminal("--kind", kind, str(folder)) as node:
        processes = family(node.process.pid)
        assert len(processes) == (2 if kind == "unix" else 1)
        # Not 0, which does not stop dumps that are given to a program: core(5).
        assert all(most_dumped(process) == {DUMPED_BYTES} for process in processes)
        assert 0 < DUMPED_BYTES < PAGE
        os.kill(processes[-1], signal.SIGABRT)
        if kind == "software":
            assert node.process.wait() == -signal.SIGABRT
    assert not [path for path in tmp_path.rglob("*") if "core" in path.name]

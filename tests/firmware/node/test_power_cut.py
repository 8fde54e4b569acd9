"""The power is cut at every step of seal, store, acknowledge, anchor and reply, and again while the
node comes back: what was acknowledged is there, nothing is half there, no nonce is used twice."""

from pathlib import Path
from typing import Any

import pytest

from tests.firmware.node.power import CutDevice, PowerCut

ID = bytes(32)


def _batch(number: int) -> list[tuple[Any, ...]]:
    """What a commit of the scenario does."""
    key = bytes([number]) * 32
    changes: list[tuple[Any, ...]] = [
        ("put", "counter", ID, bytes([number])),
        ("put", "kind", key, b"state %d" % number * 50),
        ("add_key", "index", key[:1], key),
        ("append", number, b"header", b"salt", b"body %d" % number * 50, b"attachments"),
    ]
    if number == 2:  # an erasure: a checkpoint follows at once
        changes += [
            ("drop", "kind", bytes([0]) * 32),
            ("drop_key", "index", b"\x00", bytes(32)),
            ("replace", 0, None, None, None),
        ]
    return changes


BATCHES = [_batch(number) for number in range(5)]


def _do(store: Any, number: int) -> None:
    for name, *arguments in BATCHES[number]:
        getattr(store, name)(*arguments)
    store.commit()


def _content(store: Any) -> tuple[Any, ...]:
    """All that is in a store."""
    states = [store.states(kind, b"", 99) for kind in ("counter", "kind", "kept")]
    entries = [tuple(store.entry(number)) for number in range(store.count())]
    # Marks differ with each sealing; that there is one for each entry does not.
    marks = len(states.pop())
    return states, store.scan("index", b"", None, 99), entries, marks


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """The content after each number of batches."""
    device = CutDevice(tmp_path_factory.mktemp("whole"), host_dies=False)
    store = device.store()
    contents = [_content(store)]
    for number in range(len(BATCHES)):
        _do(store, number)
        contents.append(_content(store))
    device.close()
    return contents


class Life:
    """A device that goes through the scenario, with power cuts."""

    def __init__(self, folder: Path, host_dies: bool) -> None:
        # The last slots of a sector: the scenario goes over its end, and erases ahead.
        self.device = CutDevice(folder, host_dies, slots=60, least=2500)
        self.acknowledged = 0

    def go(self, cut_at: int, end: int = len(BATCHES)) -> bool:
        """Power up and go on to the end, or to the cut; returns whether the end was reached."""
        self.device.power.restore(cut_at)
        try:
            store = self.device.store()
            # What a node that came back shows must stay, whether it was answered or not.
            self.acknowledged = max(self.acknowledged, store.count())
            while store.count() < end:
                number = store.count()
                _do(store, number)
                self.device.power.step("reply")
                self.acknowledged = max(self.acknowledged, number + 1)
        except PowerCut:
            self.device.cut()
            return False
        return True

    def check(self, expected: list[tuple[Any, ...]]) -> int:
        """Power up without a cut, and look; returns how many batches are there."""
        self.device.power.restore()
        store = self.device.store()
        assert self.acknowledged <= store.count() <= self.acknowledged + 1
        assert _content(store) == expected[store.count()]
        return int(store.count())


def _lives(folder: Path) -> Any:
    """A folder for each life."""
    number = 0
    while True:
        path = folder / str(number)
        path.mkdir()
        yield path
        number += 1


@pytest.mark.parametrize("host_dies", [True, False], ids=["with_the_host", "node_alone"])
def test_a_cut_at_any_step_loses_nothing_and_leaves_nothing_half_done(
    tmp_path: Path, expected: list[tuple[Any, ...]], host_dies: bool
) -> None:
    folders = _lives(tmp_path)
    cut_at, done, seen = 0, False, set()
    while not done:
        cut_at += 1
        life = Life(next(folders), host_dies)
        done = life.go(cut_at)
        if not done:
            seen.add(life.device.power.log[-1])
        life.check(expected)
        assert life.go(0)
        assert life.check(expected) == len(BATCHES)
        life.device.close()
    print(f"{cut_at - 1} cuts, at {len(seen)} kinds of steps: {sorted(seen)}")
    for step in ("seal", "store record", "store entry", "store checkpoint", "drop record", "reply"):
        assert step in seen
    assert {"drop entry", "ask keep", "commit", "committed", "answer keep", "erase"} <= seen


def test_a_second_cut_at_any_step_of_coming_back_and_of_the_next_commit_changes_nothing(
    tmp_path: Path, expected: list[tuple[Any, ...]]
) -> None:
    """The host keeps its power, and with it what it was told the first half of."""
    first, done, cuts = 0, False, 0
    while not done:
        first += 1
        second, again = 0, False
        while not again:
            second += 1
            life = Life(tmp_path, host_dies=False)
            done = life.go(first)
            end = min(life.acknowledged + 2, len(BATCHES))
            again = done or life.go(second, end)
            cuts += not again
            life.check(expected)
            life.device.close()
    print(f"{cuts} pairs of cuts")
    assert cuts > 1000

"""The commands of a journal once more, on a software node with the same seed and clock."""

from collections.abc import Iterable
from typing import Any

from actors import KINDS
from runtime.cpython.software import read_places
from runtime.cpython.store import SqliteStore
from runtime.cpython.threads import on_reused_threads
from runtime.host.crypto import Crypto
from runtime.node.clock import Clock
from runtime.node.node import Node
from runtime.wire import records
from runtime.wire.errors import from_wire
from runtime.wire.schema import canonical


class ToldClock(Clock):
    """A clock that shows what it is told: it was not set before somebody sets it."""

    def __init__(self) -> None:
        super().__init__(lambda: 0, None)
        self.time = 0

    def now(self) -> int:
        return self.time


class Played:
    """A software node that does what another did, at the times at which that did it.

    Args:
        seed: of the node, 32 bytes.
    """

    def __init__(self, seed: bytes) -> None:
        self._clock = ToldClock()
        self._node = Node(
            seed,
            on_reused_threads(KINDS),
            SqliteStore(":memory:"),
            Crypto(),
            lambda floor: self._clock,
            places=read_places(),
        )

    def send(self, time: int, method: str, params: list[Any]) -> None:
        """Do a journaled request at a time, ns since the epoch.

        Raises:
            NodeError: it is refused.
        """
        self._clock.time = time
        answers: list[Any] = []
        self._node.submit(method, params, lambda error, result: answers.append(error))
        while not answers:
            self._node.run()
        if answers[0]:
            raise from_wire(answers[0])

    def bodies(self) -> list[bytes]:
        """Header, salt and body of each entry, canonical."""
        journal = self._node.journal
        return [canonical(list(journal.entry(at)[:3])) for at in range(journal.size)]

    def root(self) -> bytes:
        """Of the journal's tree, 32 bytes."""
        root: bytes = self._node.journal.tree.root()
        return root


def bodies(entries: Iterable[records.Entry]) -> list[bytes]:
    """Likewise of the entries of an export for the operator."""
    return [canonical([entry.header, entry.salt, entry.body]) for entry in entries]

"""One run of the path on a simulated node, and what is checked of its journal."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from runtime.host import audit
from runtime.wire import records
from tests.appliance import path
from tests.appliance.counted import CountingClient
from tests.appliance.metered import Metered, Spent
from tests.appliance.replay import Played, bodies

PATIENCE_S = 600.0  # for one answer: the software's signatures take hundreds of millions of cycles


class Run(NamedTuple):
    """What came of it.

    Attributes:
        users: how many went the path.
        boot: cycles from reset until the node waited for its first client.
        spent: what each request cost, by method.
        audited: report on the exported journal.
        bundle: where that is.
        differing: positions at which a software node has another entry.
    """

    users: int
    boot: Spent
    spent: Mapping[str, Sequence[Spent]]
    audited: audit.Report
    bundle: Path
    differing: list[int]

    @property
    def is_right(self) -> bool:
        """Whether the journal holds, and is the one that a software node writes."""
        return self.audited.ok and not self.differing


async def go(folder: Path, users: int, options: tuple[str, ...], tick: Callable[[], None]) -> Run:
    """Go the path, export the journal, verify it, compare it.

    Args:
        folder: of the node, new; the journal is exported into it.
        users: how many go the path.
        options: of `optin sim run`.
        tick: called after each step.
    """
    node = await asyncio.to_thread(Metered, folder, options)
    try:
        boot = await node.idle()
        async with await CountingClient.connect(node.line, timeout_s=PATIENCE_S) as client:
            client.node = node
            client.on_question = node.press
            walk = path.Path(client, users, tick)
            await walk.go()
            exported = await walk.journal()
    finally:
        await asyncio.to_thread(node.stop)
    bundle = folder / "journal.optin"
    audit.write_bundle(bundle, exported)
    audited = audit.verify_bundle(bundle, exported.identity.node)
    differing = played_otherwise(node.seed(), path.journaled(client), list(exported.entries))
    return Run(users, boot, path.spent_by_method(client), audited, bundle, differing)


def played_otherwise(
    seed: bytes, done: Sequence[path.Command], entries: Sequence[records.Entry]
) -> list[int]:
    """Positions at which a software node of the same seed, clock and commands has another entry.

    Args:
        seed: of the node, 32 bytes.
        done: all that is in the journal.
        entries: of the journal, as the operator sees them.
    """
    software = Played(seed)
    for command in done:
        software.send(entries[command.position].header.time, command.method, command.params)
    theirs, ours = software.bodies(), bodies(entries)
    longer = range(min(len(ours), len(theirs)), max(len(ours), len(theirs)))
    return [at for at in range(min(len(ours), len(theirs))) if ours[at] != theirs[at]] + [*longer]

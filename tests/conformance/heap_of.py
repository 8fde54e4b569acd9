"""What of its heap the firmware's node takes, in a process of its own behind its keeper."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from firmware import micropython
from runtime.host import steps
from runtime.host.cli.kinds import HEAP, PLACES
from runtime.host.client import Client
from runtime.wire import records
from tests.runtime.host.keeper.kept import AWAITED, ROOT, keeping, set_clock
from tests.runtime.host.served import EUR, Cast, Someone, terms

PLENTY = 10**12
READS = 19  # plain requests for each that is signed and journaled
AT_ONCE = 8


class Line(NamedTuple):
    """Requests so far; bytes of the collected heap, and of the store beside it."""

    requests: int
    heap: int
    store: int


def heap_of(*phases: Callable[[Client, Cast], Awaitable[None]]) -> list[Line]:
    """What a node takes before and after each of several phases of work."""
    with tempfile.TemporaryDirectory() as work:
        program = micropython.ensure(frozen=True).micropython
        out = Path(work) / "out"
        script = ROOT / "tests/conformance/heap.py"
        command = [program, "-X", f"heapsize={HEAP}", script, "{device}", PLACES]
        command += [f"operator={AWAITED}", out]
        os.environ["MICROPYPATH"] = ".frozen"
        with keeping(Path(work) / "node", list(map(str, command))):
            asyncio.run(_work(str(Path(work) / "node/tty"), phases))
        return [Line(*map(int, line.split())) for line in out.read_text().splitlines()]


async def _work(line: str, phases: tuple[Callable[[Client, Cast], Awaitable[None]], ...]) -> None:
    async with await Client.connect(line, timeout_s=60) as client:
        cast = Cast()
        await cast.introduce(client)
        await set_clock(client, cast)
        await cast.open_offer(client)
        shares = records.Shares(9000, 1000, 0, 0)
        rules = (await steps.define_rules(client, cast.operator, shares)).reply.rules
        await steps.deposit(client, cast.operator, cast.partner.id, PLENTY, EUR, b"plenty")
        offered = terms(cast.partner, rules, cast.witnesses, serial=2, budget=PLENTY)
        cast.offer = (await steps.publish_offer(client, cast.partner, offered)).reply.offer
        await client.read(records.Status())
        for phase in phases:
            await phase(client, cast)
            await client.read(records.Status())


def engagements(first: int, end: int) -> Callable[[Client, Cast], Awaitable[None]]:
    """A phase: users of these numbers enrol, consent and settle, and their data are seen."""

    async def one(client: Client, cast: Cast, number: int) -> None:
        user = Someone(f"user {number}")
        await steps.enrol(client, user, {0: b"Ada Lovelace", 1: b"a@example.org"})
        generated = await steps.generate_code(client, cast.operator, cast.offer, user.id)
        code = generated.reply.code
        await steps.mark_viewed(client, user, code)
        done = await steps.activate(client, user, code, cast.offer, (1,))
        await steps.fetch_view(client, cast.partner, done.reply.record)
        signatures = [await steps.sign_statement(client, who, code) for who in cast.witnesses[1:]]
        await steps.settle(client, cast.operator, signatures)

    async def phase(client: Client, cast: Cast) -> None:
        for begin in range(first, end, AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, end))
            await asyncio.gather(*[one(client, cast, number) for number in numbers])

    return phase


def requests(first: int, end: int) -> Callable[[Client, Cast], Awaitable[None]]:
    """A phase: so many requests, READS plain ones and then one that is signed and journaled."""

    async def phase(client: Client, cast: Cast) -> None:
        for number in range(first, end, READS + 1):
            share = number // (READS + 1)
            await asyncio.gather(
                *[client.read(records.GetParty(cast.operator.id)) for _ in range(READS)],
                steps.define_rules(
                    client, cast.operator, records.Shares(share, 4000, 2000, 4000 - share)
                ),
            )

    return phase

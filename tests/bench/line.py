"""Latency of requests to a node's process over its pseudo-terminal, by the product's client."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from runtime.host.client import Client
from runtime.host.crypto import Crypto
from runtime.wire import records
from tests.bench.figure import Figure
from tests.portable.world import Person
from tests.runtime.node.test_line import Line, check, make_world, mixed_requests

PLAIN, SIGNED = 1000, 300


async def _times(count: int, request: Callable[[int], Awaitable[object]]) -> list[float]:
    """Microseconds of each of `count` requests, ascending."""
    times = []
    for i in range(count):
        start = time.perf_counter()
        await request(i)
        times.append((time.perf_counter() - start) * 1e6)
    return sorted(times)


async def _measure(line: str) -> tuple[list[float], list[float], list[float]]:
    operator = Person(Crypto(), "operator")

    async def sign(i: int) -> None:
        operator.sign(b"bench", bytes(300))

    async with await Client.connect(line, host=operator) as client:
        await client.command(operator, records.Provision(), [operator.key])
        plain = await _times(PLAIN, lambda i: client.read(records.GetParty(operator.id)))
        signed = await _times(
            SIGNED,
            lambda i: client.command(
                operator, records.DefineRules(records.Shares(i, 4000, 2000, 4000 - i))
            ),
        )
        return plain, signed, await _times(SIGNED, sign)


def figures() -> Iterator[Figure]:
    """Plain and signed latency; what a noisy line costs, in virtual time."""
    with tempfile.TemporaryDirectory() as folder:
        operator = Person(Crypto(), "operator").id.hex()
        command = (sys.executable, "-m", "runtime.cpython", folder, "--operator", operator)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            process.stdout.readline()
            plain, signed, signing = asyncio.run(_measure(str(Path(folder) / "tty")))
            process.terminate()
    yield Figure("node.request_plain_p50_us", plain[PLAIN // 2], "us")
    yield Figure("node.request_plain_p99_us", plain[PLAIN * 99 // 100], "us")
    p50, floor = signed[SIGNED // 2], signing[SIGNED // 2]
    peer = f"{floor:.0f}: the client's signature alone"
    yield Figure("node.request_signed_p50_us", p50, "us", peer, floor / p50)
    times = []
    for rate in (0, 1 / 10_000, 1 / 1000):
        world = make_world()
        before = world.node.journal.size
        line = Line(world, rate)
        check(world, before, line.run(mixed_requests(world)))
        times.append(line.now)
    for ms, name in zip(times[1:], ("10000", "1000"), strict=True):
        peer = f"{times[0]} ms on a clean line, virtual time"
        yield Figure(f"line.one_bad_byte_in_{name}_ms", ms, "ms", peer, times[0] / ms)

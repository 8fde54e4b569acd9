"""Writes down what goes over the line while tests run, for `play.py`.

Each session begins with a blank store. Tests that end in refusals which leave no trace are put
one after the other onto the same node, as many as share what came before them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from firmware.node.serve import SEED
from runtime.host.crypto import Crypto
from runtime.wire.hkdf import hkdf
from runtime.wire.schema import canonical
from tests.conformance.play import journal_digest, masked
from tests.portable import world as worlds
from tests.portable.kept import DEVICE_KEY

NODE_SEED = hkdf(DEVICE_KEY, b"", SEED)  # as of the firmware's node with that key


class Recorder:
    """What every World did.

    Attributes:
        worlds: (name of the test, World), in order of creation; each has its `log`, of which the
            first `inherited` items were done by the World that it goes on from.
        test: name of the test that runs.
    """

    def __init__(self) -> None:
        self.worlds: list[tuple[str, Any]] = []
        self.test = ""

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record all worlds, with real algorithms in the place of toys."""
        boot, toy, stages = worlds.World.boot, worlds.ToyCrypto, worlds._stages

        def recorded(world: Any, knows_time: bool = True) -> Any:
            world.seed = NODE_SEED
            node = boot(world, knows_time)
            log = vars(world).setdefault("log", [])
            log.append(["boot", world.uptime.ns, knows_time])
            if all(known is not world for _, known in self.worlds):
                world.inherited = len(log)
                self.worlds.append((self.test, world))
            node.submit = _heard(world, node.submit)
            _see_presses(world, node)
            return node

        worlds.World.boot, worlds.ToyCrypto, worlds._stages = recorded, Crypto, {}
        try:
            yield
        finally:
            worlds.World.boot, worlds.ToyCrypto, worlds._stages = boot, toy, stages

    def run(self, module: Any, skip: Iterable[str] = ()) -> None:
        """Run all tests of a portable module."""
        for name, test in sorted(vars(module).items()):
            if name.startswith("test_") and name not in skip:
                self.test = f"{module.__name__.rsplit('.', 1)[1]}.{name}"
                test()

    def write(self, path: Path) -> int:
        """Write all sessions; returns how many requests they have."""
        requests = 0
        with path.open("wb") as file:
            for test, world, log in self._sessions():
                node = world.node
                end = ["end", node.journal.size, node.journal.tree.root(), journal_digest(node)]
                for item in (["begin", test, world.seed], *log, end):
                    requests += item[0] == "send"
                    data = canonical(item)
                    file.write(len(data).to_bytes(4, "big") + data)
        return requests

    def _sessions(self) -> Iterator[tuple[str, Any, list[Any]]]:
        refusals: dict[bytes, list[Any]] = defaultdict(list)
        first: dict[bytes, Any] = {}  # worlds that came to what others go on from
        for test, world in self.worlds:
            before, after = world.log[: world.inherited], world.log[world.inherited :]
            if after and all(_leaves_no_trace(item, before[-1][1]) for item in after):
                refusals[_sent(before)] += after
                first.setdefault(_sent(before), world)
            elif after:
                yield test, world, world.log
        for key, after in refusals.items():
            world = first[key]  # its journal is what it was before the refusals
            yield "refusals", world, world.log[: world.inherited] + after


def _heard(world: Any, submit: Callable[..., None]) -> Callable[..., None]:
    def heard(method: str, params: Any, reply: Callable[[Any, Any], None]) -> None:
        item = ["send", world.uptime.ns, method, canonical(params), None, None]

        def answer(error: Any, result: Any) -> None:
            item[4:] = [error, result and masked(method, result)]
            if error and error[0] == "storage":
                world.log.remove(item)  # nothing of it remains; another kind's disk is not full
            reply(error, result)

        submit(method, params, answer)
        world.log.append(item)

    return heard


def _see_presses(world: Any, node: Any) -> None:
    """Record what is done at the node, and the rounds in which it may see that."""
    button, press, run = world.button, world.button.press, node.run

    def pressed(answer: bool = True) -> None:
        world.log.append(["press", world.uptime.ns, answer])
        press(answer)

    def summoned() -> None:
        world.log.append(["summon", world.uptime.ns])
        summon()

    def ran() -> Any:
        if not node.sequencer.queued:
            world.log.append(["run", world.uptime.ns])
        return run()

    summon = button.summon
    button.press, button.summon, node.run = pressed, summoned, ran


def _sent(log: Iterable[Any]) -> bytes:
    return canonical([item[:4] for item in log if item[0] == "send"])


def _leaves_no_trace(item: Any, uptime: int) -> bool:
    """Whether an item is a refusal that is not journaled, at the time of what came before it."""
    kind, when = item[:2]
    return kind == "send" and when == uptime and item[4] and item[2] != "optin_enforce_view"

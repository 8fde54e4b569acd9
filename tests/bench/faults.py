"""Bits that flip in the engines while a node works: what comes of them."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.bench.figure import Figure
from tests.firmware.engines.faults import Node

FLIPS = 320
JOBS = 2
EFFECTS = {
    "noticed": "noticed", "without_effect": "none", "other_signatures": "another signature",
}  # fmt: skip


def figures() -> Iterator[Figure]:
    """Count flips by what they did; what must not happen is the rest."""
    node = Node()
    with ThreadPoolExecutor(JOBS) as pool:
        seen = Counter(
            pool.map(lambda at: node.effect(at[0], node.run(*at)), node.some_flips(FLIPS, seed=2))
        )
    yield Figure("faults.flips", seen.total(), "")
    for name, effect in EFFECTS.items():
        yield Figure(f"faults.{name}", seen[effect], "")
    wrong = seen.total() - sum(seen[effect] for effect in EFFECTS.values())
    yield Figure("faults.wrong_results", wrong, "", "none may be")

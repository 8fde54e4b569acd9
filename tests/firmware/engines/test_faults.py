"""A bit that flips in an engine never lets a wrong signature, a wrong key or a forgery pass.

OPTIN_FAULTS says how many flips are tried; by default 32.
"""

import os
from collections import Counter
from random import Random

import pytest

from tests.firmware.engines.faults import PLACES, Flip, Node

FLIPS = int(os.environ.get("OPTIN_FAULTS", "32"))
HARMLESS = ("none", "noticed", "another signature")
WRITERS = [place for place in PLACES if place.endswith("writer_word")]


@pytest.fixture(scope="module")
def node() -> Node:
    return Node()


def test_without_a_fault_every_step_comes_to_what_the_software_has(node: Node) -> None:
    assert {step: outcome.said for step, outcome in node.usual.items()} == {
        "selftest": "passed",
        "keygen": "key",
        "sign": "signature",
        "verify": "accepted",
        "forgery": "refused",
    }
    assert node.usual["keygen"].made == node.public_key
    assert node.usual["sign"].made == node.signature


@pytest.mark.parametrize("place", WRITERS)
def test_a_flip_in_a_result_on_its_way_to_memory_is_noticed_by_the_selftest(
    place: str, node: Node
) -> None:
    rng, began = Random(place), node.usual["selftest"].began
    outcome = node.run("selftest", Flip(began, "spoil", place, rng.randrange(PLACES[place])))
    assert outcome.said in ("keccak", "sampler", "ntt", "ntt failed")


def test_flips_are_noticed_or_harmless(node: Node) -> None:
    seen = Counter()
    for step, flip in node.some_flips(FLIPS, seed=1):
        effect = node.effect(step, node.run(step, flip))
        assert effect in HARMLESS, (step, flip, effect)
        seen[effect] += 1
    assert seen["noticed"] >= FLIPS // 4, seen

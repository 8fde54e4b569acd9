"""A few kills; `make kills` does a hundred."""

import pytest

from tests.kills import run


@pytest.mark.parametrize("kind", ["software", "unix"])
def test_a_node_killed_under_load_keeps_what_it_acknowledged_once_and_nothing_half_done(
    kind: str,
) -> None:
    run(count=8, seed=7, kind=kind)

"""A few kills; `make kills` does a hundred."""

from tests.kills import run


def test_a_node_killed_under_load_keeps_what_it_acknowledged_once_and_nothing_half_done() -> None:
    run(count=8, seed=7)

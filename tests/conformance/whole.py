"""What is recorded of the portable tests and of random histories: the whole suite."""

from __future__ import annotations

from pathlib import Path

from tests.actors import test_histories as histories
from tests.conformance.record import Recorder
from tests.portable import (
    test_clock,
    test_commitment,
    test_custody,
    test_expiry,
    test_keys,
    test_path,
    test_provenance,
    test_recovery,
    test_refusals,
    test_retention,
    test_score,
    test_takeover,
    test_withdrawal,
)

MODULES = (
    test_path, test_refusals, test_expiry, test_withdrawal, test_keys, test_score, test_provenance,
    test_commitment, test_clock, test_retention, test_custody, test_recovery, test_takeover,
)  # fmt: skip
# The first two change the node's memory behind its back, which no line can do; the third compares
# signatures, which are hedged here; then one takes the button away, one makes keys where the toys
# have them; the others are of the store of one kind of node.
NOT_HERE = (
    "test_a_settlement_that_does_not_fit_a_payees_balance_is_refused_whole",
    "test_fields_that_fit_into_no_padded_reply_are_refused",
    "test_a_partners_answers_do_not_depend_on_the_score",
    "test_a_node_that_can_ask_nobody_says_so",
    "test_the_seed_is_in_the_store_only_sealed",
    "test_a_split_that_could_not_be_kept_leaves_the_journal_as_it_was",
    "test_values_lie_apart_from_the_entries_and_go_when_they_are_due",
    "test_an_erased_entry_leaves_its_leaf_with_the_host",
    "test_a_label_in_a_value_is_not_taken_for_values",
)


def record(path: Path) -> int:
    """Record the path, every refusal and random histories; returns how many requests."""
    recorder = Recorder()
    with recorder.recording():
        for module in MODULES:
            recorder.run(module, NOT_HERE)
        recorder.test = "histories"
        histories.RealHistories.origin = None  # what was settled in before was not recorded
        histories.test_node_and_model_agree_with_real_algorithms()
    return recorder.write(path)

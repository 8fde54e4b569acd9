"""Checks of the secure channel taken out one by one: for each, a test must turn red."""

import pytest

from tests.actors.test_mutations import outcome

CHANNEL, HANDSHAKE = "runtime.wire.channel", "runtime.wire.handshake"
PORTABLE, VECTOR, STATES, ATTACKS = (
    "tests.portable.test_channel", "tests.runtime.wire.test_channel",
    "tests.runtime.wire.test_channel_states", "tests.runtime.wire.test_channel_attacks",
)  # fmt: skip
ATTACKED = "test_no_strategy_of_an_active_attacker_gets_a_session_or_a_plain_byte"
KNOWN = "test_the_known_conversation_is_said_byte_by_byte"
EXPLORED = "test_an_open_channel_does_what_the_document_says_and_nothing_else"
# What is broken, in which module, the text, its replacement, the test.
MUTATIONS = (
    ("nobody verifies the node's signature", HANDSHAKE,
     "if not self._crypto.verify(self._node_key, NODE_SIGNS, begun, signature):", "if False:",
     ATTACKS, ATTACKED),
    ("nobody verifies the host's signature", HANDSHAKE,
     "if not self._crypto.verify(key, HOST_SIGNS, said, signature):", "if False:",
     ATTACKS, ATTACKED),
    ("every host is admitted", HANDSHAKE,
     "        if key is None:", "        key = key or enclosed\n        if key is None:",
     ATTACKS, ATTACKED),
    ("any node will do", HANDSHAKE, "if node != self._node:", "if False:",
     PORTABLE, "test_a_node_with_another_id_or_key_is_refused_loudly"),
    ("MACs are not compared", "runtime.wire.compare", "return difference == 0", "return True",
     PORTABLE, "test_a_changed_byte_anywhere_in_the_handshake_is_refused_by_who_gets_it"),
    ("a step may be tried again", HANDSHAKE,
     "due, self._turn = self._turn, 0", "due = self._turn",
     PORTABLE, "test_a_step_is_taken_once_and_in_order"),
    ("the node does not look at versions", HANDSHAKE,
     "if VERSION not in hello[2 : 2 + count]:", "if False:",
     PORTABLE, "test_a_node_answers_a_host_of_several_versions_in_its_own_and_refuses_others"),
    ("the first message is not signed", HANDSHAKE,
     "        self._say(len(hello), hello)\n", "", PORTABLE,
     "test_both_ends_come_to_one_channel_and_the_node_knows_the_host"),
    ("both directions have one key", HANDSHAKE,
     "derive(main, outgoing), derive(main, incoming)", "derive(main, b''), derive(main, b'')",
     ATTACKS, ATTACKED),
    ("records are not counted", CHANNEL,
     'self._count.to_bytes(8, "big")', "bytes(8)", ATTACKS, ATTACKED),
    ("keys do not turn", CHANNEL,
     "if self._count % RECORDS_OF_A_KEY == 0:", "if False:", VECTOR, KNOWN),
    ("a broken channel goes on", CHANNEL, "        self.broken = True\n", "", STATES, EXPLORED),
    ("an end may talk on after its close", CHANNEL,
     "if self.broken or self._closed or self.closed_by_peer:", "if self.broken:",
     STATES, EXPLORED),
    ("a close may be said twice", CHANNEL,
     "if self.broken or self._closed:", "if self.broken:", STATES, EXPLORED),
    ("a close may carry content", CHANNEL,
     "if kind == CLOSE and not content:", "if kind == CLOSE:", STATES, EXPLORED),
    ("a channel that is cut off ends well", CHANNEL,
     "        if not self.closed_by_peer:\n            raise wrong(CUT_OFF)\n", "",
     STATES, EXPLORED),
)  # fmt: skip


@pytest.mark.parametrize(
    "rule, name, old, new, module, test", MUTATIONS, ids=[line[0] for line in MUTATIONS]
)
def test_a_check_that_is_taken_out_is_missed(rule, name, old, new, module, test):
    found = outcome(name, old, new, module, test)
    assert found.startswith("red:"), f"nobody noticed that {rule}"
    # A mutation that merely crashes shows nothing.
    assert found.split()[1] not in ("Fault", "NameError", "TypeError", "AttributeError"), found

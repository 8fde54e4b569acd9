"""Rules taken out one by one: for each, a named check must turn red.

Every mutation replaces one piece of source text in a process of its own and runs one test there. A
mutation whose text is not there any more fails, so that the list cannot go stale.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# (rule that is broken, module, text, replacement, test module, test)
PATH, REFUSALS, COMMANDS, JOURNAL, PRIVACY = (
    "tests.portable.test_path", "tests.portable.test_refusals", "tests.portable.test_commands",
    "tests.portable.test_journal", "tests.actors.test_privacy",
)  # fmt: skip
MUTATIONS = (
    # ---- money
    ("the platform's share is rounded up", "runtime.node.accelerator",
     "platform = amount * shares[0] // 10000", "platform = -(-amount * shares[0] // 10000)",
     PATH, "test_the_smallest_amount_is_distributed_whole"),
    ("the rest of the division is lost", "runtime.node.accelerator",
     "publisher = amount - platform - user - affiliate",
     "publisher = amount * shares[3] // 10000",
     PATH, "test_the_publisher_takes_the_rest_of_the_division"),
    ("an absent affiliate's part goes to the publisher", "runtime.node.accelerator",
     "user, affiliate = user + affiliate, 0", "publisher, affiliate = publisher + affiliate, 0",
     PATH, "test_the_part_of_an_absent_affiliate_goes_to_the_user_not_to_the_publisher"),
    ("an absent publisher's part is kept back", "runtime.node.accelerator",
     "user, publisher = user + publisher, 0", "publisher = 0",
     PATH, "test_parts_of_absent_parties_go_to_the_user"),
    ("funds are reserved without being there", "actors.account",
     "        self._need(message.amount)\n        return Done(None, records.FundsReserved",
     "        return Done(None, records.FundsReserved",
     REFUSALS, "test_a_code_that_the_account_cannot_pay_is_refused"),
    ("one micro-unit too many may be reserved", "actors.account",
     "left < amount", "left + 1 < amount",
     REFUSALS, "test_an_offer_that_the_account_cannot_pay_once_is_refused"),
    ("released funds stay reserved", "actors.account",
     "state, reserved=state.reserved - event.amount, released=", "state, released=",
     PATH, "test_money_moves_from_available_to_reserved_to_released"),
    ("a deposit may overflow", "actors.account",
     "self.state.deposited + message.amount > MAX_AMOUNT", "False",
     REFUSALS, "test_a_deposit_that_does_not_fit_is_refused"),
    ("a payment is credited twice", "actors.payment",
     'if self.state.status != "new":', "if False:",
     REFUSALS, "test_a_payment_reference_is_accepted_once"),
    ("the budget is not looked at", "actors.offer",
     "left < state.terms.amount", "False",
     REFUSALS, "test_a_code_over_the_budget_is_refused"),
    ("a cancelled code does not free the budget", "actors.code",
     'tx.ask("offer", state.offer, records.ReturnBudget())', "pass",
     PATH, "test_a_cancelled_code_frees_account_and_budget"),
    ("revoking claws back what was completed", "actors.code",
     "if not state.completed:", "if True:",
     PATH, "test_revoked_after_completion_it_still_settles"),
    ("revoking before completion keeps the money", "actors.code",
     "if not state.completed:", "if False:",
     PATH, "test_money_moves_from_available_to_reserved_to_released"),
    ("rules need not sum to the whole", "actors.rules",
     "total != WHOLE", "total > WHOLE",
     REFUSALS, "test_rules_that_do_not_sum_to_the_whole_are_refused"),
    ("a donation is paid to the user", "actors.code",
     "beneficiary = terms.charity or message.user", "beneficiary = message.user",
     PATH, "test_a_donation_goes_to_the_charity"),
    ("the affiliate is not paid", "actors.settlement",
     "(facts.affiliate, statement.amounts.affiliate),", "",
     PATH, "test_the_referrer_is_the_affiliate"),
    # ---- redaction
    ("the request does not narrow the view", "actors.view",
     "visible[i] & message.requested[i]", "visible[i]",
     PATH, "test_a_view_returns_requested_and_visible"),
    ("the request alone decides", "actors.view",
     "visible[i] & message.requested[i]", "message.requested[i]",
     PATH, "test_a_view_returns_what_was_consented_and_nothing_else"),
    ("a field bleeds into the neighbour's bit", "runtime.node.accelerator",
     "(mask[index >> 3] >> (index & 7)) & 1", "(mask[index >> 3] >> (index & 3)) & 1",
     PATH, "test_fields_above_the_first_byte_of_the_mask_are_shown"),
    ("redacted fields leave their length", "runtime.node.accelerator",
     ".append(record[at:end])",
     ".append(record[at:end]); mask[index >> 3] >> (index & 7) & 1 or sinks[1].append("
     "record[at : at + 2])",
     PATH, "test_a_view_returns_what_was_consented_and_nothing_else"),
    ("a boolean field shows its value", "actors.profile",
     "value = PRESENT if value else ABSENT", "pass",
     PRIVACY, "test_no_hidden_value_is_in_anything_a_partner_gets"),
    ("the reply is as long as its content", "actors.view",
     "canonical(grant), state.pad", "canonical(grant), 0",
     PATH, "test_every_reply_has_the_length_of_its_class"),
    ("views go on after revocation", "actors.view",
     'if self.state.status == "stopped":', "if False:",
     REFUSALS, "test_a_view_after_revocation_is_refused_and_journaled"),
    ("view_until is not looked at", "actors.view",
     "tx.time >= self.state.view_until", "False",
     REFUSALS, "test_a_view_from_view_until_on_is_refused_and_journaled"),
    ("consent may go beyond the offer", "actors.code",
     "if use not in terms.required and use not in terms.optional:", "if False:",
     REFUSALS, "test_consent_to_more_or_less_than_the_offer_asks_is_refused"),
    ("consent may fall short of the offer", "actors.code",
     "if use not in consent.fields:", "if False:",
     REFUSALS, "test_consent_to_more_or_less_than_the_offer_asks_is_refused"),
    ("a required field may be empty", "actors.profile",
     "elif not value and use.index in required:", "elif False:",
     REFUSALS, "test_a_required_field_without_a_value_is_refused"),
    ("a statement names the payees", "actors.payee",
     'return make_id("optin/v1/payee", nonce, party)', "return party",
     PRIVACY, "test_a_statement_names_no_payee"),
    ("a witness is shown the consent", "actors.code",
     'EVIDENCE = ("code_generated",', 'EVIDENCE = ("consent_recorded", "code_generated",',
     PRIVACY, "test_a_witness_is_shown_neither_user_nor_fields"),
    ("a witness is shown whose code it is", "actors.code",
     'EVIDENCE = ("code_generated",', 'EVIDENCE = ("code_assigned", "code_generated",',
     PRIVACY, "test_a_witness_is_shown_neither_user_nor_fields"),
    # ---- authority
    ("any partner may look", "actors.view",
     "if state.partner != tx.signer:\n            # The", "if False:\n            # The",
     REFUSALS, "test_a_view_by_another_partner_is_refused_and_journaled"),
    ("the reply key need not be the signed one", "actors.view",
     "or commands.reply_key_id(key) != message.reply_key", "",
     REFUSALS, "test_a_view_to_another_reply_key_is_refused_and_journaled"),
    ("anyone uses anyone's code", "actors.code",
     "if tx.signer != self.state.user:", "if False:",
     REFUSALS, "test_only_its_user_activates_a_code"),
    ("an expired code is activated", "actors.code",
     "tx.time >= self.state.expires_at", "False",
     REFUSALS, "test_an_expired_code_is_not_activated"),
    ("a code dies one nanosecond late", "actors.code",
     "tx.time >= self.state.expires_at", "tx.time > self.state.expires_at",
     REFUSALS, "test_an_expired_code_is_not_activated"),
    ("the pairwise signature is not checked", "actors.code",
     "if not tx.node.crypto.verify(key, commands.CONSENT,",
     "if False and not tx.node.crypto.verify(key, commands.CONSENT,",
     REFUSALS, "test_consent_is_signed_by_the_pairwise_key_that_it_names"),
    ("one witness is enough", "actors.settlement",
     "if len(set(witnesses)) != 2:", "if False:",
     REFUSALS, "test_two_different_witnesses_must_sign"),
    ("a stranger is a witness", "actors.settlement",
     "if witness not in allowed:", "if False:",
     REFUSALS, "test_a_witness_of_another_offer_does_not_count"),
    ("witnesses' signatures are not checked", "actors.settlement",
     "return key is not None and tx.node.crypto.verify(key, commands.WITNESS, content, signature)",
     "return key is not None",
     REFUSALS, "test_a_witness_signature_for_anything_else_does_not_count"),
    ("anyone settles", "actors.settlement",
     "if tx.signer not in (facts.partner, tx.node.operator):", "if False:",
     REFUSALS, "test_only_operator_or_partner_settle"),
    ("what is not complete is settled", "actors.code",
     "if not self.state.completed:", "if False:",
     REFUSALS, "test_nothing_is_settled_before_it_is_complete"),
    ("a nonce may come again", "actors.party",
     "if nonce <= self.state.nonce:", "if nonce < self.state.nonce:",
     REFUSALS, "test_a_nonce_that_was_used_is_refused"),
    ("the role is not looked at", "actors.party",
     "if not message.role or message.role in self.state.roles:", "if True:",
     REFUSALS, "test_every_method_with_a_role_refuses_a_party_without_it"),
    ("the operator plants a key", "actors.party",
     "if not tx.node.crypto.verify(key, commands.REGISTRATION, agreed, own):", "if False:",
     REFUSALS, "test_the_operator_cannot_plant_a_key"),
    ("a witness holds another role", "actors.party",
     'if "witness" in roles and len(roles) > 1:', "if False:",
     REFUSALS, "test_roles_that_cannot_be_registered_are_refused"),
    ("a witness enrols", "actors.party",
     'if "witness" in state.roles:', "if False:",
     REFUSALS, "test_a_witness_cannot_enrol"),
    ("users refer themselves", "actors.profile",
     "if message.referrer == tx.signer:", "if False:",
     REFUSALS, "test_nobody_refers_themselves"),
    ("a command works on every node", "runtime.node.admission",
     "if command.node != self._node_id:", "if False:",
     REFUSALS, "test_a_command_signed_for_another_node_is_refused"),
    ("a signature counts for every method", "runtime.node.admission",
     "if command.method != method:", "if False:",
     REFUSALS, "test_a_command_signed_for_another_method_is_refused"),
    ("signatures are not checked", "runtime.node.admission",
     "if not valid:", "if False:",
     REFUSALS, "test_a_signature_that_is_not_valid_is_refused_and_counted"),
    ("commands never get too late", "runtime.node.sequencer",
     "if command and tx.time > command.not_after:", "if False:",
     REFUSALS, "test_a_command_after_its_not_after_is_refused"),
    ("the same command is done twice", "runtime.node.sequencer",
     'if known is not None and not spec.more["judged_anew"]:', "if False:",
     COMMANDS, "test_the_same_command_again_gets_the_same_answer"),
    ("a view is answered from memory", "runtime.node.sequencer",
     'if known is not None and not spec.more["judged_anew"]:', "if known is not None:",
     COMMANDS, "test_the_same_view_after_revocation_is_refused_and_journaled"),
    ("drafts of a refused request stay", "runtime.actor.entity",
     "if self._draft_of.committed:", "if True:",
     "tests.portable.test_entity", "test_an_aborted_draft_is_seen_by_nobody"),
    # ---- the journal
    ("leaves are not salted", "runtime.wire.proofs",
     'return sha3_256(b"\\x00" + salt +', 'return sha3_256(b"\\x00" +',
     JOURNAL, "test_a_part_that_was_not_hashed_is_found"),
)  # fmt: skip

CHILD = """
import importlib
import importlib.util
import sys

name, old, new, module, test = sys.argv[1:]
path = name.replace(".", "/") + ".py"
with open(path) as file:
    text = file.read()
if text.count(old) != 1:
    sys.exit(f"{path} has {text.count(old)} times: {old}")


class Mutant:
    # Finds and loads the one module whose source is changed.
    @staticmethod
    def find_spec(found, folder=None, target=None):
        return importlib.util.spec_from_loader(name, Mutant, origin=path) if found == name else None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        exec(compile(text.replace(old, new), path, "exec"), module.__dict__)


sys.meta_path.insert(0, Mutant)
test = getattr(importlib.import_module(module), test)
try:
    test()
except Exception as error:
    print("red:", type(error).__name__, str(error)[:200])
else:
    print("green")
"""


def outcome(name, old, new, module, test):
    """Run one test with one piece of one module replaced; returns what the process printed."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", CHILD, name, old, new, module, test],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "rule, name, old, new, module, test", MUTATIONS, ids=[line[0] for line in MUTATIONS]
)
def test_a_broken_rule_is_noticed(rule, name, old, new, module, test):
    found = outcome(name, old, new, module, test)
    assert found.startswith("red:"), f"nobody noticed that {rule}"
    # A mutation that merely crashes shows nothing.
    assert found.split()[1] not in ("Fault", "NameError", "TypeError", "AttributeError"), found


def test_the_checks_are_green_without_mutation():
    checks = sorted({line[4:] for line in MUTATIONS})
    script = "import importlib\n" + "".join(
        f"importlib.import_module({module!r}).{test}()\n" for module, test in checks
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

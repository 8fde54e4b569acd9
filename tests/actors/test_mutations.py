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
SCORE, TRANSFORMS, COMMITMENT, PROVENANCE, EXPIRY, WITHDRAWAL, KEYS, CLOCK = (
    "tests.portable.test_score", "tests.portable.test_transforms", "tests.portable.test_commitment",
    "tests.portable.test_provenance", "tests.portable.test_expiry",
    "tests.portable.test_withdrawal", "tests.portable.test_keys", "tests.portable.test_clock",
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
     'CancelReservation())\n            tx.ask("offer", state.offer, records.ReturnBudget())',
     "CancelReservation())",
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
    ("a boolean field shows its value", "actors.transforms",
     "return PRESENT if value else ABSENT", "return value or ABSENT",
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
     "if not value and use.index in required:", "if False:",
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
    # ---- scores
    ("events count for ever", "actors.score",
     "if now - a.time < YEAR and a.time < until]", "if a.time < until]",
     SCORE, "test_an_event_counts_until_it_is_365_days_old"),
    ("events count one nanosecond too long", "actors.score",
     "if now - a.time < YEAR", "if now - a.time <= YEAR",
     SCORE, "test_an_event_counts_until_it_is_365_days_old"),
    ("an old event is recorded", "actors.score",
     "tx.time - message.time >= YEAR", "False",
     SCORE, "test_an_event_that_is_a_year_old_is_refused"),
    ("a future event is recorded", "actors.score",
     "message.time > tx.time", "False",
     SCORE, "test_an_event_of_the_future_is_refused"),
    ("points are not bounded", "actors.score",
     "if not 1 <= message.points <= MAX_POINTS:", "if not message.points:",
     SCORE, "test_points_are_1_to_1000"),
    ("a dimension does not saturate", "actors.score",
     "min(100, sum(", "max(0, sum(",
     SCORE, "test_a_dimension_saturates_at_a_hundred"),
    ("what may still count is forgotten", "actors.score",
     "if latest - activity.time > DAY:", "if True:",
     SCORE, "test_what_is_kept_gives_the_scores_of_all_events_ever"),
    ("what is exactly a day old hides what lies behind it", "actors.score",
     "if latest - activity.time > DAY:", "if latest - activity.time >= DAY:",
     SCORE, "test_an_event_that_is_exactly_a_day_old_hides_none_before_it"),
    ("everything is kept", "actors.score",
     "if points >= MAX_POINTS:", "if False:",
     SCORE, "test_nothing_is_kept_that_cannot_count"),
    ("a jump is not flagged", "actors.score",
     "composite - before >= JUMP", "composite - before > JUMP",
     SCORE, "test_a_jump_of_thirty_within_a_day_is_flagged_and_the_score_stays"),
    ("an event counts twice", "actors.activity",
     'if self.state.status != "new":', "if False:",
     SCORE, "test_an_event_counts_once_for_its_source"),
    ("the least score is not looked at", "actors.code",
     "if score.composite < terms.least_score:", "if False:",
     SCORE, "test_a_code_is_refused_below_the_least_score"),
    ("a flag is not looked at", "actors.code",
     "if score.flagged and not terms.accept_flagged:", "if False:",
     SCORE, "test_a_flagged_score_gets_a_code_only_where_it_is_accepted"),
    ("anyone reads a score", "actors.score",
     "if tx.signer not in (self.id, tx.node.operator):", "if False:",
     SCORE, "test_a_score_is_shown_to_its_user_and_the_operator_alone"),
    ("weights need not sum to the whole", "actors.weights",
     "if total != WHOLE:", "if total > WHOLE:",
     SCORE, "test_weights_that_do_not_sum_to_the_whole_are_refused"),
    # ---- degraded values
    ("an age begins before the birthday", "actors.transforms",
     "- ((month, day) < (born[1], born[2]))", "",
     TRANSFORMS, "test_a_band_begins_on_the_birthday"),
    ("every fourth year is a leap year", "actors.transforms",
     "year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)", "year % 4 == 0",
     TRANSFORMS, "test_days_that_everybody_knows"),
    ("the form is not applied", "actors.profile",
     "show(value, use.transform, tx.time, tx.node.places)",
     "show(value, 'ExactValue', tx.time, tx.node.places)",
     TRANSFORMS, "test_a_view_returns_the_degraded_values_and_nothing_of_the_exact_ones"),
    ("a date may be none", "actors.fields",
     'if field.kind == "birth_date" and not is_date(value):', "if False:",
     TRANSFORMS, "test_a_birth_date_that_is_none_is_not_enrolled"),
    ("a form is allowed for every kind", "actors.fields",
     "if transform not in allowed:", "if False:",
     TRANSFORMS, "test_every_kind_may_be_shown_exactly_or_as_presence_and_in_its_own_form_alone"),
    ("the last code of a run is left out", "runtime.node.places",
     "if self._runs[middle][1] < code:", "if self._runs[middle][1] <= code:",
     TRANSFORMS, "test_a_metro_area_is_found_by_its_zip_code"),
    # ---- the commitment
    ("leaves of a commitment are not salted", "runtime.wire.proofs",
     'sha3_256(b"\\x00" + salt + canonical([index, transform, shown]))',
     'sha3_256(b"\\x00" + canonical([index, transform, shown]))',
     COMMITMENT, "test_nothing_else_opens_the_root"),
    ("a leaf does not cover its form", "runtime.wire.proofs",
     "canonical([index, transform, shown])", "canonical([index, shown])",
     COMMITMENT, "test_nothing_else_opens_the_root"),
    ("every consent has the same salts", "actors.code",
     'seed = tx.entropy("leaves")', "seed = bytes(32)",
     COMMITMENT, "test_two_partners_who_compare_find_nothing_in_common"),
    ("all salts of a consent are one", "actors.view",
     'return make_id("optin/v1/leaf-salt", seed, index)',
     'return make_id("optin/v1/leaf-salt", seed)',
     COMMITMENT, "test_nothing_of_what_is_not_returned_is_in_an_opening"),
    ("openings of what is not returned come along", "actors.view",
     "if returned[use.index >> 3] >> (use.index & 7) & 1:", "if True:",
     COMMITMENT, "test_openings_come_only_for_fields_that_are_returned"),
    ("leaves of hidden fields are empty", "actors.view",
     "leaves = proofs.hidden_leaves(seed)",
     "leaves = [bytes(32)] * proofs.LEAVES",
     COMMITMENT, "test_the_leaf_of_a_field_that_is_not_shown_is_none_of_its_values"),
    # ---- provenance
    ("a session forks", "actors.hop",
     "if last != hop.previous:", "if False:",
     PROVENANCE, "test_a_chain_does_not_fork"),
    ("anyone opts in", "actors.hop",
     'if message.type == "OptIn":', "if False:",
     PROVENANCE, "test_an_opt_in_from_outside_is_refused"),
    ("the opt-in follows nothing", "actors.code",
     "hop = self._follow(tx, consent.hop, link)", "hop = self._follow(tx, records.ZEROS, link)",
     PROVENANCE, "test_the_opt_in_cites_the_proof_and_follows_the_hop_of_the_consent"),
    # ---- expiry
    ("a code expires before it is due", "actors.code",
     "if not due or tx.time < due:", "if not due:",
     EXPIRY, "test_a_code_that_was_not_activated_is_due_at_its_expires_at"),
    ("a code is due one nanosecond late", "actors.code",
     "if not due or tx.time < due:", "if not due or tx.time <= due:",
     EXPIRY, "test_a_code_that_was_not_completed_is_due_at_its_complete_by"),
    ("what is complete expires", "actors.code",
     'if state.status == "activated" and not state.completed:', 'if state.status == "activated":',
     EXPIRY, "test_completed_codes_do_not_expire"),
    ("a late view is granted", "actors.view",
     "late = self.state.complete_by and tx.time >= self.state.complete_by", "late = False",
     EXPIRY, "test_a_view_is_refused_from_complete_by_on_whether_it_was_expired_or_not"),
    ("a complete engagement is late", "actors.view",
     "if late and not tx.ask(", "if late or not tx.ask(",
     EXPIRY, "test_completed_codes_do_not_expire"),
    ("expired money is gone", "actors.account",
     "expired=state.expired - event.amount,", "",
     EXPIRY, "test_what_expired_comes_back_and_both_are_remembered"),
    ("expired money was never there", "actors.account",
     "expired_ever=state.expired_ever + event.amount,", "",
     EXPIRY, "test_lifetime_counts_only_grow"),
    ("expiry keeps the budget", "actors.code",
     'records.ExpireReservation())\n        tx.ask("offer", state.offer, records.ReturnBudget())',
     "records.ExpireReservation())",
     EXPIRY, "test_the_budget_returns"),
    ("what is not due yet is listed", "actors.code",
     'message, tx.time.to_bytes(8, "big"))', "message)",
     EXPIRY, "test_what_is_due_is_listed_in_order_of_time_and_in_pages"),
    ("a dead code keeps its user", "actors.code",
     'if state.status in ("none", "expired"):', 'if state.status == "none":',
     EXPIRY, "test_a_late_code_frees_its_user_only_once_it_is_expired"),
    # ---- withdrawals
    ("a partner takes what is reserved", "actors.account",
     "        self._need(message.amount)\n        left = available(self.state) - message.amount",
     "        left = self.state.deposited - message.amount",
     WITHDRAWAL, "test_more_than_is_available_is_refused"),
    ("money is taken out and stays", "actors.account",
     "return evolve(state, withdrawn=state.withdrawn + event.amount)", "return state",
     WITHDRAWAL, "test_a_partner_takes_out_what_is_available"),
    ("a payee takes more than there is", "actors.payee",
     "if message.amount > self.state.balance:", "if message.amount > self.state.earned:",
     WITHDRAWAL, "test_payees_take_out_what_they_earned"),
    # ---- keys, witnesses, clock
    ("an old key works on", "runtime.node.sequencer",
     "node.forget_key(entity_id)", "pass",
     KEYS, "test_the_old_key_is_dead_at_once_for_everything"),
    ("an old key enrols", "runtime.node.admission",
     "key = self._key_of(admitted.command.party) or admitted.enclosed",
     "key = admitted.enclosed or self._key_of(admitted.command.party)",
     KEYS, "test_the_old_key_neither_enrols_nor_provisions"),
    ("a new key need not agree", "actors.party",
     "if not tx.node.crypto.verify(key, commands.ROTATION, agreed, own):", "if False:",
     KEYS, "test_a_rotation_without_the_new_keys_word_is_refused"),
    ("a rotation resets the nonce", "actors.party",
     'return evolve(state, public_key=tx.attached("public-key"))',
     'return evolve(state, public_key=tx.attached("public-key"), nonce=0)',
     KEYS, "test_the_nonce_goes_on"),
    ("who enrols takes the enclosed key", "actors.party",
     "return evolve(state, roles=event.roles)",
     "return evolve(state, roles=event.roles, public_key=tx.enclosures[0])",
     KEYS, "test_a_key_that_comes_along_changes_nothing_for_who_is_known"),
    ("a settlement dies with its witness's key", "actors.settlement",
     "if [signed.signature for signed in record.witnesses] != recorded:",
     "if not self._signed_by(tx, record.witnesses[0].witness, content, recorded[0]):",
     KEYS, "test_a_settlement_stays_valid_whoever_of_its_witnesses_rotates"),
    ("the partner is not asked for a replacement", "actors.offer",
     "if not tx.node.crypto.verify(key, commands.REPLACEMENT, agreed, tx.enclosures[0]):",
     "if False:",
     KEYS, "test_a_replacement_needs_the_partners_own_signature_over_exactly_this"),
    ("a replaced witness counts on", "actors.settlement",
     'allowed = tx.ask("offer", facts.offer, records.GetTerms()).witnesses',
     "allowed = facts.witnesses",
     KEYS, "test_a_dead_witness_is_replaced_by_operator_and_partner"),
    ("a replaced witness is shown evidence", "actors.code",
     'if tx.signer not in tx.ask("offer", state.offer, records.GetTerms()).witnesses:',
     "if tx.signer not in state.witnesses:",
     KEYS, "test_a_replaced_witness_gets_no_evidence_and_the_successor_does"),
    ("the clock goes back", "actors.charter",
     "if message.time <= tx.time:", "if False:",
     CLOCK, "test_the_clock_never_goes_back"),
    ("the operator steps as far as it likes", "actors.charter",
     "witnessed = step > clock.free_step() or not clock.is_set", "witnessed = not clock.is_set",
     CLOCK, "test_one_nanosecond_more_than_the_bound_needs_two_witnesses"),
    ("every small step has the whole budget", "runtime.node.clock",
     "self._stepped += max(0, time_ns - now)", "pass",
     CLOCK, "test_many_small_steps_take_no_more_than_one_budget"),
    ("a replaced witness comes back", "actors.offer",
     "if message.successor in state.retired:", "if False:",
     KEYS, "test_a_replaced_witness_does_not_come_back_so_an_agreement_serves_once"),
    ("one witness moves the clock", "actors.charter",
     "if len(set(message.witnesses)) != 2:", "if len(message.witnesses) != 2:",
     CLOCK, "test_a_large_step_needs_two_different_witnesses_over_node_and_time"),
    ("anyone is a witness of the clock", "actors.charter",
     'if "witness" not in roles or not', "if not",
     CLOCK, "test_a_large_step_needs_two_different_witnesses_over_node_and_time"),
    ("an unset clock is the operator's alone", "actors.charter",
     "or not clock.is_set", "",
     CLOCK, "test_an_unset_clock_is_set_with_two_witnesses_however_small_the_step"),
    ("timed acts go on without a clock", "runtime.node.sequencer",
     'if spec.more["timed"] and not node.clock.is_set:', "if False:",
     CLOCK, "test_timed_acts_are_refused_until_the_clock_is_set"),
    # ---- the journal
    ("leaves are not salted", "runtime.wire.proofs",
     "salt + canonical(header)", "canonical(header)",
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

"""Keys that the node keeps: enrolled like others, used on a press only."""

from runtime.node.presence import PAUSE_MS, WAIT_MS
from runtime.wire import commands, records
from runtime.wire.errors import (
    Busy,
    Malformed,
    Missing,
    NotAllowedNow,
    Refused,
    Stale,
    Unauthorized,
)
from runtime.wire.hkdf import hkdf
from runtime.wire.schema import canonical, decode, make_id, spec_of, unpack
from tests.portable.world import EUR, VALUES, HeldPerson, refused, stage

MS = 10**6


def ask(world, method, *fields, **options):
    return world.ask_held(world.user, method, *fields, **options)


def accepted(answer):
    assert answer.state == "done", answer
    return spec_of(records.Accepted).build(unpack(answer.result))


def body_of(world, position):
    return decode(records.Body, world.node.journal.entry(position)[2])


def presence_in(world, position):
    events = [unpack(event) for event in body_of(world, position).events]
    return [event[3][0] for event in events if event[2] == "presence_given"]


# ------------------------------------------------------------------------------- the enrolment


def test_an_enrolment_by_the_node_looks_like_any_other():
    world = stage("ready")
    own = world.enrol(world.person("Bob"), VALUES)
    by_user = world.node.journal.size - 1
    held = world.enrol_held(HeldPerson("Ada"), VALUES)
    by_node = world.node.journal.size - 1
    shapes = []
    for position in (by_user, by_node):
        _, _, body, attachments = world.node.journal.entry(position)
        body = decode(records.Body, body)
        command = decode(records.Command, body.command)
        shapes.append((
            body.method, command.method, command.nonce, len(body.command) > 0,
            [unpack(event)[2] for event in body.events],
            [(item.label, len(item.content)) for item in attachments],
        ))  # fmt: skip
    assert shapes[0] == shapes[1]
    kinds = [world.state("party", person.id)._asdict() if False else world.state("party", person.id)
             for person in (own, held)]  # fmt: skip
    assert kinds[0].roles == kinds[1].roles == ("user",)
    assert world.state("party", held.id).public_key != b""
    assert commands.party_id(world.state("party", held.id).public_key) == held.id


def test_the_same_enrolment_again_gets_the_same_answer():
    world = stage("ready")
    first = world.enrol_held(HeldPerson("Ada"), VALUES)
    size, answer = world.node.journal.size, world.accepted
    again = world.enrol_held(HeldPerson("Ada"), VALUES)
    assert (again.id, world.accepted, world.node.journal.size) == (first.id, answer, size)


def test_a_refused_enrolment_leaves_no_key():
    world = stage("ready")
    refused(world, Missing, world.enrol_held, HeldPerson("Ada"), VALUES, world.person("nobody"))
    assert [key for key in world.store.state if key[0] == "held"] == []


def test_the_seed_is_in_the_store_only_sealed():
    world = stage("consented")
    commitment = world.state("profile", world.user.id).commitment
    seed = world.node.entropy("held/" + commitment.hex(), 0)
    assert commands.party_id(world.crypto.public_key(seed)) == world.user.id
    states, _, entries = world.store.content()
    everything = list(states.values())
    for entry in entries:
        everything.extend([part for part in entry if part is not None])
    for secret in (seed, hkdf(seed, b"", commands.PAIRWISE + world.partner.id), world.user.access,
                   world.user.passphrase_key):  # fmt: skip
        assert len(everything) > 40
        assert not [
            value for value in everything if secret in value or secret.hex().encode() in value
        ]


# ------------------------------------------------------------------------------- without a press


def test_what_needs_no_press_is_done_as_the_user():
    world = stage("held")
    assert world.use_held(world.user, "get_code", world.code).status == "viewed"
    assert world.use_held(world.user, "list_codes", b"", 9).codes == (world.code,)
    assert world.use_held(world.user, "next_nonce").nonce == world.user.nonce + 1
    assert world.use_held(world.user, "get_balance", world.user.id, EUR).balance == 0
    world.use_held(world.user, "optin_get_score", world.user.id)
    fields = records.SealedFields(bytes(32), VALUES)
    commitment = make_id("optin/v1/fields", fields.blind, fields.values)
    world.use_held(world.user, "update_fields", commitment, enclosures=(canonical(fields),))
    assert world.state("profile", world.user.id).commitment == commitment
    assert world.button.seen == []


def test_what_needs_a_press_is_not_done_without():
    world = stage("consented")
    for method, fields in (
        ("optin_revoke_code", (world.code,)),
        ("withdraw_balance", (EUR, 1)),
        ("export_key", (bytes(32),)),
        ("optin_activate_code", (world.held_consent(world.user, world.code),)),
    ):
        refused(world, Refused, world.use_held, world.user, method, *fields)


def test_a_kept_key_is_used_for_nothing_else():
    world = stage("consented")
    for method, fields in (("rotate_key", (bytes(32),)), ("journal_entries", (0, 9))):
        refused(world, Refused, world.use_held, world.user, method, *fields)
        refused(world, Refused, ask, world, method, *fields)
    refused(world, Refused, ask, world, "mark_viewed", world.code)


def test_nobody_uses_a_key_without_its_access():
    world = stage("consented")
    thief = world.user.copy()
    thief.access = bytes(32)
    refused(world, Unauthorized, world.use_held, thief, "get_code", world.code)
    refused(world, Unauthorized, world.ask_held, thief, "optin_revoke_code", world.code)
    stranger = world.person("Eve")
    stranger.access = bytes(32)
    refused(world, Missing, world.use_held, stranger, "get_code", world.code)
    assert world.button.seen[1:] == []


# ------------------------------------------------------------------------------------ on a press


def test_a_press_signs_the_consent_that_was_asked_about():
    world = stage("held")
    consent = world.held_consent(world.user, world.code)
    body = world.body(world.user, "optin_activate_code", consent)
    size = world.node.journal.size
    question = ask(world, "optin_activate_code", body=body)
    assert question.command == commands.command_hash(body)
    assert question.code == commands.press_code(world.node.boot_nonce, question.command)
    assert world.button.shown.code == question.code and len(question.code) == 6
    assert world.read("held_answer", question.command).state == "asking"
    assert world.node.journal.size == size
    done = accepted(world.pressed(question))
    assert done.position == size and world.node.journal.size == size + 1
    assert body_of(world, size).command == body
    assert presence_in(world, size) == ["injected"]
    key, own = [world.node.journal.attached(size, label)[0]
                for label in ("pairwise-key", "consent-signature")]  # fmt: skip
    assert commands.pairwise_id(key) == consent.pairwise
    assert world.crypto.verify(key, commands.CONSENT, canonical(consent), own)
    assert world.state("code", world.code).status == "activated"
    assert world.view(world.state("code", world.code).record).pairwise == consent.pairwise


def test_the_question_says_what_is_shared_with_whom_and_for_what():
    world = stage("held")
    ask(world, "optin_activate_code", world.held_consent(world.user, world.code))
    text = "\n".join(world.button.shown.lines)
    for word in ("full_name", "phone (only whether there is one)", "a call back",
                 world.partner.id.hex()[:8], "30 days", "DE", "1.000003 EUR"):  # fmt: skip
        assert word in text, (word, text)
    assert "email" not in text


def test_a_press_revokes():
    world = stage("consented")
    question = ask(world, "optin_revoke_code", world.code)
    done = accepted(world.pressed(question, PAUSE_MS))
    assert world.state("code", world.code).status == "revoked"
    assert presence_in(world, done.position) == ["injected"]


def test_of_a_key_that_is_elsewhere_the_record_says_own():
    world = stage("activated")
    assert presence_in(world, world.node.journal.size - 1) == ["own"]
    world.revoke(world.user, world.code)
    assert presence_in(world, world.node.journal.size - 1) == ["own"]


def test_without_a_press_nothing_is_signed_and_nothing_journaled():
    world = stage("held")
    before = world.store.content()
    question = ask(world, "optin_activate_code", world.held_consent(world.user, world.code))
    world.uptime.ns += (WAIT_MS - 1) * MS
    world.node.run()
    assert world.read("held_answer", question.command).state == "asking"
    world.uptime.ns += MS
    world.button.press()  # too late by no more than that
    world.node.run()
    assert (
        "nobody pressed"
        in refused(world, Refused, world.read, "held_answer", question.command).wrong
    )
    assert world.store.content() == before and world.button.shown is None


def test_whoever_says_no_is_heard():
    world = stage("held")
    question = ask(world, "optin_activate_code", world.held_consent(world.user, world.code))
    world.button.press(False)
    world.node.run()
    assert "said no" in refused(world, Refused, world.read, "held_answer", question.command).wrong
    assert world.state("code", world.code).status == "viewed"


def test_one_question_at_a_time_and_a_pause_after_it():
    world = stage("consented")
    world.uptime.ns += PAUSE_MS * MS
    first = ask(world, "optin_revoke_code", world.code)
    assert "asking" in refused(world, NotAllowedNow, ask, world, "withdraw_balance", EUR, 1).wrong
    world.button.press(False)
    world.node.run()
    busy = refused(world, Busy, ask, world, "withdraw_balance", EUR, 1)
    assert 0 < busy.retry_ms <= PAUSE_MS
    world.uptime.ns += busy.retry_ms * MS
    second = ask(world, "withdraw_balance", EUR, 1)
    assert second.code != first.code


def test_a_press_before_the_question_is_no_answer_to_it():
    world = stage("held")
    world.button.press()
    world.node.run()
    question = ask(world, "optin_activate_code", world.held_consent(world.user, world.code))
    world.node.run()
    assert world.read("held_answer", question.command).state == "asking"


def test_the_same_ask_again_is_the_same_question_and_one_press_signs_once():
    world = stage("consented")
    world.uptime.ns += PAUSE_MS * MS
    body = world.body(world.user, "optin_revoke_code", world.code)
    question = ask(world, "optin_revoke_code", body=body)
    assert ask(world, "optin_revoke_code", body=body) == question
    first = accepted(world.pressed(question))
    size = world.node.journal.size
    assert ask(world, "optin_revoke_code", body=body) == question
    assert world.button.shown is None
    world.boot()
    ask(world, "optin_revoke_code", body=body)
    assert accepted(world.read("held_answer", question.command)) == first
    assert world.node.journal.size == size and world.button.seen == []


def test_after_a_restart_an_old_question_is_not_known():
    world = stage("held")
    question = ask(world, "optin_activate_code", world.held_consent(world.user, world.code))
    world.boot()
    world.button.press()
    world.node.run()
    refused(world, Missing, world.read, "held_answer", question.command)
    assert world.state("code", world.code).status == "viewed"


def test_a_question_that_would_be_refused_is_not_asked():
    world = stage("held")
    consent = world.held_consent
    for error, changes in (
        (Missing, dict(code=bytes(32))),
        (Refused, dict(amount=1)),
        (Refused, dict(pairwise=bytes(32))),
        (Refused, dict(fields=(records.FieldUse(3, "ExactValue"),))),
    ):
        changed = consent(world.user, changes.pop("code", world.code), **changes)
        refused(world, error, ask, world, "optin_activate_code", changed)
    refused(world, NotAllowedNow, ask, world, "optin_revoke_code", world.code)
    late = world.body(world.user, "withdraw_balance", EUR, 1, not_after=1)
    refused(world, Stale, ask, world, "withdraw_balance", body=late)
    other = world.enrol_held(HeldPerson("Bob"), VALUES)
    refused(world, Unauthorized, world.ask_held, other, "optin_activate_code",
            consent(world.user, world.code))  # fmt: skip
    assert world.button.seen == []


def test_a_command_that_was_overtaken_is_refused_after_the_press():
    world = stage("consented")
    world.uptime.ns += PAUSE_MS * MS
    question = ask(world, "optin_revoke_code", world.code)
    fields = records.SealedFields(bytes(32), VALUES)
    commitment = make_id("optin/v1/fields", fields.blind, fields.values)
    world.use_held(world.user, "update_fields", commitment, enclosures=(canonical(fields),))
    before = world.store.content()
    world.button.press()
    world.node.run()
    refused(world, Stale, world.read, "held_answer", question.command)
    assert world.store.content() == before


def test_a_node_that_can_ask_nobody_says_so():
    world = stage("held")
    world.button.missing = "there is no terminal"
    found = refused(world, Refused, ask, world, "optin_activate_code",
                    world.held_consent(world.user, world.code))  # fmt: skip
    assert "no terminal" in found.wrong


def test_a_line_that_says_pressed_changes_nothing():
    world = stage("held")
    question = ask(world, "optin_activate_code", world.held_consent(world.user, world.code))
    for method, params in (
        ("pressed", [question.command]),
        ("press", []),
        ("held_answer", [question.command, True]),
        ("presence_given", ["button"]),
        ("optin_activate_code", world.ask_of(world.user, b"")),
    ):
        error, _ = world.send(method, params)
        assert error
    assert world.state("code", world.code).status == "viewed"


# ------------------------------------------------------------------------------------- to leave


def export(world, passphrase_key, salt=b"s" * 32):
    world.uptime.ns += PAUSE_MS * MS
    question = ask(world, "export_key", salt, enclosures=(passphrase_key,))
    return world.pressed(question)


def test_a_key_leaves_on_a_press_for_whoever_knows_the_passphrase():
    world = stage("consented")
    answer = export(world, world.user.passphrase_key)
    key = hkdf(world.user.passphrase_key, b"s" * 32, commands.EXPORT)
    seed = world.crypto.aead_open(key, bytes(12), answer.result, commands.EXPORT)
    assert commands.party_id(world.crypto.public_key(seed)) == world.user.id
    assert seed not in answer.result


def test_a_wrong_passphrase_is_told_after_the_press_and_eight_of_them_are_all():
    world = stage("consented")
    for left in range(7, -1, -1):
        error = refused_after(world, Unauthorized)
        assert f"{left} tries" in error.wrong
        world.boot()  # pulling the plug gives nothing back
    error = None
    try:
        export(world, world.user.passphrase_key)
    except Refused as found:
        error = found
    assert error and "8 times" in error.wrong
    # The key itself still works.
    world.uptime.ns += PAUSE_MS * MS
    accepted(world.pressed(ask(world, "optin_revoke_code", world.code)))


def refused_after(world, error):
    try:
        export(world, bytes(32))
    except error as found:
        return found
    raise AssertionError("not refused")


def test_the_right_passphrase_gives_all_tries_back():
    world = stage("consented")
    refused_after(world, Unauthorized)
    export(world, world.user.passphrase_key)
    assert "7 tries" in refused_after(world, Unauthorized).wrong


def test_a_key_enrolled_to_stay_does_not_leave():
    world = stage("ready")
    world.user = world.enrol_held(HeldPerson("Bob"), VALUES)
    refused(world, Refused, ask, world, "export_key", bytes(32), enclosures=(bytes(32),))
    refused(world, Malformed, ask, stage("held"), "export_key", bytes(32))


def test_the_nodes_own_key_has_no_name_under_which_it_could_be_asked_for():
    world = stage("held")
    node = world.user.copy()
    for identity in (world.node.id, commands.party_id(world.node.public_key)):
        node.id = identity
        refused(world, Missing, world.ask_held, node, "export_key", bytes(32),
                enclosures=(bytes(32),))  # fmt: skip


# ---------------------------------------------------------------------------- by button alone


def test_a_long_press_and_a_confirmation_revoke_everything_that_is_held():
    world = stage("consented")
    world.publish(serial=2)
    other = world.enrol_held(HeldPerson("Bob"), VALUES)
    own = world.enrol(world.person("Eve"), VALUES)
    codes = [world.code]
    for user in (world.user, other):
        code = world.generate(user)
        world.use_held(user, "mark_viewed", code)
        world.uptime.ns += PAUSE_MS * MS
        accepted(world.pressed(world.ask_held(user, "optin_activate_code",
                                              world.held_consent(user, code))))  # fmt: skip
        codes.append(code)
    kept = world.generate(own)
    world.viewed(own, kept)
    world.activate(own, kept)
    size = world.node.journal.size
    world.uptime.ns += PAUSE_MS * MS
    world.button.summon()
    world.node.run()
    assert "kept here: 3" in world.button.shown.lines[0]
    for _ in range(5):
        world.node.run()
    assert world.node.journal.size == size, "without the confirmation"
    world.button.press()
    for _ in range(5):
        world.node.run()
    assert world.node.journal.size == size + 3
    assert [world.state("code", code).status for code in codes] == ["revoked"] * 3
    assert world.state("code", kept).status == "activated"
    for position in range(size, size + 3):
        assert body_of(world, position).method == "optin_revoke_code"
        assert presence_in(world, position) == ["injected"]
    assert world.button.told == ["consents taken back: 3"]


def test_a_long_press_that_is_not_confirmed_does_nothing():
    world = stage("consented")
    size = world.node.journal.size
    world.uptime.ns += PAUSE_MS * MS
    world.button.summon()
    world.node.run()
    world.uptime.ns += WAIT_MS * MS
    world.node.run()
    world.button.press()
    for _ in range(3):
        world.node.run()
    assert world.node.journal.size == size

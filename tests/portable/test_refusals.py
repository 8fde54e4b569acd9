"""Every refusal of every step: its type, and that it leaves no trace or only an entry."""

from actors.fields import PAD_CLASSES
from actors.payee import payee_id
from runtime.wire import commands, records
from runtime.wire.errors import (
    Malformed,
    Missing,
    NoFunds,
    NotAllowedNow,
    Refused,
    Stale,
    Unauthorized,
    UnknownMethod,
    from_wire,
)
from runtime.wire.schema import (
    Choice,
    Exactly,
    Flag,
    ListOf,
    Maybe,
    Spec,
    Text,
    Unsigned,
    UpTo,
    canonical,
    evolve,
    make_id,
    spec_of,
)
from runtime.wire.sealing import seal
from tests.portable.world import (
    DAY,
    EUR,
    START,
    VALUES,
    Use,
    refused,
    refused_and_journaled,
    stage,
)

NOBODY = make_id("test/nobody")


def sample(kind):
    """The smallest value that a type takes."""
    if isinstance(kind, Spec):
        return kind.make(*[sample(field[1]) for field in kind.fields])
    for types, value in (
        ((Unsigned,), 0), ((Flag,), False), ((UpTo,), b""), ((Text,), ""), ((ListOf,), ()),
        ((Maybe,), None),
    ):  # fmt: skip
        if isinstance(kind, types):
            return value
    if isinstance(kind, Exactly):
        return bytes(kind.size)
    assert isinstance(kind, Choice), kind
    return kind.words[0]


def partner_of(world, name):
    """Another registered partner."""
    return world.register(world.person(name), ("partner",))


# ------------------------------------------------------------------------------- any command


def test_every_method_with_a_role_refuses_a_party_without_it():
    world = stage("ready")
    stranger = world.register(world.person("a charity"), ("charity",))
    for method in sorted(records.REQUESTS):
        spec = spec_of(records.REQUESTS[method])
        if spec.more["signer"] in ("", "any", "self"):
            continue
        if method == "optin_enforce_view":
            continue  # journaled: see test_a_view_asked_for_by_no_partner_is_journaled
        fields = sample(spec)
        enclosures = [b""] * len(spec.more["enclosures"])
        make = world.sealed if spec.more["sealed"] else world.signed
        params = make(stranger, method, *fields, enclosures=enclosures)
        refused(world, Unauthorized, world.do, stranger, method, params=params)


def test_messages_between_actors_are_refused_from_outside():
    world = stage("provisioned")
    circuits = ("optin_reserve_against", "optin_release_on_completion", "optin_generate_view",
                "optin_log_access")  # fmt: skip
    for method in sorted(records.INTERNAL):
        error = refused(world, UnknownMethod, raw, world, method, [])
        assert method in error.wrong and "between actors" in error.wrong
    for method in circuits:
        assert method in records.INTERNAL and method not in records.REQUESTS


def raw(world, method, params):
    """A request as it would come off the wire."""
    error, result = world.send(method, params)
    if error:
        raise from_wire(error)
    return result


def test_a_method_that_does_not_exist_is_refused():
    world = stage("provisioned")
    refused(world, UnknownMethod, raw, world, "optin_print_money", [])


def test_a_signature_that_is_not_valid_is_refused_and_counted():
    world = stage("ready")
    params = world.signed(world.partner, "close_offer", world.offer)
    params[1] = b"\x00" + params[1][1:]
    refused(world, Unauthorized, world.do, world.partner, "close_offer", params=params)
    assert world.node.admission.noise == 1
    assert world.read("status").unsigned_noise == 1


def test_a_body_changed_after_signing_is_refused():
    world = stage("ready")
    params = world.signed(world.partner, "close_offer", world.offer)
    other = world.signed(world.partner, "close_offer", NOBODY)
    params[0] = other[0]
    refused(world, Unauthorized, world.do, world.partner, "close_offer", params=params)


def test_a_signature_of_somebody_else_is_refused():
    world = stage("ready")
    params = world.signed(world.partner, "close_offer", world.offer)
    params[1] = world.operator.sign(commands.purpose("close_offer"), params[0])
    refused(world, Unauthorized, world.do, world.partner, "close_offer", params=params)


def test_a_signature_under_the_context_of_another_method_is_refused():
    world = stage("ready")
    params = world.signed(world.partner, "close_offer", world.offer)
    params[1] = world.partner.sign(commands.purpose("publish_offer"), params[0])
    refused(world, Unauthorized, world.do, world.partner, "close_offer", params=params)


def test_a_party_that_is_not_known_is_refused():
    world = stage("ready")
    stranger = world.person("a stranger")
    refused(world, Unauthorized, world.do, stranger, "close_offer", world.offer)
    refused(world, Unauthorized, world.do, stranger, "list_codes", b"", 9)


def test_a_command_signed_for_another_method_is_refused():
    world = stage("enrolled")
    params = world.signed(world.partner, "close_offer", world.offer)
    refused(world, Unauthorized, world.do, world.partner, "list_views", params=params)


def test_a_command_signed_for_another_node_is_refused():
    world = stage("ready")
    params = world.signed(world.partner, "close_offer", world.offer, node=NOBODY)
    refused(world, Stale, world.do, world.partner, "close_offer", params=params)


def test_a_command_after_its_not_after_is_refused():
    world = stage("ready")
    world.uptime.ns += DAY
    now = START + world.uptime.ns
    late = world.signed(world.partner, "close_offer", world.offer, not_after=now - 1)
    refused(world, Stale, world.do, world.partner, "close_offer", params=late)
    in_time = world.signed(world.partner, "close_offer", world.offer, not_after=now)
    world.do(world.partner, "close_offer", params=in_time)


def test_a_question_after_its_not_after_is_refused():
    world = stage("ready")
    late = world.signed(world.partner, "list_views", b"", 9, not_after=START - 1)
    refused(world, Stale, world.do, world.partner, "list_views", params=late)


def test_a_nonce_that_was_used_is_refused():
    world = stage("ready")
    used = world.state("party", world.partner.id).nonce
    for nonce in (used, used - 1, 0):
        params = world.signed(world.partner, "close_offer", world.offer, nonce=nonce)
        refused(world, Stale, world.do, world.partner, "close_offer", params=params)


def test_a_refused_command_does_not_use_up_its_nonce():
    world = stage("ready")
    nonce = world.partner.nonce + 5
    params = world.signed(world.partner, "close_offer", NOBODY, nonce=nonce)
    refused(world, Missing, world.do, world.partner, "close_offer", params=params)
    again = world.signed(world.partner, "close_offer", world.offer, nonce=nonce)
    world.partner.nonce = nonce
    world.do(world.partner, "close_offer", params=again)


def test_enclosures_too_many_or_too_few_are_refused():
    world = stage("ready")
    for enclosures in ((), (b"",), (b"", b"", b"")):
        refused(world, Malformed, world.do, world.operator, "register_party", NOBODY,
                ("auditor",), enclosures=enclosures)  # fmt: skip
    refused(world, Malformed, world.do, world.partner, "close_offer", world.offer,
            enclosures=(b"",))  # fmt: skip


def test_a_signed_command_of_the_wrong_shape_is_refused():
    world = stage("ready")
    good = world.signed(world.partner, "close_offer", world.offer)
    body, signature, _ = good
    for params in (
        [], None, 7, good[:2], good + [b""], [body, signature, None], [b"", signature, []],
        [body, signature[1:], []], [body + b"\x00", signature, []], [body[:-1], signature, []],
        ["text", signature, []], [body, signature, [b""] * 5], [body, signature, [7]],
    ):  # fmt: skip
        refused(world, Malformed, raw, world, "close_offer", params)


def test_a_body_that_is_no_command_is_refused():
    world = stage("ready")

    def resigned(**changes):
        fields = [commands.TAG, world.node.id, "close_offer", world.partner.id, 10**6, 1 << 63,
                  canonical([world.offer])]  # fmt: skip
        names = [field[0] for field in spec_of(records.Command).fields]
        for name in changes:
            fields[names.index(name)] = changes[name]
        body = canonical(fields)
        return [body, world.partner.sign(commands.purpose("close_offer"), body), []]

    for params in (
        resigned(tag="optin/v2/command"), resigned(node=b""), resigned(party=b"x"),
        resigned(nonce=-1), resigned(nonce="1"), resigned(params=canonical([world.offer, 1])),
        resigned(params=b"\xdc\x00\x01\xc4\x20" + world.offer), resigned(params=b""),
    ):  # fmt: skip
        refused(world, Malformed, raw, world, "close_offer", params)
    assert raw(world, "close_offer", resigned())


def test_unsigned_questions_of_the_wrong_shape_are_refused():
    world = stage("ready")
    for method, params in (
        ("get_offer", []), ("get_offer", [b"short"]), ("get_offer", [world.offer, 1]),
        ("identity", [1]), ("journal_head", [bytes(31)]), ("list_offers", [bytes(32), 256]),
        ("journal_receipt", [-1, bytes(32)]), ("get_party", ["text"]),
        ("optin_verify_settlement", [[]]),
    ):  # fmt: skip
        refused(world, Malformed, raw, world, method, params)


# ------------------------------------------------------------------------------- the operator


def test_a_node_is_not_provisioned_twice():
    world = stage("provisioned")
    other = world.person("a usurper")
    refused(world, NotAllowedNow, world.do, other, "provision", enclosures=(other.key,))
    refused(world, NotAllowedNow, world.do, world.operator, "provision",
            enclosures=(world.operator.key,))  # fmt: skip


def test_a_self_signed_command_needs_the_signers_own_key():
    world = stage("provisioned")
    one, two = world.person("one"), world.person("two")
    refused(world, Unauthorized, world.do, one, "provision", enclosures=(two.key,))
    refused(world, Malformed, world.do, one, "provision", enclosures=(one.key[1:],))
    for key in (one.key, two.key):
        params = world.signed(one, "provision", enclosures=(key,))
        params[1] = two.sign(commands.purpose("provision"), params[0])
        refused(world, Unauthorized, world.do, one, "provision", params=params)


def registration(world, person, roles, **changes):
    """Arguments of a registration, with changes."""
    agreed = canonical([world.node.id, person.id, changes.get("agreed", roles)])
    own = changes.get("signer", person).sign(changes.get("purpose", commands.REGISTRATION), agreed)
    return (world.operator, "register_party", person.id, roles), (changes.get("key", person.key),
                                                                  own)  # fmt: skip


def test_roles_that_cannot_be_registered_are_refused():
    world = stage("provisioned")
    person = world.person("somebody")
    for roles in (
        ("operator",), ("user",), ("auditor", "operator"), ("partner", "user"), (),
        ("partner", "auditor"), ("partner", "partner"), ("auditor", "witness"),
        ("partner", "witness"),
    ):  # fmt: skip
        arguments, enclosures = registration(world, person, roles)
        refused(world, Refused, world.do, *arguments, enclosures=enclosures)


def test_the_operator_cannot_plant_a_key():
    world = stage("provisioned")
    person, other = world.person("somebody"), world.person("somebody else")
    for changes in (
        {"signer": other}, {"signer": world.operator}, {"key": other.key}, {"key": b""},
        {"key": other.key, "signer": other},
        {"agreed": ("auditor",)}, {"purpose": commands.CONSENT},
    ):  # fmt: skip
        arguments, enclosures = registration(world, person, ("partner",), **changes)
        refused(world, Unauthorized, world.do, *arguments, enclosures=enclosures)


def test_a_party_is_not_registered_twice():
    world = stage("enrolled")
    for person in (world.partner, world.witnesses[0], world.user, world.operator):
        arguments, enclosures = registration(world, person, ("auditor",))
        refused(world, NotAllowedNow, world.do, *arguments, enclosures=enclosures)


def test_a_field_reuses_neither_index_nor_name():
    world = stage("provisioned")
    for index, name in ((0, "nickname"), (5, "full_name"), (0, "full_name")):
        field = records.FieldDefinition(index, name, "text", ("ExactValue",))
        refused(world, Refused, world.do, world.operator, "define_field", field)


def test_a_field_without_name_or_form_is_refused():
    world = stage("provisioned")
    for name, forms in (
        ("", ("ExactValue",)), ("x", ()), ("x", ("ExactValue", "ExactValue")),
    ):  # fmt: skip
        field = records.FieldDefinition(5, name, "text", forms)
        refused(world, Refused, world.do, world.operator, "define_field", field)


def test_rules_that_do_not_sum_to_the_whole_are_refused():
    world = stage("provisioned")
    for shares in (
        (0, 0, 0, 0), (2500, 2500, 2500, 2499), (2500, 2500, 2500, 2501), (65535, 0, 0, 0),
        (10000, 10000, 0, 0),
    ):  # fmt: skip
        refused(world, Refused, world.do, world.operator, "define_rules", records.Shares(*shares))


def test_rules_are_not_defined_twice():
    world = stage("provisioned")
    shares = records.Shares(2000, 4000, 2000, 2000)
    refused(world, NotAllowedNow, world.do, world.operator, "define_rules", shares)


# --------------------------------------------------------------------------------- enrolment


def enrol(world, person, values=VALUES, **changes):
    """Enrol with changes to what is sealed."""
    fields = records.SealedFields(bytes(32), tuple(values))
    commitment = changes.get("commitment") or make_id(
        "optin/v1/fields", fields.blind, fields.values
    )
    params = world.sealed(person, "enrol", changes.get("referrer"), commitment,
                          enclosures=(person.key, canonical(fields)))  # fmt: skip
    return world.do(person, "enrol", params=params)


def test_nobody_enrols_twice():
    world = stage("enrolled")
    refused(world, NotAllowedNow, enrol, world, world.user)


def test_a_referrer_must_be_enrolled():
    world = stage("enrolled")
    person = world.person("Cleo")
    for referrer in (NOBODY, world.partner.id, world.operator.id, bytes(32)):
        refused(world, Missing, enrol, world, person, referrer=referrer)


def test_nobody_refers_themselves():
    world = stage("enrolled")
    person = world.person("Cleo")
    try:
        enrol(world, person, referrer=person.id)
    except (Missing, Refused):
        assert world.state("profile", person.id) is None
        return
    raise AssertionError("the user is their own referrer")


def test_a_witness_cannot_enrol():
    world = stage("ready")
    refused(world, Refused, enrol, world, world.witnesses[0])


def test_fields_other_than_the_signed_ones_are_refused():
    world = stage("enrolled")
    refused(world, Unauthorized, enrol, world, world.person("Cleo"), commitment=NOBODY)
    fields = canonical(records.SealedFields(bytes(32), (b"x",)))
    params = world.sealed(world.user, "update_fields", NOBODY, enclosures=(fields,))
    refused(world, Unauthorized, world.do, world.user, "update_fields", params=params)


def test_values_that_do_not_fit_the_registry_are_refused():
    world = stage("ready")
    person = world.person("Cleo")
    refused(world, Refused, enrol, world, person, (b"x" * 129,))
    refused(world, Missing, enrol, world, person, (b"x", b"", b"", b"", b"no such field"))
    refused(world, Malformed, enrol, world, person, (b"x" * 255,))


def test_an_enrolment_that_is_not_sealed_for_this_use_is_refused():
    world = stage("ready")
    person = world.person("Cleo")
    fields = records.SealedFields(bytes(32), VALUES)
    commitment = make_id("optin/v1/fields", fields.blind, fields.values)
    plain = world.signed(person, "enrol", None, commitment,
                         enclosures=(person.key, canonical(fields)))  # fmt: skip
    key = world.node.kem_public_key
    sealed = list(seal(world.crypto, key, commands.ENROLMENT, canonical(plain)))
    other = world.crypto.kem_public_key(bytes(64))
    for params in (
        plain,
        list(seal(world.crypto, key, commands.VIEW, canonical(plain))),
        list(seal(world.crypto, other, commands.ENROLMENT, canonical(plain))),
        list(seal(world.crypto, key, commands.ENROLMENT, canonical(plain) + b"\xc0")),
        list(seal(world.crypto, key, commands.ENROLMENT, b"")),
        [sealed[0], sealed[1][:-1] + bytes([sealed[1][-1] ^ 1])],
        [sealed[0], sealed[1][:15]],
        [sealed[0], b""],
    ):
        refused(world, Malformed, raw, world, "enrol", params)
    raw(world, "enrol", sealed)


# ------------------------------------------------------------------------------------- money


def deposit(world, party, currency, amount, reference=b"payment 2"):
    return world.do(world.operator, "optin_deposit_escrow", party, currency, amount, reference)


def test_a_payment_reference_is_accepted_once():
    world = stage("ready")
    second = partner_of(world, "a second partner")
    for party, currency, amount in (
        (world.partner.id, EUR, 50_000_000), (world.partner.id, EUR, 1),
        (second.id, EUR, 50_000_000), (world.partner.id, b"CHF" + bytes(5), 50_000_000),
    ):  # fmt: skip
        refused(world, Refused, deposit, world, party, currency, amount, b"payment 1")


def test_deposits_go_to_partners_only():
    world = stage("enrolled")
    for party in (NOBODY, world.operator.id, world.user.id, world.witnesses[0].id):
        refused(world, Missing, deposit, world, party, EUR, 1)


def test_a_deposit_of_nothing_is_refused():
    world = stage("ready")
    refused(world, Refused, deposit, world, world.partner.id, EUR, 0)


def test_a_deposit_that_does_not_fit_is_refused():
    world = stage("ready")
    most = (1 << 64) - 1 - 50_000_000
    refused(world, Refused, deposit, world, world.partner.id, EUR, most + 1)
    deposit(world, world.partner.id, EUR, most)
    refused(world, Refused, deposit, world, world.partner.id, EUR, 1, b"payment 3")


def test_a_currency_that_is_none_is_refused():
    world = stage("ready")
    for currency in (bytes(8), b"EURO" + bytes(4), b"eur" + bytes(5), b"\x00EUR" + bytes(4),
                     b"EU" + bytes(6), b"EUR" + bytes(4) + b" "):  # fmt: skip
        refused(world, Refused, deposit, world, world.partner.id, currency, 1)
        refused(world, Refused, world.publish, serial=9, currency=currency)


# ------------------------------------------------------------------------------------ offers


def test_terms_that_make_no_sense_are_refused():
    world = stage("ready")
    one, two, three = [witness.id for witness in world.witnesses]
    for changes in (
        {"amount": 0}, {"amount": 101, "budget": 100}, {"code_ttl": 0},
        {"code_ttl": 3651 * DAY}, {"view_until": START}, {"view_until": 1},
        {"witnesses": (one, two)}, {"witnesses": (one, two, two)}, {"witnesses": ()},
        {"required": (), "optional": ()},
        {"required": (Use(2, "ExactValue"), Use(0, "ExactValue"))},
        {"required": (Use(0, "ExactValue"), Use(0, "ExactValue"))},
        {"required": (Use(0, "ExactValue"), Use(0, "BooleanOnly"))},
        {"optional": (Use(3, "ExactValue"), Use(1, "ExactValue"))},
        {"optional": (Use(0, "ExactValue"),)},
        {"optional": (Use(0, "BooleanOnly"),)},
        {"compensation": "CharitableDonation"},
        {"charity": one},
    ):  # fmt: skip
        refused(world, Refused, world.publish, serial=9, **changes)


def test_terms_that_name_what_is_not_here_are_refused():
    world = stage("enrolled")
    one, two, _ = [witness.id for witness in world.witnesses]
    for changes in (
        {"rules": NOBODY}, {"publisher": NOBODY}, {"publisher": world.user.id},
        {"witnesses": (one, two, NOBODY)}, {"witnesses": (one, two, world.partner.id)},
        {"optional": (Use(4, "ExactValue"),)}, {"required": (Use(255, "BooleanOnly"),)},
        {"compensation": "CharitableDonation", "charity": NOBODY},
        {"compensation": "CharitableDonation", "charity": world.user.id},
    ):  # fmt: skip
        refused(world, Missing, world.publish, serial=9, **changes)


def test_a_form_in_which_the_field_is_not_shown_is_refused():
    world = stage("ready")
    field = records.FieldDefinition(5, "secret", "text", ("BooleanOnly",))
    world.do(world.operator, "define_field", field)
    refused(world, Refused, world.publish, serial=9, required=(Use(5, "ExactValue"),))
    world.publish(serial=9, required=(Use(5, "BooleanOnly"),))


def test_fields_that_fit_into_no_padded_reply_are_refused():
    world = stage("ready")
    many = [records.FieldDefinition(i, f"mail {i}", "email", ("ExactValue",)) for i in range(80)]
    state = records.STATES["fields"]("open", tuple(many))
    world.store.put("fields", records.SINGLETON, canonical(state))
    world.store.commit()
    world = world.fork()
    fit = (PAD_CLASSES[-1] - 192) // (254 + 352)  # value and opening
    assert fit == 26
    uses = tuple([Use(i, "ExactValue") for i in range(fit + 1)])
    refused(world, Refused, world.publish, serial=9, required=uses, optional=())
    world.publish(serial=9, required=uses[:-1], optional=())
    assert world.state("offer", world.offer).pad == PAD_CLASSES[-1]


def test_an_offer_in_the_name_of_another_partner_is_refused():
    world = stage("ready")
    second = partner_of(world, "a second partner")
    terms = world.terms(serial=9)
    refused(world, Unauthorized, world.do, second, "publish_offer", terms)


def test_an_offer_that_the_account_cannot_pay_once_is_refused():
    world = stage("ready")
    refused(world, NoFunds, world.publish, serial=9, amount=50_000_001)
    refused(world, NoFunds, world.publish, serial=9, currency=b"CHF" + bytes(5))
    world.publish(serial=9, amount=50_000_000)


def test_an_offer_is_not_published_twice():
    world = stage("ready")
    refused(world, NotAllowedNow, world.publish)
    world.do(world.partner, "close_offer", world.offer)
    refused(world, NotAllowedNow, world.publish)


def test_an_offer_is_closed_once_by_its_partner():
    world = stage("ready")
    second = partner_of(world, "a second partner")
    refused(world, Unauthorized, world.do, second, "close_offer", world.offer)
    world.do(world.partner, "close_offer", world.offer)
    refused(world, NotAllowedNow, world.do, world.partner, "close_offer", world.offer)


# ------------------------------------------------------------------------------------- codes


def test_a_second_code_of_the_same_offer_is_refused():
    for name in ("generated", "viewed", "activated", "completed", "settled", "stopped"):
        world = stage(name)
        refused(world, Refused, world.generate, world.user)


def test_a_second_code_is_given_once_the_first_has_expired():
    for name in ("generated", "viewed"):
        world = stage(name)
        world.uptime.ns += 30 * DAY - 1
        refused(world, Refused, world.generate, world.user)
        world.uptime.ns += 1
        assert world.generate(world.user) != world.code


def test_a_code_of_a_closed_offer_is_refused():
    world = stage("enrolled")
    world.do(world.partner, "close_offer", world.offer)
    refused(world, NotAllowedNow, world.generate, world.user)


def test_a_code_for_nobody_or_of_nothing_is_refused():
    world = stage("enrolled")
    for user in (NOBODY, world.partner.id):
        refused(world, Missing, world.do, world.operator, "optin_generate_code", world.offer, user)
    refused(world, Missing, world.generate, world.user, NOBODY)


def test_a_code_over_the_budget_is_refused():
    world = stage("enrolled")
    offer = world.publish(serial=9, amount=1000, budget=1999)
    world.generate(world.user, offer)
    refused(world, NoFunds, world.generate, world.other, offer)


def test_a_code_that_the_account_cannot_pay_is_refused():
    world = stage("enrolled")
    offer = world.publish(serial=9, amount=25_000_001)
    world.generate(world.user, offer)
    refused(world, NoFunds, world.generate, world.other, offer)


def test_only_its_user_views_a_code():
    world = stage("generated")
    refused(world, Unauthorized, world.viewed, world.other, world.code)


def test_a_code_is_viewed_once_and_in_time():
    world = stage("viewed")
    refused(world, NotAllowedNow, world.viewed, world.user, world.code)
    refused(world, Missing, world.viewed, world.user, NOBODY)
    world = stage("generated")
    world.uptime.ns += 30 * DAY
    refused(world, NotAllowedNow, world.viewed, world.user, world.code)


# -------------------------------------------------------------------------------- activation


def test_a_code_is_activated_only_after_it_was_viewed():
    for name in ("generated", "activated", "completed", "settled", "cancelled", "stopped"):
        world = stage(name)
        refused(world, NotAllowedNow, world.activate, world.user, world.code)
    refused(world, Missing, world.activate, world.user, NOBODY)


def test_an_expired_code_is_not_activated():
    world = stage("viewed")
    world.uptime.ns += 30 * DAY
    refused(world, NotAllowedNow, world.activate, world.user, world.code)
    world.uptime.ns -= 1
    world.boot()  # the clock never goes back by itself
    world.activate(world.user, world.code)


def test_only_its_user_activates_a_code():
    world = stage("viewed")
    refused(world, Unauthorized, world.activate, world.other, world.code)
    refused(world, Unauthorized, world.activate, world.partner, world.code)


def test_consent_is_signed_by_the_pairwise_key_that_it_names():
    world = stage("viewed")
    consent, (key, signature) = world.consent(world.user, world.code)
    content = canonical(consent)
    stranger = world.other.pairwise(world.partner.id)
    pairwise = world.user.pairwise(world.partner.id)
    for enclosures in (
        (stranger.key, stranger.sign(commands.CONSENT, content)),
        (key, stranger.sign(commands.CONSENT, content)),
        (key, world.user.sign(commands.CONSENT, content)),
        (key, pairwise.sign(commands.CONSENT_PROOF, content)),
        (key, pairwise.sign(commands.CONSENT, content + b"\x00")),
        (key, b""), (b"", signature), (key[1:], signature),
    ):  # fmt: skip
        refused(world, Unauthorized, world.do, world.user, "optin_activate_code", consent,
                enclosures=enclosures)  # fmt: skip


def test_consent_to_anything_but_the_offer_is_refused():
    world = stage("viewed")
    for changes in (
        {"partner": NOBODY}, {"offer": NOBODY}, {"compensation": "PrioritySupport"},
        {"amount": 1_000_002}, {"amount": 1_000_004}, {"currency": b"CHF" + bytes(5)},
    ):  # fmt: skip
        refused(world, Refused, world.activate, world.user, world.code, **changes)
    refused(world, Missing, world.activate, world.user, world.code, hop=NOBODY)


def test_consent_to_more_or_less_than_the_offer_asks_is_refused():
    world = stage("viewed")
    name, mail, phone = Use(0, "ExactValue"), Use(1, "ExactValue"), Use(2, "BooleanOnly")
    for fields in (
        (name, phone, Use(3, "ExactValue")),
        (name, phone, Use(255, "ExactValue")),
        (name, Use(2, "ExactValue")),
        (name, Use(1, "BooleanOnly"), phone),
        (Use(0, "BooleanOnly"), phone),
        (name,), (phone,), (mail,), (),
        (phone, name), (name, name, phone), (name, phone, phone),
    ):  # fmt: skip
        refused(world, Refused, world.activate, world.user, world.code, fields)
    world.activate(world.user, world.code, (name, mail, phone))


def test_a_required_field_without_a_value_is_refused():
    world = stage("ready")
    user = world.enrol(world.person("nameless"), (b"", b"x@example.org", b"+49"))
    code = world.generate(user)
    world.viewed(user, code)
    refused(world, Refused, world.activate, user, code)


def test_a_boolean_field_needs_no_value():
    world = stage("ready")
    user = world.enrol(world.person("phoneless"), (b"Dora",))
    code = world.generate(user)
    world.viewed(user, code)
    grant = world.view(world.activate(user, code).record)
    assert grant.fields == b"\x04\x00Dora" + b"\x01\x00\x00"


# ------------------------------------------------------------------------------------- views


def test_a_view_by_another_partner_is_refused_and_journaled():
    world = stage("activated")
    second = partner_of(world, "a second partner")
    refused_and_journaled(world, Missing, world.view, world.record, partner=second)
    assert world.state("access", world.record) is None
    assert not world.state("code", world.code).completed


def test_another_partner_cannot_tell_a_record_from_none():
    world = stage("activated")
    second = partner_of(world, "a second partner")
    one = refused_and_journaled(world, Missing, world.view, world.record, partner=second)
    two = refused_and_journaled(world, Missing, world.view, NOBODY, partner=second)
    assert one.to_wire() == two.to_wire()


def test_a_view_without_record_is_refused_and_journaled():
    world = stage("activated")
    refused_and_journaled(world, Missing, world.view, NOBODY)


def test_a_view_to_another_reply_key_is_refused_and_journaled():
    world = stage("activated")
    key = world.crypto.kem_public_key(bytes(64))
    for name, enclosed in ((NOBODY, key), (commands.reply_key_id(b"short"), b"short")):
        refused_and_journaled(
            world, Unauthorized, world.do, world.partner, "optin_enforce_view", world.record,
            b"\xff" * 32, name, enclosures=(enclosed, b""),
        )  # fmt: skip
    assert not world.state("code", world.code).completed


def test_a_view_to_a_reply_key_that_is_none_is_refused_and_journaled():
    world = stage("activated")
    broken = b"\xff" * 1568
    refused_and_journaled(
        world, Malformed, world.do, world.partner, "optin_enforce_view", world.record,
        b"\xff" * 32, commands.reply_key_id(broken), enclosures=(broken, b""),
    )  # fmt: skip
    assert not world.state("code", world.code).completed


def test_a_view_asked_for_by_no_partner_is_journaled():
    world = stage("activated")
    refused_and_journaled(world, Unauthorized, world.view, world.record, partner=world.user)


def test_a_view_after_revocation_is_refused_and_journaled():
    for name, granted in (("cancelled", 0), ("stopped", 1)):
        world = stage(name)
        refused_and_journaled(world, Refused, world.view, world.record)
        refused_and_journaled(world, Refused, world.view, world.record)
        state = world.state("access", world.record)
        assert (state.granted, state.refused) == (granted, 2)


def test_a_view_from_view_until_on_is_refused_and_journaled():
    world = stage("enrolled")
    world.publish(serial=9, view_until=START + 60 * DAY)
    code = world.generate(world.user)
    world.viewed(world.user, code)
    record = world.activate(world.user, code).record
    world.uptime.ns = 60 * DAY - 1
    world.view(record)
    world.uptime.ns += 1
    refused_and_journaled(world, Refused, world.view, record)
    assert world.do(world.partner, "get_view", record).open is False


def test_an_unsigned_view_leaves_no_trace():
    world = stage("activated")
    key = world.crypto.kem_public_key(bytes(64))
    params = world.signed(world.partner, "optin_enforce_view", world.record, bytes(32),
                          commands.reply_key_id(key), enclosures=(key, b""))  # fmt: skip
    params[1] = bytes(4627)
    refused(world, Unauthorized, world.do, world.partner, "optin_enforce_view", params=params)
    assert world.node.admission.noise == 1


# -------------------------------------------------------------------------------- settlement


def settle(world, witnesses=None, signers=None, signer=None, statement=None, **changes):
    """Settle with changes."""
    witnesses = witnesses or world.witnesses[:2]
    right = world.evidence(world.witnesses[0], world.code).statement
    content = canonical(statement or right)
    signatures = [person.sign(changes.get("purpose", commands.WITNESS), content)
                  for person in signers or witnesses]  # fmt: skip
    settlement = changes.get("settlement") or make_id("optin/v1/settlement", statement or right)
    return world.do(signer or world.operator, "optin_settle_engagement", world.code, settlement,
                    tuple([witness.id for witness in witnesses]),
                    enclosures=(signatures + [b"", b""])[:2])  # fmt: skip


def test_two_different_witnesses_must_sign():
    world = stage("completed")
    one, two, _ = world.witnesses
    refused(world, Refused, settle, world, [one, one])
    refused(world, Refused, settle, world, [one])
    refused(world, Unauthorized, settle, world, [one, two], [one, one])
    refused(world, Unauthorized, settle, world, [one, two], [two, one])
    refused(world, Unauthorized, settle, world, [one, two], [one, world.operator])


def test_a_witness_of_another_offer_does_not_count():
    world = stage("completed")
    stranger = world.register(world.person("witness 4"), ("witness",))
    refused(world, Unauthorized, settle, world, [world.witnesses[0], stranger])
    refused(world, Unauthorized, settle, world, [stranger, world.witnesses[0]])
    refused(world, Unauthorized, settle, world, [world.witnesses[0], world.partner])


def test_a_witness_signature_for_anything_else_does_not_count():
    world = stage("completed")
    statement = world.evidence(world.witnesses[0], world.code).statement
    right = make_id("optin/v1/settlement", statement)
    for changed in (
        evolve(statement, node=NOBODY), evolve(statement, code=NOBODY),
        evolve(statement, reservation=NOBODY), evolve(statement, consent_hash=NOBODY),
        evolve(statement, rules=NOBODY),
        evolve(statement, payees=evolve(statement.payees, user=statement.payees.platform)),
        evolve(statement, amounts=records.Amounts(1_000_003, 0, 0, 0)),
    ):  # fmt: skip
        refused(world, Unauthorized, settle, world, statement=changed, settlement=right)
        refused(world, Refused, settle, world, statement=changed)
    refused(world, Unauthorized, settle, world, purpose=commands.SETTLEMENT)


def test_only_operator_or_partner_settle():
    world = stage("completed")
    second = partner_of(world, "a second partner")
    for signer in (second, world.user, world.witnesses[0]):
        refused(world, Unauthorized, settle, world, signer=signer)
    settle(world, signer=world.partner)


def test_nothing_is_settled_before_it_is_complete():
    world = stage("activated")
    refused(world, Refused, world.evidence, world.witnesses[0], world.code)
    refused(world, Refused, world.do, world.operator, "optin_settle_engagement", world.code, NOBODY,
            tuple([witness.id for witness in world.witnesses[:2]]),
            enclosures=(b"", b""))  # fmt: skip


def test_what_is_in_no_state_to_be_settled_is_not():
    witnesses = tuple([witness.id for witness in stage("generated").witnesses[:2]])
    for name, error in (
        ("generated", NotAllowedNow), ("viewed", NotAllowedNow), ("settled", NotAllowedNow),
        ("cancelled", Refused),
    ):  # fmt: skip
        world = stage(name)
        refused(world, error, world.do, world.operator, "optin_settle_engagement", world.code,
                NOBODY, witnesses, enclosures=(b"", b""))  # fmt: skip
    refused(world, Missing, world.do, world.operator, "optin_settle_engagement", NOBODY, NOBODY,
            witnesses, enclosures=(b"", b""))  # fmt: skip


def test_an_engagement_is_settled_once():
    for name in ("completed", "stopped"):
        world = stage(name)
        content = world.evidence(world.witnesses[0], world.code).statement
        world.settle(world.code)
        signatures = [person.sign(commands.WITNESS, canonical(content))
                      for person in world.witnesses[:2]]  # fmt: skip
        refused(world, NotAllowedNow, world.do, world.partner, "optin_settle_engagement",
                world.code, make_id("optin/v1/settlement", content),
                tuple([witness.id for witness in world.witnesses[:2]]),
                enclosures=signatures)  # fmt: skip
        refused(world, Refused, world.evidence, world.witnesses[0], world.code)


def test_evidence_is_for_the_three_witnesses_of_the_code():
    world = stage("completed")
    stranger = world.register(world.person("witness 4"), ("witness",))
    refused(world, Unauthorized, world.evidence, stranger, world.code)
    refused(world, Missing, world.evidence, world.witnesses[0], NOBODY)
    world.evidence(world.witnesses[2], world.code)


def test_a_settlement_that_does_not_fit_a_payees_balance_is_refused_whole():
    world = stage("completed")
    share = 800_003  # of the usual offer without affiliate: 40 % and both absent parts
    payee = payee_id(world.user.id, EUR)
    most = (1 << 64) - 1
    for earned in (most - share + 1, most - share):
        state = records.STATES["payee"]("open", world.user.id, EUR, 0, earned, earned)
        world.store.put("payee", payee, canonical(state))
        world.store.commit()
        world = world.fork()
        if earned + share > most:
            error = refused(world, Refused, world.settle, world.code)
            assert "cannot hold that much" in error.wrong
    world.settle(world.code)
    assert world.state("payee", payee).earned == most


# ------------------------------------------------------------------------------------ states


def acts(world):
    """{act: how to try it on the code of a world}."""
    witnesses = tuple([witness.id for witness in world.witnesses[:2]])
    return {
        "mark_viewed": lambda: world.viewed(world.user, world.code),
        "optin_activate_code": lambda: world.activate(world.user, world.code),
        "optin_revoke_code": lambda: world.revoke(world.user, world.code),
        "optin_expire_reservation": lambda: world.expire(world.code),
        "optin_settle_engagement": lambda: world.do(
            world.operator, "optin_settle_engagement", world.code, NOBODY, witnesses,
            enclosures=(b"", b"")),
    }  # fmt: skip


def test_what_a_state_does_not_allow_is_refused_with_the_state_and_what_it_allows():
    expire, revoke = "optin_expire_reservation", "optin_revoke_code"
    for name, status, possible in (
        ("generated", "generated", ("mark_viewed", expire)),
        ("viewed", "viewed", ("optin_activate_code", expire)),
        ("activated", "activated", (expire, revoke, "optin_settle_engagement")),
        ("completed", "activated", (expire, revoke, "optin_settle_engagement")),
        ("settled", "settled", (revoke,)),
        ("stopped", "revoked", ("optin_settle_engagement",)),
        ("cancelled", "revoked", ("optin_settle_engagement",)),
        ("generated", "expired", ()),
    ):
        for act in sorted(acts(stage(name))):
            world = stage(name)
            if status == "expired":
                world.uptime.ns += 30 * DAY
                world.expire(world.code)
            if act in possible:
                continue
            error = refused(world, NotAllowedNow, acts(world)[act])
            assert act in error.wrong and error.wrong.endswith("that is " + status), error
            for other in possible:
                assert other in error.expected or other == "optin_settle_engagement", error
            assert possible or "final" in error.expected, error


# -------------------------------------------------------------------------------- revocation


def test_a_code_that_is_not_activated_cannot_be_revoked():
    for name in ("generated", "viewed"):
        world = stage(name)
        refused(world, NotAllowedNow, world.revoke, world.user, world.code)


def test_consent_is_not_revoked_twice():
    for name in ("cancelled", "stopped"):
        world = stage(name)
        refused(world, NotAllowedNow, world.revoke, world.user, world.code)


def test_only_its_user_revokes_a_consent():
    world = stage("activated")
    refused(world, Unauthorized, world.revoke, world.other, world.code)
    refused(world, Missing, world.revoke, world.user, NOBODY)


# --------------------------------------------------------------------------------- questions


def test_nobody_is_told_who_is_a_user():
    world = stage("enrolled")
    assert "user" in world.state("party", world.user.id).roles
    assert world.read("get_party", world.user.id) == world.read("get_party", NOBODY)


def test_answers_are_only_for_those_they_concern():
    world = stage("settled")
    second = partner_of(world, "a second partner")
    settlement = world.state("code", world.code).settlement
    nobody_else = world.witnesses[2]
    for person, method, fields, error in (
        (world.other, "get_code", (world.code,), Unauthorized),
        (second, "get_code", (world.code,), Unauthorized),
        (nobody_else, "get_code", (world.code,), Unauthorized),
        (second, "get_account", (world.partner.id, EUR), Unauthorized),
        (world.user, "get_account", (world.partner.id, EUR), Unauthorized),
        (second, "get_settlement", (settlement,), Unauthorized),
        (world.user, "get_settlement", (settlement,), Unauthorized),
        (nobody_else, "get_settlement", (settlement,), Unauthorized),
        (world.partner, "get_balance", (world.user.id, EUR), Unauthorized),
        (world.other, "get_balance", (world.user.id, EUR), Unauthorized),
        (second, "get_view", (world.record,), Missing),
    ):  # fmt: skip
        refused(world, error, world.do, person, method, *fields)
    assert world.do(second, "list_views", b"", 9).records == ()
    assert world.do(world.other, "list_codes", b"", 9).codes == ()


def test_questions_about_what_does_not_exist_are_refused():
    world = stage("settled")
    for person, method, fields in (
        (world.operator, "get_code", (NOBODY,)),
        (world.operator, "get_account", (NOBODY, EUR)),
        (world.operator, "get_settlement", (NOBODY,)),
        (world.partner, "get_view", (NOBODY,)),
    ):
        refused(world, Missing, world.do, person, method, *fields)
    refused(world, Missing, world.read, "get_offer", NOBODY)
    refused(world, Missing, world.read, "journal_receipt", world.node.journal.size, bytes(32))
    refused(world, Missing, world.read, "journal_receipt", (1 << 64) - 1, bytes(32))
    size = world.node.journal.size
    for first, second in ((0, size + 1), (3, 2), (1, (1 << 64) - 1)):
        refused(world, Refused, world.read, "journal_consistency", first, second)


def test_entries_that_do_not_exist_are_refused():
    world = stage("provisioned")
    auditor = world.register(world.person("an auditor"), ("auditor",))
    for start in (world.node.journal.size, 1 << 32, (1 << 64) - 1):
        refused(world, Missing, world.do, auditor, "journal_entries", start, 9)
    refused(world, Refused, world.do, auditor, "journal_entries", 0, 0)

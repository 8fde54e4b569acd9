"""What a partner, a witness and anyone else can learn: nothing but what the user opted into."""

import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.hop import session_chain
from runtime.cpython.store import SqliteStore
from runtime.host.crypto import Crypto
from runtime.host.keyfolder import Key
from runtime.node.accelerator import Accelerator
from runtime.wire import commands, records
from runtime.wire.errors import Malformed, NodeError, from_wire
from runtime.wire.schema import canonical, make_id, spec_of, unpack
from runtime.wire.sealing import unseal
from tests.portable.ram_store import RamStore
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import DAY, EUR, HeldPerson, Use, World, refused, toy_world

SETTINGS = settings(derandomize=True, deadline=None, database=None,
                    suppress_health_check=list(HealthCheck))  # fmt: skip
NAME, MAIL, PHONE, ZIP, BORN = (
    Use(0, "ExactValue"), Use(1, "ExactValue"), Use(2, "BooleanOnly"), Use(3, "ExactValue"),
    Use(9, "ExactValue"),
)  # fmt: skip
EVERYTHING = b"\xff" * 32
KEM = bytes(range(64))
# Hash trees cover every entry, salted, and so differ between any two worlds; lengths may not.
HASHES = ("journal_head", "journal_receipt", "journal_consistency")


def values(mail=b"", phone=b"+49301234", postal=b"", born=b""):
    return (b"Ada Lovelace", mail, phone, postal, b"", b"", b"", b"", b"", born)


class Seen:
    """Everything that the partner can get out of a node about one engagement.

    Attributes:
        replies: [(method, bytes of the answer)].
        opened: plaintexts of the sealed views.
    """

    def __init__(self, world, other_offer):
        self.world = world
        self.replies, self.opened = [], []
        self.other_offer = other_offer

    def ask(self, method, *fields):
        """An unsigned question."""
        self.replies.append((method, canonical(self.world.send(method, list(fields)))))

    def sign(self, method, *fields, enclosures=()):
        """A signed request; returns the reply as it came, or None."""
        world = self.world
        params = world.signed(world.partner, method, *fields, enclosures=enclosures)
        error, result = world.send(method, params)
        journaled = spec_of(records.REQUESTS[method]).more["journaled"]
        if result and journaled:
            accepted = spec_of(records.Accepted).build(result)
            self.replies.append((method + " leaf", accepted.leaf))
            result = [accepted.result, accepted.position, list(accepted.signatures)]
        self.replies.append((method, canonical([error, result])))
        return unpack(result[0]) if result and journaled else result

    def view(self, record, requested):
        key = self.world.crypto.kem_public_key(KEM)
        reply = self.sign("optin_enforce_view", record, requested, commands.reply_key_id(key),
                          enclosures=(key, b"198.51.100.1"))  # fmt: skip
        if reply is None:
            return
        self.replies.pop()  # ciphertext; its length and content are looked at apart
        sealed = spec_of(records.Sealed).build(reply[0])
        self.replies.append(("length of a view", b"%d" % len(sealed.box)))
        self.opened.append(unseal(self.world.crypto, KEM, commands.VIEW, sealed))

    def everything(self):
        world, partner = self.world, self.world.partner
        nonce = bytes(32)
        for record in (world.record, nonce):
            for mask in (EVERYTHING, bytes(32), b"\x01" + bytes(31), b"\xfe" + bytes(31)):
                self.view(record, mask)
            self.sign("get_view", record)
        self.sign("list_views", b"", 9)
        for code in (world.code, nonce):
            self.sign("get_code", code)
        self.sign("list_codes", b"", 9)
        self.sign("get_account", partner.id, EUR)
        self.sign("get_balance", partner.id, EUR)
        self.sign("get_balance", world.user.id, EUR)
        self.sign("optin_get_score", partner.id)
        self.sign("optin_get_score", world.user.id)
        self.sign("withdraw_escrow", EUR, 1)
        self.sign("withdraw_balance", EUR, 1)
        self.provenance()
        for code in (world.code, nonce):
            self.ask("optin_expire_reservation", code)
        self.ask("list_due", b"", 9)
        self.sign("publish_offer", world.terms(serial=99))
        self.sign("close_offer", self.other_offer)
        self.sign("optin_settle_engagement", world.code, nonce, (nonce, bytes(31) + b"\x01"),
                  enclosures=(b"", b""))  # fmt: skip
        statement = world.evidence(world.witnesses[0], world.code).statement
        signatures = [person.sign(commands.WITNESS, canonical(statement))
                      for person in world.witnesses[:2]]  # fmt: skip
        settlement = make_id("optin/v1/settlement", statement)
        self.sign("optin_settle_engagement", world.code, settlement,
                  tuple(person.id for person in world.witnesses[:2]),
                  enclosures=signatures)  # fmt: skip
        (record,) = self.sign("get_settlement", settlement)
        self.ask("optin_verify_settlement", record)
        for method in ("identity", "status", "list_fields", "get_takeover"):
            self.ask(method)
        self.ask("journal_head", nonce)
        self.ask("measurements", nonce)
        self.sign("journal_entries", 0, 9)
        for position in range(world.node.journal.size):
            self.ask("journal_receipt", position, nonce)
            self.ask("journal_consistency", position, world.node.journal.size)
        self.sign("next_nonce")
        self.ask("get_party", partner.id)
        self.ask("get_offer", world.offer)
        self.ask("list_offers", nonce, 9)
        self.ask("get_rules", world.rules)
        world.revoke(world.user, world.code)
        self.view(world.record, EVERYTHING)
        self.sign("get_view", world.record)
        self.sign("get_code", world.code)
        self.custody()
        self.rotate()
        return self

    def custody(self):
        """Keys that the node keeps: the partner has access to none."""
        world, thief = self.world, HeldPerson("a thief")
        for thief.id in (world.user.id, world.partner.id):
            for method, field in (
                ("get_code", world.code),
                ("optin_revoke_code", world.code),
                ("held_key", world.partner.id),
            ):
                params = world.ask_of(thief, world.body(thief, method, field))
                self.ask("use_held", *params)
                self.ask("ask_held", *params)
        self.ask("enrol_held", *world.held(b"no enrolment"))
        self.ask("held_answer", bytes(32))

    def rotate(self):
        """The last that is asked: from then on the partner has another key."""
        world, partner = self.world, self.world.partner
        fresh = world.person("the partner's next key")
        agreed = canonical([world.node.id, partner.id, fresh.id])
        self.sign("rotate_key", fresh.id,
                  enclosures=(fresh.key, fresh.sign(commands.ROTATION, agreed)))  # fmt: skip

    def provenance(self):
        """What a partner gets of the session that its own hop began."""
        world, last = self.world, self.world.hops[-1]
        for previous in (records.ZEROS, last):
            self.sign("record_hop", world.session, previous, "Conversion", bytes(32))
        opt_in = world.state("chain", session_chain(world.session)).head
        for hop in (last, opt_in, bytes(32)):
            self.ask("get_hop", hop)

    def bytes(self):
        return [content for _, content in self.replies] + self.opened


def seen_of(held, fields, referrer=None, world=None, degraded=False):
    """What the partner sees of a user with these values who consented to these fields."""
    world = world or toy_world()
    world.provision()
    world.deposit(50_000_000)
    other_offer = world.publish(serial=2)
    forms = ("MetroAreaOnly", "AgeRange") if degraded else ("ExactValue", "ExactValue")
    world.publish(optional=(MAIL, Use(3, forms[0]), Use(9, forms[1])))
    if referrer:
        world.referrer = world.enrol(world.person(referrer), values())
    world.user = world.enrol(world.person("Ada"), held, referrer and world.referrer)
    world.code = world.generate(world.user)
    world.nonce = world.state("code", world.code).nonce
    world.viewed(world.user, world.code)
    world.session = make_id("test/session")
    world.hops = [world.hop(world.partner, world.session)]
    reply = world.activate(world.user, world.code, fields, hop=world.hops[0])
    world.record = reply.record
    seen = Seen(world, other_offer).everything()
    world.node.directory.passivate_all()
    return seen


def test_every_request_that_a_partner_may_make_is_looked_at():
    asked = {method for method, _ in seen_of(values(), (NAME, PHONE)).replies}
    asked.add("optin_enforce_view")
    may = {name for name, request in records.REQUESTS.items()
           if spec_of(request).more["signer"] in ("", "any", "partner")}  # fmt: skip
    assert may <= asked


hidden = st.fixed_dictionaries({
    "mail": st.binary(max_size=254), "phone": st.binary(min_size=1, max_size=24),
    "postal": st.binary(max_size=16),
    "born": st.dates().map(lambda date: date.isoformat().encode()) | st.just(b""),
})  # fmt: skip


@settings(SETTINGS, max_examples=12)
@given(hidden, hidden)
def test_two_worlds_that_differ_in_hidden_values_look_the_same(one, two):
    left = seen_of(values(**one), (NAME, PHONE))
    right = seen_of(values(**two), (NAME, PHONE))
    assert left.opened == right.opened
    assert len(left.replies) == len(right.replies)
    for (method, first), (same, second) in zip(left.replies, right.replies, strict=True):
        assert method == same
        assert len(first) == len(second), method
        if method not in HASHES and not method.endswith(" leaf"):
            assert first == second, method


@settings(SETTINGS, max_examples=12)
@given(st.binary(max_size=254), st.binary(max_size=254), st.booleans())
def test_the_length_of_a_reply_tells_nothing_of_what_is_in_it(mail, other_mail, shown):
    fields = (NAME, MAIL, PHONE) if shown else (NAME, PHONE)
    left = seen_of(values(mail), fields)
    right = seen_of(values(other_mail), (NAME, PHONE))
    sizes = [[content for method, content in seen.replies if method == "length of a view"]
             for seen in (left, right)]  # fmt: skip
    assert sizes[0] == sizes[1] and len(set(sizes[0])) == 1


SECRETS = {"mail": b"ada-lovelace@example.org", "phone": b"+49 30 901820",
           "postal": b"10115 Berlin", "born": b"1815-12-10"}  # fmt: skip


def test_no_hidden_value_is_in_anything_a_partner_gets():
    seen = seen_of(values(**SECRETS), (NAME, PHONE))
    assert any(b"Ada Lovelace" in content for content in seen.opened)
    for content in seen.bytes():
        for secret in SECRETS.values():
            assert secret not in content


def test_no_value_at_all_is_outside_the_seal():
    seen = seen_of(values(**SECRETS), (NAME, MAIL, PHONE, ZIP, BORN))
    for secret in (b"Ada Lovelace", *SECRETS.values()):
        for method, content in seen.replies:
            assert secret not in content, method
    assert sum(SECRETS["mail"] in content for content in seen.opened) == 2


def test_a_partner_never_gets_what_would_name_the_user():
    seen = seen_of(values(), (NAME, PHONE), referrer="Rob")
    world = seen.world
    names = {
        "id": world.user.id, "key": world.user.key[:32], "nonce of the code": world.nonce,
        "referrer's id": world.referrer.id, "referrer's key": world.referrer.key[:32],
    }  # fmt: skip
    for content in seen.bytes():
        for what, name in names.items():
            assert name not in content, what


def test_a_statement_names_no_payee():
    seen = seen_of(values(), (NAME, PHONE), referrer="Rob")
    world = seen.world
    settlement = world.state("code", world.code).settlement
    statement = canonical(world.state("settlement", settlement).statement)
    for person in (world.user, world.referrer, world.operator):
        assert person.id not in statement


def test_two_partners_cannot_join_their_users():
    world = toy_world()
    world.ready()
    first_offer, first_terms, first = world.offer, world.offered, world.partner
    second = world.register(world.person("second partner"), ("partner",))
    world.deposit(50_000_000, b"second", second)
    world.user = world.enrol(world.person("Ada"), values())
    replies = []
    for partner in (first, second):
        world.partner = partner
        if partner is second:
            world.publish()
        else:
            world.offer, world.offered = first_offer, first_terms
        world.code = world.generate(world.user)
        world.viewed(world.user, world.code)
        world.record = world.activate(world.user, world.code).record
        replies.append(Seen(world, world.offer))
        replies[-1].view(world.record, EVERYTHING)
        replies[-1].sign("get_view", world.record)
        replies[-1].sign("get_code", world.code)
    grants = [spec_of(records.ViewGrant).build(unpack(seen.opened[0])) for seen in replies]
    assert grants[0].fields == grants[1].fields
    for name in ("record", "code", "pairwise"):
        assert getattr(grants[0], name) != getattr(grants[1], name)
    views = [unpack(seen.replies[-2][1])[1] for seen in replies]
    codes = [unpack(seen.replies[-1][1])[1] for seen in replies]
    known = {b"\x05" + bytes(31), world.node.id, b"", bytes(32)}  # the mask of equal fields
    for left, right in (views, codes):
        assert set(flat(left)) & set(flat(right)) <= known
    salts = [set(flat(canonical_list(grant.openings))) for grant in grants]
    assert not salts[0] & salts[1]


def canonical_list(value):
    return unpack(canonical(value))


def flat(value):
    """Every byte string in nested lists."""
    if isinstance(value, bytes):
        return [value]
    if isinstance(value, (list, tuple)):
        return [item for part in value for item in flat(part)]
    return []


@settings(SETTINGS, max_examples=12)
@given(st.sampled_from((b"94016", b"94105", b"94188-1234")), st.binary(min_size=1, max_size=24),
       st.dates(datetime.date(1900, 1, 1), datetime.date(1961, 12, 31)))  # fmt: skip
def test_what_is_shown_in_degraded_form_tells_no_more_than_that_form(postal, phone, born):
    fields = (NAME, PHONE, Use(3, "MetroAreaOnly"), Use(9, "AgeRange"))
    usual = seen_of(values(b"", b"+1", b"94110", b"1950-06-15"), fields, degraded=True)
    other = seen_of(values(b"", phone, postal, born.isoformat().encode()), fields, degraded=True)
    assert usual.opened == other.opened
    assert any(b"San Francisco CA metro" in content for content in usual.opened)
    for (method, first), (same, second) in zip(usual.replies, other.replies, strict=True):
        assert method == same
        if method not in HASHES and not method.endswith(" leaf"):
            assert first == second, method


def test_pairwise_keys_of_two_partners_share_nothing():
    person = Key("Ada", bytes(range(32)))
    others = [person.pairwise(make_id("test/partner", i)) for i in range(3)]
    assert len({person.id, *(other.id for other in others)}) == 4
    keys = [person.public_key, *(other.public_key for other in others)]
    windows = [{key[at : at + 8] for at in range(len(key) - 7)} for key in keys]
    for i in range(4):
        for j in range(i):
            assert not windows[i] & windows[j]


def test_unsigned_answers_name_no_user():
    seen = seen_of(values(), (NAME, PHONE), referrer="Rob")
    world = seen.world
    unsigned = {name for name, request in records.REQUESTS.items()
                if not spec_of(request).more["signer"]}  # fmt: skip
    answers = [content for method, content in seen.replies if method in unsigned]
    assert len(answers) > 10
    for content in answers:
        for person in (world.user, world.referrer):
            assert person.id not in content and person.key[:32] not in content
            assert person.pairwise(world.partner.id).id not in content


def test_a_witness_is_shown_neither_user_nor_fields():
    world = toy_world()
    world.ready()
    world.referrer = world.enrol(world.person("Rob"), values())
    world.user = world.enrol(world.person("Ada"), values(), world.referrer)
    world.code = world.generate(world.user)
    nonce = world.state("code", world.code).nonce
    world.viewed(world.user, world.code)
    world.record = world.activate(world.user, world.code, (NAME, MAIL, PHONE)).record
    world.view(world.record, b"\x03" + bytes(31))
    evidence = canonical(world.evidence(world.witnesses[0], world.code))
    for secret in (
        world.user.id, world.user.key[:32], world.user.pairwise(world.partner.id).id,
        world.referrer.id, nonce, b"\x07" + bytes(31), b"\x03" + bytes(31), b"Ada", b"ExactValue",
        b"BooleanOnly", world.user.pairwise(world.partner.id).key[:32],
    ):  # fmt: skip
        assert secret not in evidence


# ------------------------------------------------------------------------------- the redactor


@settings(SETTINGS, max_examples=200)
@given(st.lists(st.binary(max_size=300), max_size=256), st.binary(min_size=32, max_size=32))
def test_the_redactor_keeps_the_chosen_fields_and_no_byte_more(fields, mask):
    framed = [len(field).to_bytes(2, "little") + field for field in fields]
    number = int.from_bytes(mask, "little")
    expected = [field for index, field in enumerate(framed) if number >> index & 1]
    assert Accelerator().redact(b"".join(framed), mask) == b"".join(expected)


@settings(SETTINGS, max_examples=200)
@given(st.lists(st.binary(max_size=20), min_size=1, max_size=64),
       st.lists(st.binary(max_size=20), min_size=64, max_size=64),
       st.integers(0, (1 << 64) - 1))  # fmt: skip
def test_hidden_fields_do_not_change_the_redactors_output(fields, others, mask):
    def output(values):
        framed = [len(value).to_bytes(2, "little") + value for value in values]
        return Accelerator().redact(b"".join(framed), mask.to_bytes(32, "little"))

    mixed = [field if mask >> i & 1 else others[i] for i, field in enumerate(fields)]
    assert output(fields) == output(mixed)


def test_a_mask_of_another_size_is_refused():
    world = toy_world().ready()
    for size in (0, 1, 31, 33, 64):
        spec = spec_of(records.REQUESTS["optin_enforce_view"])
        request = spec.make(bytes(32), bytes(size), bytes(32))
        world.partner.nonce += 1
        params = list(commands.sign_command(
            world.partner.sign, world.node.id, world.partner.id, world.partner.nonce, 1 << 63,
            request, (b"", b""),
        ))  # fmt: skip
        error = refused(world, Malformed, raise_error, world, params)
        assert "requested" in error.wrong


def raise_error(world, params):
    error, result = world.send("optin_enforce_view", params)
    if error:
        raise from_wire(error)
    return result


def test_a_view_with_real_algorithms_opens_for_its_key_alone():
    world = World(RamStore(), Crypto()).ready()
    world.user = world.enrol(world.person("Ada"), values(**SECRETS))
    code = world.generate(world.user)
    world.viewed(world.user, code)
    world.view(world.activate(world.user, code).record)
    sealed = world.sealed_reply
    whole = canonical(sealed)
    assert len(sealed.box) == 4096 + 16
    assert b"Ada Lovelace" not in whole
    for seed in (KEM, bytes(64)):
        try:
            unseal(world.crypto, seed, commands.VIEW, sealed)
        except NodeError:
            continue
        raise AssertionError("opened by another key")


def test_erased_data_is_in_no_file_of_the_node_any_more(tmp_path):
    world = World(SqliteStore(tmp_path / "node.db"), ToyCrypto()).ready()
    world.source = world.register(world.person("source"), ("source",))
    world.user = world.enrol(world.person("Ada"), values(**SECRETS))
    world.record_event(world.user, "ForumPost", 613, world.now)
    world.code = world.generate(world.user)
    world.viewed(world.user, world.code)
    world.view(world.activate(world.user, world.code, (NAME, MAIL, PHONE)).record)
    world.update(world.user, values(b"a@b.example"))
    world.settle(world.code)
    state = world.state("code", world.code)
    view = world.state("view", state.record)
    # Ids of what is forgotten stay: the journal says that it was.
    pairwise = world.user.pairwise(world.partner.id).id
    activity = canonical(["ForumPost", 613])[1:]
    traces = [SECRETS["mail"], view.seed, state.nonce, state.consent_hash, pairwise, activity]

    def held():
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    before = held()
    assert [trace in before for trace in traces] == [True] * len(traces)
    world.uptime.ns += 7 * 365 * DAY
    while world.do(world.operator, "erase_due").more:
        pass
    after = held()
    assert [trace in after for trace in traces] == [False] * len(traces)
    assert b"a@b.example" in after  # what the user has now

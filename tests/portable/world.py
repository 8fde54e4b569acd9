"""A node in memory and the parties around it: what tests drive the rules with.

Portable: the same file runs on CPython and MicroPython. Time is stepped by hand.
"""

from actors import KINDS
from runtime.node.clock import Clock
from runtime.node.node import Node
from runtime.node.places import Places
from runtime.node.presence import Presence
from runtime.wire import commands, records
from runtime.wire.errors import NodeError, from_wire
from runtime.wire.proofs import is_included, shown_leaf
from runtime.wire.schema import canonical, make_id, spec_of, unpack
from runtime.wire.sealing import seal_request, unseal
from tests.portable.pressed import Pressed
from tests.portable.ram_store import RamStore
from tests.portable.toy_crypto import ToyCrypto

SECOND = 10**9
DAY = 86400 * SECOND
START = 1_800_000_000 * SECOND
EUR = b"EUR" + bytes(5)
Use = records.FieldUse
# Postal codes that are real; what lies between the runs is not known.
PLACES = Places(
    (("00501", "00544", "35620"), ("10001", "10292", "35620"), ("59001", "59003", ""),
     ("94016", "94188", "41860"), ("94203", "94203", "40900"), ("99950", "99999", "28540")),
    {"28540": "Ketchikan AK", "35620": "New York NY", "40900": "Sacramento CA",
     "41860": "San Francisco CA"},
)  # fmt: skip


class Stepped:
    """Uptime that passes only when told to."""

    def __init__(self):
        self.ns = 0

    def __call__(self):
        return self.ns


class Person:
    """Anyone with a key: signs commands for one node."""

    def __init__(self, crypto, name, seed=None):
        self.crypto = crypto
        self.seed = seed or make_id("test/seed", name)
        self.key = crypto.public_key(self.seed)
        self.id = commands.party_id(self.key)
        self.nonce = 0

    @property
    def public_key(self):
        return self.key

    def copy(self):
        """The same person, who goes on alone."""
        other = Person(self.crypto, "", self.seed)
        other.id, other.nonce = self.id, self.nonce
        return other

    def sign(self, purpose, message):
        return self.crypto.sign(self.seed, purpose, message)

    def pairwise(self, partner):
        """The person as `partner` knows them."""
        other = Person(self.crypto, "", make_id("test/pairwise", self.seed, partner))
        other.id = commands.pairwise_id(other.key)
        return other


def _own(value, people):
    """A value with copies of the people in it; `people` are the copies by id."""
    if isinstance(value, list):
        return [_own(item, people) for item in value]
    if not isinstance(value, (Person, HeldPerson)):
        return value
    if value.id not in people:
        people[value.id] = value.copy()
    return people[value.id]


class HeldPerson:
    """A user whose key the node keeps.

    Attributes:
        access: what lets them use it.
        passphrase_key: under which it may leave; None if it may not.
    """

    def __init__(self, name, passphrase_key=None):
        self.access = make_id("test/access", name)
        self.passphrase_key = passphrase_key
        self.id = None
        self.nonce = 0

    def copy(self):
        """The same person, who goes on alone."""
        other = HeldPerson("")
        for name in self.__dict__:
            setattr(other, name, getattr(self, name))
        return other


class World:
    """A node with ports, and shorthand for every step of the path.

    Args:
        store, crypto: ports.
        workers: port; in line by default.
        places: port; PLACES by default.
        origin: World to go on from, with a store that has its content.
    """

    def __init__(self, store, crypto, workers=None, seed=bytes(range(32)), max_live=256,
                 origin=None, kinds=KINDS, places=PLACES):  # fmt: skip
        self.uptime = Stepped()
        if origin:
            people: dict = {}
            for name in origin.__dict__:
                if name not in ("uptime", "button"):
                    setattr(self, name, _own(getattr(origin, name), people))
            self.uptime.ns = origin.uptime.ns
        self.store = store
        self.crypto = crypto
        self.workers = workers
        self.seed = seed
        self.max_live = max_live
        self.kinds = kinds
        self.places = places
        self.boot()
        if origin:
            return
        self.operator = Person(crypto, "operator")
        self.partner = Person(crypto, "partner")
        self.witnesses = [Person(crypto, f"witness {i}") for i in range(3)]

    def boot(self, knows_time=True):
        """Start the node on its store.

        Args:
            knows_time: False for a machine without a clock after a power cut.
        """
        self.button = Pressed()
        self.node = Node(
            self.seed,
            self.kinds,
            self.store,
            self.crypto,
            lambda floor: Clock(self.uptime, START + self.uptime.ns if knows_time else None, floor),
            self.workers,
            places=self.places,
            max_live=self.max_live,
            presence=Presence(self.button, lambda: self.uptime.ns // 10**6),
        )
        self.failures = []
        self.node.directory.on_failure = lambda kind, error: self.failures.append((kind, error))
        return self.node

    # -------------------------------------------------------------------------- requests

    def send(self, method, params):
        """Raw request; returns (error, result)."""
        answers = []
        self.node.submit(method, params, lambda error, result: answers.append((error, result)))
        while not answers:
            self.node.run()
        return answers[0]

    def read(self, method, *fields):
        """Unsigned request; returns the reply record."""
        error, result = self.send(method, list(fields))
        if error:
            raise from_wire(error)
        return spec_of(records.REPLIES[method]).build(result)

    def signed(self, person, method, *fields, enclosures=(), not_after=None, nonce=None, node=None):
        """The params of a signed request."""
        spec = spec_of(records.REQUESTS[method])
        if spec.more["journaled"]:
            person.nonce += 1
        request = spec.build(fields)
        if not_after is None:
            not_after = max(START + self.uptime.ns, self.node.clock.now()) + DAY
        if nonce is None:
            nonce = person.nonce
        return list(
            commands.sign_command(
                person.sign, node or self.node.id, person.id, nonce, not_after, request, enclosures
            )
        )

    def sealed(self, person, method, *fields, enclosures=()):
        """The params of a request that travels sealed."""
        content = canonical(self.signed(person, method, *fields, enclosures=enclosures))
        key = self.node.kem_public_key
        return list(seal_request(self.crypto, key, commands.ENROLMENT, content))

    def do(self, person, method, *fields, enclosures=(), params=None):
        """Signed request; returns the reply record. The last Accepted stays in `accepted`."""
        params = params or self.signed(person, method, *fields, enclosures=enclosures)
        error, result = self.send(method, params)
        if error:
            raise from_wire(error)
        spec = spec_of(records.REQUESTS[method])
        reply = spec_of(spec.more["reply"])
        if not spec.more["journaled"]:
            return reply.build(result)
        self.accepted = spec_of(records.Accepted).build(result)
        return reply.build(unpack(self.accepted.result))

    def state(self, kind, entity_id):
        """Committed state of an entity; None if there is none."""
        return self.node.state_of(kind, entity_id)

    def fork(self):
        """Another world that goes on from here, with people of its own of the same ids."""
        return World(self.store.copy(), self.crypto, self.workers, self.seed, self.max_live,
                     origin=self)  # fmt: skip

    # ------------------------------------------------------------------------- the path

    def provision(self):
        """Operator, partner, witnesses, registry, rules."""
        self.do(self.operator, "provision", enclosures=(self.operator.key,))
        self.register(self.partner, ("partner",))
        for witness in self.witnesses:
            self.register(witness, ("witness",))
        for index, name, kind, degraded in (
            (0, "full_name", "text", ()),
            (1, "email", "email", ()),
            (2, "phone", "phone", ()),
            (3, "postal_code", "postal_code", ("MetroAreaOnly",)),
            (9, "birth_date", "birth_date", ("AgeRange",)),
        ):
            forms = ("ExactValue", "BooleanOnly") + degraded
            field = records.FieldDefinition(index, name, kind, forms)
            self.do(self.operator, "define_field", field)
        shares = records.Shares(2000, 4000, 2000, 2000)
        self.rules = self.do(self.operator, "define_rules", shares).rules
        return self

    def register(self, person, roles):
        """Register somebody who agrees."""
        agreed = canonical([self.node.id, person.id, roles])
        own = person.sign(commands.REGISTRATION, agreed)
        self.do(self.operator, "register_party", person.id, roles, enclosures=(person.key, own))
        return person

    def deposit(self, amount, reference=b"payment 1", partner=None):
        """Credit the partner's account."""
        partner = partner or self.partner
        return self.do(self.operator, "optin_deposit_escrow", partner.id, EUR, amount, reference)

    def terms(self, **changes):
        """Terms of the usual offer, with changes."""
        usual = dict(
            partner=self.partner.id,
            serial=1,
            description=make_id("test/text", "offer"),
            purpose="a call back",
            retention=30 * DAY,
            jurisdiction="DE",
            required=(Use(0, "ExactValue"), Use(2, "BooleanOnly")),
            optional=(Use(1, "ExactValue"),),
            compensation="EarlyAccess",
            charity=None,
            amount=1_000_003,
            currency=EUR,
            budget=100_000_000,
            rules=self.rules,
            witnesses=tuple([witness.id for witness in self.witnesses]),
            publisher=None,
            code_ttl=30 * DAY,
            view_until=0,
            complete_by=0,
            least_score=0,
            accept_flagged=False,
        )
        usual.update(changes)
        fields = spec_of(records.Terms).fields
        return records.Terms(*[usual[field[0]] for field in fields])

    def publish(self, **changes):
        """Publish the usual offer, with changes; returns its id."""
        self.offered = self.terms(**changes)
        self.offer = self.do(self.partner, "publish_offer", self.offered).offer
        return self.offer

    def person(self, name):
        """Somebody with a key."""
        return Person(self.crypto, name)

    def enrol(self, person, values, referrer=None):
        """Enrol a user with values by registry index."""
        fields = records.SealedFields(make_id("test/blind", person.id), tuple(values))
        commitment = make_id("optin/v1/fields", fields.blind, fields.values)
        params = self.sealed(
            person,
            "enrol",
            referrer and referrer.id,
            commitment,
            enclosures=(person.key, canonical(fields)),
        )
        self.do(person, "enrol", params=params)
        return person

    def held(self, value):
        """The params of a request about a kept key."""
        key = self.node.kem_public_key
        return [seal_request(self.crypto, key, commands.HELD, canonical(value))]

    def enrol_held(self, person, values, referrer=None):
        """Enrol a user whose key the node makes and keeps."""
        enrolment = records.HeldEnrolment(
            "optin/v1/enrol-held",
            referrer and referrer.id,
            records.SealedFields(make_id("test/blind", person.access), tuple(values)),
            self.now + DAY,
            person.access,
            person.passphrase_key and commands.export_id(person.passphrase_key),
        )
        error, result = self.send("enrol_held", self.held(enrolment))
        if error:
            raise from_wire(error)
        self.accepted = spec_of(records.Accepted).build(result)
        person.id = unpack(self.accepted.result)[0]
        person.nonce = 1
        return person

    def body(self, person, method, *fields, not_after=None, nonce=None):
        """The bytes that a command of a kept key signs."""
        spec = spec_of(records.REQUESTS[method])
        if nonce is None:
            person.nonce += spec.more["journaled"]
            nonce = person.nonce
        params = canonical(list(spec.build(fields)))
        return canonical(
            records.Command(
                commands.TAG, self.node.id, method, person.id, nonce,
                self.now + DAY if not_after is None else not_after, params,
            )
        )  # fmt: skip

    def use_held(self, person, method, *fields, enclosures=(), body=None):
        """Use a kept key without a press; returns the reply record."""
        ask = self.ask_of(person, body or self.body(person, method, *fields), enclosures)
        error, result = self.send("use_held", ask)
        if error:
            raise from_wire(error)
        spec = spec_of(records.REQUESTS[method])
        if spec.more["journaled"]:
            self.accepted = spec_of(records.Accepted).build(result)
            result = unpack(self.accepted.result)
        return spec_of(spec.more["reply"]).build(result)

    def ask_of(self, person, body, enclosures=()):
        """The params of `use_held` and `ask_held`."""
        value = records.HeldAsk("optin/v1/use-held", person.access, body, tuple(enclosures))
        return self.held(value)

    def ask_held(self, person, method, *fields, enclosures=(), body=None):
        """Have the node ask for a press; returns the Question."""
        ask = self.ask_of(person, body or self.body(person, method, *fields), enclosures)
        return self.read("ask_held", *ask).question

    def pressed(self, question, after_ms=100):
        """Press, and return (state, what came of it)."""
        self.uptime.ns += after_ms * 10**6
        self.button.press()
        self.node.run()
        self.node.run()
        return self.read("held_answer", question.command)

    def held_consent(self, person, code, **changes):
        """The consent to the last published offer by a kept key, with changes."""
        pairwise = self.use_held(person, "held_key", self.offered.partner).public_key
        terms = self.offered
        usual = dict(
            code=code, pairwise=commands.pairwise_id(pairwise), partner=terms.partner,
            offer=self.offer, fields=tuple(terms.required), compensation=terms.compensation,
            amount=terms.amount, currency=terms.currency, hop=records.ZEROS,
        )  # fmt: skip
        usual.update(changes)
        names = [field[0] for field in spec_of(records.Consent).fields]
        return records.Consent(*[usual[name] for name in names])

    def generate(self, person, offer=None):
        """Generate a code for a user."""
        offer = offer or self.offer
        return self.do(self.operator, "optin_generate_code", offer, person.id).code

    def viewed(self, person, code):
        """Mark the code viewed."""
        return self.do(person, "mark_viewed", code)

    def consent(self, person, code, fields=None, **changes):
        """The consent to the last published offer, with changes, and its enclosures."""
        terms = self.offered
        usual = dict(
            code=code,
            pairwise=person.pairwise(terms.partner).id,
            partner=terms.partner,
            offer=self.offer,
            fields=tuple(terms.required if fields is None else fields),
            compensation=terms.compensation,
            amount=terms.amount,
            currency=terms.currency,
            hop=records.ZEROS,
        )
        usual.update(changes)
        names = [field[0] for field in spec_of(records.Consent).fields]
        consent = records.Consent(*[usual[name] for name in names])
        pairwise = person.pairwise(terms.partner)
        return consent, (pairwise.key, pairwise.sign(commands.CONSENT, canonical(consent)))

    def activate(self, person, code, fields=None, **changes):
        """Consent; returns the reply."""
        consent, enclosures = self.consent(person, code, fields, **changes)
        return self.do(person, "optin_activate_code", consent, enclosures=enclosures)

    def view(self, record, requested=b"\xff" * 32, partner=None):
        """The ViewGrant that a partner gets."""
        partner = partner or self.partner
        kem_seed = make_id("test/kem", partner.nonce) * 2
        key = self.crypto.kem_public_key(kem_seed)
        reply = self.do(
            partner,
            "optin_enforce_view",
            record,
            requested,
            commands.reply_key_id(key),
            enclosures=(key, b"192.0.2.7"),
        )
        self.sealed_reply = reply.sealed
        content = unseal(self.crypto, kem_seed, commands.VIEW, reply.sealed)
        return spec_of(records.ViewGrant).build(unpack(content))

    def evidence(self, witness, code):
        """Evidence as a witness fetches and checks it."""
        nonce = make_id("test/nonce", witness.id, code)
        evidence = self.do(witness, "settlement_evidence", code, nonce)
        assert evidence.signed.head.nonce == nonce
        for entry in evidence.evidence:
            assert shown_leaf(entry.header, entry.salt, entry.shown) == entry.inclusion.leaf
            assert is_included(entry.inclusion, evidence.signed.head)
        return evidence

    def settle(self, code, signer=None, witnesses=None):
        """Two witnesses sign, and somebody settles."""
        witnesses = witnesses or self.witnesses[:2]
        statement = self.evidence(witnesses[0], code).statement
        content = canonical(statement)
        signatures = [witness.sign(commands.WITNESS, content) for witness in witnesses]
        settlement = make_id("optin/v1/settlement", statement)
        return self.do(
            signer or self.operator,
            "optin_settle_engagement",
            code,
            settlement,
            tuple([witness.id for witness in witnesses]),
            enclosures=signatures,
        )

    def revoke(self, person, code):
        """Take consent back."""
        return self.do(person, "optin_revoke_code", code)

    def expire(self, code):
        """Expire a code, as anyone may; returns the Accepted."""
        return self.ask_anyone("optin_expire_reservation", code)

    def ask_anyone(self, method, *fields):
        """Unsigned journaled request; returns the Accepted."""
        error, result = self.send(method, list(fields))
        if error:
            raise from_wire(error)
        return spec_of(records.Accepted).build(result)

    def update(self, person, values):
        """Replace a user's values."""
        fields = records.SealedFields(make_id("test/blind", person.id), tuple(values))
        commitment = make_id("optin/v1/fields", fields.blind, fields.values)
        params = self.sealed(person, "update_fields", commitment, enclosures=(canonical(fields),))
        return self.do(person, "update_fields", params=params)

    # ------------------------------------------------------------- around the path

    @property
    def now(self):
        """The node's time, ns since the epoch."""
        return self.node.clock.now()

    def record_event(self, user, type, points, time=None, event=None, source=None):
        """A source saw `user` do something; by default now, under an id not used yet."""
        self.counted = getattr(self, "counted", 0) + 1
        return self.do(
            source or self.source,
            "optin_record_event",
            event or make_id("test/event", self.counted),
            user.id,
            type,
            points,
            self.now if time is None else time,
        )

    def score(self, user, by=None):
        """A user's score as of now."""
        return self.do(by or self.operator, "optin_get_score", user.id).score

    def hop(self, person, session, previous=records.ZEROS, type="LandingPageView",
            data=records.ZEROS):  # fmt: skip
        """Add a hop to a session; returns its id."""
        return self.do(person, "record_hop", session, previous, type, data).hop

    def rotate(self, person, name="successor"):
        """Change a person's key; `person` signs with the new one from then on.

        Returns:
            A Person of the same id with the old key.
        """
        fresh, old = self.person(name), person.copy()
        agreed = canonical([self.node.id, person.id, fresh.id])
        own = fresh.sign(commands.ROTATION, agreed)
        self.do(person, "rotate_key", fresh.id, enclosures=(fresh.key, own))
        person.seed, person.key = fresh.seed, fresh.key
        old.nonce = person.nonce
        return old

    def replace_witness(self, offer, dead, successor, partner=None):
        """Put a witness in another's place, on the word of operator and partner."""
        agreed = canonical([self.node.id, offer, dead.id, successor.id])
        own = (partner or self.partner).sign(commands.REPLACEMENT, agreed)
        return self.do(
            self.operator, "replace_witness", offer, dead.id, successor.id, enclosures=(own,)
        )

    def set_clock(self, time, witnesses=()):
        """Step the clock, with the signatures of witnesses if there are any."""
        content = canonical([self.node.id, time])
        signatures = [witness.sign(commands.CLOCK, content) for witness in witnesses]
        signatures.extend([b""] * (2 - len(signatures)))
        ids = tuple([witness.id for witness in witnesses])
        return self.do(self.operator, "set_clock", time, ids, enclosures=signatures)

    def withdraw_escrow(self, amount, partner=None, currency=EUR):
        """Pay back to a partner; returns what is left available."""
        return self.do(partner or self.partner, "withdraw_escrow", currency, amount).available

    def withdraw_balance(self, person, amount, currency=EUR):
        """Pay out to a payee; returns what is left."""
        return self.do(person, "withdraw_balance", currency, amount).balance

    def edges(self, edge, source, limit=255):
        """Targets of one type of edge."""
        found, after = [], b""
        while True:
            page = self.do(self.operator, "list_edges", edge, source, after, limit)
            found.extend(page.targets)
            after = page.next
            if not after:
                return found

    def due(self, limit=255):
        """Codes that are due to expire, in order."""
        found, after = [], b""
        while True:
            page = self.read("list_due", after, limit)
            found.extend(page.codes)
            after = page.next
            if not after:
                return found

    def ready(self, deposit=50_000_000):
        """Provisioned, with money and an open offer."""
        self.provision()
        self.deposit(deposit)
        self.publish()
        return self


def toy_world(**options):
    """A world in memory with toy crypto."""
    return World(RamStore(), ToyCrypto(), **options)


# How far the usual engagement has got: name: (stage before, step).
STAGES = {
    "provisioned": (None, lambda world: world.provision()),
    "ready": ("provisioned", lambda world: (world.deposit(50_000_000), world.publish())),
    "enrolled": ("ready", lambda world: _enrol(world)),
    "generated": ("enrolled", lambda world: _generate(world)),
    "viewed": ("generated", lambda world: world.viewed(world.user, world.code)),
    "activated": ("viewed", lambda world: _activate(world)),
    "completed": ("activated", lambda world: world.view(world.record)),
    "settled": ("completed", lambda world: world.settle(world.code)),
    "cancelled": ("activated", lambda world: world.revoke(world.user, world.code)),
    "stopped": ("completed", lambda world: world.revoke(world.user, world.code)),
    "sourced": ("enrolled", lambda world: _source(world)),
    "bounded": ("enrolled", lambda world: _bound(world)),
    "held": ("ready", lambda world: _hold(world)),
    "consented": ("held", lambda world: _consent(world)),
}
VALUES = (b"Ada Lovelace", b"ada@example.org", b"+4930123456", b"10115", b"", b"", b"", b"", b"",
          b"1815-12-10")  # fmt: skip

_stages = {}
_running = []


def stage(name):
    """A world of its own that has got as far as `name`, see STAGES.

    Stages are reached once and forked from then on; the world given before is stopped.
    """
    for before in _running:
        before.node.directory.passivate_all()
    _running.clear()
    world = _reach(name).fork()
    _running.append(world)
    return world


def _reach(name):
    if name not in _stages:
        before, step = STAGES[name]
        world = _reach(before).fork() if before else toy_world()
        step(world)
        assert not world.failures, world.failures
        world.node.directory.passivate_all()
        _stages[name] = world
    return _stages[name]


def _enrol(world):
    world.user = world.enrol(world.person("Ada"), VALUES)
    world.other = world.enrol(world.person("Bob"), VALUES)


def _source(world):
    world.source = world.register(world.person("a source"), ("source",))


def _bound(world):
    """A code of an offer with complete_by, activated."""
    world.publish(serial=5, complete_by=7 * DAY)
    _generate(world)
    world.viewed(world.user, world.code)
    _activate(world)


def _hold(world):
    """A user whose key the node keeps, with a code that was viewed."""
    world.user = world.enrol_held(HeldPerson("Ada", make_id("test/passphrase", "Ada")), VALUES)
    world.code = world.generate(world.user)
    world.use_held(world.user, "mark_viewed", world.code)


def _consent(world):
    """And opted in to by a press."""
    consent = world.held_consent(world.user, world.code)
    world.pressed(world.ask_held(world.user, "optin_activate_code", consent))
    world.record = world.state("code", world.code).record


def _generate(world):
    world.code = world.generate(world.user)
    world.reservation = world.state("code", world.code).reservation


def _activate(world):
    world.record = world.activate(world.user, world.code).record


def refused(world, error, action, *arguments, **options):
    """Assert that `action` is refused with exactly `error`, and that nothing changed.

    Returns:
        The error.
    """
    before = world.store.content()
    found = _error_of(action, arguments, options)
    assert type(found) is error, f"{type(found).__name__}: {found}"
    assert found.wrong and found.code == error.code
    assert world.store.content() == before, "the refusal left a trace"
    assert not world.failures, world.failures
    return found


def refused_and_journaled(world, error, action, *arguments, **options):
    """Assert that `action` is refused with exactly `error` in one new journal entry.

    Nothing changes but the signer's nonce and the access log.

    Returns:
        The error.
    """
    state, indexes, entries = world.store.content()
    found = _error_of(action, arguments, options)
    assert type(found) is error, f"{type(found).__name__}: {found}"
    now, indexes_now, entries_now = world.store.content()
    assert len(entries_now) == len(entries) + 1, "the refusal is not in the journal"
    assert _but_the_journals(indexes_now) == _but_the_journals(indexes)
    for key in now:
        if key[0] not in ("party", "access", "reply", "tree"):
            assert now[key] == state.get(key), key[0] + " changed"
    assert not world.failures, world.failures
    return found


def _but_the_journals(indexes):
    return [row for row in indexes if row[0] != "journal.due"]


def _error_of(action, arguments, options):
    try:
        result = action(*arguments, **options)
    except NodeError as error:
        return error
    raise AssertionError(f"not refused: {result}")

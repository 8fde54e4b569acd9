"""Random histories with hostile steps on a real node, beside a model that was written apart.

After every step: the model's verdict and the node's are the same; every balance and every state is
the model's; money is conserved; every account adds up; every state is one of its class's table;
the states computed from the journal alone are those in the store; what a view returned is within
what was consented and requested; every leaf of the journal is recomputed.

`OPTIN_HISTORIES` sets how many histories are tried on toy cryptography (80 by default; a twentieth
of it, at least 2, with real signatures); `OPTIN_HISTORIES_SEED` tries others than the usual ones:

    OPTIN_HISTORIES=5000 OPTIN_HISTORIES_SEED=1 pytest tests/actors/test_histories.py

A history that fails is shown as it was found; `OPTIN_HISTORIES_SHRINK=1` takes up to five minutes
to show a shorter one.
"""

import os
from fractions import Fraction

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.view import mask_of
from runtime.host.crypto import Crypto
from runtime.node.checkpoint import check_chain
from runtime.wire import commands, records
from runtime.wire.errors import NodeError, StorageFailed, from_wire
from runtime.wire.schema import canonical, make_id
from tests.portable.ram_store import RamStore
from tests.portable.replay import Replay
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import DAY, EUR, START, Use, World

HISTORIES = int(os.environ.get("OPTIN_HISTORIES", "80"))
SEED = int(os.environ.get("OPTIN_HISTORIES_SEED", "0"))
PHASES = [Phase.generate] + [Phase.shrink] * ("OPTIN_HISTORIES_SHRINK" in os.environ)
CHF = b"CHF" + bytes(5)
CURRENCIES = (EUR, CHF)
NAME, MAIL, PHONE, ZIP = (Use(0, "ExactValue"), Use(1, "ExactValue"), Use(2, "BooleanOnly"),
                          Use(3, "ExactValue"))  # fmt: skip
CHOICES = (  # what a user may consent to, and whether it is within the offer
    ((NAME, PHONE), True), ((NAME, MAIL, PHONE), True), ((NAME,), False),
    ((NAME, PHONE, ZIP), False), ((NAME, Use(1, "BooleanOnly"), PHONE), False), ((), False),
)  # fmt: skip
VALUES = ((b"Ada", b"ada@example.org", b"+49"), (b"Bob",), (b"", b"nameless@example.org"),
          (b"Dora", b"", b"+43"))  # fmt: skip

NOTHING = (0,) * 5
NOT_USERS = 8  # people before the users
WEIGHTS = (Fraction(40, 100), Fraction(35, 100), Fraction(25, 100))
TYPES = ("ApiVerification", "SurveyCompleted", "ReferralMade")  # one of each dimension

few = st.integers(0, 5)
pick = st.integers(0, 11)


# --------------------------------------------------------------------------------- the model


class Engagement:
    """What the model knows of a code."""

    def __init__(self, user, offer, born):
        self.user = user
        self.offer = offer
        self.dead_at = born + 30 * DAY
        self.late_at = 0
        self.status = "generated"
        self.completed = self.settled = self.stopped = False
        self.consented = ()


class Deal:
    """What the model knows of an offer."""

    def __init__(self, partner, currency, amount, budget, publisher, charity, view_until,
                 complete_by, least_score, accept_flagged):  # fmt: skip
        self.partner, self.currency = partner, currency
        self.amount, self.budget, self.spent = amount, budget, 0
        self.publisher, self.charity, self.view_until = publisher, charity, view_until
        self.complete_by = complete_by
        self.least_score, self.accept_flagged = least_score, accept_flagged
        self.open = True


class Model:
    """Money and states, by the words of DOMAIN.md and nothing else."""

    def __init__(self):
        self.now = START
        self.references = set()
        self.money = {}  # (partner, currency): [deposited, reserved, released, withdrawn, expired]
        self.earned = {}  # (party, currency): amount
        self.paid = {}  # (party, currency): amount taken out
        self.seen = {}  # user: [(dimension, time, points)]
        self.events = set()  # ids of events that were counted
        self.deals = {}
        self.codes = {}
        self.referrer = {}  # user: referrer or None
        self.named = set()  # users with a value for the required field

    def available(self, partner, currency):
        deposited, reserved, released, withdrawn, _ = self.money.get((partner, currency), NOTHING)
        return deposited - reserved - released - withdrawn

    def balance(self, party, currency):
        return self.earned.get((party, currency), 0) - self.paid.get((party, currency), 0)

    def dimensions(self, user, until):
        """Dimensions of a user of what counts now and happened before `until`."""
        counted = [[points for dimension, time, points in self.seen.get(user, ())
                    if dimension == wanted and self.now - time < 365 * DAY and time < until]
                   for wanted in range(3)]  # fmt: skip
        return [min(100, sum(points) // 10) for points in counted]

    def score(self, user):
        """(dimensions, composite, whether it jumped) as of now."""
        now, before = self.dimensions(user, self.now + 1), self.dimensions(user, self.now - DAY)
        composites = [int(sum(map(Fraction.__mul__, WEIGHTS, map(Fraction, found))))
                      for found in (now, before)]  # fmt: skip
        return now, composites[0], composites[0] - composites[1] >= 30

    def is_due(self, code):
        if code.status in ("generated", "viewed"):
            return self.now >= code.dead_at
        waits = code.status == "activated" and not code.completed
        return bool(waits and code.late_at and self.now >= code.late_at)

    def expire(self, code):
        deal = self.deals[code.offer]
        code.status, code.stopped = "expired", True
        deal.spent -= deal.amount
        money = self.money[deal.partner, deal.currency]
        money[1] -= deal.amount
        money[4] += deal.amount

    def alive(self, code):
        return self.now < code.dead_at

    def may_generate(self, user, offer):
        deal = self.deals.get(offer)
        if deal is None or not deal.open or user not in self.referrer:
            return False
        waiting = ("generated", "viewed")
        for code in self.codes.values():
            same = (code.user, code.offer) == (user, offer)
            dead = code.status in waiting and not self.alive(code)
            if same and code.status != "expired" and not dead:
                return False
        _, composite, jumped = self.score(user)
        if composite < deal.least_score or (jumped and not deal.accept_flagged):
            return False
        fits = deal.budget - deal.spent >= deal.amount
        return fits and self.available(deal.partner, deal.currency) >= deal.amount

    def generate(self, code_id, user, offer):
        deal = self.deals[offer]
        deal.spent += deal.amount
        self.money[deal.partner, deal.currency][1] += deal.amount
        self.codes[code_id] = Engagement(user, offer, self.now)

    def revoke(self, code):
        deal = self.deals[code.offer]
        code.status, code.stopped = "revoked", True
        if not code.completed:
            deal.spent -= deal.amount
            self.money[deal.partner, deal.currency][1] -= deal.amount

    def settle(self, code, operator):
        deal = self.deals[code.offer]
        amount, affiliate = deal.amount, self.referrer[code.user]
        parts = [int(Fraction(amount) * share) for share in
                 (Fraction(1, 5), Fraction(2, 5), Fraction(1, 5))]  # fmt: skip
        parts.append(amount - sum(parts))
        payees = [operator, deal.charity or code.user, affiliate, deal.publisher]
        for payee, part in zip(payees, parts, strict=True):
            key = (payee or payees[1], deal.currency)
            self.earned[key] = self.earned.get(key, 0) + part
        money = self.money[deal.partner, deal.currency]
        money[1] -= amount
        money[2] += amount
        code.settled = True
        if code.status == "activated":
            code.status = "settled"


# ------------------------------------------------------------------------------- the machine


class Histories(RuleBasedStateMachine):
    """One node, two partners, up to six users, and anybody trying anything."""

    crypto = ToyCrypto
    origin = None

    def __init__(self):
        super().__init__()
        if type(self).origin is None:
            type(self).origin = self.settled_in()
        self.world = world = self.origin.fork()
        self.model = Model()
        self.replay = Replay(world.node.journal)
        self.users = []
        self.records = {}
        self.serial = 0

    @classmethod
    def settled_in(cls):
        """A provisioned world with everybody who registers."""
        world = World(RamStore(), cls.crypto()).provision()
        world.second = world.register(world.person("second partner"), ("partner",))
        world.publisher = world.register(world.person("publisher"), ("publisher",))
        world.charity = world.register(world.person("charity"), ("charity",))
        world.source = world.register(world.person("source"), ("source",))
        world.stranger = world.register(world.person("stranger"), ("witness",))
        world.unborn = [world.person(f"user {i}") for i in range(6)]
        return world

    def teardown(self):
        self.replay.follow()
        self.replay.check_whole(self.world.store)
        check_chain(self.world.node.journal)
        self.world.node.directory.passivate_all()

    def attempt(self, allowed, action, *arguments, journaled=False, **options):
        """Do something; the node must do it exactly if `allowed`. Returns the reply, or None."""
        before = self.world.store.content()
        try:
            reply = action(*arguments, **options)
        except NodeError as error:
            assert not allowed, f"refused: {error}"
            if journaled:
                assert self.world.store.count() == len(before[2]) + 1
            else:
                assert self.world.store.content() == before
            return None
        assert allowed, f"not refused: {reply}"
        assert self.world.store.count() == len(before[2]) + 1
        return reply

    def partner(self, number):
        return (self.world.partner, self.world.second)[number % 2]

    def anyone(self, number):
        """Somebody: from NOT_USERS on the users."""
        people = [self.world.operator, self.world.partner, self.world.second, self.world.publisher,
                  self.world.charity, *self.world.witnesses, *self.users]  # fmt: skip
        return people[number % len(people)]

    def code(self, number):
        code_id = list(self.model.codes)[number % len(self.model.codes)]
        return code_id, self.model.codes[code_id]

    # -------------------------------------------------------------------------------- steps

    @initialize(amounts=st.lists(st.sampled_from((1, 7, 4999, 5000, 10**8)), min_size=2,
                                 max_size=2), extras=few, users=st.integers(2, 4))  # fmt: skip
    def some_business(self, amounts, extras, users):
        """Something to begin with: histories from nothing hardly ever reach a settlement."""
        for number, amount in enumerate(amounts):
            self.deposit(number, 0, 10**9, 100 + number, 0)
            self.publish(number, 1, 0, amount, 3, extras, 0, 0, 9 * number, 0)
        for number in range(users):
            self.enrol(VALUES[number % 2], number - 1)
        for number in range(users):
            self.generate(number, number % 2, 0)

    @precondition(lambda self: self.model.codes)
    @rule(number=pick, steps=st.sampled_from((4, 3, 2, 1)), choice=st.integers(0, 1), by=few)
    def advance(self, number, steps, choice, by):
        """A few steps of people who do what is expected."""
        for _ in range(steps):
            code_id, code = self.code(number)
            if code.status == "generated":
                self.mark_viewed(number, 1)
            elif code.status == "viewed":
                self.activate(number, 1, choice)
            elif code.status == "activated" and not code.completed:
                owner = self.model.deals[code.offer].partner == self.world.second.id
                self.view(list(self.records).index(code_id), int(owner), b"\xff")
            elif code.completed and not code.settled:
                self.settle(number, by % 2, (by % 3, (by + 1) % 3), 0)
            elif code.settled:
                index = [user.id for user in self.users].index(code.user)
                self.withdraw_balance(NOT_USERS + index, 1, by % 2 == 0)

    @precondition(lambda self: self.model.codes)
    @rule(number=pick, by=few)
    def advance_to_the_end(self, number, by):
        """As chance would hardly ever have it."""
        self.advance(number, 5, by % 2, by)

    @rule(who=few, currency=few, amount=st.sampled_from((0, 1, 5000, 10**9, (1 << 64) - 1)),
          reference=st.integers(0, 20), by=st.sampled_from((0, 0, 0, 0, 1)))  # fmt: skip
    def deposit(self, who, currency, amount, reference, by):
        partner, currency = self.partner(who), CURRENCIES[currency % 2]
        signer, reference = self.anyone(by), b"reference %d" % reference
        money = self.model.money.get((partner.id, currency), [*NOTHING])
        allowed = (signer is self.world.operator and reference not in self.model.references
                   and amount > 0 and money[0] + amount < 1 << 64)  # fmt: skip
        if self.attempt(allowed, self.world.do, signer, "optin_deposit_escrow", partner.id,
                        currency, amount, reference):  # fmt: skip
            self.model.references.add(reference)
            money[0] += amount
            self.model.money[partner.id, currency] = money

    @rule(who=few, by=few, currency=few, amount=st.sampled_from((0, 1, 7, 4999, 5000, 10**9)),
          budget=st.sampled_from((1, 3, 12)), extras=few, until=st.sampled_from((0, 0, 40, 90)),
          least=st.sampled_from((0, 0, 0, 20, 40, 101)), late=st.sampled_from((0, 2, 9)),
          flagged=st.booleans())  # fmt: skip
    def publish(self, who, by, currency, amount, budget, extras, until, least, late, flagged):
        world, partner = self.world, self.partner(who)
        signer = partner if by else self.partner(who + 1)
        currency, budget = CURRENCIES[currency % 2], amount * budget - (extras == 5)
        publisher = world.publisher.id if extras in (1, 3) else None
        charity = world.charity.id if extras in (2, 3) else None
        self.serial += 1
        until = START + until * DAY if until else 0
        terms = world.terms(
            partner=partner.id, serial=self.serial, currency=currency, amount=amount,
            budget=max(budget, 0), publisher=publisher, charity=charity, view_until=until,
            compensation="CharitableDonation" if charity else "EarlyAccess",
            complete_by=late * DAY, least_score=least, accept_flagged=bool(flagged),
        )  # fmt: skip
        allowed = (signer is partner and 0 < amount <= budget and least <= 100
                   and self.model.available(partner.id, currency) >= amount
                   and (until == 0 or until > self.model.now))  # fmt: skip
        reply = self.attempt(allowed, world.do, signer, "publish_offer", terms)
        if reply:
            deal = Deal(partner.id, currency, amount, budget, publisher, charity, until,
                        late * DAY, least, flagged)  # fmt: skip
            deal.terms = terms
            self.model.deals[reply.offer] = deal

    @precondition(lambda self: self.model.deals)
    @rule(number=pick, by=few)
    def close(self, number, by):
        offer = list(self.model.deals)[number % len(self.model.deals)]
        deal, signer = self.model.deals[offer], self.partner(by)
        allowed = deal.open and deal.partner == signer.id
        if self.attempt(allowed, self.world.do, signer, "close_offer", offer) is not None:
            deal.open = False

    @precondition(lambda self: len(self.users) < 6)
    @rule(values=st.sampled_from(VALUES), referred=st.integers(-3, 5))
    def enrol(self, values, referred):
        person = self.world.unborn[len(self.users)]
        referrer = self.world.unborn[referred] if referred >= 0 else None
        allowed = referrer is None or referrer in self.users
        if self.attempt(allowed, self.world.enrol, person, values, referrer):
            self.users.append(person)
            self.model.referrer[person.id] = referrer and referrer.id
            if values[0]:
                self.model.named.add(person.id)

    @precondition(lambda self: self.users and self.model.deals)
    @rule(user=pick, offer=pick, by=st.sampled_from((0, 0, 0, 0, 1)))
    def generate(self, user, offer, by):
        offer = list(self.model.deals)[offer % len(self.model.deals)]
        user, signer = self.users[user % len(self.users)], self.anyone(by)
        allowed = signer is self.world.operator and self.model.may_generate(user.id, offer)
        reply = self.attempt(allowed, self.world.do, signer, "optin_generate_code", offer, user.id)
        if reply:
            self.model.generate(reply.code, user.id, offer)

    def user_of(self, code, by):
        """The user of a code, or sometimes somebody else."""
        if by:
            return next(user for user in self.users if user.id == code.user)
        return self.users[0]

    @precondition(lambda self: self.model.codes)
    @rule(number=pick, by=few)
    def mark_viewed(self, number, by):
        code_id, code = self.code(number)
        signer = self.user_of(code, by)
        allowed = (code.status == "generated" and signer.id == code.user
                   and self.model.alive(code))  # fmt: skip
        if self.attempt(allowed, self.world.viewed, signer, code_id):
            code.status = "viewed"

    @precondition(lambda self: self.model.codes)
    @rule(number=pick, by=few, choice=st.sampled_from((0, 0, 0, 1, 1, 2, 3, 4, 5)))
    def activate(self, number, by, choice):
        code_id, code = self.code(number)
        signer = self.user_of(code, by)
        fields, within = CHOICES[choice]
        self.world.offer, self.world.offered = code.offer, self.model.deals[code.offer].terms
        allowed = (code.status == "viewed" and signer.id == code.user and self.model.alive(code)
                   and within and signer.id in self.model.named)  # fmt: skip
        reply = self.attempt(allowed, self.world.activate, signer, code_id, fields)
        if reply:
            code.status, code.consented = "activated", fields
            complete_by = self.model.deals[code.offer].complete_by
            code.late_at = complete_by and self.model.now + complete_by
            self.records[code_id] = reply.record

    @precondition(lambda self: self.records)
    @rule(number=pick, by=few, requested=st.sampled_from((b"\xff", b"\x01", b"\x06", b"\x00")))
    def view(self, number, by, requested):
        code_id = list(self.records)[number % len(self.records)]
        code, record = self.model.codes[code_id], self.records[code_id]
        deal, partner = self.model.deals[code.offer], self.partner(by)
        late = code.late_at and self.model.now >= code.late_at and not code.completed
        allowed = (partner.id == deal.partner and not code.stopped and not late
                   and (deal.view_until == 0 or self.model.now < deal.view_until))  # fmt: skip
        mask = requested * 32
        grant = self.attempt(allowed, self.world.view, record, mask, partner, journaled=True)
        if grant:
            code.completed = True
            consented = mask_of(code.consented)
            expected = bytes(a & b for a, b in zip(consented, mask, strict=True))
            assert grant.returned == expected
            assert len(grant.transforms) == sum(bin(byte).count("1") for byte in expected)

    @precondition(lambda self: self.model.codes)
    @rule(number=pick, by=few, witnesses=st.sampled_from(((0, 1), (1, 2), (2, 0), (1, 1), (0, 3))),
          forged=st.sampled_from((0, 0, 0, 1)))  # fmt: skip
    def settle(self, number, by, witnesses, forged):
        code_id, code = self.code(number)
        deal, world = self.model.deals[code.offer], self.world
        signer = self.anyone(by)
        people = [*world.witnesses, world.stranger]
        named = [people[index] for index in witnesses]
        ready = code.completed and not code.settled
        allowed = (ready and len(set(witnesses)) == 2 and 3 not in witnesses and not forged
                   and signer.id in (deal.partner, world.operator.id))  # fmt: skip
        content, settlement = b"", make_id("test/no-settlement")
        if ready:
            statement = world.evidence(world.witnesses[0], code_id).statement
            content, settlement = canonical(statement), make_id("optin/v1/settlement", statement)
        signatures = [person.sign(commands.WITNESS, content) for person in named]
        if forged:
            signatures[1] = signatures[0]
        if self.attempt(allowed, world.do, signer, "optin_settle_engagement", code_id, settlement,
                        tuple(person.id for person in named), enclosures=signatures):  # fmt: skip
            self.model.settle(code, world.operator.id)

    @precondition(lambda self: self.records)
    @rule(number=pick, by=st.sampled_from((1, 1, 1, 0)))
    def revoke(self, number, by):
        code_id = list(self.records)[number % len(self.records)]
        code = self.model.codes[code_id]
        signer = self.user_of(code, by)
        allowed = code.status in ("activated", "settled") and signer.id == code.user
        if self.attempt(allowed, self.world.revoke, signer, code_id) is not None:
            self.model.revoke(code)

    @precondition(lambda self: self.model.codes)
    @rule(number=pick)
    def expire(self, number):
        code_id, code = self.code(number)
        if self.attempt(self.model.is_due(code), self.world.expire, code_id):
            self.model.expire(code)

    @rule(by=st.sampled_from((1, 1, 2, 2, 0, 5)), currency=few,
          amount=st.sampled_from((0, 1, 7, 5000, 10**9)), all_of_it=st.booleans())  # fmt: skip
    def withdraw_escrow(self, by, currency, amount, all_of_it):
        signer, currency = self.anyone(by), CURRENCIES[currency % 4 // 3]
        available = self.model.available(signer.id, currency)
        amount = available if all_of_it else amount
        allowed = signer in (self.partner(0), self.partner(1)) and 0 < amount <= available
        if self.attempt(allowed, self.world.withdraw_escrow, amount, signer, currency) is not None:
            self.model.money[signer.id, currency][3] += amount

    @rule(by=pick, amount=st.sampled_from((0, 1, 7, 2000, 10**9)), all_of_it=st.booleans())
    def withdraw_balance(self, by, amount, all_of_it):
        signer, currency = self.anyone(by), EUR
        balance = self.model.balance(signer.id, currency)
        amount = balance if all_of_it else amount
        allowed = 0 < amount <= balance
        left = self.attempt(allowed, self.world.withdraw_balance, signer, amount, currency)
        if left is not None:
            assert left == balance - amount
            key = (signer.id, currency)
            self.model.paid[key] = self.model.paid.get(key, 0) + amount

    @precondition(lambda self: self.users)
    @rule(user=pick, kind=st.integers(0, 2),
          points=st.sampled_from((0, 1, 45, 299, 600, 1000, 1001)),
          age=st.sampled_from((0, 0, 1, 2, 200, 363, 365, -1)), event=st.integers(0, 30),
          by=st.sampled_from((0, 0, 0, 0, 1)))  # fmt: skip
    def record_event(self, user, kind, points, age, event, by):
        world, user = self.world, self.users[user % len(self.users)]
        source = self.partner(0) if by else world.source
        time, event = self.model.now - age * DAY, make_id("test/event", event)
        allowed = (not by and 1 <= points <= 1000 and 0 <= age < 365
                   and event not in self.model.events)  # fmt: skip
        if self.attempt(allowed, world.record_event, user, TYPES[kind], points, time, event,
                        source) is not None:  # fmt: skip
            self.model.events.add(event)
            self.model.seen.setdefault(user.id, []).append((kind, time, points))

    @rule(days=st.sampled_from((1, 2, 9, 30)))
    def time_passes(self, days):
        self.world.uptime.ns += days * DAY
        self.model.now += days * DAY

    @rule()
    def the_node_starts_again(self):
        self.world.node.directory.passivate_all()
        self.world.boot()
        self.replay.journal = self.world.node.journal

    @rule(who=few, room=st.integers(0, 9))
    def the_store_is_full(self, who, room):
        before = self.world.store.content()
        self.world.store.room = room
        try:
            self.world.deposit(1, b"never", self.partner(who))
        except StorageFailed:
            assert self.world.store.content() == before
        except NodeError as error:
            assert "credited before" in error.wrong or "hold that much" in error.wrong
        else:  # there was room: the payment is real, and may not be made again
            key = (self.partner(who).id, EUR)
            self.model.money.setdefault(key, [*NOTHING])[0] += 1
        finally:
            self.world.store.room = None

    @rule(amount=st.integers(1, 9))
    def a_command_is_sent_twice(self, amount):
        world, partner = self.world, self.world.partner
        reference = b"once %d" % self.serial
        self.serial += 1
        money = self.model.money.setdefault((partner.id, EUR), [*NOTHING])
        if money[0] + amount >= 1 << 64:
            return
        params = world.signed(world.operator, "optin_deposit_escrow", partner.id, EUR, amount,
                              reference)  # fmt: skip
        answers = [world.send("optin_deposit_escrow", params) for _ in range(3)]
        assert answers[0][0] is None, from_wire(answers[0][0])
        assert answers[0] == answers[1] == answers[2]
        money[0] += amount

    # --------------------------------------------------------------------------- invariants

    @invariant()
    def balances_are_the_models(self):
        world = self.world
        for currency in CURRENCIES:
            lines = world.do(world.operator, "list_accounts", currency, b"", 255).accounts
            found = {line.partner: [line.deposited, line.reserved, line.released, line.withdrawn,
                                    line.expired_ever] for line in lines}  # fmt: skip
            for line in lines:
                assert line.expired == 0 and line.reclaimed_ever == line.expired_ever
            expected = {key[0]: money for key, money in self.model.money.items()
                        if key[1] == currency and money[0]}  # fmt: skip
            assert found == expected
            payees = world.do(world.operator, "list_balances", currency, b"", 255).balances
            assert {line.party: (line.balance, line.earned) for line in payees} == {
                key[0]: (self.model.balance(*key), earned)
                for key, earned in self.model.earned.items() if key[1] == currency and earned
            }  # fmt: skip

    @invariant()
    def money_is_conserved_and_accounts_add_up(self):
        world = self.world
        for currency in CURRENCIES:
            lines = world.do(world.operator, "list_accounts", currency, b"", 255).accounts
            payees = world.do(world.operator, "list_balances", currency, b"", 255).balances
            held = sum(line.deposited - line.released - line.withdrawn for line in lines)
            assert sum(line.deposited for line in lines) == (
                held + sum(line.balance + line.withdrawn for line in payees)
                + sum(line.withdrawn for line in lines)
            )  # fmt: skip
            for line in lines:
                assert line.deposited >= (
                    line.reserved + line.released + line.expired + line.withdrawn
                )
            for line in payees:
                assert line.earned == line.balance + line.withdrawn

    @invariant()
    def codes_are_in_the_models_states(self):
        for code_id, code in self.model.codes.items():
            state = self.world.state("code", code_id)
            assert (state.status, state.completed) == (code.status, code.completed)
            assert (state.settlement != records.ZEROS) == code.settled
            expected = "reserved"
            if code.settled:
                expected = "released"
            elif code.status == "expired":
                expected = "expired"
            elif code.status == "revoked" and not code.completed:
                expected = "cancelled"
            assert self.world.state("reservation", state.reservation).status == expected
        for offer, deal in self.model.deals.items():
            state = self.world.state("offer", offer)
            assert (state.reserved, state.status == "open") == (deal.spent, deal.open)

    @invariant()
    def what_is_due_is_listed_and_nothing_else(self):
        due = sorted(((code.late_at if code.status == "activated" else code.dead_at), code_id)
                     for code_id, code in self.model.codes.items()
                     if self.model.is_due(code))  # fmt: skip
        assert self.world.due() == [code_id for _, code_id in due]

    @invariant()
    def scores_are_the_models(self):
        for user in self.users[: 2 + self.serial % 5]:
            score = self.world.score(user, user)
            found = [score.authentication, score.engagement, score.sharing]
            assert (found, score.composite, score.flagged) == self.model.score(user.id)

    @invariant()
    def replay_equals_life(self):
        changed = self.replay.follow()
        self.replay.check(self.world.store, changed)
        assert not self.world.failures, self.world.failures


class RealHistories(Histories):
    """The same with ML-DSA-87, ML-KEM-1024 and ChaCha20-Poly1305."""

    crypto = Crypto
    origin = None


def tried(machine, histories, steps):
    """A test of a machine, the same histories every time."""
    test = machine.TestCase
    test.settings = settings(
        max_examples=histories, stateful_step_count=steps, deadline=None, database=None,
        derandomize=SEED == 0, suppress_health_check=list(HealthCheck), phases=PHASES,
    )  # fmt: skip
    return seed(SEED)(test) if SEED else test


TestHistories = tried(Histories, HISTORIES, 50)
TestRealHistories = tried(RealHistories, max(2, HISTORIES // 20), 40)

"""Random histories with hostile steps on a real node, beside a model that was written apart.

After every command: the node did it, or refused it for a reason that the model names; every
balance and every state is the model's; money is conserved; the states computed from the journal
alone are those in the store; a refusal left no trace but the journaled ones. After every step:
lists and scores are the model's. At last: every leaf of the journal is recomputed.

At least OPTIN_COMMANDS commands (15,000 by default) are sent on toy
cryptography, and some with real signatures; every kind of command was done, every reason to refuse
one was met, every way to cheat was tried, or the test fails. `pytest -s` prints how often.
OPTIN_HISTORIES_SEED tries others than the usual histories:

    OPTIN_COMMANDS=100000 OPTIN_HISTORIES_SEED=1 pytest -s tests/actors/test_histories.py

A history that fails is shown without the steps that it fails without, see histories.py.
"""

import os
import re
from collections import Counter, defaultdict, deque
from itertools import count

from runtime.host.crypto import Crypto
from runtime.node.checkpoint import check_chain
from runtime.wire import commands, records
from runtime.wire.errors import from_wire
from runtime.wire.schema import canonical, evolve, make_id, spec_of, unpack
from runtime.wire.sealing import seal_request, unseal
from tests.actors.histories import always, run, step
from tests.actors.model import DAY, FREE_STEP, MOST, REASONS, YEAR, ZEROS, Model, Party
from tests.portable.ram_store import RamStore
from tests.portable.replay import Replay
from tests.portable.toy_crypto import ToyCrypto
from tests.portable.world import EUR, START, Use, World

COMMANDS = int(os.environ.get("OPTIN_COMMANDS", "15000"))
SEED = int(os.environ.get("OPTIN_HISTORIES_SEED", "0"))
STEPS = 90  # of a history
REAL = 4  # histories with real signatures

CHF, JPY, USD = [name + bytes(5) for name in (b"CHF", b"JPY", b"USD")]
CURRENCIES = (EUR, CHF)
NOBODY = make_id("test/nobody")
NAME, MAIL, PHONE = Use(0, "ExactValue"), Use(1, "ExactValue"), Use(2, "BooleanOnly")
AREA, AGE = Use(3, "MetroAreaOnly"), Use(9, "AgeRange")
ASKED = (((NAME, PHONE), (MAIL,)), ((AREA,), (AGE,)), ((), (NAME, AGE)))  # required, optional

GAP = (b"",) * 5
VALUES = (
    (b"Ada", b"ada@example.org", b"+49", b"10115", *GAP, b"1984-03-12"), (b"Bob",),
    (b"", b"nameless@example.org"), (b"Dora", b"", b"+43", b"94103", *GAP, b"2012-02-29"),
    (b"x" * 129,), (b"", b"", b"", b"", b"x"), (b"Eve", b"", b"", b"", *GAP, b"1984-13-01"),
)  # fmt: skip
CONSENTS = {  # what a user may consent to, from what the offer asks for: required, and everything
    "required": lambda required, asked: required,
    "all": lambda required, asked: asked,
    "too little": lambda required, asked: [use for use in asked if use not in required[:1]],
    "too much": lambda required, asked: (*asked, Use(200, "ExactValue")),
    "another form": lambda required, asked: [evolve(use, transform="ExactValue") for use in asked],
    "backwards": lambda required, asked: asked[::-1],
}  # fmt: skip
TERMS = {  # changes to terms that make no sense
    "amount": lambda self: {"amount": 0},
    "budget": lambda self: {"budget": 1, "amount": 2},
    "currency": lambda self: {"currency": b"eur" + bytes(5)},
    "no time": lambda self: {"code_ttl": 0},
    "too long": lambda self: {"code_ttl": 10 * YEAR + 1},
    "complete_by": lambda self: {"complete_by": 10 * YEAR + 1},
    "view_until": lambda self: {"view_until": self.model.now},
    "score": lambda self: {"least_score": 101},
    "two witnesses": lambda self: {
        "witnesses": (*self.offered.witnesses[:2], self.offered.witnesses[0])},
    "a partner as witness": lambda self: {
        "witnesses": (*self.offered.witnesses[:2], self.world.partner.id)},
    "a partner as publisher": lambda self: {"publisher": self.world.partner.id},
    "nobody as charity": lambda self: {"charity": NOBODY, "compensation": "CharitableDonation"},
    "charity for nothing": lambda self: {"charity": self.world.charity.id,
                                         "compensation": "EarlyAccess"},
    "no charity": lambda self: {"charity": None, "compensation": "CharitableDonation"},
    "rules": lambda self: {"rules": NOBODY},
    "no field": lambda self: {"required": (), "optional": ()},
    "unknown field": lambda self: {"required": (Use(5, "ExactValue"),), "optional": ()},
    "form": lambda self: {"required": (Use(0, "AgeRange"),), "optional": ()},
    "both": lambda self: {"required": (NAME,), "optional": (NAME,)},
    "backwards": lambda self: {"required": (PHONE, NAME), "optional": ()},
    "in another's name": lambda self: {"partner": NOBODY},
}  # fmt: skip
CHEATS = {  # way to send a command: what is wrong with it, if that shows in its bytes alone
    "signed by another": "forged", "signed for another use": "forged",
    "changed after signing": "forged", "for another method": "for another method",
    "for another node": "for another node", "one enclosure too many": "enclosures",
    "not a shape": "not a shape", "too late": "", "at the last moment": "", "an old nonce": "",
    "held back": "",
}  # fmt: skip
# Ways to settle: witnesses by their place among the offer's, and what is wrong.
WITNESSED = {
    "": (0, 1), "others": (2, 0), "one twice": (1, 1), "retired": (0, 1), "a stranger": (0, 1),
    "not a party": (0, 1), "forged": (0, 1), "another statement": (0, 1), "an old key": (0, 1),
    "other amounts": (0, 1),
}  # fmt: skip

SENT: Counter = Counter()  # (method, "done" or reason): commands
TRIED: Counter = Counter()  # cheat, or way to settle: commands

few, pick, anybody = range(6), range(12), range(20)
cheats = ("",) * 4 * len(CHEATS) + tuple(CHEATS)
right = (True,) * 5 + (False,)
# Who signs: None is who should, a number is anybody.
who = (None,) * 80 + tuple(anybody)


def everyone(world):
    """(person, role) of all who are registered at first."""
    return (
        (world.operator, "operator"), (world.partner, "partner"),
        *[(witness, "witness") for witness in world.witnesses], (world.second, "partner"),
        (world.publisher, "publisher"), (world.charity, "charity"), (world.source, "source"),
    )  # fmt: skip


def judged(*reasons):
    """The judgement of what changes nothing."""
    yield set(reasons)


class Letter:
    """How a command came, as the model sees it."""

    def __init__(self, by, key, nonce, not_after, flaw):
        self.by, self.key, self.nonce, self.not_after, self.flaw = by, key, nonce, not_after, flaw


class Order:
    """A command on its way; it may come again.

    Args:
        method, params: as they are sent.
        letter: Letter; None for an unsigned one.
        judge: function without arguments to the model's judgement of it.
    """

    def __init__(self, method, params, letter, judge):
        self.method, self.params, self.letter, self.judge = method, params, letter, judge
        self.spec = spec_of(records.REQUESTS[method]) if method in records.REQUESTS else None
        self.answer = None
        self.journaled = False


class Histories:
    """One node, two partners, up to six users, and anybody trying anything."""

    crypto = ToyCrypto
    origin = None

    def __init__(self):
        if type(self).origin is None:
            type(self).origin = self.settled_in()
        self.world = world = self.origin.fork()
        self.model = Model(START, world.operator.id)
        for person, role in everyone(world):
            self.model.parties[person.id] = Party(person.key, (role,), person.nonce)
        self.model.parties[world.operator.id].nonce = world.operator.nonce
        self.model.rules[world.rules] = (2000, 4000, 2000, 2000)
        self.replay = Replay(world.node.journal)
        self.states = defaultdict(dict)  # kind: {id: state}, as the journal has them
        self.past = deque(maxlen=40)
        self.outdated = []  # people with a key that they rotated away
        self.rich = set()
        self.serial = self.letters = 0
        self.agree()

    @classmethod
    def settled_in(cls):
        """A provisioned world with everybody who registers."""
        world = World(RamStore(), cls.crypto()).provision()
        world.second, world.publisher = world.person("second partner"), world.person("publisher")
        world.charity, world.source = world.person("charity"), world.person("source")
        world.witnesses += [world.person("witness 3"), world.person("witness 4")]
        world.stranger = world.person("stranger")
        world.unregistered = [world.person(f"newcomer {i}") for i in range(3)]
        world.unborn = [world.person(f"user {i}") for i in range(6)]
        for person, role in everyone(world)[5:]:  # the others are here already
            world.register(person, (role,))
        return world

    def finish(self):
        """What holds at the end of a history."""
        self.replay.check_whole(self.world.store)
        check_chain(self.world.node.journal)
        self.world.node.directory.passivate_all()

    # ------------------------------------------------------------------------ one command

    def order(self, method, judge, by, *fields, enclosures=(), cheat=""):
        """Send a command; the node must do what the model says. Returns the reply, or None."""
        TRIED[cheat] += 1
        order = Order(method, *self.letter(by, method, fields, enclosures, cheat), judge)
        self.past.append(order)
        return None if cheat == "held back" else self.deliver(order)

    def letter(self, by, method, fields, enclosures, cheat):
        """The params of a signed request, and the Letter that the model gets."""
        world, now = self.world, self.model.now
        spec = spec_of(records.REQUESTS[method])
        nonce = self.model.parties[by.id].nonce if by.id in self.model.parties else 0
        self.letters += 1  # makes each one different: the same bytes would be the same command
        letter = Letter(by.id, by.key, nonce + 1, now + DAY + self.letters, CHEATS.get(cheat, ""))
        if cheat == "an old nonce":
            letter.nonce = nonce
        elif cheat == "too late":
            letter.not_after = now - 1
        elif cheat == "at the last moment":
            letter.nonce, letter.not_after = nonce + self.letters, now
        enclosures = [*enclosures, *[b""] * (cheat == "one enclosure too many")]
        options = {"nonce": letter.nonce, "not_after": letter.not_after}
        if cheat == "for another node":
            options["node"] = NOBODY
        if cheat == "for another method":
            params = world.signed(by, "next_nonce", **options)
        else:
            params = world.signed(by, method, *fields, enclosures=enclosures, **options)
        if cheat == "signed by another":
            params[1] = world.stranger.sign(commands.purpose(method), params[0])
        elif cheat == "signed for another use":
            params[1] = by.sign(commands.CONSENT, params[0])
        elif cheat == "changed after signing":
            later = {**options, "not_after": letter.not_after + 1}
            params[0] = world.signed(by, method, *fields, **later)[0]
        elif cheat == "not a shape":
            params = params[:2]
        if spec.more["sealed"]:
            key = world.node.kem_public_key
            params = list(seal_request(world.crypto, key, commands.ENROLMENT, canonical(params)))
        return params, letter

    def unsigned(self, method, judge, *fields):
        """Send an unsigned request; as `order`."""
        return self.deliver(Order(method, list(fields), None, judge))

    def deliver(self, order):
        """Send it, again perhaps, and compare. Returns the reply, or None if it was refused."""
        judgement, letter, spec = order.judge(), order.letter, order.spec
        wrong, outside = next(judgement), set()
        if letter:
            role = "" if spec.more["signer"] in ("any", "self") else spec.more["signer"]
            known = order.journaled  # a view that comes again: its nonce is its own
            outside = self.model.envelope(
                letter, "" if known else role, spec.more["journaled"] and not known,
                spec.more["timed"], spec.more["signer"] == "self",
            )  # fmt: skip
        elif spec and spec.more["timed"] and not self.model.clock.is_set:
            outside = {"no clock"}
        before = self.world.store.content()
        error, result = self.world.send(order.method, order.params)
        journaled = self.world.store.count() - len(before[2])
        assert not self.world.failures, self.world.failures
        if error:
            found = self.why(order, from_wire(error), outside | wrong)
            logged = spec and spec.more["judged_anew"] and not (outside - {"role"})
            assert journaled == bool(logged), f"{journaled} entries of a refusal for {found}"
            if logged:
                order.journaled = True
                self.resumed(judgement, None)
                self.take(letter, known)
            else:
                assert self.world.store.content() == before, "the refusal left a trace"
            self.agree()
            return None
        assert not outside | wrong, f"{order.method} was done in spite of {outside | wrong}"
        SENT[order.method, "done"] += 1
        assert journaled == spec.more["journaled"]
        order.journaled, order.answer = bool(journaled), result
        if journaled:
            result = unpack(spec_of(records.Accepted).build(result).result)
        reply = spec_of(spec.more["reply"]).build(result)
        self.resumed(judgement, reply)
        if letter and journaled:
            self.take(letter, known)
        elif journaled:
            self.model.journaled()
        self.agree()
        return reply

    def why(self, order, error, wrong):
        """The reasons of `wrong` that an error names: at least one."""
        assert wrong, f"{order.method} was refused: {error}"
        found = [reason for reason in wrong if REASONS[reason][0] == error.code
                 and re.search(REASONS[reason][1], error.wrong)]  # fmt: skip
        assert found, f"{order.method} was refused for {wrong}, but the node says: {error}"
        SENT[order.method, min(found)] += 1
        return found

    def resumed(self, judgement, reply):
        try:
            judgement.send(reply)
        except StopIteration:
            return
        raise AssertionError("the model judges twice")

    def take(self, letter, known):
        if known:
            self.model.journaled()
        else:
            self.model.accepted(letter)

    # ---------------------------------------------------------------------- comparison

    def agree(self):
        """Every balance and state of the node is the model's, and money is conserved."""
        changed = self.replay.follow()
        self.replay.check(self.world.store, changed)
        for kind, entity in changed:
            self.states[kind][entity] = self.replay.states[kind, entity]
        for part in (self.money, self.engagements, self.parties):
            found, expected = part()
            assert found == expected, part.__name__
        for currency in (EUR, CHF, JPY, USD):
            deposits, elsewhere = self.model.held_and_paid(currency)
            assert deposits == elsewhere
        for state in self.states["account"].values():
            spent = state.reserved + state.released + state.expired + state.withdrawn
            assert state.deposited >= spent

    def money(self):
        accounts = {
            (s.partner, s.currency): (s.deposited, s.reserved, s.released, s.withdrawn, s.expired,
                                      s.expired_ever, s.reclaimed_ever)
            for s in self.states["account"].values()
        }  # fmt: skip
        payees = {(s.party, s.currency): (s.earned, s.withdrawn, s.balance)
                  for s in self.states["payee"].values()}  # fmt: skip
        model = self.model
        return (accounts, payees), (
            {key: (a.deposited, a.reserved, a.released, a.withdrawn, 0, a.expired_ever,
                   a.expired_ever) for key, a in model.accounts.items()},
            {key: (earned, model.paid.get(key, 0), model.balance(*key))
             for key, earned in model.earned.items()},
        )  # fmt: skip

    def engagements(self):
        reservations, looks = self.states["reservation"], self.states["access"]
        found, expected = {}, {}
        for code_id, state in self.states["code"].items():
            look = looks.get(state.record)
            found[code_id] = (
                state.user, state.status, state.completed, state.settlement != ZEROS,
                reservations[state.reservation].status,
                [look.granted, look.refused] if look else [0, 0],
            )  # fmt: skip
        for code_id, code in self.model.codes.items():
            expected[code_id] = (code.user, code.status, code.completed, code.settled,
                                 code.reservation, code.looks)  # fmt: skip
        offers = {offer: (s.reserved, s.status == "open", list(s.witnesses))
                  for offer, s in self.states["offer"].items()}  # fmt: skip
        return (found, offers), (expected, {
            key: (offer.spent, offer.open, offer.witnesses)
            for key, offer in self.model.offers.items()
        })  # fmt: skip

    def parties(self):
        found = {party: (s.nonce, set(s.roles), s.public_key)
                 for party, s in self.states["party"].items()}  # fmt: skip
        return found, {party: (p.nonce, p.roles, p.key) for party, p in self.model.parties.items()}

    # ----------------------------------------------------------------------- who and what

    @property
    def users(self):
        return [person for person in self.world.unborn if person.id in self.model.values]

    @property
    def can_generate(self):
        return bool(self.users) and self.model.clock.is_set

    def anyone(self, number):
        world = self.world
        people = [world.operator, world.partner, world.second, world.publisher, world.charity,
                  world.source, world.stranger, *world.witnesses]  # fmt: skip
        people += [*self.users, *self.outdated]
        return people[number % len(people)]

    def signer(self, by, person):
        return person if by is None else self.anyone(by)

    def partner(self, number):
        return (self.world.partner, self.world.second)[number % 2]

    def partner_of(self, code):
        return next(p for p in map(self.partner, (0, 1)) if p.id == code.terms.partner)

    def offer(self, number):
        """Id of an offer, every other time a recent one; seldom of none. An id is itself."""
        if isinstance(number, bytes):
            return number
        offers = list(self.model.offers)[-3 if number < 6 else 0 :]
        return NOBODY if number == 11 or not offers else offers[number % len(offers)]

    def code(self, number, *wanted):
        """(id, Code of the model): mostly in one of the wanted states, and alive.

        Args:
            number: which; or an id.
        """
        codes = self.model.codes
        if isinstance(number, bytes):
            return number, codes[number]
        apt = [key for key, code in codes.items() if code.status in wanted
               and not (code.waits and self.model.now >= code.dead_at)]  # fmt: skip
        ids = apt if apt and number < 9 else list(codes)
        code_id = ids[number % len(ids)]
        return code_id, codes[code_id]

    def or_none(self, number, code_id):
        """The id of a code; seldom that of none."""
        return NOBODY if number == 11 else code_id

    def user_of(self, code):
        return next(user for user in self.users if user.id == code.user)

    # --------------------------------------------------------------------- what is usual

    def begin(self, rng):
        """Some business: histories from nothing hardly ever reach a settlement."""
        users = rng.choice((2, 3, 4))
        for number in (0, 1):
            self.deposit(number, 0, 10**9, 100 + number)
            self.publish(number, amount=rng.choice((1, 7, 4999, 5000, 10**8)),
                         extras=rng.choice(few), asked=0, late=9 * number,
                         until=30 * number)  # fmt: skip
        for number in range(users):
            self.enrol(number, VALUES[(0, 1, 3, 2)[number]], number - 1)
        for number in range(users):
            self.generate(number, list(self.model.offers)[number % 2])

    def one_step(self, code_id, choice, pair=""):
        """The next step of people who do what is expected."""
        code = self.model.codes[code_id]
        if code.status == "generated":
            self.mark_viewed(code_id)
        elif code.status == "viewed":
            self.activate(code_id, choice)
        elif code.status == "activated" and not code.completed:
            self.view(code_id)
        elif code.completed and not code.settled:
            self.settle(code_id, pair)
        else:
            self.withdraw_balance(None, CURRENCIES.index(code.terms.currency)
                                  if code.terms.currency in CURRENCIES else 0, 1, False,
                                  payee=code)  # fmt: skip

    @step(lambda self: self.model.codes, weight=3, number=pick, steps=(5, 4, 3, 2, 1),
          choice=("required", "all"), pair=("", "others"))  # fmt: skip
    def advance(self, number, steps, choice, pair):
        """A few steps as chance would hardly ever have them."""
        for _ in range(steps):
            self.one_step(self.code(number)[0], choice, pair)

    @step(lambda self: "earned" not in self.rich and self.can_generate, user=pick)
    def fortunes_are_earned(self, user):
        """What two partners pay one user does not fit into one balance."""
        self.rich.add("earned")
        for number in (0, 1):
            self.deposit(number, JPY, MOST, 200 + number)
            self.publish(number, JPY, amount=MOST, times=1, extras=0, asked=2)
            known = len(self.model.codes)
            self.generate(user, list(self.model.offers)[-1])
            if len(self.model.codes) > known:
                for _ in range(4):
                    self.one_step(list(self.model.codes)[-1], "all")

    @step(lambda self: "expired" not in self.rich and self.can_generate, user=pick)
    def fortunes_expire(self, user):
        """What expired in all does not fit into its count."""
        self.rich.add("expired")
        self.deposit(0, USD, MOST, 300)
        self.publish(0, USD, amount=MOST // 2 + 1, times=1, extras=0, asked=2)
        for _ in range(2):
            self.generate(user, list(self.model.offers)[-1])
            self.time_passes(30)
            self.expire(list(self.model.codes)[-1])

    # ------------------------------------------------------------------------------ money

    @step(number=few, currency=(0, 0, 0, 1, b"eur" + bytes(5)),
          amount=(0, 1, 5000, 10**9, 10**9, 1 << 63, MOST),
          reference=range(12), by=who, cheat=cheats,
          to_partner=(True, True, True, False))  # fmt: skip
    def deposit(self, number, currency, amount, reference, by=None, cheat="", to_partner=True):
        world = self.world
        if currency in (0, 1):
            currency = CURRENCIES[currency]
        partner = self.partner(number) if to_partner else world.charity
        fields = (partner.id, currency, amount, b"reference %d" % reference)
        self.order("optin_deposit_escrow", lambda: self.model.deposit(*fields),
                   self.signer(by, world.operator), *fields, cheat=cheat)  # fmt: skip

    @step(number=few, currency=few, amount=(0, 1, 7, 5000, 10**9, MOST),
          all_of_it=(False, True), by=who, cheat=cheats)  # fmt: skip
    def withdraw_escrow(self, number, currency, amount, all_of_it, by, cheat):
        signer, currency = self.signer(by, self.partner(number)), CURRENCIES[currency == 5]
        if all_of_it:
            amount = self.model.account(signer.id, currency).available
        self.order("withdraw_escrow",
                   lambda: self.model.withdraw_escrow(signer.id, currency, amount),
                   signer, currency, amount, cheat=cheat)  # fmt: skip

    @step(by=anybody, currency=(0, 0, 1),
          amount=(0, 1, 7, 2000, 10**9), all_of_it=(False, True), cheat=cheats)  # fmt: skip
    def withdraw_balance(self, by, currency, amount, all_of_it, cheat="", payee=None):
        signer, currency = self.anyone(by or 0), CURRENCIES[currency]
        paid = [user for user in self.users if (user.id, currency) in self.model.earned]
        if payee or (paid and by < 9):
            signer = self.user_of(payee) if payee else paid[by % len(paid)]
        if all_of_it:
            amount = self.model.balance(signer.id, currency)
        self.order("withdraw_balance",
                   lambda: self.model.withdraw_balance(signer.id, currency, amount),
                   signer, currency, amount, cheat=cheat)  # fmt: skip

    @step(shares=((2000, 4000, 2000, 2000), (0, 10000, 0, 0), (1, 9997, 1, 1),
                                  (3333, 3333, 3333, 1), (10000, 1, 0, 0)),
          by=who, cheat=cheats)  # fmt: skip
    def define_rules(self, shares, by, cheat):
        signer = self.signer(by, self.world.operator)
        self.order("define_rules", lambda: self.model.define_rules(shares), signer,
                   records.Shares(*shares), cheat=cheat)  # fmt: skip

    # ----------------------------------------------------------------------------- offers

    @step(weight=2, number=few, currency=(0, 0, 1),
          amount=(1, 7, 4999, 5000, 10**9), times=(1, 3, 12),
          extras=few, until=(0, 0, 1, 9),
          least=(0, 0, 20, 40), late=(0, 2, 9),
          flagged=(False, True), asked=range(3), rules=few,
          flaw=("",) * 20 + tuple(TERMS), again=(0, 0, 0, 0, 1),
          by=who, cheat=cheats)  # fmt: skip
    def publish(self, number, currency=0, amount=1, times=3, extras=0, until=0, least=0, late=0,
                flagged=False, asked=0, rules=0, flaw="", again=0, by=None, cheat=""):  # fmt: skip
        world, partner = self.world, self.partner(number)
        self.serial += 1
        ids = list(self.model.rules)
        charity = world.charity.id if extras in (2, 3) else None
        self.offered = world.terms(
            partner=partner.id, serial=self.serial, amount=amount,
            currency=CURRENCIES[currency] if currency in (0, 1) else currency,
            budget=min(amount * times + (extras == 5), MOST), rules=ids[rules % len(ids)],
            publisher=world.publisher.id if extras in (1, 3) else None, charity=charity,
            compensation="CharitableDonation" if charity else "EarlyAccess",
            view_until=self.model.now + until * DAY if until else 0, complete_by=late * DAY,
            least_score=least, accept_flagged=bool(flagged),
            required=ASKED[asked][0], optional=ASKED[asked][1],
            witnesses=tuple(w.id for w in world.witnesses[:3]),
        )  # fmt: skip
        terms = evolve(self.offered, **TERMS[flaw](self)) if flaw else self.offered
        if again and self.model.offers:
            terms = list(self.model.offers.values())[number % len(self.model.offers)].terms
        signer = self.signer(by, partner)
        self.order("publish_offer", lambda: self.model.publish(signer.id, terms), signer, terms,
                   cheat=cheat)  # fmt: skip

    @step(number=pick, by=(1, 1, 1, 2, 2, 2, 0), cheat=cheats)
    def close(self, number, by, cheat):
        offer, signer = self.offer(number), self.anyone(by)
        self.order("close_offer", lambda: self.model.close(signer.id, offer), signer, offer,
                   cheat=cheat)  # fmt: skip

    @step(lambda self: self.model.offers, weight=2, number=range(11), dead=range(4),
          successor=(*range(7), 6, 6), agreed=right, key=right, by=who, cheat=cheats)  # fmt: skip
    def replace(self, number, dead, successor, agreed=True, key=True, by=None, cheat=""):
        world, offer = self.world, self.offer(number)
        owner = self.model.offers[offer].terms.partner
        partner = next(p for p in map(self.partner, (0, 1)) if p.id == owner)
        if not key:
            partner = next((p for p in self.outdated if p.id == partner.id), world.operator)
        named = [*self.model.offers[offer].witnesses, world.partner.id][dead]
        retired = (self.model.offers[offer].retired or [NOBODY])[-1]
        pool = [*[witness.id for witness in world.witnesses], world.charity.id, retired]
        chosen = pool[successor]
        content = canonical([world.node.id, offer, named, chosen if agreed else named])
        self.order(
            "replace_witness",
            lambda: self.model.replace(offer, named, chosen, partner.key, agreed),
            self.signer(by, world.operator), offer, named, chosen,
            enclosures=[partner.sign(commands.REPLACEMENT, content)], cheat=cheat,
        )  # fmt: skip

    @step(by=who)
    def replace_for_nothing(self, by):
        """A witness of an offer that does not exist."""
        self.order("replace_witness", lambda: self.model.replace(NOBODY, ZEROS, ZEROS, b"", True),
                   self.signer(by, self.world.operator), NOBODY, ZEROS, ZEROS,
                   enclosures=[b""])  # fmt: skip

    # ------------------------------------------------------------------ people and scores

    @step(number=few, values=VALUES[:4] * 2 + VALUES[4:],
          referred=range(-3, 6), signed=right, by=(None,) * 6 + (7,),
          cheat=cheats)  # fmt: skip
    def enrol(self, number, values, referred, signed=True, by=None, cheat=""):
        world = self.world
        person = self.signer(by, world.unborn[number])
        referrer = world.unborn[referred].id if referred >= 0 else None
        fields = records.SealedFields(make_id("test/blind", number), tuple(values))
        commitment = make_id("optin/v1/fields", *fields) if signed else NOBODY
        self.order(
            "enrol",
            lambda: self.model.enrol(person.id, person.key, referrer, values, signed),
            person, referrer, commitment, enclosures=(person.key, canonical(fields)), cheat=cheat,
        )  # fmt: skip

    @step(lambda self: self.users, number=few, values=VALUES, signed=right, by=who, cheat=cheats)
    def update(self, number, values, signed, by, cheat):
        person = self.signer(by, self.users[number % len(self.users)])
        fields = records.SealedFields(make_id("test/blind", number), tuple(values))
        commitment = make_id("optin/v1/fields", *fields) if signed else NOBODY
        self.order("update_fields", lambda: self.model.update(person.id, values, signed),
                   person, commitment, enclosures=(canonical(fields),), cheat=cheat)  # fmt: skip

    @step(lambda self: self.users, weight=3, number=pick, type=sorted(records.ACTIVITY.words),
          points=(0, 1, 45, 299, 600, 1000, 1000, 1001),
          age=(0, 0, 1, 2, 200, 363, 365, -1), event=range(31),
          by=who, cheat=cheats)  # fmt: skip
    def record_event(self, number, type, points, age, event, by, cheat):
        signer = self.signer(by, self.world.source)
        user = NOBODY if number == 11 else self.users[number % len(self.users)].id
        fields = (make_id("test/event", event), user, type, points, self.model.now - age * DAY)
        self.order("optin_record_event", lambda: self.model.record_event(signer.id, *fields),
                   signer, *fields, cheat=cheat)  # fmt: skip

    @step(lambda self: self.users, number=pick, by=(0, None, None, 1, 10, 19), cheat=cheats)
    def get_score(self, number, by, cheat):
        user = self.users[number % len(self.users)]
        signer = self.signer(by, user)
        reply = self.order("optin_get_score", lambda: self.model.get_score(signer.id, user.id),
                           signer, user.id, cheat=cheat)  # fmt: skip
        if reply:
            found, (dimensions, composite, jumped) = reply.score, self.model.score(user.id)
            assert [found.authentication, found.engagement, found.sharing] == dimensions
            assert (found.composite, found.flagged) == (composite, jumped)
            assert found.model == self.model.versions[-1]

    @step(weights=((4000, 3500, 2500), (0, 10000, 0), (3333, 3333, 3334),
                                   (4000, 3500, 2501)),
          version=few, by=who, cheat=cheats)  # fmt: skip
    def define_weights(self, weights, version, by, cheat):
        model = f"version {version}" if version else self.model.versions[-1]
        self.order("define_weights", lambda: self.model.define_weights(model, *weights),
                   self.signer(by, self.world.operator), records.Weights(model, *weights),
                   cheat=cheat)  # fmt: skip

    @step(number=range(4), roles=(
        ("auditor",), ("charity", "publisher"), ("auditor", "witness"), ("operator",), (),
        ("publisher", "charity")), own_key=right, own_word=right, by=who, cheat=cheats)  # fmt: skip
    def register(self, number, roles, own_key, own_word, by, cheat):
        world = self.world
        person = world.partner if number == 3 else world.unregistered[number]
        agreed = canonical([world.node.id, person.id, roles if own_word else ()])
        owner = person if own_key else world.stranger  # of the key that comes along
        word = (owner if own_word else world.operator).sign(commands.REGISTRATION, agreed)
        self.order("register_party",
                   lambda: self.model.register(person.id, roles, owner.key, own_key, own_word),
                   self.signer(by, world.operator), person.id, roles,
                   enclosures=(owner.key, word), cheat=cheat)  # fmt: skip

    @step(by=range(16), own_key=right, own_word=right, cheat=cheats)
    def rotate(self, by, own_key=True, own_word=True, cheat=""):
        """A key is changed; the old one tries on."""
        world, person = self.world, self.anyone(by)
        self.serial += 1
        fresh, old = world.person(f"key {self.serial}"), person.copy()
        agreed = canonical([world.node.id, person.id, fresh.id])
        owner = fresh if own_key else world.stranger  # of the key that comes along
        word = (owner if own_word else person).sign(commands.ROTATION, agreed)

        def rotation():
            yield from self.model.rotate(old.id, owner.key, own_key, own_word)
            person.seed, person.key = fresh.seed, fresh.key
            self.outdated.append(old)

        self.order("rotate_key", rotation, person, fresh.id, enclosures=(owner.key, word),
                   cheat=cheat)  # fmt: skip

    # ------------------------------------------------------------------------------- time

    @step(weight=2, step=(-1, 0, 1, FREE_STEP // 2, FREE_STEP // 2, "free", "more", DAY, 40 * DAY),
          pair=((), (0, 1), (0, 1), (1, 4), (1, 1), (0, -1), (0, -2)),
          signed=right, by=who, cheat=cheats)  # fmt: skip
    def set_clock(self, step, pair=(), signed=True, by=None, cheat=""):
        world, clock = self.world, self.model.clock
        step = {"free": clock.free, "more": clock.free + 1}.get(step, step)
        time = clock.now + step
        people = [*world.witnesses, world.partner]
        if pair[1:] == (-2,):
            people = [*world.witnesses[:1], next((p for p in self.outdated if p in people),
                                                 world.stranger), world.partner]  # fmt: skip
        named = [people[place] for place in pair]
        content = canonical([world.node.id, time if signed else time + 1])
        signatures = [person.sign(commands.CLOCK, content) for person in named]
        words = [(person.id, person.key, signed) for person in named]
        self.order("set_clock", lambda: self.model.set_clock(time, words),
                   self.signer(by, world.operator), time, tuple(person.id for person in named),
                   enclosures=(*signatures, *[b""] * (2 - len(named))), cheat=cheat)  # fmt: skip

    @step(lambda self: not self.model.clock.is_set)
    def the_clock_is_set(self):
        self.set_clock(1, (0, 1))

    @step(days=(1, 2, 9, 30))
    def time_passes(self, days):
        self.world.uptime.ns += days * DAY
        self.model.clock.uptime += days * DAY

    @step(knows_time=(True, True, False))
    def the_node_starts_again(self, knows_time):
        self.world.node.directory.passivate_all()
        self.world.boot(knows_time)
        self.model.clock.start_again(knows_time)
        self.replay.journal = self.world.node.journal

    # ------------------------------------------------------------------------- provenance

    @step(session=few, previous=("last", "last", "last", "none", "other"),
          type=("AdView", "AdClick", "LandingPageView", "FormStart", "FormField",
                                "FormSubmit", "PartnerRedirect", "Conversion", "OptIn"),
          data=few, by=anybody, cheat=cheats)  # fmt: skip
    def record_hop(self, session, previous, type, data, by, cheat):
        sessions = [make_id("test/session", 0), make_id("test/session", 1), *self.model.sessions]
        session = sessions[session % len(sessions)]
        last = {"last": self.model.sessions.get(session, ZEROS), "none": ZEROS}
        signer = self.anyone(by)
        fields = (session, last.get(previous, NOBODY), type, make_id("test/data", data))
        self.order("record_hop", lambda: self.model.record_hop(signer.id, *fields), signer,
                   *fields, cheat=cheat)  # fmt: skip
        if previous == "none":  # again exactly
            self.order("record_hop", lambda: self.model.record_hop(signer.id, *fields), signer,
                       *fields)  # fmt: skip

    # ------------------------------------------------------------------------------ codes

    @step(lambda self: self.users, weight=3, user=pick, offer=pick, by=who, cheat=cheats)
    def generate(self, user, offer, by=None, cheat=""):
        offer = self.offer(offer)
        user = NOBODY if user == 11 else self.users[user % len(self.users)].id
        self.order("optin_generate_code", lambda: self.model.generate(offer, user),
                   self.signer(by, self.world.operator), offer, user, cheat=cheat)  # fmt: skip

    def act(self, method, judge, number, by, cheat, *wanted):
        """A user does something with a code."""
        code_id, code = self.code(number, *wanted)
        signer, code = self.signer(by, self.user_of(code)), self.or_none(number, code_id)
        return self.order(method, lambda: judge(signer.id, code), signer, code, cheat=cheat)

    @step(lambda self: self.model.codes, number=pick, by=who, cheat=cheats)
    def mark_viewed(self, number, by=None, cheat=""):
        self.act("mark_viewed", self.model.mark_viewed, number, by, cheat, "generated")

    @step(lambda self: self.model.codes, number=pick, by=who, cheat=cheats)
    def revoke(self, number, by, cheat):
        self.act("optin_revoke_code", self.model.revoke, number, by, cheat, "activated", "settled")

    @step(lambda self: self.model.codes, number=pick, by=(None, None, 0, 1, 2, 7, 12), cheat=cheats)
    def get_code(self, number, by, cheat):
        self.act("get_code", self.model.get_code, number, by, cheat)

    @step(lambda self: self.model.codes, weight=3, number=pick,
          choice=("required", "all") * 2 + tuple(CONSENTS),
          hop=("none", "last") * 4 + ("first", "unknown"),
          other=("",) * 15 + ("amount", "partner", "currency", "key", "word"),
          by=who, cheat=cheats)  # fmt: skip
    def activate(self, number, choice, hop="none", other="", by=None, cheat=""):
        code_id, code = self.code(number, "viewed", "generated")
        if code.status == "generated" and number != 9:
            self.mark_viewed(code_id)
        terms, code_id = code.terms, self.or_none(number, code_id)
        signer = self.signer(by, self.user_of(code))
        hops = {"none": ZEROS, "unknown": NOBODY,
                "last": list(self.model.sessions.values() or [ZEROS])[-1],
                "first": list(self.model.hops or [ZEROS])[0]}  # fmt: skip
        asked = sorted(terms.required + terms.optional)
        pairwise = signer.pairwise(terms.partner)
        consent = records.Consent(
            code_id, pairwise.id, terms.partner, self.model.offer_id(code),
            tuple(CONSENTS[choice](terms.required, asked)), terms.compensation,
            terms.amount, terms.currency, hops[hop],
        )  # fmt: skip
        changes = {"amount": {"amount": terms.amount ^ 1}, "partner": {"partner": NOBODY},
                   "currency": {"currency": JPY}}  # fmt: skip
        consent = evolve(consent, **changes.get(other, {}))
        signed = canonical(consent) if other != "word" else b"something else"
        key = self.world.stranger.key if other == "key" else pairwise.key
        own_key, own_word = other != "key", other not in ("word", "key")
        self.order(
            "optin_activate_code",
            lambda: self.model.activate(signer.id, consent, own_key, own_word),
            signer, consent, enclosures=(key, pairwise.sign(commands.CONSENT, signed)),
            cheat=cheat,
        )  # fmt: skip

    @step(lambda self: self.model.codes, number=pick)
    def expire(self, number):
        code = self.or_none(number, self.code(number)[0])
        self.unsigned("optin_expire_reservation", lambda: self.model.expire(code), code)

    # ------------------------------------------------------------------ views, settlements

    @step(lambda self: self.model.codes, weight=2, number=pick,
          requested=(b"\xff", b"\x01", b"\x06", b"\x00"), own_key=right,
          by=(None,) * 6 + (0, 1, 2, 10), cheat=cheats)  # fmt: skip
    def view(self, number, requested=b"\xff", own_key=True, by=None, cheat=""):
        _, code = self.code(number, "activated", "settled", "revoked")
        record = NOBODY if number == 11 else code.record or NOBODY
        self.serial += 1
        self.look(code, record, requested * 32, own_key, self.signer(by, self.partner_of(code)),
                  cheat)  # fmt: skip

    def look(self, code, record, requested, own_key, partner, cheat):
        crypto, kem_seed = self.world.crypto, make_id("test/kem", self.serial) * 2
        key = crypto.kem_public_key(kem_seed)
        signed = commands.reply_key_id(key) if own_key else NOBODY
        reply = self.order(
            "optin_enforce_view", lambda: self.model.view(partner.id, record, own_key), partner,
            record, requested, signed, enclosures=(key, b"192.0.2.7"), cheat=cheat,
        )  # fmt: skip
        if reply:
            content = unseal(crypto, kem_seed, commands.VIEW, reply.sealed)
            grant = spec_of(records.ViewGrant).build(unpack(content))
            expected = self.model.returned(code, requested)
            mask = sum(1 << index for index, _, _ in expected)
            assert grant.returned == mask.to_bytes(32, "little")
            assert list(grant.transforms) == [form for _, form, _ in expected]
            assert grant.fields == b"".join(
                len(value).to_bytes(2, "little") + value for _, _, value in expected
            )

    @step(lambda self: self.model.codes, number=pick, place=few, by=who, cheat=cheats)
    def evidence(self, number, place, by, cheat):
        code_id = self.or_none(number, self.code(number, "activated", "revoked")[0])
        witnesses = self.world.witnesses
        signer = self.signer(by, witnesses[place % len(witnesses)])
        self.order("settlement_evidence", lambda: self.model.evidence(signer.id, code_id), signer,
                   code_id, NOBODY, cheat=cheat)  # fmt: skip

    def statement(self, code_id, code):
        """The statement of an engagement, its amounts by the model."""
        state, world = self.states["code"][code_id], self.world
        return records.Statement(
            world.node.id, code_id, state.reservation, state.consent_hash, state.rules,
            state.payees, records.Amounts(*[part for _, part in self.model.parts(code)]),
        )  # fmt: skip

    @step(lambda self: self.model.codes, weight=3, number=pick,
          way=("",) * 6 + tuple(WITNESSED), by=who, cheat=cheats)  # fmt: skip
    def settle(self, number, way="", by=None, cheat=""):
        TRIED[way] += 1
        code_id, code = self.code(number, "activated", "revoked")
        world, statement = self.world, self.statement(code_id, code)
        people = {person.id: person for person in world.witnesses}
        named = [people[code.offer.witnesses[place]] for place in WITNESSED[way]]
        signed, forgers = statement, list(named)
        if way == "retired" and code.offer.retired:
            named[1] = forgers[1] = people[code.offer.retired[-1]]
        elif way in ("a stranger", "not a party"):
            named[1] = forgers[1] = world.charity if way == "a stranger" else world.stranger
        elif way == "forged":
            forgers[1] = named[0]
        elif way == "an old key":
            forgers[1] = next((p for p in self.outdated if p.id == named[1].id), named[0])
        elif way == "another statement":
            signed = evolve(statement, consent_hash=NOBODY)
        elif way == "other amounts":
            one, two, *rest = statement.amounts
            signed = statement = evolve(statement, amounts=records.Amounts(one ^ 1, two, *rest))
        signatures = [person.sign(commands.WITNESS, canonical(signed)) for person in forgers]
        signer = self.signer(by, (world.operator, self.partner_of(code))[self.serial % 2])
        keys = [person.key for person in forgers]

        def judge():
            own = self.statement(code_id, code)  # an activation may have come in between
            words = [(person.id, key, signed == own)
                     for person, key in zip(named, keys, strict=True)]  # fmt: skip
            return self.model.settle(signer.id, code_id, statement == own, words)

        self.order("optin_settle_engagement", judge, signer, code_id,
                   make_id("optin/v1/settlement", statement), tuple(p.id for p in named),
                   enclosures=signatures, cheat=cheat)  # fmt: skip

    @step(lambda self: any(code.settled for code in self.model.codes.values()),
          number=pick, changed=(False, True))  # fmt: skip
    def verify(self, number, changed):
        """The record of a settlement, or one that was touched."""
        settled = [key for key, code in self.model.codes.items() if code.settled]
        world = self.world
        settlement = self.states["code"][settled[number % len(settled)]].settlement
        record = world.do(world.operator, "get_settlement", settlement).record
        if changed:
            amounts = records.Amounts(*[part + 1 for part in record.statement.amounts[:1]],
                                      *record.statement.amounts[1:])  # fmt: skip
            record = evolve(record, statement=evolve(record.statement, amounts=amounts))
        reply = self.unsigned("optin_verify_settlement", judged, record)
        assert reply.valid == (not changed), reply.reason

    # ------------------------------------------------------------------ again, and outside

    @step(lambda self: self.past, weight=2, back=range(1, 41))
    def a_command_comes_again(self, back):
        """What was done gets the same answer, what was not is judged by what is true now."""
        order = self.past[-1 - back % len(self.past)]
        party = self.model.parties.get(order.letter.by)
        if not order.journaled or order.spec.more["judged_anew"]:
            TRIED["comes again, judged anew"] += 1
            self.deliver(order)
            return
        TRIED["comes again, done before"] += 1
        before = self.world.store.content()
        error, result = self.world.send(order.method, order.params)
        if party.key != order.letter.key:
            self.why(order, from_wire(error), {"forged"})
        else:
            assert (error, result) == (None, order.answer)
            SENT[order.method, "the same answer"] += 1
        assert self.world.store.content() == before

    @step(method=(
        "optin_compute_score", "optin_reserve_against", "optin_release_on_completion",
        "optin_generate_view", "optin_log_access", "credit_payee"))  # fmt: skip
    def an_actor_is_asked_directly(self, method):
        self.unsigned(method, lambda: judged("between actors"))

    @step(number=few, room=range(10))
    def the_store_is_full(self, number, room):
        before = self.world.store.content()
        self.world.store.room = room
        try:
            self.deposit(number, 0, 1, 1000 + self.serial)
        except AssertionError:
            assert self.world.store.content() == before
        finally:
            self.world.store.room = None

    # ------------------------------------------------------------------------- invariants

    @always
    def lists_are_the_models(self):
        world, model = self.world, self.model
        currency = CURRENCIES[self.serial % 2]
        lines = world.do(world.operator, "list_accounts", currency, b"", 255).accounts
        assert {line.partner: line.deposited for line in lines} == {
            key[0]: account.deposited for key, account in model.accounts.items()
            if key[1] == currency
        }  # fmt: skip
        payees = world.do(world.operator, "list_balances", currency, b"", 255).balances
        assert {line.party: line.balance for line in payees} == {
            key[0]: model.balance(*key) for key in model.earned if key[1] == currency
        }
        if not model.clock.is_set:
            return
        due = sorted(((code.late_at if code.status == "activated" else code.dead_at), code_id)
                     for code_id, code in model.codes.items() if model.is_due(code))  # fmt: skip
        assert world.due() == [code_id for _, code_id in due]

    @always
    def scores_are_the_models(self):
        if not self.model.clock.is_set:
            return
        for user in self.users[: 1 + self.serial % 3]:
            score = self.world.score(user, user)
            found = [score.authentication, score.engagement, score.sharing]
            assert (found, score.composite, score.flagged) == self.model.score(user.id)


class RealHistories(Histories):
    """The same with ML-DSA-87, ML-KEM-1024 and ChaCha20-Poly1305."""

    crypto = Crypto
    origin = None


def test_node_and_model_agree_on_every_command():
    SENT.clear()
    TRIED.clear()
    for number in count():
        run(Histories, [f"{SEED}/{number}"], STEPS)
        sent = sum(SENT.values())
        if sent >= COMMANDS:
            break
    methods = sorted({method for method, _ in SENT})
    print(f"\n{sent} commands in {number + 1} histories")
    for method in methods:
        verdicts = sorted(((SENT[key], key[1]) for key in SENT if key[0] == method), reverse=True)
        print(f"  {method}: " + ", ".join(f"{times} {verdict}" for times, verdict in verdicts))
    print("  " + ", ".join(f"{times} {cheat or 'as usual'}" for cheat, times in TRIED.items()))
    if COMMANDS >= 15000:
        never = set(REASONS) - {verdict for _, verdict in SENT}
        assert not never, f"no command was refused for {never}"
        undone = {method for method in methods if not SENT[method, "done"]}
        assert undone == ACTORS_ONLY, undone
        assert set(CHEATS) | set(WITNESSED) <= set(TRIED)


ACTORS_ONLY = {"optin_compute_score", "optin_reserve_against", "optin_release_on_completion",
               "optin_generate_view", "optin_log_access", "credit_payee"}  # fmt: skip


def test_node_and_model_agree_with_real_algorithms():
    run(RealHistories, [f"real {SEED}/{number}" for number in range(REAL)], STEPS)

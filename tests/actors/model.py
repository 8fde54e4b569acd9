"""A model of the whole ledger and all state machines, by the words of DOMAIN.md and nothing else.

It was written apart from the actors and shares no line with them: amounts are fractions, ages come
from `datetime`, indexes are loops. Each command is a generator: it yields the set of REASONS for
which it must be refused, and, if there is none and it is sent the node's reply, takes effect. Where
several rules are broken at once, a node may name any of them.
"""

from datetime import UTC, datetime
from fractions import Fraction

DAY = 86400 * 10**9  # ns
YEAR = 365 * DAY
MOST = (1 << 64) - 1
ZEROS = bytes(32)
FREE_STEP = 60 * 10**9  # ns, and one ns more for each 1,000 of uptime

REASONS = {  # reason: (class of the error, a pattern of what the node says is wrong)
    # ---- how a command comes
    "forged": ("unauthorized", r"^the signature of [a-z_]+ is not valid$"),
    "for another method": ("unauthorized", "the command was signed for"),
    "for another node": ("stale", "signed for another node"),
    "late": ("stale", "came after its not_after"),
    "nonce": ("stale", "^the nonce is "),
    "enclosures": ("malformed", "enclosures with"),
    "not a shape": ("malformed", ""),
    "unknown": ("unauthorized", "is not known here"),
    "role": ("unauthorized", r"by a party that is|^this is for whoever has the role"),
    "no clock": ("refused", "the clock was not set"),
    "between actors": ("unknown_method", "is a message between actors"),
    # ---- any state machine
    "state": ("state", r" on an? \w+ that is "),
    # ---- parties, keys, clock
    "another's key": ("unauthorized", "^the enclosed key is not the (party's|successor|signer's)"),
    "own word": ("unauthorized", "^the (party's|new key's) own signature is not valid"),
    "no such role": ("refused", "nobody is registered as"),
    "roles not ascending": ("refused", "roles are not ascending"),
    "witness with a role": ("refused", "a witness holds no other role"),
    "not forward": ("refused", "would not move forward"),
    "step too large": ("unauthorized", "too large for the operator alone"),
    "witness signature": ("unauthorized", r"^the signature of witness \w+ is not valid"),
    "successor is one": ("refused", "the successor is a witness of this offer"),
    "successor was one": ("refused", "the successor was replaced before"),
    "none to replace": ("missing", "witness to replace is none"),
    "partner's word": ("unauthorized", "^the partner's signature is not valid"),
    # ---- profiles and scores
    "enrolled nowhere": ("missing", "the (user|referrer) is not enrolled"),
    "other fields": ("unauthorized", "fields are not the ones that were signed"),
    "no such field": ("missing", "there is no field"),
    "value too long": ("refused", r" has \d+ bytes"),
    "no date": ("refused", " is no date"),
    "points": ("refused", r"^\d+ points"),
    "future": ("refused", "event is in the future"),
    "year old": ("refused", "event is a year old"),
    "counted before": ("refused", "event was counted before"),
    "weights": ("refused", r"weights sum to \d+"),
    "same version": ("refused", "do not name a new version"),
    "another's score": ("unauthorized", "the score is another user's"),
    # ---- provenance
    "OptIn is the node's": ("refused", "OptIn hop is the node's"),
    "not the last hop": ("refused", "does not follow the session's last"),
    "no such hop": ("missing", "there is no such hop"),
    # ---- money
    "no partner": ("missing", "to credit is no partner"),
    "nothing": ("refused", "is of nothing"),
    "credited before": ("refused", "was credited before"),
    "currency": ("refused", "no ISO 4217 code"),
    "account full": ("refused", "the account cannot hold that much"),
    "payee full": ("refused", "balance cannot hold that much"),
    "expired full": ("refused", "cannot count that much expired"),
    "no account": ("missing", "no such (account|payee)"),
    "escrow": ("funds", "micro-units are available"),
    "budget": ("funds", "of the offer's budget are left"),
    "balance": ("funds", "^the balance is"),
    "shares": ("refused", r"shares sum to \d+"),
    # ---- offers
    "another's offer": ("unauthorized", "offer (names another partner|is another partner's)"),
    "no such offer": ("missing", "there is no such offer"),
    "no rules": ("missing", "no such settlement rules"),
    "amount": ("refused", "of a budget of"),
    "time to live": ("refused", "for no time or too long"),
    "complete_by": ("refused", "complete_by is too long"),
    "never a view": ("refused", "no view would ever be allowed"),
    "least score": ("refused", "least score is"),
    "not three": ("refused", r"^\d different witnesses$"),
    "not of that role": ("missing", r"is no (witness|publisher|charity) here"),
    "charity": ("refused", "charity and compensation do not match"),
    "no field": ("refused", "asks for no field"),
    "no such form": ("refused", "is not shown as"),
    "both": ("refused", "is both required and optional"),
    "not ascending": ("refused", "fields are not ascending"),
    # ---- codes
    "no such code": ("missing", "there is no such code"),
    "another's code": ("unauthorized", "the code is another user's|the code is not yours"),
    "second code": ("refused", "already has a code of this offer"),
    "score too low": ("refused", "user's score is"),
    "score jumped": ("refused", "score jumped"),
    "dead": ("state", "the code has expired"),
    "not due": ("refused", "not due to expire"),
    "pairwise key": ("unauthorized", "enclosed key is not the pairwise one"),
    "pairwise signature": ("unauthorized", "^the pairwise signature is not valid"),
    "not this offer": ("refused", "consent is not to this offer"),
    "over-consent": ("refused", "was not asked for"),
    "required missing": ("refused", "is missing from the consent"),
    "no value": ("refused", "has no value that can be shown"),
    # ---- views
    "no record": ("missing", "no such view record for you"),
    "reply key": ("unauthorized", "enclosed reply key is not the one"),
    "stopped": ("refused", "took the consent back"),
    "past complete_by": ("refused", "before the offer's complete_by"),
    "past view_until": ("refused", "view_until has passed"),
    # ---- settlements
    "another's engagement": ("unauthorized", "engagement is another partner's"),
    "not complete": ("refused", "no view was granted yet"),
    "settled before": ("refused", "was settled before"),
    "other settlement": ("refused", "not the one the node computes"),
    "not two": ("refused", "^1 different witnesses$"),
    "no witness": ("unauthorized", "is no witness of this offer|you are no witness of this code"),
}  # fmt: skip

FORMS = {  # field: forms it may be shown in, as the tests' registry has them
    0: ("ExactValue", "BooleanOnly"), 1: ("ExactValue", "BooleanOnly"),
    2: ("ExactValue", "BooleanOnly"), 3: ("ExactValue", "BooleanOnly", "MetroAreaOnly"),
    9: ("ExactValue", "BooleanOnly", "AgeRange"),
}  # fmt: skip
LONGEST = {0: 128, 1: 254, 2: 24, 3: 16, 9: 10}
AREAS = {b"10115": b"New York NY metro", b"94103": b"San Francisco CA metro"}
BANDS = ((65, b"65+"), (55, b"55-64"), (45, b"45-54"), (35, b"35-44"), (25, b"25-34"),
         (18, b"18-24"), (0, b"0-17"))  # fmt: skip
FEEDS = {
    "ApiVerification": 0, "FormCompletion": 1, "QuestionAsked": 1, "DocumentDownload": 1,
    "SurveyCompleted": 1, "ReferralMade": 2, "ForumPost": 2,
}  # fmt: skip
ROLES = {"auditor", "charity", "partner", "publisher", "source", "witness"}


def broken(rules):
    """The reasons of {reason: condition} whose condition holds."""
    return {reason for reason, holds in rules.items() if holds}


def shown(value, form, now):
    """A value as a view shows it; empty if it cannot be shown in this form."""
    if form == "BooleanOnly":
        return b"\x01" if value else b"\x00"
    if form == "MetroAreaOnly":
        return AREAS.get(value, b"")
    if form == "AgeRange" and value:
        born = datetime.strptime(value.decode(), "%Y-%m-%d")
        today = datetime.fromtimestamp(now // 10**9, UTC)
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        return next((name for first, name in BANDS if age >= first), b"")
    return value


class Clock:
    """Ticks from uptime, only ever forward; steps are bounded or witnessed."""

    def __init__(self, start):
        self.uptime = 0
        self.floor = start  # what the journal shows
        self.base = start  # what the machine's own clock shows at uptime 0
        self.start_again(True)

    def start_again(self, knows_time):
        self.is_set = knows_time
        self.shown = self.floor
        machine = self.base + self.uptime if knows_time else 0
        self.ahead = max(machine, self.floor) - self.uptime
        self.started, self.stepped = self.uptime, 0

    @property
    def now(self):
        if self.is_set:
            self.shown = max(self.shown, self.ahead + self.uptime)
        return self.shown

    @property
    def free(self):
        """ns that the operator may still step alone."""
        return FREE_STEP + (self.uptime - self.started) // 1000 - self.stepped

    def step(self, time, alone):
        self.stepped += alone * (time - self.now)
        self.ahead, self.is_set = time - self.uptime, True
        self.floor = max(self.floor, time)


class Party:
    def __init__(self, key, roles, nonce=0):
        self.key, self.roles, self.nonce = key, set(roles), nonce


class Account:
    """A partner's money in one currency."""

    def __init__(self):
        self.deposited = self.reserved = self.released = self.withdrawn = self.expired_ever = 0

    @property
    def available(self):
        return self.deposited - self.reserved - self.released - self.withdrawn


class Offer:
    def __init__(self, terms):
        self.terms = terms
        self.spent, self.open = 0, True
        self.witnesses, self.retired = list(terms.witnesses), []


class Code:
    def __init__(self, user, offer, dead_at):
        self.user, self.offer, self.dead_at, self.late_at = user, offer, dead_at, 0
        self.status = "generated"
        self.completed = self.settled = self.stopped = False
        self.record, self.uses, self.values = None, (), {}
        self.looks = [0, 0]  # granted, refused

    @property
    def terms(self):
        return self.offer.terms

    @property
    def waits(self):
        return self.status in ("generated", "viewed")

    @property
    def reservation(self):
        """State of the money that is held for it."""
        if self.settled:
            return "released"
        if self.status == "revoked" and not self.completed:
            return "cancelled"
        return "expired" if self.status == "expired" else "reserved"


class Model:
    """Everything there is on a node.

    Args:
        start: ns since the epoch.
        operator: id of the operator.
    """

    def __init__(self, start, operator):
        self.clock = Clock(start)
        self.operator = operator
        self.parties = {}
        self.accounts = {}  # (partner, currency): Account
        self.earned = {}  # (party, currency): amount
        self.paid = {}  # (party, currency): amount taken out
        self.references = set()
        self.rules = {}  # id: shares
        self.offers = {}
        self.codes = {}
        self.values = {}  # user: values by field
        self.referrers = {}  # user: referrer or None
        self.seen = {}  # user: [(dimension, time, points)]
        self.counted = set()
        self.versions = ["default"]
        self.weights = (4000, 3500, 2500)
        self.sessions = {}  # session: its last hop
        self.hops = {}  # hop: session
        self.steps = set()  # what was recorded as a hop

    @property
    def now(self):
        return self.clock.now

    def roles(self, party):
        return self.parties[party].roles if party in self.parties else set()

    def users(self):
        return list(self.values)

    # ------------------------------------------------------------- how a command comes

    def envelope(self, letter, role, journaled, timed, own_key):
        """Reasons to refuse a command for how it comes, whatever it says.

        Args:
            letter: with `by`, `key`, `nonce`, `not_after`, and `flaw` in what was signed.
            role: who may send it; "" for any party.
            own_key: whether it brings its key, so that the party need not be known.
        """
        wrong = {letter.flaw} if letter.flaw else set()
        party = self.parties.get(letter.by)
        if party is None:
            if not own_key:
                return wrong | {"unknown"}
            party = Party(letter.key, ())
        return wrong | broken({
            "forged": letter.key != party.key,
            "late": self.now > letter.not_after,
            "nonce": journaled and letter.nonce <= party.nonce,
            "no clock": timed and not self.clock.is_set,
            "role": role and role not in party.roles,
        })  # fmt: skip

    def accepted(self, letter):
        """A command of the party was journaled."""
        self.parties[letter.by].nonce = letter.nonce
        self.journaled()

    def journaled(self):
        self.clock.floor = max(self.clock.floor, self.now)

    # ---------------------------------------------------------------- parties and clock

    def register(self, party, roles, key, own_key, own_word):
        witness = "witness" in roles and len(roles) > 1
        yield broken({
            "state": party in self.parties,
            "another's key": not own_key,
            "own word": not own_word,
            "roles not ascending": not roles or list(roles) != sorted(set(roles)),
            "no such role": set(roles) - ROLES,
            "witness with a role": witness,
        })  # fmt: skip
        self.parties[party] = Party(key, roles)

    def rotate(self, by, key, own_key, own_word):
        yield broken({"another's key": not own_key, "own word": not own_word})
        self.parties[by].key = key

    def are_witnesses(self, witnesses):
        """Whether each (party, key that signed, whether it signed this) is a witness's word."""
        return all(true and "witness" in self.roles(party) and key == self.parties[party].key
                   for party, key, true in witnesses)  # fmt: skip

    def set_clock(self, time, witnesses):
        step = time - self.now
        alone = step <= self.clock.free and self.clock.is_set
        yield broken({
            "not forward": step <= 0,
            "step too large": not alone and len({party for party, _, _ in witnesses}) != 2,
            "witness signature": not alone and not self.are_witnesses(witnesses),
        })  # fmt: skip
        self.clock.step(time, alone)

    def replace(self, offer, dead, successor, partners_key, agreed):
        offer = self.offers.get(offer)
        if offer is None:
            yield {"no such offer"}
            return
        partner = self.parties[offer.terms.partner]
        yield broken({
            "none to replace": dead not in offer.witnesses,
            "successor is one": successor in offer.witnesses,
            "successor was one": successor in offer.retired,
            "not of that role": "witness" not in self.roles(successor),
            "partner's word": not agreed or partners_key != partner.key,
        })  # fmt: skip
        offer.witnesses[offer.witnesses.index(dead)] = successor
        offer.retired.append(dead)

    # --------------------------------------------------------------- profiles and scores

    def wrong_values(self, values, signed):
        given = [(index, value) for index, value in enumerate(values) if value]
        return broken({
            "other fields": not signed,
            "no such field": any(index not in FORMS for index, _ in given),
            "value too long": any(len(value) > LONGEST.get(index, 999) for index, value in given),
            "no date": any(index == 9 and not is_date(value) for index, value in given),
        })  # fmt: skip

    def enrol(self, user, key, referrer, values, signed):
        yield self.wrong_values(values, signed) | broken({
            "state": user in self.values,
            "witness with a role": "witness" in self.roles(user),
            "enrolled nowhere": referrer is not None and referrer not in self.values,
        })  # fmt: skip
        self.parties.setdefault(user, Party(key, ())).roles.add("user")
        self.referrers[user] = referrer
        self.values[user] = dict(enumerate(values))

    def update(self, user, values, signed):
        yield self.wrong_values(values, signed)
        self.values[user] = dict(enumerate(values))

    def record_event(self, source, event, user, type, points, time):
        yield broken({
            "enrolled nowhere": user not in self.values,
            "points": not 1 <= points <= 1000,
            "future": time > self.now,
            "year old": self.now - time >= YEAR,
            "counted before": (source, event) in self.counted,
        })  # fmt: skip
        self.counted.add((source, event))
        self.seen.setdefault(user, []).append((FEEDS[type], time, points))

    def define_weights(self, model, *weights):
        yield broken({
            "weights": sum(weights) != 10000,
            "same version": not model or model == self.versions[-1],
        })  # fmt: skip
        self.versions.append(model)
        self.weights = weights

    def get_score(self, by, user):
        yield broken({"another's score": by not in (user, self.operator)})

    def dimensions(self, user, until):
        """Dimensions of a user of what counts now and happened before `until`."""
        counted = [[points for dimension, time, points in self.seen.get(user, ())
                    if dimension == wanted and self.now - time < YEAR and time < until]
                   for wanted in range(3)]  # fmt: skip
        return [min(100, sum(points) // 10) for points in counted]

    def score(self, user):
        """(dimensions, composite, whether it jumped) as of now."""
        now, before = self.dimensions(user, self.now + 1), self.dimensions(user, self.now - DAY)
        weights = [Fraction(weight, 10000) for weight in self.weights]
        composites = [int(sum(map(Fraction.__mul__, weights, map(Fraction, found))))
                      for found in (now, before)]  # fmt: skip
        return now, composites[0], composites[0] - composites[1] >= 30

    # ------------------------------------------------------------------------ provenance

    def record_hop(self, by, session, previous, type, data):
        step = (by, session, previous, type, data)
        reply = yield broken({
            "state": step in self.steps,
            "OptIn is the node's": type == "OptIn",
            "not the last hop": self.sessions.get(session, ZEROS) != previous,
        })  # fmt: skip
        self.steps.add(step)
        self.follow(session, reply.hop)

    def follow(self, session, hop):
        self.sessions[session], self.hops[hop] = hop, session

    # ----------------------------------------------------------------------------- money

    def account(self, partner, currency):
        return self.accounts.get((partner, currency)) or Account()

    def balance(self, party, currency):
        return self.earned.get((party, currency), 0) - self.paid.get((party, currency), 0)

    def deposit(self, partner, currency, amount, reference):
        account = self.account(partner, currency)
        reply = yield broken({
            "no partner": "partner" not in self.roles(partner),
            "currency": not is_currency(currency),
            "nothing": amount == 0,
            "account full": account.deposited + amount > MOST,
            "credited before": reference in self.references,
        })  # fmt: skip
        self.references.add(reference)
        account.deposited += amount
        self.accounts[partner, currency] = account
        assert reply.available == account.available

    def withdraw_escrow(self, by, currency, amount):
        account = self.accounts.get((by, currency))
        if account is None:
            yield {"no account"}
            return
        reply = yield broken({"nothing": amount == 0, "escrow": amount > account.available})
        account.withdrawn += amount
        assert reply.available == account.available

    def withdraw_balance(self, by, currency, amount):
        if (by, currency) not in self.earned:
            yield {"no account"}
            return
        balance = self.balance(by, currency)
        reply = yield broken({"nothing": amount == 0, "balance": amount > balance})
        self.paid[by, currency] = self.paid.get((by, currency), 0) + amount
        assert reply.balance == balance - amount

    def define_rules(self, shares):
        reply = yield broken({
            "shares": sum(shares) != 10000,
            "state": tuple(shares) in self.rules.values(),
        })  # fmt: skip
        self.rules[reply.rules] = tuple(shares)

    # ---------------------------------------------------------------------------- offers

    def publish(self, by, terms):
        uses = [*terms.required, *terms.optional]
        indexes = [[use.index for use in some] for some in (terms.required, terms.optional)]
        donation = terms.compensation == "CharitableDonation"
        named = [(witness, "witness") for witness in terms.witnesses]
        also = ((terms.publisher, "publisher"), (terms.charity, "charity"))
        named += [(party, role) for party, role in also if party]
        account = self.account(terms.partner, terms.currency)
        reply = yield broken({
            "state": any(terms == offer.terms for offer in self.offers.values()),
            "another's offer": terms.partner != by,
            "currency": not is_currency(terms.currency),
            "amount": not 0 < terms.amount <= terms.budget,
            "time to live": not 0 < terms.code_ttl <= 10 * YEAR,
            "complete_by": terms.complete_by > 10 * YEAR,
            "never a view": terms.view_until and terms.view_until <= self.now,
            "least score": terms.least_score > 100,
            "not three": len(set(terms.witnesses)) != 3,
            "not of that role": any(role not in self.roles(party) for party, role in named),
            "charity": donation != (terms.charity is not None),
            "no rules": terms.rules not in self.rules,
            "no field": not uses,
            "no such field": any(use.index not in FORMS for use in uses),
            "no such form": any(use.transform not in FORMS.get(use.index, ()) for use in uses),
            "not ascending": any(some != sorted(set(some)) for some in indexes),
            "both": set(indexes[0]) & set(indexes[1]),
            "escrow": terms.amount > account.available,
        })  # fmt: skip
        self.offers[reply.offer] = Offer(terms)

    def close(self, by, offer):
        offer = self.offers.get(offer)
        if offer is None:
            yield {"no such offer"}
            return
        yield broken({"state": not offer.open, "another's offer": offer.terms.partner != by})
        offer.open = False

    # ----------------------------------------------------------------------------- codes

    def holds_code(self, user, offer):
        """Whether a code of the offer keeps its user from another."""
        return any((code.user, code.offer) == (user, offer) and code.status != "expired"
                   and not (code.waits and self.now >= code.dead_at)
                   for code in self.codes.values())  # fmt: skip

    def generate(self, offer, user):
        offer = self.offers.get(offer)
        if offer is None:
            yield {"no such offer"}
            return
        terms = offer.terms
        account = self.account(terms.partner, terms.currency)
        _, composite, jumped = self.score(user)
        reply = yield broken({
            "state": not offer.open,
            "enrolled nowhere": user not in self.values,
            "second code": self.holds_code(user, offer),
            "score too low": composite < terms.least_score,
            "score jumped": jumped and not terms.accept_flagged,
            "budget": offer.spent + terms.amount > terms.budget,
            "escrow": terms.amount > account.available,
        })  # fmt: skip
        offer.spent += terms.amount
        account.reserved += terms.amount
        assert reply.expires_at == self.now + terms.code_ttl
        self.codes[reply.code] = Code(user, offer, reply.expires_at)

    def need_own(self, by, code, *states):
        """Reasons that an act of a code's own user meets first."""
        return broken({"another's code": code.user != by, "state": code.status not in states})

    def mark_viewed(self, by, code):
        code = self.codes.get(code)
        if code is None:
            yield {"no such code"}
            return
        wrong = self.need_own(by, code, "generated")
        yield wrong | broken({"dead": self.now >= code.dead_at})
        code.status = "viewed"

    def activate(self, by, consent, own_key, own_word):
        code = self.codes.get(consent.code)
        if code is None:
            yield {"no such code"}
            return
        terms, uses, now = code.terms, consent.fields, self.now
        offered = (terms.partner, self.offer_id(code), terms.compensation, terms.amount,
                   terms.currency)  # fmt: skip
        agreed = (consent.partner, consent.offer, consent.compensation, consent.amount,
                  consent.currency)  # fmt: skip
        values = self.values[code.user]
        values = {use.index: shown(values.get(use.index, b""), use.transform, now) for use in uses}
        indexes = [use.index for use in uses]
        required = {use.index for use in terms.required}
        session = self.hops.get(consent.hop)
        linked = consent.hop != ZEROS
        reply = yield self.need_own(by, code, "viewed") | broken({
            "dead": now >= code.dead_at,
            "pairwise key": not own_key,
            "pairwise signature": not own_word,
            "not this offer": agreed != offered,
            "not ascending": indexes != sorted(set(indexes)),
            "over-consent": set(uses) - {*terms.required, *terms.optional},
            "required missing": set(terms.required) - set(uses),
            "no value": any(not values[index] for index in required & set(indexes)),
            "no such hop": linked and session is None,
            "not the last hop": linked and session and self.sessions[session] != consent.hop,
        })  # fmt: skip
        code.status, code.record = "activated", reply.record
        code.late_at = terms.complete_by and now + terms.complete_by
        code.uses, code.values = uses, values
        self.follow(session or reply.proof, reply.hop)

    def offer_id(self, code):
        return next(key for key, offer in self.offers.items() if offer is code.offer)

    def is_due(self, code):
        if code.waits:
            return self.now >= code.dead_at
        waits = code.status == "activated" and not code.completed
        return bool(waits and code.late_at and self.now >= code.late_at)

    def free(self, code):
        """What was held for a code is its partner's again; the account it is in."""
        amount, terms = code.terms.amount, code.terms
        code.offer.spent -= amount
        account = self.accounts[terms.partner, terms.currency]
        account.reserved -= amount
        return account

    def expire(self, code):
        code = self.codes.get(code)
        if code is None:
            yield {"no such code"}
            return
        account = self.account(code.terms.partner, code.terms.currency)
        over = code.status in ("settled", "revoked", "expired")
        yield broken({
            "state": over,
            "not due": not over and not self.is_due(code),
            "expired full": account.expired_ever + code.terms.amount > MOST,
        })  # fmt: skip
        code.status, code.stopped = "expired", code.record is not None
        self.free(code).expired_ever += code.terms.amount

    def revoke(self, by, code):
        code = self.codes.get(code)
        if code is None:
            yield {"no such code"}
            return
        yield self.need_own(by, code, "activated", "settled")
        code.status, code.stopped = "revoked", True
        if not code.completed:
            self.free(code)

    def get_code(self, by, code):
        code = self.codes.get(code)
        if code is None:
            yield {"no such code"}
            return
        reply = yield broken({
            "another's code": by not in (code.user, code.terms.partner, self.operator)
        })  # fmt: skip
        assert (reply.status, reply.completed) == (code.status, code.completed)

    # ----------------------------------------------------------------------------- views

    def code_of(self, record):
        return next((code for code in self.codes.values() if record == code.record), None)

    def view(self, by, record, own_key):
        code = self.code_of(record)
        if code is None or code.terms.partner != by:
            yield {"no record"}
            return
        now, until = self.now, code.terms.view_until
        wrong = broken({
            "reply key": not own_key,
            "stopped": code.stopped,
            "past complete_by": not code.completed and code.late_at and now >= code.late_at,
            "past view_until": until and now >= until,
        })  # fmt: skip
        reply = yield wrong
        code.looks[reply is None] += 1
        code.completed |= reply is not None

    def returned(self, code, requested):
        """(field, form, shown value) of what a view returns, ascending."""
        return [(use.index, use.transform, code.values[use.index]) for use in code.uses
                if requested[use.index // 8] >> use.index % 8 & 1]  # fmt: skip

    # ----------------------------------------------------------------------- settlements

    def parts(self, code):
        """Who gets what: (party, amount) of platform, user, affiliate, publisher."""
        terms, shares = code.terms, self.rules[code.terms.rules]
        affiliate = self.referrers[code.user]
        parts = [int(Fraction(terms.amount * share, 10000)) for share in shares[:3]]
        parts.append(terms.amount - sum(parts))
        parties = [self.operator, terms.charity or code.user, affiliate, terms.publisher]
        for absent in (2, 3):
            if parties[absent] is None:
                parts[1], parts[absent] = parts[1] + parts[absent], 0
        return list(zip(parties, parts, strict=True))

    def evidence(self, by, code):
        code = self.codes.get(code)
        if code is None:
            yield {"no such code"}
            return
        reply = yield broken({
            "no witness": by not in code.offer.witnesses,
            "not complete": not code.completed,
            "settled before": code.settled,
        })  # fmt: skip
        assert tuple(reply.statement.amounts) == tuple(part for _, part in self.parts(code))

    def settle(self, by, code, own_statement, witnesses):
        code = self.codes.get(code)
        if code is None:
            yield {"no such code"}
            return
        named = [party for party, _, _ in witnesses]
        terms = code.terms
        earned = dict(self.earned)
        for party, part in self.parts(code):
            if part:
                key = (party, terms.currency)
                earned[key] = earned.get(key, 0) + part
        yield broken({
            "state": code.settled or code.status not in ("activated", "revoked"),
            "another's engagement": by not in (terms.partner, self.operator),
            "not complete": not code.completed,
            "settled before": code.settled,
            "other settlement": not own_statement,
            "not two": len(set(named)) != 2,
            "no witness": set(named) - set(code.offer.witnesses),
            "witness signature": not self.are_witnesses(witnesses),
            "payee full": any(amount > MOST for amount in earned.values()),
        })  # fmt: skip
        self.earned = earned
        account = self.accounts[terms.partner, terms.currency]
        account.reserved -= terms.amount
        account.released += terms.amount
        code.settled = True
        if code.status == "activated":
            code.status = "settled"

    # ----------------------------------------------------------------------------- sums

    def held_and_paid(self, currency):
        """All deposits of a currency, and where they are by now: two sums that must be equal."""
        accounts = [account for key, account in self.accounts.items() if key[1] == currency]
        inside = sum(account.available + account.reserved for account in accounts)
        payees = sum(amount for key, amount in self.earned.items() if key[1] == currency)
        outside = sum(account.withdrawn for account in accounts)
        return sum(account.deposited for account in accounts), inside + payees + outside


def is_currency(currency):
    return currency[3:] == bytes(5) and currency[:3].isalpha() and currency[:3].isupper()


def is_date(value):
    try:
        datetime.strptime(value.decode(), "%Y-%m-%d")
    except ValueError:
        return False
    return len(value) == 10

"""What happens in the demo, in order; what came of it is kept to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple

from runtime.host import steps
from runtime.host.cli.context import App, Problem, description_hash
from runtime.host.cli.offer import Registry
from runtime.host.cli.show import DAY
from runtime.host.cli.user import values_of
from runtime.host.client import Client, Done
from runtime.host.demo import cast
from runtime.host.keyfolder import Key
from runtime.wire import records
from runtime.wire.errors import NodeError
from runtime.wire.schema import make_id

AT_ONCE = 32  # people who do something at a time; a client has as many requests under way

Row = tuple[str, str | None, dict[str, str]]


class Person(NamedTuple):
    """One of the people."""

    key: Key
    values: dict[int, bytes]
    referrer: str | None


class Engagement:
    """One person and one offer, from the code on."""

    def __init__(self, offer: cast.Offer, name: str, code: bytes) -> None:
        self.offer = offer
        self.name = name
        self.code = code
        self.record = self.hop = records.ZEROS
        self.view: steps.View | None = None
        self.signed: list[steps.Signature] = []


class Refusal(NamedTuple):
    """Who tried what, and the node's own words."""

    who: str
    tries: str
    words: str


class Story:
    """The demo while it runs.

    Args:
        app: for the key folder.
        client: open.
        rows: name, referrer and values of everybody, as people.csv has them.
        tick: called once for every person enrolled and every engagement lived.

    Attributes:
        offers: ids by name.
        engagements: by (offer, name).
        refusals: in the order in which they came.
        receipts: how many were checked.
        clock: the node's time, ns, before and after it was set.
    """

    def __init__(self, app: App, client: Client, rows: list[Row], tick: Callable[[], None]) -> None:
        self.app = app
        self.client = client
        self.rows = rows
        self.names = [name for name, _, _ in rows]
        self.keys = {name: app.folder.create_key(name) for name in (*cast.PARTIES, *self.names)}
        self.keys["operator"] = app.folder.key("operator")
        self.people: dict[str, Person] = {}
        self.registry: Registry = {}
        self.offers: dict[str, bytes] = {}
        self.engagements: dict[tuple[str, str], Engagement] = {}
        self.refusals: list[Refusal] = []
        self.scores: dict[str, records.Score] = {}
        self.came_by = records.ZEROS
        self.receipts = 0
        self._unproved: list[records.Accepted] = []
        self.clock = (0, 0)
        self._tick = tick

    async def play(self) -> None:
        """All of it."""
        for act in (
            self.set_up,
            self.enrol,
            self.be_active,
            self.follow_an_ad,
            self.generate_codes,
            self.replace_a_witness,
            self.live,
            self.look_where_it_is_forbidden,
            self.let_time_pass,
            self.withdraw,
            self.try_what_is_over,
        ):
            await act()
            await self.check_receipts()

    async def do(self, step: Awaitable[Done]) -> Any:
        """A journaled step, its receipt to be checked; returns the reply."""
        done = await step
        self._unproved.append(done.accepted)
        return done.reply

    async def check_receipts(self) -> None:
        """Prove that all that was done is in the journal.

        In one go: while the journal does not grow, heads need no proof that one follows the other.
        """
        await _each(self.client.receipt, self._unproved)
        self.receipts += len(self._unproved)
        self._unproved.clear()

    async def refused(self, who: str, tries: str, step: Awaitable[Any]) -> None:
        """A step that must be refused."""
        try:
            await step
        except NodeError as error:
            self.refusals.append(Refusal(who, tries, error.wrong))
        else:
            raise Problem(f"{who} {tries}, and nobody minds", "a refusal")

    # --------------------------------------------------------------------------- beforehand

    async def set_up(self) -> None:
        """Parties, fields, rules, money, offers."""
        client, keys, operator = self.client, self.keys, self.keys["operator"]
        await self.do(steps.provision(client, operator))
        self.app.came_as("operator")
        for name, role in cast.PARTIES.items():
            await self.do(steps.register(client, operator, keys[name], [role]))
        for index, (name, kind, forms) in enumerate(cast.FIELDS):
            await self.do(steps.define_field(client, operator, index, name, kind, forms))
        self.registry = await steps.field_names(client)
        rules = (await self.do(steps.define_rules(client, operator, cast.SHARES))).rules
        self.app.remember("usual", rules)
        for name, amount, currency, reference in cast.DEPOSITS:
            await self.do(
                steps.deposit(client, operator, keys[name].id, amount, currency, reference)
            )
        for offer in cast.OFFERS:
            terms = terms_of(offer, {name: key.id for name, key in keys.items()}, rules)
            reply = await self.do(steps.publish_offer(client, keys[offer.partner], terms))
            self.offers[offer.name] = reply.offer
            self.app.remember(offer.name, reply.offer)
            self.app.remember_text(offer.text)

    async def enrol(self) -> None:
        """Everybody enrols, in waves: whoever refers must be there before."""
        waiting = self.rows
        while waiting:
            ready = [row for row in waiting if not row[1] or row[1] in self.people]
            await _each(self._enrol, ready)
            waiting = [row for row in waiting if row not in ready]

    async def _enrol(self, row: Row) -> None:
        name, referrer, values = row
        key, held = self.keys[name], values_of(self.registry, values)
        known = self.keys[referrer].id if referrer else None
        await self.do(steps.enrol(self.client, key, held, known))
        self.people[name] = Person(key, held, referrer)
        self._tick()

    async def be_active(self) -> None:
        """What people did before counts towards their scores."""
        now = (await self.client.read(records.Identity())).time
        quiz, operator = self.keys["quiz"], self.keys["operator"]
        for name, seen in cast.ACTIVE.items():
            user = self.keys[name].id
            for number, (type_, points, ago) in enumerate(seen):
                event = make_id("demo/v1/event", name, number)
                step = steps.record_event(self.client, quiz, user, type_, points, event, now - ago)
                await self.do(step)
            self.scores[name] = await steps.score(self.client, operator, user)

    async def follow_an_ad(self) -> None:
        """One of them comes by an advertisement: a chain of signed hops."""
        session = make_id("demo/v1/session", cast.GUEST)
        for type_, party in cast.HOPS:
            step = steps.record_hop(
                self.client, self.keys[party], session, type_, self.came_by, records.ZEROS
            )
            self.came_by = (await self.do(step)).hop

    async def generate_codes(self) -> None:
        """Everybody asked gets a code; whose score does not do gets none."""
        asked = [(offer, self.names[at]) for offer in cast.OFFERS for at in offer.asked]
        await _each(self._generate, asked)
        for name in (cast.LOW, cast.JUMPED):
            tries = f"makes {name} a preview code"
            await self.refused("operator", tries, self._generate((cast.PREVIEW, name)))

    async def _generate(self, asked: tuple[cast.Offer, str]) -> None:
        offer, name = asked
        operator, user = self.keys["operator"], self.keys[name].id
        step = steps.generate_code(self.client, operator, self.offers[offer.name], user)
        self.engagements[offer.name, name] = Engagement(offer, name, (await self.do(step)).code)

    async def replace_a_witness(self) -> None:
        """A witness of `commute` is lost; another signs for codes that named the lost one."""
        offer, keys = self.offers[cast.COMMUTE.name], self.keys
        agreed = steps.Replacement(
            self.client.identity.node, offer, keys[cast.DEAD].id, keys[cast.SUCCESSOR].id
        )
        partner = keys[cast.COMMUTE.partner]
        await self.do(steps.replace_witness(self.client, keys["operator"], partner, agreed))

    # ------------------------------------------------------------------------- engagements

    def _paths(self) -> list[tuple[Engagement, tuple[str, ...]]]:
        """What everybody is going to do."""
        paths = []
        for offer in cast.OFFERS:
            acts = [path.acts for path in offer.paths for _ in range(path.people)]
            for at, mine in zip(offer.asked, acts, strict=True):
                paths.append((self.engagements[offer.name, self.names[at]], mine))
        return paths

    async def live(self) -> None:
        """Everybody goes their path."""
        await _each(self._live, self._paths())

    async def _live(self, path: tuple[Engagement, tuple[str, ...]]) -> None:
        engagement, acts = path
        for act in acts:
            await getattr(self, "_" + act)(engagement)
        self._tick()

    async def _read(self, engagement: Engagement) -> None:
        key = self.keys[engagement.name]
        await self.do(steps.mark_viewed(self.client, key, engagement.code))

    async def _opt_in(self, engagement: Engagement) -> None:
        offer, name = engagement.offer, engagement.name
        # Every third person adds what is optional.
        also = [index for index, _ in offer.optional] if self.names.index(name) % 3 == 0 else []
        guest = (offer, name) == (cast.CALLBACK, cast.GUEST)
        step = steps.activate(
            self.client,
            self.keys[name],
            engagement.code,
            self.offers[offer.name],
            also,
            self.came_by if guest else records.ZEROS,
        )
        reply = await self.do(step)
        engagement.record, engagement.hop = reply.record, reply.hop

    async def _fail_to_opt_in(self, engagement: Engagement) -> None:
        tries = "opts in from outside any metro area"
        await self.refused(engagement.name, tries, self._opt_in(engagement))

    async def _look(self, engagement: Engagement) -> None:
        partner = self.keys[engagement.offer.partner]
        engagement.view = seen = await steps.fetch_view(self.client, partner, engagement.record)
        await self.do(_known(seen.done))

    async def _settle(self, engagement: Engagement) -> None:
        for name in cast.WITNESSES[:2]:
            replaced = engagement.offer is cast.COMMUTE and name == cast.DEAD
            signer = self.keys[cast.SUCCESSOR if replaced else name]
            instead_of = self.keys[name].id if replaced else None
            engagement.signed.append(
                await steps.sign_statement(self.client, signer, engagement.code, instead_of)
            )
        await self.do(steps.settle(self.client, self.keys["operator"], engagement.signed))

    async def _revoke(self, engagement: Engagement) -> None:
        await self.do(steps.revoke(self.client, self.keys[engagement.name], engagement.code))

    def on_path(self, offer: cast.Offer, acts: tuple[str, ...]) -> Engagement:
        """The first engagement of an offer that went a path."""
        return next(
            engagement
            for engagement, mine in self._paths()
            if engagement.offer is offer and mine == acts
        )

    # -------------------------------------------------------------------------- afterwards

    async def look_where_it_is_forbidden(self) -> None:
        """Partners ask for what they may not see, and a lost witness for what it may not sign."""
        client, keys = self.client, self.keys
        gone = self.on_path(cast.CALLBACK, cast.REGRETS_LAST)
        await self.refused(
            "acme",
            f"looks again at {gone.name}, who revoked",
            steps.fetch_view(client, keys["acme"], gone.record),
        )
        await self.refused(
            "lumen",
            f"looks at what {cast.GUEST} shows acme",
            steps.fetch_view(
                client, keys["lumen"], self.engagements[cast.CALLBACK.name, cast.GUEST].record
            ),
        )
        settled = self.engagements[cast.COMMUTE.name, cast.GUEST]
        await self.refused(
            cast.DEAD,
            "signs for commute after all",
            steps.sign_statement(client, keys[cast.DEAD], settled.code),
        )
        await self.refused(
            "operator",
            f"settles {cast.GUEST}'s code twice",
            steps.settle(client, keys["operator"], settled.signed),
        )

    async def let_time_pass(self) -> None:
        """The clock is set past the end of `flash`; anyone may let its codes expire then."""
        client, keys = self.client, self.keys
        now = (await client.read(records.Identity())).time
        then = now + cast.LATER
        await self.refused(
            "operator",
            "sets the clock 5 minutes on alone",
            steps.set_clock(client, keys["operator"], then),
        )
        witnesses = [keys[name] for name in ("witness-1", "witness-3")]
        await self.do(steps.set_clock(client, keys["operator"], then, witnesses))
        self.clock = (now, (await client.read(records.Identity())).time)
        late, unseen = self.on_path(cast.FLASH, cast.LEAVES), self.on_path(cast.FLASH, cast.UNSEEN)
        await self.refused(late.name, "opts in to flash after 5 minutes", self._opt_in(late))
        await self.refused("nimbus", f"looks at {unseen.name} after 5 minutes", self._look(unseen))
        for code in await steps.all_due(client):
            await self.do(steps.expire(client, code))

    async def withdraw(self) -> None:
        """Partners take back what is free, payees what they earned."""
        for name, amount, currency in cast.WITHDRAWALS:
            is_partner = cast.PARTIES[name] == "partner"
            step = steps.withdraw_escrow if is_partner else steps.withdraw_balance
            await self.do(step(self.client, self.keys[name], amount, currency))
        guest = self.keys[cast.GUEST]
        query = records.GetBalance(guest.id, cast.USD)
        earned = (await self.client.query(guest, query)).balance
        await self.do(steps.withdraw_balance(self.client, guest, earned, cast.USD))

    async def try_what_is_over(self) -> None:
        """What was done once is not done again, and what is gone is gone."""
        client, keys = self.client, self.keys
        await self.refused(
            cast.GUEST,
            "takes out 0.60 USD more",
            steps.withdraw_balance(client, keys[cast.GUEST], 600_000, cast.USD),
        )
        await self.refused(
            "acme",
            "takes out 100.00 USD more",
            steps.withdraw_escrow(client, keys["acme"], 100_000_000, cast.USD),
        )
        await self.refused(
            "operator",
            f"makes {cast.GUEST} a second callback code",
            self._generate((cast.CALLBACK, cast.GUEST)),
        )
        await self.refused(
            "quiz",
            "counts one event twice",
            steps.record_event(
                client,
                keys["quiz"],
                keys[cast.GUEST].id,
                "FormCompletion",
                600,
                make_id("demo/v1/event", cast.GUEST, 1),
                self.clock[0],
            ),
        )


def terms_of(offer: cast.Offer, parties: Mapping[str, bytes], rules: bytes) -> records.Terms:
    """Terms of an offer.

    Args:
        parties: ids by name.
        rules: id by which its money is distributed.
    """
    return records.Terms(
        parties[offer.partner],
        1 + cast.OFFERS.index(offer),
        description_hash(offer.text),
        offer.purpose,
        30 * DAY,
        "US",
        tuple(records.FieldUse(*use) for use in offer.required),
        tuple(records.FieldUse(*use) for use in offer.optional),
        offer.compensation,
        parties[offer.charity] if offer.charity else None,
        offer.amount,
        offer.currency,
        100 * offer.amount,
        rules,
        tuple(parties[name] for name in cast.WITNESSES),
        parties[offer.publisher] if offer.publisher else None,
        offer.code_lives,
        0,
        offer.complete_by,
        offer.least_score,
        offer.accept_flagged,
    )


async def _each(act: Callable[[Any], Awaitable[Any]], items: Iterable[Any]) -> None:
    """Do something with each, some at a time; the first failure ends it."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(item: Any) -> None:
        async with turns:
            await act(item)

    await asyncio.gather(*[one(item) for item in items])


async def _known(done: Done) -> Done:
    return done

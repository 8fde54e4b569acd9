"""What is done on the simulated node: the path of users who opt in to one offer of the demo."""

import time
from collections import defaultdict
from collections.abc import Callable
from importlib.resources import files
from typing import Any, NamedTuple

from runtime.host import audit, steps
from runtime.host.cli.offer import Registry
from runtime.host.cli.show import SECOND
from runtime.host.cli.user import read_people, values_of
from runtime.host.demo import cast
from runtime.host.demo.story import terms_of
from runtime.host.keyfolder import Key
from runtime.wire import records
from runtime.wire.schema import make_id, spec_of
from tests.appliance.counted import CountingClient
from tests.appliance.metered import Spent

PARTIES = {"acme": "partner", "nimbus": "partner", "city-blog": "publisher"} | dict.fromkeys(
    cast.WITNESSES, "witness"
)
OFFERS = (cast.CALLBACK, cast.FLASH)
# One engagement: what is asked of the node, and how often.
ENGAGEMENT = {
    "optin_generate_code": 1,
    "mark_viewed": 1,
    "optin_activate_code": 1,
    "optin_enforce_view": 1,
    "settlement_evidence": 2,
    "optin_settle_engagement": 1,
}
STEPS = (
    len(PARTIES) + len(cast.FIELDS) + 2 + 1 + len(OFFERS) + 1 + 1
)  # before the first user, or after the last
STEPS_A_USER = 1 + sum(ENGAGEMENT.values()) + 2


def key(name: str) -> Key:
    """The key of somebody."""
    return Key(name, make_id("sim/v1/key", name))


class Path:
    """The path while it is gone.

    Args:
        client: counting.
        users: how many go it.
        tick: called after each step.

    Attributes:
        keys: of everybody, by name, the same in each run.
    """

    def __init__(self, client: CountingClient, users: int, tick: Callable[[], None]) -> None:
        text = files("runtime.host").joinpath("people.csv").read_text(encoding="utf-8")
        self.client = client
        self.rows = read_people(text)[:users]
        names = ("operator", *PARTIES, *[name for name, _, _ in self.rows])
        self.keys = {name: key(name) for name in names}
        self.registry: Registry = {}
        self.offers: dict[str, tuple[bytes, records.Terms]] = {}
        self._tick = tick

    async def go(self) -> None:
        """All of it."""
        await self.set_up()
        await self.enrol()
        for name, _, _ in self.rows:
            await self.engage(name)
        await self.expire()

    async def set_up(self) -> None:
        """Parties, the clock, fields, rules, money, offers."""
        client, keys, operator = self.client, self.keys, self.keys["operator"]
        await steps.provision(client, operator)
        self._tick()
        for name, role in PARTIES.items():
            await steps.register(client, operator, keys[name], [role])
            self._tick()
        now = (await client.read(records.Identity())).time
        await self.set_clock(max(time.time_ns(), now + SECOND))
        for index, field in enumerate(cast.FIELDS):
            await steps.define_field(client, operator, index, *field)
            self._tick()
        self.registry = await steps.field_names(client)
        rules = (await steps.define_rules(client, operator, cast.SHARES)).reply.rules
        self._tick()
        ids = {name: key.id for name, key in keys.items()}
        for offer in OFFERS:
            for partner, *money in cast.DEPOSITS:
                if (partner, money[1]) == (offer.partner, offer.currency):
                    await steps.deposit(client, operator, ids[partner], *money)
            terms = terms_of(offer, ids, rules)
            reply = (await steps.publish_offer(client, keys[offer.partner], terms)).reply
            self.offers[offer.name] = reply.offer, terms
            self._tick()

    async def set_clock(self, to: int) -> None:
        """Set the clock on the word of two witnesses."""
        witnesses = [self.keys[name] for name in cast.WITNESSES[:2]]
        await steps.set_clock(self.client, self.keys["operator"], to, witnesses)
        self._tick()

    async def enrol(self) -> None:
        """All users."""
        for name, _, values in self.rows:
            held = values_of(self.registry, values)
            await steps.enrol(self.client, self.keys[name], held)
            self._tick()

    async def generate(self, offer: cast.Offer, name: str) -> bytes:
        """A code for a user."""
        operator, (offer_id, terms) = self.keys["operator"], self.offers[offer.name]
        step = steps.generate_code(self.client, operator, offer_id, self.keys[name].id, terms)
        code: bytes = (await step).reply.code
        self._tick()
        return code

    async def engage(self, name: str) -> None:
        """One engagement, from the code to the money."""
        client, keys, user = self.client, self.keys, self.keys[name]
        code = await self.generate(cast.CALLBACK, name)
        await steps.mark_viewed(client, user, code)
        self._tick()
        offer, _ = self.offers[cast.CALLBACK.name]
        record = (await steps.activate(client, user, code, offer)).reply.record
        self._tick()
        await steps.fetch_view(client, keys[cast.CALLBACK.partner], record)
        self._tick()
        signed = []
        for witness in cast.WITNESSES[:2]:
            signed.append(await steps.sign_statement(client, keys[witness], code))
            self._tick()
        await steps.settle(client, keys["operator"], signed)
        self._tick()

    async def expire(self) -> None:
        """Let a code of each user die: what is journaled and signed by nobody."""
        codes = [await self.generate(cast.FLASH, name) for name, _, _ in self.rows]
        now = (await self.client.read(records.Identity())).time
        await self.set_clock(now + cast.LATER)
        for code in codes:
            await steps.expire(self.client, code)
            await self.read()
            self._tick()

    async def read(self) -> None:
        """A plain read."""
        await self.client.read(records.GetParty(self.keys["operator"].id))

    async def journal(self) -> audit.Bundle:
        """All entries, whole but for users' values."""
        whole = await steps.whole_journal(self.client, self.keys["operator"])
        self._tick()
        return whole


class Command(NamedTuple):
    """What is in the journal, as it was sent."""

    position: int
    method: str
    params: list[Any]


def journaled(client: CountingClient) -> list[Command]:
    """All that was done and is in the journal, in its order."""
    return [
        Command(call.result[1], call.method, call.params)
        for call in client.calls
        if spec_of(records.REQUESTS[call.method]).more["journaled"]
    ]


def spent_by_method(client: CountingClient) -> dict[str, list[Spent]]:
    """What each request cost that was counted, by method, in order."""
    found = defaultdict(list)
    for call in client.calls:
        if call.spent:
            found[call.method].append(call.spent)
    return found

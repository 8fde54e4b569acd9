"""What the auditor knows from the entries so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from runtime.host.audit.bundle import Identity
from runtime.host.audit.ledger import Ledger
from runtime.host.audit.report import Checks, Fails, show
from runtime.host.audit.turn import Event, Turn
from runtime.wire import commands, records
from runtime.wire.records import ZEROS
from runtime.wire.schema import make_id

if TYPE_CHECKING:
    from runtime.host.audit.retention import Gone


# Of a settled engagement.
AFTER_THE_END = ("access_logged", "code_revoked", "presence_given", "view_stopped")


@dataclass
class Party:
    """Who may sign what."""

    key: bytes | None  # None: erased
    roles: tuple[str, ...]
    nonce: int = 0


@dataclass
class Offer:
    """An offer, and how much of its budget codes hold."""

    terms: records.Terms
    pad: int
    witnesses: tuple[bytes, ...]  # as of now
    open: bool = True
    reserved: int = 0


@dataclass
class Code:
    """A code and its view; zeros stand for what it does not have yet."""

    user: bytes
    made: records.CodeGenerated
    paid: tuple[bytes | None, ...]  # parties that are to share, in the order of Amounts
    status: str = "generated"
    consent: bytes = ZEROS
    visible: bytes = ZEROS
    complete_by: int = 0
    completed: bool = False
    settlement: bytes = ZEROS


class Activity(NamedTuple):
    """What a source saw a user do."""

    time: int
    dimension: str
    points: int


class Known:
    """Everything by its id, and the checks that need it."""

    def __init__(self, identity: Identity, check: Checks) -> None:
        self.node, self.node_key = identity
        self.check = check
        self.ledger = Ledger(check)
        self.operator: bytes | None = None
        self.root: bytes | None = None  # of all entries, of a journal that was recovered
        self.holders: tuple[bytes, ...] = ()  # of the recovery key, as of now
        self.takeover: records.Takeover | None = None  # from a node that is dead
        self.vouched: dict[bytes, bytes | None] = {}  # witnesses of that, and their keys
        self.next_part = ZEROS  # that is to be carried over
        self.parties: dict[bytes, Party] = {}
        self.users: dict[bytes, bytes | None] = {}  # and who referred them
        self.fields: dict[int, records.FieldDefinition] = {}
        self.rules: dict[bytes, records.Shares] = {}
        self.payments: set[bytes] = set()
        self.offers: dict[bytes, Offer] = {}
        self.codes: dict[bytes, Code] = {}
        self.codes_of: defaultdict[tuple[bytes, bytes], list[Code]] = defaultdict(list)
        self.views: dict[bytes, bytes] = {}  # codes of view records
        # Last links of the chains; None if they may be in an entry that is not here.
        self.consent: bytes | None = ZEROS
        self.settlement: bytes | None = ZEROS
        self.roots: set[bytes] = set()  # of commitments
        self.hops: dict[bytes, bytes] = {}  # sessions of provenance hops
        self.last_hops: dict[bytes, bytes] = {}  # of sessions
        self.weights = records.Weights("default", 4000, 3500, 2500)
        self.activities: defaultdict[bytes, list[Activity]] = defaultdict(list)  # of users
        self.activity_ids: set[bytes] = set()
        self.began: int | None = None  # time of the first entry
        self.clock = 0  # to which the clock was set last
        self.times: list[int] = []  # of all entries
        self.missing: set[int] = set()  # entries of which only the leaf is here
        self.declared: set[int] = set()  # entries that the journal says were erased
        self.forgotten: set[tuple[str, bytes | None]] = set()  # (kind, id) of what is gone
        self.activities_from = 0  # time from which on all activities of a year are here
        self.held: Counter[bytes] = Counter()  # of offers, by codes that are erased

    def start_from(self, gone: Gone) -> None:
        """Take over what erased entries came to."""
        self.forgotten, self.activities_from = gone.forgotten, gone.activities
        for line in gone.sums:
            sign = {"code_issued": 1, "budget_returned": -1}.get(line.event)
            if sign:
                self.held[line.entity] += sign * line.amount
            elif line.entity != ZEROS:
                self.ledger.apply(Event("account", line.entity, line.event, line))
            elif not gone.payees:
                self.ledger.apply(Event("payee", None, line.event, line))
        for line in gone.payees:
            self.ledger.apply(Event("payee", line.entity, line.event, line))

    def forget_links(self) -> None:
        """The last links of the chains may have been in an entry that is not here."""
        self.consent = self.settlement = None

    def is_of_forgotten(self, event: Event) -> bool:
        """Whether an event came after the end of an engagement of which nothing else is known."""
        return (
            event.name in AFTER_THE_END
            and (event.kind, event.entity) in self.forgotten
            and event.entity not in self.codes
            and event.entity not in self.views
        )

    def party(self, party: bytes) -> Party:
        """A registered party."""
        found = self.parties.get(party)
        if found is None:
            raise Fails("roles", f"party {show(party)} is not registered", "a registered party")
        return found

    def offer(self, offer: bytes) -> Offer:
        """A published offer."""
        found = self.offers.get(offer)
        if found is None:
            raise Fails("offers", f"there is no offer {show(offer)}", "a published offer")
        return found

    def code(self, turn: Turn, code: bytes, *allowed: str) -> Code:
        """A code in one of the states that allow the request."""
        found = self.codes.get(code)
        status = found.status if found else "not generated"
        self.check(
            "code states", status in allowed,
            f"{turn.method} of code {show(code)}, which is {status}",
            "one that is " + " or ".join(allowed),
        )  # fmt: skip
        return self.codes[code]

    def attached_key(self, turn: Turn, party: bytes) -> bytes | None:
        """The public key beside an entry, which must be the one whose id this is."""
        key = turn.attachment("public-key")
        if key is None:
            self.check.report.erased["public keys"] += 1
        else:
            self.check(
                "public keys", commands.party_id(key) == party,
                f"the attached key is that of party {show(commands.party_id(key))}",
                f"a key whose hash is {show(party)}",
            )  # fmt: skip
        return key

    def node_signed(self, turn: Turn, purpose: bytes, content: Any, index: int = 0) -> None:
        """Check one of the node's signatures beside an entry."""
        self.check.signed(
            "node signatures", self.node_key, purpose, content,
            turn.attachment("node-signature", index), "the node's",
        )  # fmt: skip


def account_of(money: records.Terms | records.CodeGenerated | records.OptinDepositEscrow) -> bytes:
    """Id of the account that money comes from or goes to."""
    return make_id("optin/v1/account", money.partner, money.currency)

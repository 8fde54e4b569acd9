"""The auditor: a journal in a file, and its verification without the node and without any key.

A bundle is a file of records, each after one byte that says what it is and its length as u32,
big-endian. First the node's identity, then every entry after the leaf hash that it should have,
at the end the signed head. All are canonical msgpack; nothing in the file is trusted.

`verify_bundle` computes anew what each command had to lead to, by the rules of the business and
from the commands that the parties signed, and compares it with what the journal says. It knows
the rules by itself: it shares the schema and the hashes with the node, and no line of its actors.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO, NamedTuple, Protocol

from runtime.host.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.errors import Malformed, NodeError
from runtime.wire.proofs import EMPTY_ROOT, entry_leaf, node_hash
from runtime.wire.records import ZEROS, Entry, Head, SignedHead
from runtime.wire.schema import canonical, decode, make_id, spec_of, unpack_canonical

TAG = "optin/v1/bundle"
FRAME = Struct(">BI")
IDENTITY, ENTRY, HEAD = 1, 2, 3  # what a record of a bundle is
MAX_RECORD = 1 << 20  # bytes; the schema's limits on an Entry keep it below
WHOLE = 10000  # basis points
MAX_AMOUNT = (1 << 64) - 1
WAITING = ("generated", "viewed")  # states in which a code may still be activated
REGISTRABLE = ("auditor", "charity", "partner", "publisher", "witness")

Progress = Callable[[int, int], None]


# --------------------------------------------------------------------------------- bundles


class Identity(NamedTuple):
    """Whose journal it is: id (32 bytes) and ML-DSA-87 key (2,592 bytes) of the node."""

    node: bytes
    public_key: bytes


class HasIdentity(Protocol):
    """An Identity, or the node's own IdentityReply."""

    @property
    def node(self) -> bytes:
        """Id of the node."""

    @property
    def public_key(self) -> bytes:
        """Its key."""


class Bundle(NamedTuple):
    """Content of a bundle, read whole; for small ones."""

    identity: Identity
    entries: list[Entry]
    signed: SignedHead


def write_bundle(
    path: str | Path, identity: HasIdentity, entries: Iterable[Entry], signed_head: SignedHead
) -> int:
    """Write a bundle, readable by its owner; a file at `path` is whole or is not there.

    Args:
        path: where.
        identity: of the node.
        entries: all of the journal from the first, as `journal_entries` gives them.
        signed_head: a head over exactly these.

    Returns:
        How many entries there were.

    Raises:
        Malformed: an entry is none, or holds values of users' fields.
        OSError: the file cannot be written.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            _put(file, IDENTITY, [TAG, identity.node, identity.public_key])
            for entry in entries:
                if any(item.label == "values" for item in entry.attachments):
                    raise Malformed(
                        f"entry {entry.header.sequence} has values of a user's fields beside it",
                        "none in a bundle",
                        "take the entries from journal_entries",
                    )
                leaf = entry_leaf(entry.header, entry.salt, entry.body)
                _put(file, ENTRY, [leaf, entry])
                count += 1
            _put(file, HEAD, signed_head)
            file.flush()
            os.fsync(fd)
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    return count


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle without verifying it.

    Raises:
        Malformed: the file is no bundle, or not whole.
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        (_, identity), *entries, (_, signed) = _parts(file)
    return Bundle(identity, [entry for _, (_, entry) in entries], signed)


def _put(file: BinaryIO, kind: int, record: Sequence[Any]) -> None:
    data = canonical(record)
    file.write(FRAME.pack(kind, len(data)) + data)


def _parts(file: BinaryIO) -> Iterator[tuple[int, Any]]:
    """(kind, record) of each part of a bundle, checked for their order and shape.

    Raises:
        Malformed: it is no bundle.
    """
    last = 0
    while last != HEAD:
        start = file.read(FRAME.size)
        if len(start) < FRAME.size:
            raise Malformed("the file ends early", "a bundle, with a signed head at its end")
        kind, size = FRAME.unpack(start)
        if kind not in ((IDENTITY,) if last == 0 else (ENTRY, HEAD)):
            raise Malformed(
                f"a part of kind {kind}", "the identity, then entries, then the head of a bundle"
            )
        if size > MAX_RECORD:
            raise Malformed(f"a part of {size} bytes", f"at most {MAX_RECORD}")
        data = file.read(size)
        if len(data) < size:
            raise Malformed("the file ends early", f"{size} more bytes of this part")
        yield kind, _record(kind, unpack_canonical(data, MAX_RECORD))
        last = kind
    if file.read(1):
        raise Malformed("bytes follow the head", "the end of the file")


def _record(kind: int, value: Any) -> Any:
    if kind == HEAD:
        return spec_of(SignedHead).build(value, "head")
    size, name = (3, "the identity") if kind == IDENTITY else (2, "the entry")
    if not isinstance(value, list) or len(value) != size:
        raise Malformed(f"{name} has another shape", f"an array of {size}")
    if kind == ENTRY:
        return records.ID.build(value[0], "leaf"), spec_of(Entry).build(value[1], "entry")
    if value[0] != TAG:
        raise Malformed(f"the bundle's tag is {value[0]!r:.60}", TAG)
    return Identity(
        records.ID.build(value[1], "node"), records.PUBLIC_KEY.build(value[2], "public_key")
    )


# --------------------------------------------------------------------------------- reports


class Failure(NamedTuple):
    """The first thing that is not right.

    Attributes:
        entry: number of the journal entry; None if it is about the whole.
        check: name of the check, as counted in the report.
        wrong: what was found.
        expected: what should have been.
    """

    entry: int | None
    check: str
    wrong: str
    expected: str

    def __str__(self) -> str:
        where = "" if self.entry is None else f"entry {self.entry}: "
        return f"{where}{self.check}: {self.wrong}; expected {self.expected}"


@dataclass
class Report:
    """What came of an audit. It ends at the first failure.

    Attributes:
        identity: of the node, None if the file does not get so far.
        head: the head that the entries add up to, if all is well.
        entries: journal entries that were found right.
        checks: how often each check passed, by name.
        erased: signatures and keys that are not there any more, by the check they are for.
        failure: the first thing that is not right, or None.
    """

    identity: Identity | None = None
    head: Head | None = None
    entries: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    erased: Counter[str] = field(default_factory=Counter)
    failure: Failure | None = None

    @property
    def ok(self) -> bool:
        """Nothing is wrong with what is there; see `erased` for what is not."""
        return self.failure is None

    def __str__(self) -> str:
        lines = [f"{name:<24}{count:>9}" for name, count in self.checks.items()]
        lines += [f"{name:<24}{count:>9} not checked: erased" for name, count in
                  self.erased.items()]  # fmt: skip
        verdict = f"FAILED at {self.failure}" if self.failure else f"{self.entries} entries hold"
        return "\n".join([*lines, verdict])


class _Fails(Exception):
    """Carries the failure of a check to where the report is made."""

    def __init__(self, check: str, wrong: str, expected: str) -> None:
        super().__init__(wrong)
        self.check, self.wrong, self.expected = check, wrong, expected


def verify_bundle(
    source: str | Path | BinaryIO,
    pinned_node_id: bytes | None = None,
    progress: Progress | None = None,
) -> Report:
    """Verify a journal from its first entry to its head, without the node and without keys.

    The head says how long the journal was when it was signed. Whether it is the latest one is for
    the asker to know: compare `report.head` with the head, or its nonce, that it had.

    Args:
        source: path of a bundle, or a binary file.
        pinned_node_id: id (32 bytes) that the node must have; without it, any node will do.
        progress: function (bytes read, bytes in all or 0), called after each entry.

    Returns:
        Report; whatever is wrong with the file's content is in it, not raised.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(source, str | Path):
        with open(source, "rb") as file:
            return verify_bundle(file, pinned_node_id, progress)
    report = Report()
    total = source.seek(0, os.SEEK_END) if source.seekable() else 0
    if total:
        source.seek(0)
    entry: int | None = None
    head: Head | None = None
    try:
        audit: _Audit | None = None
        for kind, part in _parts(source):
            if audit is None:
                audit = _Audit(report, part, pinned_node_id)
            elif kind == ENTRY:
                entry = report.entries
                audit.entry(*part)
                report.entries += 1
                entry = None
                if progress:
                    progress(source.tell() if total else 0, total)
            else:
                head = audit.head(part)
        report.head = head
    except _Fails as fails:
        report.failure = Failure(entry, fails.check, fails.wrong, fails.expected)
    except NodeError as error:
        wrong = error.wrong
        if entry is None:
            wrong += f", after {report.entries} entries"
        report.failure = Failure(entry, "form", wrong, error.expected)
    return report


# ------------------------------------------------------------------- what the auditor knows


@dataclass
class _Party:
    key: bytes | None  # None: erased
    roles: tuple[str, ...]
    nonce: int = 0


@dataclass
class _Offer:
    terms: records.Terms
    pad: int
    open: bool = True
    reserved: int = 0


@dataclass
class _Code:
    assigned: records.CodeAssigned
    made: records.CodeGenerated
    status: str = "generated"
    consent: bytes = ZEROS
    record: bytes = ZEROS
    completed: bool = False
    settlement: bytes = ZEROS


@dataclass
class _View:
    code: bytes
    partner: bytes
    visible: bytes
    until: int
    open: bool = True
    granted: int = 0


class _Ledger:
    """Every account and payee, and their sums per currency, from nothing but the events."""

    def __init__(self) -> None:
        self.accounts: dict[bytes, Counter[str]] = {}
        self.currencies: dict[bytes, bytes] = {}  # of accounts
        self.payees: Counter[bytes] = Counter()
        self.sums: dict[bytes, Counter[str]] = {}

    def available(self, account: bytes) -> int:
        """What an account can still promise."""
        found = self.accounts.get(account, Counter())
        return found["deposited"] - found["reserved"] - found["released"]

    def apply(self, name: str, entity: bytes, event: Any) -> bytes | None:
        """Book an event; returns the currency if it moved money."""
        if name == "payee_credited":
            self.payees[entity] += event.amount
            self._sum(event.currency)["payees"] += event.amount
            return bytes(event.currency)
        if name == "deposited":
            self.accounts.setdefault(entity, Counter())["deposited"] += event.amount
            self.currencies[entity] = event.currency
            self._sum(event.currency).update(deposited=event.amount, available=event.amount)
            return bytes(event.currency)
        if name not in ("funds_reserved", "funds_released", "funds_returned"):
            return None
        currency, account = self.currencies[entity], self.accounts[entity]
        moved = self._sum(currency)
        if name == "funds_reserved":
            account["reserved"] += event.amount
            moved.update(available=-event.amount, reserved=event.amount)
        else:
            account["reserved"] -= event.amount
            moved["reserved"] -= event.amount
            if name == "funds_released":
                account["released"] += event.amount
            else:
                moved["available"] += event.amount
        return currency

    def _sum(self, currency: bytes) -> Counter[str]:
        return self.sums.setdefault(currency, Counter())


class _Tree:
    """Root of an RFC 9162 tree that only grows, from its complete subtrees."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []  # (leaves, root), largest first

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        size = 1
        while self._peaks and self._peaks[-1][0] == size:
            leaf = node_hash(self._peaks.pop()[1], leaf)
            size *= 2
        self._peaks.append((size, leaf))

    def root(self) -> bytes:
        """Root of all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            root = node_hash(left, root)
        return root


class _Turn:
    """One entry while it is judged: what was asked, and what the journal says came of it."""

    def __init__(self, entry: Entry, body: records.Body) -> None:
        self.time = body.time
        self.method = body.method
        self.command_bytes = body.command
        self.attached: dict[str, list[bytes]] = {}
        for item in entry.attachments:
            self.attached.setdefault(item.label, []).append(item.content)
        self.events = [_event(event) for event in body.events]
        self.command: records.Command
        self.repeated = False
        self.refused = False  # for the role of its signer

    @property
    def signer(self) -> bytes:
        """Who signed the command."""
        return self.command.party

    def attachment(self, label: str, index: int = 0) -> bytes | None:
        """An attachment; None when erased."""
        found = self.attached.get(label)
        return found[index] if found else None

    def first(self, name: str) -> Any:
        """The first event of that name; facts that only the node could draw come from it."""
        for event in self.events:
            if event.name == name:
                return event.fields
        raise _Fails("events", f"there is no {name} after {self.method}", f"one {name}")


class _Event(NamedTuple):
    kind: str
    entity: bytes
    name: str
    fields: Any


def _event(data: bytes) -> _Event:
    value = unpack_canonical(data)
    if not isinstance(value, list) or len(value) != 4 or not isinstance(value[2], str):
        raise Malformed("an event has another shape", "[kind, id, event, fields]")
    kind, entity, name, fields = value
    if name not in records.EVENTS:
        raise Malformed(f"an event {name!r:.60}", "an event that this auditor's version knows")
    made = spec_of(records.EVENTS[name]).build(fields, name)
    return _Event(kind, records.ID.build(entity, name), name, made)


def _made(kind: str, entity: bytes, event: Any) -> _Event:
    return _Event(kind, entity, spec_of(type(event)).wire_name, event)


# Which check an event belongs to, where that is not the default.
CHECK_OF = {
    "party_registered": "registrations",
    "command_accepted": "nonces",
    "payment_accepted": "deposits",
    "deposited": "deposits",
    "funds_reserved": "escrow",
    "funds_released": "escrow",
    "funds_returned": "escrow",
    "reservation_made": "escrow",
    "reservation_released": "escrow",
    "reservation_cancelled": "escrow",
    "code_issued": "budgets",
    "budget_returned": "budgets",
    "consent_recorded": "consent chain",
    "settlement_recorded": "settlement chain",
    "payee_credited": "payees",
    "access_logged": "views",
    "view_created": "views",
    "view_stopped": "views",
}

CONSENTS = make_id("optin/v1/chain", "consent")
SETTLEMENTS = make_id("optin/v1/chain", "settlement")

# What lies beside an entry: {method: {label: how many}}; and the command's signature, always.
ATTACHED = {
    "provision": {"public-key": 1},
    "register_party": {"public-key": 1, "registration-signature": 1},
    "enrol": {"public-key": 1},
    "optin_generate_code": {"node-signature": 1},
    "optin_activate_code": {"pairwise-key": 1, "consent-signature": 1, "node-signature": 1},
    "optin_settle_engagement": {"witness-signature": 2, "node-signature": 1},
}


# --------------------------------------------------------------------------------- the audit


class _Audit:
    """Judges one entry after the other. Methods named after a request give what it leads to."""

    def __init__(self, report: Report, identity: Identity, pinned: bytes | None) -> None:
        self._crypto = Crypto()
        self._report = report
        self._tree = _Tree()
        self._time = 0
        self._node = identity.node
        self._node_key = identity.public_key
        self._ledger = _Ledger()
        self._seen: set[bytes] = set()  # hashes of commands that may be judged anew
        self._operator: bytes | None = None
        self._parties: dict[bytes, _Party] = {}
        self._users: dict[bytes, bytes | None] = {}  # and who referred them
        self._fields: dict[int, records.FieldDefinition] = {}
        self._rules: dict[bytes, records.Shares] = {}
        self._payments: set[bytes] = set()
        self._offers: dict[bytes, _Offer] = {}
        self._codes: dict[bytes, _Code] = {}
        self._codes_of: dict[tuple[bytes, bytes], list[bytes]] = {}  # by user and offer
        self._views: dict[bytes, _View] = {}
        self._consent = self._settlement = ZEROS  # last links of the chains
        report.identity = identity
        self._check(
            "node id",
            commands.node_id(identity.public_key) == identity.node,
            f"the node's id is {_show(identity.node)}",
            f"the hash of its key, {_show(commands.node_id(identity.public_key))}",
        )
        if pinned is not None:
            self._check(
                "pinned node",
                identity.node == pinned,
                f"the journal is of node {_show(identity.node)}",
                f"node {_show(pinned)}",
            )

    def _check(self, name: str, right: bool, wrong: str, expected: str) -> None:
        if not right:
            raise _Fails(name, wrong, expected)
        self._report.checks[name] += 1

    def _signed(
        self, check: str, key: bytes | None, purpose: bytes, message: bytes,
        signature: bytes | None, whose: str,
    ) -> None:  # fmt: skip
        """Verify a signature, unless it or its key is erased."""
        if key is None or signature is None:
            self._report.erased[check] += 1
            return
        self._check(
            check,
            self._crypto.verify(key, purpose, message, signature),
            f"the signature is not valid as {whose}",
            f"an ML-DSA-87 signature under {purpose.decode()}",
        )

    # ---------------------------------------------------------------------- tree and head

    def entry(self, leaf: bytes, entry: Entry) -> None:
        """Judge the next entry; raises _Fails or NodeError."""
        position = self._report.entries
        header = entry.header
        self._check(
            "sequence",
            header.sequence == position,
            f"the sequence number is {header.sequence}",
            str(position),
        )
        self._check(
            "leaves",
            entry_leaf(header, entry.salt, entry.body) == leaf,
            "header, salt and body do not hash to the entry's leaf",
            _show(leaf),
        )
        self._check(
            "schema",
            header.schema == records.SCHEMA_VERSION,
            f"the schema is version {header.schema}",
            f"version {records.SCHEMA_VERSION}: take the auditor that belongs to it",
        )
        self._check(
            "times",
            header.time >= self._time,
            f"the time is {header.time} ns",
            f"at least {self._time}, that of the entry before",
        )
        self._tree.append(leaf)
        self._time = header.time
        self._judge(_Turn(entry, decode(records.Body, entry.body)))

    def head(self, signed: SignedHead) -> Head:
        """Check that the entries are all of the journal that the node signed for."""
        head = signed.head
        self._check(
            "head signature",
            self._crypto.verify(self._node_key, commands.HEAD, canonical(head), signed.signature),
            "the signature of the head is not valid as the node's",
            f"an ML-DSA-87 signature under {commands.HEAD.decode()}",
        )
        ours = Head(self._node, self._report.entries, self._tree.root(), self._time, head.nonce)
        for name, found, expected in zip(
            ("node", "size", "root", "time"), head, ours, strict=False
        ):
            self._check(
                "head",
                found == expected,
                f"the {name} of the head is {_show(found)}",
                f"{_show(expected)}, that of the entries",
            )
        self._sums_in_full()
        return head

    # ------------------------------------------------------------------------- one entry

    def _judge(self, turn: _Turn) -> None:
        request = records.REQUESTS.get(turn.method)
        lead = getattr(self, turn.method, None) if request else None
        if request is None or lead is None or not spec_of(request).more["journaled"]:
            raise _Fails(
                "commands",
                f"the method is {turn.method!r:.60}",
                "a journaled request that this auditor's version knows",
            )
        spec = spec_of(request)
        self._count_attachments(turn)
        message = self._command(turn, spec)
        expected = [] if turn.refused else lead(turn, message)
        if not turn.repeated:
            accepted = _made("party", turn.signer, records.CommandAccepted(turn.command.nonce))
            expected.append(accepted)
        self._compare(turn.events, expected)
        touched = set()
        for event in turn.events:
            currency = self._ledger.apply(event.name, event.entity, event.fields)
            if currency is not None:
                touched.add(currency)
            if event.kind == "account":
                self._above_zero(event.entity)
        for currency in touched:
            self._conserved(currency)

    def _count_attachments(self, turn: _Turn) -> None:
        allowed = {"command-signature": 1, **ATTACHED.get(turn.method, {})}
        for label, found in turn.attached.items():
            self._check(
                "attachments",
                len(found) == allowed.get(label),
                f"{len(found)} attachments {label!r:.60} beside {turn.method}",
                f"{allowed.get(label, 0)}, or none when erased",
            )

    def _command(self, turn: _Turn, spec: Any) -> Any:
        """Check who signed what; returns the request."""
        turn.command = command = decode(records.Command, turn.command_bytes)
        for name, found, expected in (
            ("node", _show(command.node), _show(self._node)),
            ("method", command.method, turn.method),
        ):
            self._check("commands", found == expected, f"its {name} is {found}", expected)
        self._check(
            "commands",
            turn.time <= command.not_after,
            f"it worked at {turn.time} ns",
            f"no later than its not_after, {command.not_after}",
        )
        message = spec.build(unpack_canonical(command.params), turn.method)
        role = spec.more["signer"]
        if role == "self":
            self._take_key(turn, turn.signer)
            key = turn.attachment("public-key")
        else:
            party = self._party(turn.signer)
            held = ", ".join(party.roles)
            may = role == "any" or role in party.roles
            # Where every attempt is journaled, one by the wrong party is an entry without effect.
            turn.refused = not may and spec.more["judged_anew"]
            self._check(
                "roles",
                may or turn.refused,
                f"{turn.method} was signed by a party that is {held}",
                f"a party that is {role}",
            )
            key = party.key
        self._signed(
            "command signatures", key, commands.purpose(turn.method), turn.command_bytes,
            turn.attachment("command-signature"), f"that of party {_show(turn.signer)}",
        )  # fmt: skip
        hashed = commands.command_hash(turn.command_bytes)
        turn.repeated = hashed in self._seen
        known = self._parties.get(turn.signer)
        last = known.nonce if known else 0
        self._check(
            "nonces",
            turn.repeated or command.nonce > last,
            f"the nonce is {command.nonce}",
            f"more than {last}, the party's last",
        )
        if known and not turn.repeated:
            known.nonce = command.nonce
        if spec.more["judged_anew"]:
            self._seen.add(hashed)
        return message

    def _party(self, party: bytes) -> _Party:
        found = self._parties.get(party)
        if found is None:
            raise _Fails("roles", f"party {_show(party)} is not registered", "a registered party")
        return found

    def _take_key(self, turn: _Turn, party: bytes) -> None:
        key = turn.attachment("public-key")
        if key is None:
            self._report.erased["public keys"] += 1
            return
        self._check(
            "public keys",
            commands.party_id(key) == party,
            f"the attached key is that of party {_show(commands.party_id(key))}",
            f"a key whose hash is {_show(party)}",
        )

    def _compare(self, found: list[_Event], expected: list[_Event]) -> None:
        """Check that the journal has exactly the events that had to come."""
        left = list(expected)
        for event in found:
            check = CHECK_OF.get(event.name, _default_check(event.name))
            if event not in left:
                raise _Fails(check, *_difference(event, left))
            left.remove(event)
            self._report.checks[check] += 1
        for event in left:
            raise _Fails(
                CHECK_OF.get(event.name, _default_check(event.name)),
                f"there is no {event.name} of {event.kind} {_show(event.entity)}",
                _shown(event.fields),
            )

    # ------------------------------------------------------------------------------ money

    def _above_zero(self, account: bytes) -> None:
        found, available = self._ledger.accounts[account], self._ledger.available(account)
        self._check(
            "accounts above zero",
            available >= 0 and found["reserved"] >= 0 and found["deposited"] <= MAX_AMOUNT,
            f"account {_show(account)} has {available} available, {found['reserved']} reserved",
            "neither below zero",
        )

    def _conserved(self, currency: bytes) -> None:
        sums = self._ledger.sums[currency]
        parts = sums["available"] + sums["reserved"] + sums["payees"]
        self._check(
            "money conserved",
            sums["deposited"] == parts,
            f"{sums['deposited']} {_currency(currency)} came in and {parts} are there",
            "deposits = available + reserved + payees' balances",
        )

    def _sums_in_full(self) -> None:
        """At the end, once more from all accounts: sums that were carried along may be wrong."""
        ledger = self._ledger
        for currency, sums in ledger.sums.items():
            accounts = [
                ledger.accounts[account]
                for account, other in ledger.currencies.items()
                if other == currency
            ]
            deposited = sum(account["deposited"] for account in accounts)
            released = sum(account["released"] for account in accounts)
            self._check(
                "money conserved",
                deposited == sums["deposited"] and released == sums["payees"],
                f"{released} of {deposited} {_currency(currency)} left the accounts",
                f"the {sums['payees']} that payees have, of {sums['deposited']}",
            )
        paid = sum(ledger.payees.values())
        credited = sum(sums["payees"] for sums in ledger.sums.values())
        self._check("money conserved", paid == credited, f"payees have {paid}", str(credited))

    # ---------------------------------------------------------------------- parties, rules

    def provision(self, turn: _Turn, message: records.Provision) -> list[_Event]:
        """The operator is bound, once."""
        self._check(
            "registrations", self._operator is None, "the node is provisioned again", "once"
        )
        self._operator = turn.signer
        return [
            self._register_self(turn, "operator"),
            _made("charter", records.SINGLETON, records.Provisioned(turn.signer)),
        ]

    def _register_self(self, turn: _Turn, role: str) -> _Event:
        known = self._parties.get(turn.signer)
        roles = tuple(sorted({role, *(known.roles if known else ())}))
        self._check(
            "registrations",
            "witness" not in roles,
            f"a witness becomes {role}",
            "a witness that holds no other role",
        )
        key = turn.attachment("public-key") or (known.key if known else None)
        self._parties[turn.signer] = _Party(key, roles, turn.command.nonce)
        return _made("party", turn.signer, records.PartyRegistered(roles))

    def register_party(self, turn: _Turn, message: records.RegisterParty) -> list[_Event]:
        """Operator and party have both signed."""
        roles = message.roles
        self._check(
            "registrations",
            message.party not in self._parties,
            f"party {_show(message.party)} is registered again",
            "once",
        )
        self._check(
            "registrations",
            bool(roles)
            and list(roles) == sorted(set(roles))
            and set(roles) <= set(REGISTRABLE)
            and ("witness" not in roles or len(roles) == 1),
            f"the roles are {', '.join(roles)}",
            "some of " + ", ".join(REGISTRABLE) + ", ascending, a witness alone",
        )
        self._take_key(turn, message.party)
        key = turn.attachment("public-key")
        self._signed(
            "registration signatures", key, commands.REGISTRATION,
            canonical([self._node, message.party, roles]),
            turn.attachment("registration-signature"), "the party's own",
        )  # fmt: skip
        self._parties[message.party] = _Party(key, roles)
        return [_made("party", message.party, records.PartyRegistered(roles))]

    def define_field(self, turn: _Turn, message: records.DefineField) -> list[_Event]:
        """Neither index nor name is used again."""
        new = message.field
        names = [known.name for known in self._fields.values()]
        self._check(
            "registry",
            new.index not in self._fields and new.name not in names,
            f"field {new.index}, {new.name!r:.60}, is defined again",
            "an index and a name not in use",
        )
        self._fields[new.index] = new
        return [_made("fields", records.SINGLETON, records.FieldDefined(new))]

    def define_rules(self, turn: _Turn, message: records.DefineRules) -> list[_Event]:
        """Four shares of the whole; they never change."""
        rules = make_id("optin/v1/rules", message.shares)
        self._check(
            "rules",
            sum(message.shares) == WHOLE and rules not in self._rules,
            f"rules {_show(rules)} share {sum(message.shares)} basis points, or exist already",
            f"{WHOLE}, once",
        )
        self._rules[rules] = message.shares
        return [_made("rules", rules, records.RulesDefined(message.shares))]

    # --------------------------------------------------------------------------- profiles

    def enrol(self, turn: _Turn, message: records.Enrol) -> list[_Event]:
        """A user enrols once, referred by one who is here already."""
        self._check(
            "registrations",
            turn.signer not in self._users,
            f"user {_show(turn.signer)} enrols again",
            "once",
        )
        self._check(
            "referrals",
            message.referrer is None or message.referrer in self._users,
            f"the referrer of user {_show(turn.signer)} is "
            + ("the same user" if message.referrer == turn.signer else "not enrolled"),
            "another user, enrolled before",
        )
        self._users[turn.signer] = message.referrer
        enrolled = records.Enrolled(message.referrer, message.commitment)
        return [self._register_self(turn, "user"), _made("profile", turn.signer, enrolled)]

    def update_fields(self, turn: _Turn, message: records.UpdateFields) -> list[_Event]:
        """A user has new values."""
        return [_made("profile", turn.signer, records.FieldsUpdated(message.commitment))]

    # ------------------------------------------------------------------- offers and escrow

    def optin_deposit_escrow(
        self, turn: _Turn, message: records.OptinDepositEscrow
    ) -> list[_Event]:
        """A payment reference is credited once, to a partner."""
        account = make_id("optin/v1/account", message.partner, message.currency)
        payment = make_id("optin/v1/payment", message.reference)
        self._check(
            "deposits",
            payment not in self._payments,
            f"payment {_show(payment)} is credited again",
            "once",
        )
        self._check(
            "deposits",
            "partner" in self._party(message.partner).roles and message.amount > 0,
            f"{message.amount} to party {_show(message.partner)}",
            "an amount above zero to a partner",
        )
        self._payments.add(payment)
        return [
            _made("payment", payment, records.PaymentAccepted(account)),
            _made(
                "account",
                account,
                records.Deposited(message.partner, message.currency, message.amount),
            ),
        ]

    def publish_offer(self, turn: _Turn, message: records.PublishOffer) -> list[_Event]:
        """The terms name what exists, and the partner who signs them."""
        terms = message.terms
        offer = make_id("optin/v1/offer", self._node, terms)
        for right, wrong, expected in (
            (terms.partner == turn.signer, "it names another partner", "the one who signs"),
            (offer not in self._offers, "it is published again", "once"),
            (terms.rules in self._rules, "its rules are not defined", "defined rules"),
            (0 < terms.amount <= terms.budget, f"it pays {terms.amount} of a budget of "
             f"{terms.budget}", "a budget for at least one"),
            (len(set(terms.witnesses)) == 3, "its witnesses are not three", "three witnesses"),
            (all("witness" in self._party(witness).roles for witness in terms.witnesses),
             "one of its witnesses is none", "three witnesses"),
            (terms.publisher is None or "publisher" in self._party(terms.publisher).roles,
             "its publisher is none", "a publisher"),
            ((terms.compensation == "CharitableDonation") == (terms.charity is not None),
             "charity and compensation do not match", "a charity for a CharitableDonation"),
            (terms.charity is None or "charity" in self._party(terms.charity).roles,
             "its charity is none", "a charity"),
            (all(self._allows(use) for use in terms.required + terms.optional),
             "it asks for a field that the registry does not show so", "fields of the registry"),
        ):  # fmt: skip
            self._check("offers", right, f"offer {_show(offer)}: {wrong}", expected)
        published = turn.first("offer_published")
        self._offers[offer] = _Offer(terms, published.pad)
        return [_made("offer", offer, records.OfferPublished(terms, published.pad))]

    def _allows(self, use: records.FieldUse) -> bool:
        known = self._fields.get(use.index)
        return known is not None and use.transform in known.transforms

    def close_offer(self, turn: _Turn, message: records.CloseOffer) -> list[_Event]:
        """The partner closes its own open offer."""
        offer = self._offer(message.offer)
        self._check(
            "offers",
            offer.open and offer.terms.partner == turn.signer,
            f"offer {_show(message.offer)} is closed, or another partner's",
            "an open offer of the partner who signs",
        )
        offer.open = False
        return [_made("offer", message.offer, records.OfferClosed())]

    def _offer(self, offer: bytes) -> _Offer:
        found = self._offers.get(offer)
        if found is None:
            raise _Fails("offers", f"there is no offer {_show(offer)}", "a published offer")
        return found

    # -------------------------------------------------------------------------- engagement

    def optin_generate_code(self, turn: _Turn, message: records.OptinGenerateCode) -> list[_Event]:
        """The code exists, its money is held, its payees are pinned."""
        offer = self._offer(message.offer)
        terms = offer.terms
        assigned = turn.first("code_assigned")
        code = make_id("optin/v1/code", self._node, message.offer, message.user, assigned.nonce)
        reservation = make_id("optin/v1/reservation", code)
        account = make_id("optin/v1/account", terms.partner, terms.currency)
        for right, wrong, expected in (
            (offer.open, "the offer is closed", "an open offer"),
            (message.user in self._users, "its user is not enrolled", "an enrolled user"),
            (code not in self._codes, "it is generated again", "once"),
            (not self._live(message.user, message.offer, turn.time),
             "its user has another live code of the offer", "one at a time"),
        ):  # fmt: skip
            self._check("code states", right, f"code {_show(code)}: {wrong}", expected)
        self._check(
            "budgets",
            offer.reserved + terms.amount <= terms.budget,
            f"offer {_show(message.offer)} has {terms.budget - offer.reserved} left",
            f"at least {terms.amount}",
        )
        self._check(
            "accounts above zero",
            self._ledger.available(account) >= terms.amount,
            f"account {_show(account)} has {self._ledger.available(account)} available",
            f"at least the {terms.amount} to reserve",
        )
        beneficiary = terms.charity or message.user
        affiliate = self._users[message.user]
        made = records.CodeGenerated(
            message.offer, terms.partner, reservation, terms.amount, terms.currency, terms.rules,
            records.Payees(
                self._payee(assigned.nonce, self._operator),
                self._payee(assigned.nonce, beneficiary),
                affiliate and self._payee(assigned.nonce, affiliate),
                terms.publisher and self._payee(assigned.nonce, terms.publisher),
            ),
            terms.witnesses, terms.publisher, turn.time + terms.code_ttl,
        )  # fmt: skip
        grant = records.CodeGrant(
            self._node, code, message.offer, reservation, terms.amount, made.expires_at
        )
        self._node_signed(turn, commands.CODE, grant)
        offer.reserved += terms.amount
        owned = records.CodeAssigned(message.user, assigned.nonce, affiliate, beneficiary)
        self._codes[code] = _Code(owned, made)
        self._codes_of.setdefault((message.user, message.offer), []).append(code)
        return [
            _made("offer", message.offer, records.CodeIssued(terms.amount)),
            _made("account", account, records.FundsReserved(terms.amount)),
            _made("reservation", reservation, records.ReservationMade(account, code, terms.amount)),
            _made("code", code, owned),
            _made("code", code, made),
        ]

    def _live(self, user: bytes, offer: bytes, time: int) -> bool:
        """Whether a user has a code of an offer that stands in the way of another."""
        codes = [self._codes[code] for code in self._codes_of.get((user, offer), ())]
        return any(code.status not in WAITING or time < code.made.expires_at for code in codes)

    def _payee(self, nonce: bytes, party: bytes | None) -> bytes:
        return make_id("optin/v1/payee", nonce, party)

    def _node_signed(self, turn: _Turn, purpose: bytes, content: Any) -> None:
        self._signed(
            "node signatures", self._node_key, purpose, canonical(content),
            turn.attachment("node-signature"), "the node's",
        )  # fmt: skip

    def _code(self, turn: _Turn, code: bytes, *allowed: str) -> _Code:
        """A code in one of the states that allow the request."""
        found = self._codes.get(code)
        status = found.status if found else "not generated"
        if found is None or status not in allowed:
            raise _Fails(
                "code states",
                f"{turn.method} of code {_show(code)}, which is {status}",
                "one that is " + " or ".join(allowed),
            )
        self._report.checks["code states"] += 1
        return found

    def _users_own(self, turn: _Turn, code: _Code) -> None:
        self._check(
            "roles",
            turn.signer == code.assigned.user,
            f"{turn.method} was signed by party {_show(turn.signer)}",
            f"the code's user, {_show(code.assigned.user)}",
        )

    def _alive(self, turn: _Turn, code: _Code) -> None:
        self._check(
            "code states",
            turn.time < code.made.expires_at,
            f"{turn.method} at {turn.time} ns of a code that is dead",
            f"a time before {code.made.expires_at}",
        )

    def mark_viewed(self, turn: _Turn, message: records.MarkViewed) -> list[_Event]:
        """Its user saw the code in time."""
        code = self._code(turn, message.code, "generated")
        self._users_own(turn, code)
        self._alive(turn, code)
        code.status = "viewed"
        return [_made("code", message.code, records.CodeViewed())]

    def optin_activate_code(self, turn: _Turn, message: records.OptinActivateCode) -> list[_Event]:
        """The user consented to what was offered, and the chain has the proof."""
        consent = message.consent
        code = self._code(turn, consent.code, "viewed")
        self._users_own(turn, code)
        self._alive(turn, code)
        offer = self._offer(code.made.offer)
        self._consented(turn, consent, code.made, offer.terms)
        hashed = make_id("optin/v1/consent", consent)
        proof = records.ConsentProof(self._node, self._consent, hashed)
        link = make_id("optin/v1/consent-proof", proof)
        recorded = records.ConsentRecorded(self._consent, hashed, consent)
        view = make_id("optin/v1/view", consent.code)
        self._node_signed(turn, commands.CONSENT_PROOF, proof)
        self._consent = link
        visible = bytearray(32)
        for use in consent.fields:
            visible[use.index >> 3] |= 1 << (use.index & 7)
        until = offer.terms.view_until
        self._views[view] = _View(consent.code, consent.partner, bytes(visible), until)
        code.status, code.consent, code.record = "activated", hashed, view
        created = records.ViewCreated(
            consent.code, consent.offer, consent.partner, consent.pairwise, consent.fields,
            offer.pad, until,
        )  # fmt: skip
        return [
            _made("consent", link, recorded),
            _made("chain", CONSENTS, records.ChainExtended(link)),
            _made("view", view, created),
            _made("code", consent.code, records.CodeActivated(hashed, link, view)),
        ]

    def _consented(
        self,
        turn: _Turn,
        consent: records.Consent,
        made: records.CodeGenerated,
        terms: records.Terms,
    ) -> None:
        """Check a consent against the offer, and whose it is."""
        indexes = [use.index for use in consent.fields]
        offered = terms.required + terms.optional
        agreed = (consent.partner, consent.offer, consent.compensation, consent.amount,
                  consent.currency)  # fmt: skip
        for right, wrong, expected in (
            (agreed == (made.partner, made.offer, terms.compensation, made.amount, made.currency),
             "partner, offer, compensation, amount or currency is another", "as offered"),
            (consent.hop == ZEROS, "it cites a provenance hop", "none: there are none yet"),
            (indexes == sorted(set(indexes)), "its fields are not ascending", "each once"),
            (set(terms.required) <= set(consent.fields), "it lacks a required field", "all"),
            (set(consent.fields) <= set(offered), "it has a field that was not asked for",
             "fields and forms of the offer"),
        ):  # fmt: skip
            self._check("consents", right, f"consent to code {_show(consent.code)}: {wrong}",
                        expected)  # fmt: skip
        key = turn.attachment("pairwise-key")
        if key is not None:
            self._check(
                "consents",
                commands.pairwise_id(key) == consent.pairwise,
                f"the pairwise key is that of {_show(commands.pairwise_id(key))}",
                f"a key whose hash is {_show(consent.pairwise)}",
            )
        self._signed(
            "consent signatures", key, commands.CONSENT, canonical(consent),
            turn.attachment("consent-signature"), "that of the pairwise key",
        )  # fmt: skip

    # ------------------------------------------------------------------------------- views

    def optin_enforce_view(self, turn: _Turn, message: records.OptinEnforceView) -> list[_Event]:
        """A grant shows requested and visible of an open record; refusals show nothing."""
        view = self._views.get(message.record)
        if view is None or view.partner != turn.signer:
            return []  # refused without a look
        logged = [event.fields for event in turn.events if event.name == "access_logged"]
        if not logged:
            return []  # refused for the reply key, which is not in the journal
        granted = logged[0].granted
        self._check(
            "views",
            not granted or (view.open and not (view.until and turn.time >= view.until)),
            f"a view of record {_show(message.record)} was granted",
            "a refusal: consent was taken back, or view_until has passed",
        )
        shown = bytes(a & b for a, b in zip(view.visible, message.requested, strict=True))
        returned = shown if granted else bytes(32)
        access = records.AccessLogged(
            turn.signer, message.requested, returned, logged[0].address, granted
        )
        events = [_made("access", message.record, access)]
        if granted and not view.granted:
            self._code(turn, view.code, "activated").completed = True
            events.append(_made("code", view.code, records.CodeCompleted()))
        view.granted += granted
        return events

    def optin_revoke_code(self, turn: _Turn, message: records.OptinRevokeCode) -> list[_Event]:
        """Views stop at once; before completion the funds return."""
        code = self._code(turn, message.code, "activated", "settled")
        self._users_own(turn, code)
        code.status = "revoked"
        self._views[code.record].open = False
        events = [
            _made("view", code.record, records.ViewStopped()),
            _made("code", message.code, records.CodeRevoked()),
        ]
        if not code.completed:
            made = code.made
            self._offer(made.offer).reserved -= made.amount
            account = make_id("optin/v1/account", made.partner, made.currency)
            events += [
                _made("account", account, records.FundsReturned(made.amount)),
                _made("reservation", made.reservation, records.ReservationCancelled()),
                _made("offer", made.offer, records.BudgetReturned(made.amount)),
            ]
        return events

    # -------------------------------------------------------------------------- settlement

    def optin_settle_engagement(
        self, turn: _Turn, message: records.OptinSettleEngagement
    ) -> list[_Event]:
        """Two witnesses signed exactly what the rules give; everybody is paid, once."""
        code = self._code(turn, message.code, "activated", "revoked")
        made, assigned = code.made, code.assigned
        for right, wrong, expected in (
            (turn.signer in (self._operator, made.partner), "signed by another party",
             "the operator or the partner"),
            (code.completed, "settled before a view was granted", "a completed engagement"),
            (code.settlement == ZEROS, "settled again", "once"),
        ):  # fmt: skip
            self._check("settlements", right, f"code {_show(message.code)}: {wrong}", expected)
        shares = self._rules[made.rules]
        amounts = _split(made.amount, shares, made.payees)
        statement = records.Statement(self._node, message.code, made.reservation, code.consent,
                                      made.rules, made.payees, amounts)  # fmt: skip
        recorded = turn.first("settlement_recorded")
        fields = zip(_fields_of(statement), recorded.statement, statement, strict=True)
        for name, found, due in fields:
            self._check(
                name if name in ("payees", "amounts") else "settlements",
                found == due,
                f"the {name} of the statement: {_shown(found)}",
                _shown(due),
            )
        settlement = make_id("optin/v1/settlement", statement)
        self._check(
            "settlements",
            message.settlement == settlement,
            f"the settlement asked for is {_show(message.settlement)}",
            f"{_show(settlement)}, the hash of the statement",
        )
        self._witnessed(turn, message.witnesses, made.witnesses, statement)
        self._node_signed(turn, commands.SETTLEMENT, statement)
        previous, self._settlement = self._settlement, settlement
        code.settlement = settlement
        code.status = "settled" if code.status == "activated" else code.status
        account = make_id("optin/v1/account", made.partner, made.currency)
        return [
            _made("account", account, records.FundsReleased(made.amount)),
            _made("reservation", made.reservation, records.ReservationReleased(settlement)),
            *self._credits(made, assigned, amounts),
            _made("code", message.code, records.CodeSettled(settlement)),
            _made("chain", SETTLEMENTS, records.ChainExtended(settlement)),
            _made(
                "settlement",
                settlement,
                records.SettlementRecorded(previous, statement, message.witnesses, made.partner),
            ),
        ]

    def _witnessed(
        self,
        turn: _Turn,
        witnesses: Sequence[bytes],
        allowed: Sequence[bytes],
        statement: records.Statement,
    ) -> None:
        self._check(
            "witnesses",
            len(set(witnesses)) == 2 and set(witnesses) <= set(allowed),
            "the witnesses are " + ", ".join(_show(witness) for witness in witnesses),
            "two different of " + ", ".join(_show(witness) for witness in allowed),
        )
        for index, witness in enumerate(witnesses):
            self._signed(
                "witness signatures", self._party(witness).key, commands.WITNESS,
                canonical(statement), turn.attachment("witness-signature", index),
                f"that of witness {_show(witness)}",
            )  # fmt: skip

    def _credits(
        self, made: records.CodeGenerated, assigned: records.CodeAssigned, amounts: records.Amounts
    ) -> Iterator[_Event]:
        for party, amount in (
            (self._operator, amounts.platform),
            (assigned.beneficiary, amounts.user),
            (assigned.affiliate, amounts.affiliate),
            (made.publisher, amounts.publisher),
        ):
            if amount and party is not None:
                payee = make_id("optin/v1/payee-account", party, made.currency)
                yield _made("payee", payee, records.PayeeCredited(party, made.currency, amount))


def _split(amount: int, shares: records.Shares, payees: records.Payees) -> records.Amounts:
    """The amounts that rules give: the publisher takes the rest, the user what nobody else can."""
    platform, user, affiliate = (amount * share // WHOLE for share in shares[:3])
    publisher = amount - platform - user - affiliate
    if payees.affiliate is None:
        user, affiliate = user + affiliate, 0
    if payees.publisher is None:
        user, publisher = user + publisher, 0
    return records.Amounts(platform, user, affiliate, publisher)


# ---------------------------------------------------------------------------- one settlement


def verify_settlement(
    record: records.SettlementRecord,
    node_public_key: bytes,
    witness_keys: Mapping[bytes, bytes],
) -> tuple[bool, str]:
    """Verify an exported settlement by itself, offline.

    It shows that the node and two witnesses signed this statement, and that its amounts follow
    the shares. The time is nobody's signature's; only the journal proves it.

    Args:
        record: as `get_settlement` gives it.
        node_public_key: ML-DSA-87 key (2,592 bytes) of the node, known from elsewhere.
        witness_keys: ML-DSA-87 keys of the offer's witnesses by party id, known from elsewhere.

    Returns:
        (yes or no, the reason).
    """
    try:
        record = spec_of(records.SettlementRecord).build(record)
    except Malformed as error:
        return False, str(error)
    statement, shares = record.statement, record.shares
    if commands.node_id(node_public_key) != statement.node:
        return False, "the statement names another node than the one whose key this is"
    if sum(shares) != WHOLE or make_id("optin/v1/rules", shares) != statement.rules:
        return False, "the shares are not those of the rules that the statement names"
    if statement.amounts != _split(sum(statement.amounts), shares, statement.payees):
        return False, "the amounts are not what the shares give of their sum"
    witnesses = [signed.witness for signed in record.witnesses]
    if len(witnesses) < 2 or len(set(witnesses)) != len(witnesses):
        return False, f"{len(set(witnesses))} different witnesses signed; two must"
    crypto, content = Crypto(), canonical(statement)
    for signed in record.witnesses:
        key = witness_keys.get(signed.witness)
        if key is None:
            return False, f"{_show(signed.witness)} is none of the offer's witnesses"
        if not crypto.verify(key, commands.WITNESS, content, signed.signature):
            return False, f"the signature of witness {_show(signed.witness)} is not valid"
    if not crypto.verify(node_public_key, commands.SETTLEMENT, content, record.signature):
        return False, "the node's signature is not valid"
    return True, "signed by the node and two of its offer's witnesses, amounts by the rules"


# ------------------------------------------------------------------------------------ words


def _show(value: Any) -> str:
    """A value as reports show it: of bytes the first 16 hex digits."""
    return value.hex()[:16] if isinstance(value, bytes) else str(value)


def _currency(currency: bytes) -> str:
    return currency.rstrip(b"\0").decode("ascii", "replace")


def _fields_of(record: Any) -> list[str]:
    return [declared[0] for declared in spec_of(type(record)).fields]


def _shown(value: Any) -> str:
    """A record with its fields' names."""
    if not hasattr(value, "_fields"):
        return _show(value)
    fields = zip(_fields_of(value), value, strict=True)
    return ", ".join(f"{name} {_show(each)}" for name, each in fields) or "the event"


def _difference(event: _Event, left: Iterable[_Event]) -> tuple[str, str]:
    """(what is wrong, what was expected) of an event that had not to come."""
    where = f"{event.name} of {event.kind} {_show(event.entity)}"
    for other in left:
        if other[:3] == event[:3]:
            names = _fields_of(event.fields)
            for name, found, right in zip(names, event.fields, other.fields, strict=True):
                if found != right:
                    return f"{where} has {name} {_shown(found)}", f"{name} {_shown(right)}"
    for other in left:
        if other.name == event.name:
            return f"{where} is there", f"that of {other.kind} {_show(other.entity)}"
    return f"{where} is there", "no such event"


def _default_check(event: str) -> str:
    return "code states" if event.startswith("code_") else "events"

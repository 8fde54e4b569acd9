"""Journals that a real node wrote, and what somebody makes of them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from hashlib import sha3_256
from typing import Any

import msgpack
import pytest
from pymerkle import InmemoryTree

from runtime.cpython.store import SqliteStore
from runtime.host.audit import Report, verify_bundle
from runtime.host.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.errors import NodeError
from runtime.wire.proofs import entry_leaf
from runtime.wire.schema import canonical, decode, evolve, make_id, spec_of, unpack
from tests.portable.world import DAY, SECOND, Use, World

VALUES = (b"Ada Lovelace", b"ada@example.org", b"+44 20 7946")

MASK = b"\x01" + bytes(31)


class Journal:
    """A world with a long history, and its journal as an auditor exports it."""

    def __init__(self) -> None:
        self.world: Any = World(SqliteStore(":memory:"), Crypto())
        self._live()
        self.entries: list[Any] = []
        while len(self.entries) < self.world.node.journal.size:
            page = self.world.do(self.world.operator, "journal_entries", len(self.entries), 255)
            self.entries += page.entries
        self.signed = self.world.read("journal_head", bytes(32)).signed
        self.identity = self.world.read("identity")
        self.measured = self.world.read("measurements", bytes(32))

    def _live(self) -> None:
        world = self.world.ready()
        person = world.person
        self.auditor = world.register(person("auditor"), ("auditor",))
        publisher = world.register(person("publisher"), ("publisher",))
        charity = world.register(person("charity"), ("charity",))
        ann = world.enrol(person("ann"), VALUES)
        bob = world.enrol(person("bob"), VALUES, referrer=ann)
        # One engagement to its end, consent taken back after it.
        self.offer = world.offer
        self.code = world.generate(bob)
        world.viewed(bob, self.code)
        record = world.activate(bob, self.code, (Use(0, "ExactValue"), Use(1, "ExactValue"),
                                                 Use(2, "BooleanOnly"))).record  # fmt: skip
        world.view(record, MASK)
        world.view(record)
        self.settlement = world.settle(self.code).settlement
        world.revoke(bob, self.code)
        with pytest.raises(NodeError):
            world.view(record)
        # One that is cancelled before a view; its user may not get another one.
        ann_code = world.generate(ann)
        world.viewed(ann, ann_code)
        world.activate(ann, ann_code)
        world.revoke(ann, ann_code)
        # One for a charity through a publisher, settled by the partner after revocation; its view
        # is asked for twice with the same bytes.
        world.publish(serial=2, publisher=publisher.id, charity=charity.id,
                      compensation="CharitableDonation")  # fmt: skip
        code = world.generate(ann)
        world.viewed(ann, code)
        record = world.activate(ann, code).record
        key = world.crypto.kem_public_key(bytes(64))
        self.repeated = world.signed(world.partner, "optin_enforce_view", record, MASK,
                                     commands.reply_key_id(key), enclosures=(key, b""))  # fmt: skip
        world.do(world.partner, "optin_enforce_view", params=self.repeated)
        world.do(world.partner, "optin_enforce_view", params=self.repeated)
        self.wrong_key = world.node.journal.size
        self._refused(record, world.partner)
        world.revoke(ann, code)
        world.settle(code, world.partner, world.witnesses[1:])
        with pytest.raises(NodeError):
            world.do(world.partner, "optin_enforce_view", params=self.repeated)
        self._refusals(record, ann)
        self.closed = world.offer
        world.do(world.partner, "close_offer", self.closed)
        self._score_and_hops(publisher)
        self._expiry()
        self._clock()
        # One whose budget is for one, with a code that nobody looked at yet.
        self.small = world.publish(serial=3, budget=1_000_003)
        self.carol = world.enrol(person("carol"), VALUES)
        world.enrol(person("dave"), VALUES)
        self.waiting = world.generate(self.carol)

    def _score_and_hops(self, publisher: Any) -> None:
        """A user with a score, who came by two hops, settled by a witness who stands in."""
        world = self.world
        self.source = world.source = world.register(world.person("source"), ("source",))
        self.eve = eve = world.enrol(world.person("eve"), VALUES)
        for days in (4, 3, 2):
            for kind in ("ApiVerification", "SurveyCompleted"):
                world.record_event(eve, kind, 333, world.now - days * DAY)
        self.old_source = world.rotate(self.source, "another key of the source")
        world.record_event(eve, "ForumPost", 1000)
        world.do(world.operator, "define_weights", records.Weights("even", 5000, 4000, 1000))
        self.strict = world.publish(serial=10, least_score=98, complete_by=7200 * SECOND)
        self.session = make_id("test/session")
        self.hop = world.hop(publisher, self.session, type="AdView")
        self.last_hop = world.hop(world.partner, self.session, self.hop, data=MASK)
        code = world.generate(eve)
        world.viewed(eve, code)
        world.view(world.activate(eve, code, hop=self.last_hop).record)
        self.stand_in = world.register(world.person("stand-in"), ("witness",))
        world.replace_witness(world.offer, world.witnesses[2], self.stand_in)
        world.settle(code, witnesses=(world.witnesses[0], self.stand_in))
        world.enrol(world.operator, VALUES)  # who is registered already
        world.withdraw_escrow(2_000_000)
        world.withdraw_balance(publisher, 100_000)

    def _expiry(self) -> None:
        """A code that was not activated in time, and one that was not completed in time."""
        world = self.world
        frank = world.enrol(world.person("frank"), VALUES)
        self.brief = world.publish(serial=11, code_ttl=3600 * SECOND, complete_by=3600 * SECOND)
        lapsed = world.generate(frank)
        world.uptime.ns += 3600 * SECOND
        world.expire(lapsed)
        late = world.generate(frank)
        world.viewed(frank, late)
        self.late_record = world.activate(frank, late).record
        world.uptime.ns += 3600 * SECOND
        self.refused_late = world.node.journal.size
        with pytest.raises(NodeError):
            world.view(self.late_record)
        world.expire(late)

    def _clock(self) -> None:
        """A small step by the operator, a large one with witnesses."""
        world = self.world
        world.set_clock(world.now + 30 * SECOND)
        world.set_clock(world.now + 40_000 * SECOND, world.witnesses[:2])

    def _refusals(self, record: bytes, user: Any) -> None:
        """Another partner, one who is none, and a key that is not the one signed for."""
        world = self.world
        other = world.register(world.person("another partner"), ("partner",))
        for asker in (other, user, world.partner):
            self._refused(record, asker)

    def _refused(self, record: bytes, asker: Any) -> None:
        with pytest.raises(NodeError):
            self.world.do(asker, "optin_enforce_view", record, MASK, bytes(32),
                          enclosures=(b"no key", b""))  # fmt: skip

    def position(self, method: str, which: int = 0) -> int:
        """Number of an entry, by its method."""
        bodies = [decode(records.Body, entry.body) for entry in self.entries]
        return [body.sequence for body in bodies if body.method == method][which]

    def sign(self, entries: list[Any]) -> Any:
        """The head that the node would sign if these were its entries."""
        tree = InmemoryTree(algorithm="sha3_256")
        for entry in entries:
            body = decode(records.Body, entry.body)
            digest = body_digest(list(entry.header), body)
            tree.append_entry(entry.salt + msgpack.packb(list(entry.header)) + digest)
        head = records.Head(
            self.identity.node, len(entries), tree.get_root(), entries[-1].header.time, bytes(32)
        )
        return self.signed_head(head)

    def signed_head(self, head: Any) -> Any:
        node = self.world.node
        signature = node.crypto.sign(node.identity_seed, commands.HEAD, canonical(head))
        return records.SignedHead(head, signature)

    def audit(self, entries: list[Any] | None = None, signed: Any = None, **options: Any) -> Report:
        """Audit a bundle of these entries, by default under a head that the node signs for them."""
        entries = self.entries if entries is None else entries
        data = bundle(self, entries, signed or self.sign(entries))
        return verify_bundle(io.BytesIO(data), **options)

    def with_entry(self, position: int, entry: Any) -> list[Any]:
        return self.entries[:position] + [entry] + self.entries[position + 1 :]

    def renumbered(self, entries: list[Any]) -> list[Any]:
        """The entries as if they were a whole journal."""
        made = []
        for position, entry in enumerate(entries):
            body = evolve(decode(records.Body, entry.body), sequence=position)
            header = evolve(entry.header, sequence=position)
            made.append(evolve(entry, header=header, body=canonical(body)))
        return made


def bundle(journal: Any, entries: list[Any], signed: Any, identity: Any = None) -> bytes:
    """Bytes of a bundle, written without the code under test; leaves of whole entries are right."""
    identity = identity or journal.identity
    out = part(1, ["optin/v1/bundle", identity.node, identity.public_key])
    out += part(4, journal.measured)
    for entry in entries:
        if entry.body:
            entry = evolve(entry, leaf=entry_leaf(entry.header, entry.salt, entry.body))
        out += part(2, entry)
    return out + part(3, signed)


def part(kind: int, value: Any) -> bytes:
    data = canonical(value)
    return bytes([kind]) + len(data).to_bytes(4, "big") + data


# What names a user in events: "id" is the entity's, numbers are those of fields.
PRIVATE: dict[str, tuple[Any, ...]] = {
    "party_registered": ("id",), "roles_added": ("id",), "command_accepted": ("id",),
    "key_rotated": ("id", 0), "activity_recorded": ("id",), "activities_forgotten": ("id",),
    "enrolled": ("id", 0), "fields_updated": ("id",), "hop_recorded": (4,),
    "code_assigned": (0, 1, 2, 3), "payee_credited": ("id", 0), "payee_paid": ("id",),
    "erased": (4,), "party_carried": ("id", 2), "balance_carried": ("id", 0),
}  # fmt: skip


def body_digest(header: list[Any], body: Any) -> bytes:
    """H(body) from DOMAIN.md and proofs.py's words, with nothing but hashlib and msgpack."""

    def part_of(index: int, content: bytes) -> bytes:
        own = sha3_256(b"optin/v1/part-salt" + body[6] + bytes([index])).digest()
        return sha3_256(b"optin/v1/part" + own + content).digest()

    def event_of(index: int, content: bytes) -> bytes:
        event = msgpack.unpackb(content)
        private = PRIVATE.get(event[2])
        if not private:
            return part_of(index, content)
        fields = list(event[3])
        hidden = [event[1]] if "id" in private else []
        for at in (at for at in private if at != "id"):
            hidden.append(fields[at])
            fields[at] = None
        shown = [event[0], None if "id" in private else event[1], event[2], fields]
        faces = part_of(index, msgpack.packb(shown)) + part_of(128 + index, msgpack.packb(hidden))
        return sha3_256(b"optin/v1/two-faces" + faces).digest()

    command = part_of(0, body[4])
    events = [event_of(i + 1, event) for i, event in enumerate(body[5])]
    packed = msgpack.packb(["optin/v1/body", header, body[3], command, events])
    return sha3_256(packed).digest()


def with_event(entry: Any, name: str, which: int = 0, **changes: Any) -> Any:
    """The entry with other fields in one of its events."""
    body = decode(records.Body, entry.body)
    events = list(body.events)
    places = [i for i, event in enumerate(events) if unpack(event)[2] == name]
    kind, entity, _, fields = unpack(events[places[which]])
    entity = changes.pop("entity", entity)
    event = evolve(spec_of(records.EVENTS[name]).build(fields), **changes)
    events[places[which]] = canonical([kind, entity, name, event])
    return evolve(entry, body=canonical(evolve(body, events=tuple(events))))


def event_of(entry: Any, name: str) -> Any:
    for event in decode(records.Body, entry.body).events:
        _, _, found, fields = unpack(event)
        if found == name:
            return spec_of(records.EVENTS[name]).build(fields)
    raise AssertionError(name)


def with_body(entry: Any, **changes: Any) -> Any:
    return evolve(entry, body=canonical(evolve(decode(records.Body, entry.body), **changes)))


def with_attachments(entry: Any, change: Callable[[Any], Any]) -> Any:
    return evolve(entry, attachments=tuple(change(item) for item in entry.attachments))


def flipped(data: bytes, at: int = 100) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def fails(report: Report, entry: int | None, check: str, words: str) -> None:
    """Assert that the report says exactly that this is wrong."""
    failure = report.failure
    assert failure is not None, "nothing was noticed"
    assert (failure.entry, failure.check) == (entry, check), failure
    assert re.search(words, f"{failure.wrong}; expected {failure.expected}"), failure
    assert not report.ok
    assert failure.expected
    assert report.head is None


LABELS = {
    "public-key": "public keys",
    "registration-signature": "registration signatures",
    "command-signature": "command signatures",
    "node-signature": "node signatures",
    "pairwise-key": "consents",
    "consent-signature": "consent signatures",
    "witness-signature": "witness signatures",
    "partner-signature": "partner signatures",
    "rotation-signature": "rotation signatures",
}


def recommanded(journal: Journal, entry: Any, signer: Any, **changes: Any) -> Any:
    """The entry with another request in its command, signed again by its signer."""
    body = decode(records.Body, entry.body)
    command = decode(records.Command, body.command)
    fields = {name: changes.pop(name) for name in list(changes) if name in command._fields}
    spec = spec_of(records.REQUESTS[body.method])
    request = evolve(spec.build(unpack(command.params)), **changes)
    command = evolve(command, **{"params": canonical(request), **fields})
    raw = canonical(command)
    signature = signer.sign(commands.purpose(body.method), raw)

    def change(item: Any) -> Any:
        return evolve(item, content=signature) if item.label == "command-signature" else item

    return with_attachments(with_body(entry, command=raw), change)


def without(entry: Any, *labels: str) -> Any:
    """The entry when these attachments are erased."""
    left = tuple(item for item in entry.attachments if item.label not in labels)
    return evolve(entry, attachments=left)


def retimed(entry: Any, time: int) -> Any:
    """The entry at another time."""
    return with_body(evolve(entry, header=evolve(entry.header, time=time)), time=time)


def asked(
    journal: Journal, entries: list[Any], method: str, *events: Any, later: int = 0
) -> Report:
    """Audit these entries with one more at their end, that nobody signed."""
    position, time = len(entries), entries[-1].header.time + later
    body = records.Body(
        records.SCHEMA_VERSION, position, time, method, b"", tuple(map(canonical, events)), MASK
    )
    header = records.Header("optin/v1/entry", records.SCHEMA_VERSION, position, time)
    entry = records.Entry(header, bytes(32), bytes(32), canonical(body), None, ())
    return journal.audit([*entries, entry])


def acted(
    journal: Journal, signer: Any, method: str, *fields: Any, events: Any = (), time: int = 0
) -> Report:
    """Audit the journal with one more act at its end, signed by everybody who must."""
    position = len(journal.entries)
    time = time or journal.entries[-1].header.time
    spec = spec_of(records.REQUESTS[method])
    signed = commands.sign_command(
        signer.sign, journal.identity.node, signer.id, 1000, time, spec.build(fields)
    )
    body = records.Body(
        records.SCHEMA_VERSION,
        position,
        time,
        method,
        signed.body,
        tuple(map(canonical, events)),
        MASK,
    )
    entry = records.Entry(
        records.Header("optin/v1/entry", records.SCHEMA_VERSION, position, time), bytes(32),
        bytes(32), canonical(body), None,
        (records.Attachment("command-signature", signed.signature),),
    )  # fmt: skip
    return journal.audit(journal.entries + [entry])

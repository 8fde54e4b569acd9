"""Audits of journals that a real node wrote, and of what somebody made of them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from hashlib import sha3_256
from pathlib import Path
from typing import Any

import msgpack
import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from runtime.cpython.store import SqliteStore
from runtime.host.audit import auditor
from runtime.host.audit.ledger import Ledger
from runtime.host.audit import (
    Identity,
    Report,
    read_bundle,
    verify_bundle,
    verify_settlement,
    write_bundle,
)
from runtime.host.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.errors import Malformed, NodeError
from runtime.wire.proofs import entry_leaf
from runtime.wire.schema import canonical, decode, evolve, make_id, spec_of, unpack
from tests.portable.world import Use, World

VALUES = (b"Ada Lovelace", b"ada@example.org", b"+44 20 7946")
MASK = b"\x01" + bytes(31)


class Journal:
    """A world with a long history, and its journal as an auditor exports it."""

    def __init__(self) -> None:
        self.world: Any = World(SqliteStore(":memory:"), Crypto())
        self._live()
        self.entries: list[Any] = []
        while len(self.entries) < self.world.node.journal.size:
            page = self.world.do(self.auditor, "journal_entries", len(self.entries), 255)
            self.entries += page.entries
        self.signed = self.world.read("journal_head", bytes(32)).signed
        self.identity = self.world.read("identity")

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
        world.revoke(ann, code)
        world.settle(code, world.partner, world.witnesses[1:])
        with pytest.raises(NodeError):
            world.do(world.partner, "optin_enforce_view", params=self.repeated)
        self._refusals(record, ann)
        self.closed = world.offer
        world.do(world.partner, "close_offer", self.closed)
        # One whose budget is for one, with a code that nobody looked at yet.
        self.small = world.publish(serial=3, budget=1_000_003)
        self.carol = world.enrol(person("carol"), VALUES)
        world.enrol(person("dave"), VALUES)
        self.waiting = world.generate(self.carol)

    def _refusals(self, record: bytes, user: Any) -> None:
        """Another partner, one who is none, and a key that is not the one signed for."""
        world = self.world
        other = world.register(world.person("another partner"), ("partner",))
        for asker in (other, user, world.partner):
            with pytest.raises(NodeError):
                world.do(asker, "optin_enforce_view", record, MASK, bytes(32),
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
        data = bundle(self.identity, entries, signed or self.sign(entries))
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


def bundle(identity: Any, entries: list[Any], signed: Any) -> bytes:
    """Bytes of a bundle, written without the code under test."""
    out = part(1, ["optin/v1/bundle", identity.node, identity.public_key])
    for entry in entries:
        out += part(2, [entry_leaf(entry.header, entry.salt, entry.body), entry])
    return out + part(3, signed)


def part(kind: int, value: Any) -> bytes:
    data = canonical(value)
    return bytes([kind]) + len(data).to_bytes(4, "big") + data


def body_digest(header: list[Any], body: Any) -> bytes:
    """H(body) from DOMAIN.md and proofs.py's words, with nothing but hashlib and msgpack."""

    def part_of(index: int, content: bytes) -> bytes:
        own = sha3_256(b"optin/v1/part-salt" + body[6] + bytes([index])).digest()
        return sha3_256(b"optin/v1/part" + own + content).digest()

    command = part_of(0, body[4])
    events = [part_of(i + 1, event) for i, event in enumerate(body[5])]
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


@pytest.fixture(scope="module")
def journal() -> Iterator[Journal]:
    made = Journal()
    yield made
    made.world.node.stop()


def fails(report: Report, entry: int | None, check: str, words: str) -> None:
    """Assert that the report says exactly that this is wrong."""
    failure = report.failure
    assert failure is not None, "nothing was noticed"
    assert (failure.entry, failure.check) == (entry, check), failure
    assert re.search(words, f"{failure.wrong}; expected {failure.expected}"), failure
    assert not report.ok
    assert failure.expected
    assert report.head is None


# ------------------------------------------------------------------------- what is right


def test_a_journal_as_the_node_wrote_it_holds(journal: Journal) -> None:
    report = journal.audit(signed=journal.signed)
    assert report.ok, report.failure
    assert report.entries == len(journal.entries)
    assert report.head == journal.signed.head
    assert report.erased == {}


def test_the_report_counts_every_signature(journal: Journal) -> None:
    checks = journal.audit().checks
    labels = [item.label for entry in journal.entries for item in entry.attachments]
    for label, check in LABELS.items():
        if label.endswith("signature"):
            assert checks[check] == labels.count(label), check
    assert checks["leaves"] == checks["sequence"] == len(journal.entries)


def test_the_report_reads_as_a_table_with_a_verdict(journal: Journal) -> None:
    text = str(journal.audit())
    assert re.search(r"^node signatures +9$", text, re.M), text
    assert text.endswith(f"{len(journal.entries)} entries hold")


def test_a_bundle_survives_the_file(journal: Journal, tmp_path: Path) -> None:
    path = tmp_path / "journal.bundle"
    count = write_bundle(path, journal.identity, iter(journal.entries), journal.signed)
    assert count == len(journal.entries)
    assert path.read_bytes() == bundle(journal.identity, journal.entries, journal.signed)
    assert path.stat().st_mode & 0o777 == 0o600
    found = read_bundle(path)
    assert found.identity == Identity(journal.identity.node, journal.identity.public_key)
    assert found.entries == journal.entries
    assert found.signed == journal.signed
    assert verify_bundle(path, journal.identity.node).ok
    assert list(tmp_path.iterdir()) == [path]


def test_a_bundle_that_could_not_be_finished_is_not_there(journal: Journal, tmp_path: Path) -> None:
    def entries() -> Iterator[Any]:
        yield journal.entries[0]
        raise OSError("the line is gone")

    with pytest.raises(OSError, match="gone"):
        write_bundle(tmp_path / "journal.bundle", journal.identity, entries(), journal.signed)
    assert list(tmp_path.iterdir()) == []


def test_values_of_users_never_get_into_a_bundle(journal: Journal, tmp_path: Path) -> None:
    entry = journal.entries[journal.position("enrol")]
    entry = evolve(entry, attachments=(records.Attachment("values", b"Ada"),))
    with pytest.raises(Malformed, match="values of a user's fields"):
        write_bundle(tmp_path / "b", journal.identity, [entry], journal.signed)
    position = journal.position("enrol")
    report = journal.audit(journal.with_entry(position, entry))
    fails(report, position, "attachments", "'values'")


def test_progress_is_told_to_the_end(journal: Journal) -> None:
    told: list[tuple[int, int]] = []
    journal.audit(progress=lambda done, total: told.append((done, total)))
    assert len(told) == len(journal.entries)
    assert told == sorted(told)
    assert 0 < told[0][0] < told[-1][0] < told[-1][1]


def test_an_early_head_of_the_node_makes_a_journal_too(journal: Journal) -> None:
    assert journal.audit(journal.entries[:9]).ok


def test_an_audit_without_signatures_says_what_it_could_not_check(journal: Journal) -> None:
    bare = [evolve(entry, attachments=()) for entry in journal.entries]
    report = journal.audit(bare, signed=journal.signed)
    assert report.ok, report.failure
    whole = journal.audit().checks
    for check in ("command signatures", "node signatures", "witness signatures",
                  "consent signatures", "registration signatures", "public keys"):  # fmt: skip
        assert report.erased[check] == whole[check], check
        assert check not in report.checks
    assert "not checked: erased" in str(report)


def test_code_of_others_agrees_on_root_and_signatures(journal: Journal) -> None:
    data = io.BytesIO(bundle(journal.identity, journal.entries, journal.signed))
    tree = InmemoryTree(algorithm="sha3_256")
    parts = []
    while start := data.read(5):
        parts.append(msgpack.unpackb(data.read(int.from_bytes(start[1:], "big"))))
    (_, node, key), *entries, (head, signature) = parts
    assert sha3_256(msgpack.packb(["optin/v1/node", key])).digest() == node
    keys: dict[bytes, bytes] = {}
    commands_signed = 0
    for leaf, (header, salt, body, attachments) in entries:
        content = msgpack.unpackb(body)
        leaf_input = salt + msgpack.packb(header) + body_digest(header, content)
        assert sha3_256(b"\0" + leaf_input).digest() == leaf
        tree.append_entry(leaf_input)
        for label, found in attachments:
            if label == "public-key":
                keys[sha3_256(msgpack.packb(["optin/v1/party", found])).digest()] = found
        command = msgpack.unpackb(content[4])
        signed = dict(attachments)["command-signature"]
        verifier = MLDSA87PublicKey.from_public_bytes(keys[command[3]])
        verifier.verify(signed, content[4], b"optin/v1/" + content[3].encode())
        commands_signed += 1
    assert tree.get_root() == head[2]
    assert head[1] == len(entries)
    MLDSA87PublicKey.from_public_bytes(key).verify(signature, msgpack.packb(head), b"optin/v1/head")
    report = journal.audit(signed=journal.signed)
    assert report.head is not None
    assert report.head.root == tree.get_root()
    assert report.checks["command signatures"] == commands_signed


# ------------------------------------------------------------------- identity, head, form


def test_the_journal_of_another_node_is_not_taken(journal: Journal) -> None:
    report = journal.audit(pinned_node_id=bytes(32))
    fails(report, None, "pinned node", "expected node 0000000000000000")


def test_a_node_id_that_is_not_the_hash_of_its_key_is_noticed(journal: Journal) -> None:
    identity = Identity(bytes(32), journal.identity.public_key)
    report = verify_bundle(io.BytesIO(bundle(identity, journal.entries, journal.signed)))
    fails(report, None, "node id", "the hash of its key")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"node": bytes(32)}, "the node of the head"),
        ({"size": 3}, "the size of the head is 3; expected "),
        ({"root": bytes(32)}, "the root of the head is 0000"),
        ({"time": 1}, "the time of the head is 1"),
    ],
)
def test_a_signed_head_of_something_else_is_noticed(
    journal: Journal, change: dict[str, Any], words: str
) -> None:
    signed = journal.signed_head(evolve(journal.signed.head, **change))
    fails(journal.audit(signed=signed), None, "head", words)


def test_a_head_that_the_node_did_not_sign_is_noticed(journal: Journal) -> None:
    forged = evolve(journal.signed, head=evolve(journal.signed.head, nonce=MASK))
    fails(journal.audit(signed=forged), None, "head signature", "not valid as the node's")
    forged = evolve(journal.signed, signature=flipped(journal.signed.signature))
    fails(journal.audit(signed=forged), None, "head signature", "not valid as the node's")


def test_a_salt_changed_under_the_nodes_old_head_is_noticed(journal: Journal) -> None:
    entries = journal.with_entry(4, evolve(journal.entries[4], salt=bytes(32)))
    fails(journal.audit(entries, signed=journal.signed), None, "head", "the root of the head is")


@pytest.mark.parametrize("cut", [0, 3, 1000, -1])
def test_a_file_that_ends_early_is_noticed(journal: Journal, cut: int) -> None:
    data = bundle(journal.identity, journal.entries, journal.signed)[:cut]
    fails(verify_bundle(io.BytesIO(data)), None, "form", "ends early")


def test_bytes_behind_the_head_are_noticed(journal: Journal) -> None:
    data = bundle(journal.identity, journal.entries, journal.signed) + b"\0"
    fails(verify_bundle(io.BytesIO(data)), None, "form", "bytes follow the head")


@pytest.mark.parametrize(
    "data",
    [
        part(3, []),
        part(1, ["optin/v2/bundle", bytes(32), bytes(2592)]),
        part(1, ["optin/v1/bundle", bytes(32)]),
        part(1, ["optin/v1/bundle", bytes(31), bytes(2592)]),
        b"\x01\xff\xff\xff\xff" + bytes(100),
        b"\x01\x00\x00\x00\x01\xc1",
        b"PK\x03\x04 some other file",
    ],
)
def test_what_is_no_bundle_is_not_taken_for_one(data: bytes, tmp_path: Path) -> None:
    report = verify_bundle(io.BytesIO(data + bytes(10)))
    assert report.failure is not None
    assert report.failure.check == "form"
    path = tmp_path / "b"
    path.write_bytes(data)
    with pytest.raises(Malformed):
        read_bundle(path)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        verify_bundle(tmp_path / "none")


# -------------------------------------------------------------------- every entry, damaged


def test_any_entry_changed_in_the_file_is_named(journal: Journal) -> None:
    leaves = [entry_leaf(e.header, e.salt, e.body) for e in journal.entries]

    def audited(position: int, entry: Any) -> Report:
        out = part(1, ["optin/v1/bundle", journal.identity.node, journal.identity.public_key])
        for i, whole in enumerate(journal.entries):
            out += part(2, [leaves[i], entry if i == position else whole])
        return verify_bundle(io.BytesIO(out + part(3, journal.signed)))

    for position, entry in enumerate(journal.entries):
        header = entry.header
        fails(audited(position, evolve(entry, salt=flipped(entry.salt))),
              position, "leaves", "do not hash to the entry's leaf")  # fmt: skip
        fails(audited(position, evolve(entry, header=evolve(header, time=header.time + 1))),
              position, "form", "header and body differ")  # fmt: skip
        fails(audited(position, evolve(entry, header=evolve(header, sequence=77))),
              position, "sequence", f"is 77; expected {position}")  # fmt: skip
        fails(audited(position, with_body(entry, method="enrol!")),
              position, "leaves", "do not hash")  # fmt: skip
        body = flipped(entry.body, -40)
        failure = audited(position, evolve(entry, body=body)).failure
        assert failure is not None
        assert failure.entry == position


def test_entries_dropped_reordered_or_doubled_are_named(journal: Journal) -> None:
    whole = journal.entries
    fails(journal.audit(whole[:5] + whole[6:]), 5, "sequence", "is 6; expected 5")
    swapped = whole[:5] + [whole[6], whole[5]] + whole[7:]
    fails(journal.audit(swapped), 5, "sequence", "is 6; expected 5")
    fails(journal.audit(whole[:6] + whole[5:]), 6, "sequence", "is 5; expected 6")
    cut = journal.audit(whole[:-1], signed=journal.signed)
    fails(cut, None, "head", f"the size of the head is {len(whole)}; expected {len(whole) - 1}")


LABELS = {
    "public-key": "public keys",
    "registration-signature": "registration signatures",
    "command-signature": "command signatures",
    "node-signature": "node signatures",
    "pairwise-key": "consents",
    "consent-signature": "consent signatures",
    "witness-signature": "witness signatures",
}


def test_every_attachment_that_was_changed_is_named(journal: Journal) -> None:
    changed = 0
    for position, entry in enumerate(journal.entries):
        for place, item in enumerate(entry.attachments):
            forged = evolve(item, content=flipped(item.content, 700))
            attachments = entry.attachments[:place] + (forged,) + entry.attachments[place + 1 :]
            report = journal.audit(
                journal.with_entry(position, evolve(entry, attachments=attachments)),
                signed=journal.signed,
            )
            fails(report, position, LABELS[item.label], "not valid|attached key|pairwise key")
            changed += 1
    assert changed > 50


def test_an_attachment_that_was_erased_is_counted(journal: Journal) -> None:
    for label, check in LABELS.items():
        position = next(i for i, entry in enumerate(journal.entries)
                        if label in [item.label for item in entry.attachments])  # fmt: skip
        entry = journal.entries[position]
        left = [item for item in entry.attachments if item.label != label]
        gone = evolve(entry, attachments=tuple(left))
        report = journal.audit(journal.with_entry(position, gone), signed=journal.signed)
        assert report.ok, report.failure
        named = "consent signatures" if label == "pairwise-key" else check
        assert report.erased[named] >= 1, label


def test_attachments_that_do_not_belong_are_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    first = next(item for item in entry.attachments if item.label == "witness-signature")
    more = evolve(entry, attachments=entry.attachments + (first,))
    fails(journal.audit(journal.with_entry(position, more)), position, "attachments",
          "3 attachments 'witness-signature'.*expected 2")  # fmt: skip
    other = evolve(entry, attachments=entry.attachments + (records.Attachment("note", b"hi"),))
    fails(journal.audit(journal.with_entry(position, other)), position, "attachments", "'note'")


# -------------------------------------------------- journals that the node itself would forge


def test_a_settlement_that_pays_other_amounts_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    statement = event_of(entry, "settlement_recorded").statement
    amounts = evolve(statement.amounts, platform=statement.amounts.platform + 1,
                     user=statement.amounts.user - 1)  # fmt: skip
    forged = with_event(entry, "settlement_recorded",
                        statement=evolve(statement, amounts=amounts))  # fmt: skip
    forged = signed_by_node(journal, forged, evolve(statement, amounts=amounts))
    fails(journal.audit(journal.with_entry(position, forged)), position, "amounts",
          "platform 200001, .*expected platform 200000, user 60")  # fmt: skip


def signed_by_node(journal: Journal, entry: Any, statement: Any) -> Any:
    """The settlement's entry as if node and witnesses had no other thought."""
    node = journal.world.node
    signature = node.crypto.sign(node.identity_seed, commands.SETTLEMENT, canonical(statement))

    def change(item: Any) -> Any:
        return evolve(item, content=signature) if item.label == "node-signature" else item

    return with_attachments(entry, change)


def test_a_settlement_to_other_payees_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    statement = event_of(entry, "settlement_recorded").statement
    payees = evolve(statement.payees, user=statement.payees.platform)
    forged = with_event(entry, "settlement_recorded", statement=evolve(statement, payees=payees))
    fails(journal.audit(journal.with_entry(position, forged)), position, "payees", "payees of the")


def test_money_credited_to_somebody_else_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    forged = with_event(journal.entries[position], "payee_credited", party=bytes(32))
    fails(journal.audit(journal.with_entry(position, forged)), position, "payees",
          "payee_credited of payee .* party 0000000000000000")  # fmt: skip
    forged = with_event(journal.entries[position], "payee_credited", amount=1)
    fails(journal.audit(journal.with_entry(position, forged)), position, "payees",
          "has amount 1; expected amount 200000")  # fmt: skip


def test_a_settlement_by_one_witness_twice_is_named(journal: Journal) -> None:
    world = journal.world
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    one = world.witnesses[0].id
    forged = recommanded(journal, entry, world.operator, witnesses=(one, one))
    fails(journal.audit(journal.with_entry(position, forged)), position, "witnesses",
          "two different of")  # fmt: skip
    stranger = world.operator.id
    forged = recommanded(journal, entry, world.operator, witnesses=(one, stranger))
    fails(journal.audit(journal.with_entry(position, forged)), position, "witnesses",
          stranger.hex()[:16])  # fmt: skip


def test_a_settlement_without_the_witnesses_signatures_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    world = journal.world
    statement = event_of(entry, "settlement_recorded").statement
    own = world.operator.sign(commands.WITNESS, canonical(statement))

    def change(item: Any) -> Any:
        return evolve(item, content=own) if item.label == "witness-signature" else item

    forged = with_attachments(entry, change)
    fails(journal.audit(journal.with_entry(position, forged)), position, "witness signatures",
          world.witnesses[0].id.hex()[:16])  # fmt: skip


def test_signatures_in_each_others_place_are_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    first, second, *rest = entry.attachments
    forged = evolve(entry, attachments=(second, first, *rest))
    fails(journal.audit(journal.with_entry(position, forged)), position, "witness signatures",
          "not valid as that of witness")  # fmt: skip


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


EVENT_FORGERIES = [
    # method, which entry of it, event, changes, check, words
    ("optin_deposit_escrow", "deposited", {"amount": 60_000_000}, "deposits",
     "amount 60000000; expected amount 50000000"),
    ("optin_deposit_escrow", "payment_accepted", {"account": MASK}, "deposits", "account 0100"),
    ("register_party", "party_registered", {"roles": ("operator",)}, "registrations",
     "operator.*expected roles"),
    ("provision", "provisioned", {"operator": MASK}, "events", "operator 0100"),
    ("define_rules", "rules_defined", {"entity": MASK}, "events", "rules 0100"),
    ("publish_offer", "command_accepted", {"nonce": 500}, "nonces", "nonce 500; expected nonce 1"),
    ("optin_generate_code", "funds_reserved", {"amount": 1}, "escrow",
     "funds_reserved of account .* has amount 1; expected amount 1000003"),
    ("optin_generate_code", "code_issued", {"amount": 1}, "budgets", "amount 1;"),
    ("optin_generate_code", "code_assigned", {"affiliate": None}, "code states",
     "affiliate None; expected affiliate"),
    ("optin_generate_code", "code_assigned", {"nonce": MASK}, "node signatures", "not valid"),
    ("optin_generate_code", "code_generated", {"expires_at": 1}, "code states", "expires_at 1;"),
    ("optin_generate_code", "code_generated", {"witnesses": (MASK,) * 3}, "code states",
     "witnesses"),
    ("optin_activate_code", "consent_recorded", {"previous": MASK}, "consent chain",
     "previous 0100"),
    ("optin_activate_code", "view_created", {"view_until": 1}, "views", "view_until 1;"),
    ("optin_activate_code", "view_created", {"fields": (Use(9, "ExactValue"),)}, "views",
     "fields"),
    ("optin_activate_code", "code_activated", {"consent_hash": MASK}, "code states",
     "consent_hash 0100"),
    ("optin_enforce_view", "access_logged", {"returned": b"\xff" * 32}, "views", "returned ffff"),
    ("optin_enforce_view", "access_logged", {"granted": False}, "views", "returned 0100"),
    ("optin_settle_engagement", "settlement_recorded", {"previous": MASK}, "settlement chain",
     "previous 0100"),
    ("optin_settle_engagement", "funds_released", {"amount": 1}, "escrow", "amount 1;"),
    ("optin_settle_engagement", "chain_extended", {"link": MASK}, "events", "link 0100"),
    ("optin_revoke_code", "view_stopped", {"entity": MASK}, "views", "view 0100"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "event", "changes", "check", "words"), EVENT_FORGERIES)
def test_an_event_that_does_not_follow_from_the_command_is_named(
    journal: Journal, method: str, event: str, changes: dict[str, Any], check: str, words: str
) -> None:
    position = journal.position(method)
    forged = with_event(journal.entries[position], event, **changes)
    fails(journal.audit(journal.with_entry(position, forged)), position, check, words)


def test_an_event_too_many_or_too_few_is_named(journal: Journal) -> None:
    position = journal.position("mark_viewed")
    entry = journal.entries[position]
    events = decode(records.Body, entry.body).events
    more = with_body(entry, events=events + (events[-1],))
    fails(journal.audit(journal.with_entry(position, more)), position, "code states",
          "code_viewed of code .* is there; expected no such event")  # fmt: skip
    fewer = with_body(entry, events=events[:-1])
    fails(journal.audit(journal.with_entry(position, fewer)), position, "code states",
          "there is no code_viewed of code")  # fmt: skip
    unknown = with_body(entry, events=(canonical(["code", MASK, "code_painted", []]),))
    fails(journal.audit(journal.with_entry(position, unknown)), position, "form", "code_painted")


def test_a_view_for_somebody_who_is_no_partner_is_named(journal: Journal) -> None:
    ann = journal.world.person("ann").id
    bodies = [decode(records.Body, entry.body) for entry in journal.entries]
    position = next(
        body.sequence for body in bodies if body.method == "optin_enforce_view"
        and decode(records.Command, body.command).party == ann
    )  # fmt: skip
    access = records.AccessLogged(ann, MASK, MASK, MASK, True)
    events = bodies[position].events + (canonical(["access", MASK, "access_logged", access]),)
    forged = with_body(journal.entries[position], events=events)
    fails(journal.audit(journal.with_entry(position, forged)), position, "views",
          "access_logged .* is there; expected no such event")  # fmt: skip


def test_a_grant_after_consent_was_taken_back_is_named(journal: Journal) -> None:
    position = journal.position("optin_enforce_view", 2)
    entry = journal.entries[position]
    assert not event_of(entry, "access_logged").granted
    forged = with_event(entry, "access_logged", granted=True)
    fails(journal.audit(journal.with_entry(position, forged)), position, "views",
          "was granted; expected a refusal")  # fmt: skip


@pytest.mark.parametrize(
    ("method", "which", "fails_at", "check", "words"),
    [
        ("register_party", 0, "optin_deposit_escrow", "roles", "not registered"),
        ("optin_deposit_escrow", 0, "optin_generate_code", "accounts above zero",
         "has 0 available"),
        ("mark_viewed", 0, "optin_activate_code", "code states", "which is generated; expected"),
        ("optin_activate_code", 0, "optin_enforce_view", "views", "access_logged .* no such event"),
        ("optin_enforce_view", 0, "optin_enforce_view", "code states", "no code_completed"),
        ("define_rules", 0, "publish_offer", "offers", "rules are not defined"),
        ("enrol", 0, "enrol", "referrals", "is not enrolled"),
    ],
)  # fmt: skip
def test_an_entry_left_out_is_missed_by_what_needs_it(
    journal: Journal, method: str, which: int, fails_at: str, check: str, words: str
) -> None:
    position = journal.position(method, which)
    entries = journal.renumbered(journal.entries[:position] + journal.entries[position + 1 :])
    report = journal.audit(entries)
    assert report.failure is not None
    assert decode(records.Body, entries[report.failure.entry or 0].body).method == fails_at
    fails(report, report.failure.entry, check, words)


def test_a_command_that_works_twice_is_named(journal: Journal) -> None:
    position = journal.position("optin_deposit_escrow")
    entries = journal.entries[: position + 1] + journal.entries[position:]
    report = journal.audit(journal.renumbered(entries))
    fails(report, position + 1, "nonces", "expected more than")


def test_a_repeated_view_has_the_same_bytes(journal: Journal) -> None:
    bodies = [decode(records.Body, entry.body) for entry in journal.entries]
    repeats = [body.sequence for body in bodies if body.command == self_body(journal)]
    assert len(repeats) == 3  # granted, granted again, refused after revocation
    other = recommanded(journal, journal.entries[repeats[1]], journal.world.partner,
                        requested=b"\xff" * 32)  # fmt: skip
    report = journal.audit(journal.with_entry(repeats[1], other))
    fails(report, repeats[1], "nonces", "the party's last")


def self_body(journal: Journal) -> bytes:
    return bytes(journal.repeated[0])


def test_time_that_goes_back_is_named(journal: Journal) -> None:
    entry = journal.entries[8]
    time = entry.header.time - 1
    forged = with_body(evolve(entry, header=evolve(entry.header, time=time)), time=time)
    fails(journal.audit(journal.with_entry(8, forged)), 8, "times", "that of the entry before")


def test_another_schema_needs_another_auditor(journal: Journal) -> None:
    entry = journal.entries[8]
    forged = with_body(evolve(entry, header=evolve(entry.header, schema=9)), schema=9)
    fails(journal.audit(journal.with_entry(8, forged)), 8, "schema", "version 9; expected version")


@pytest.mark.parametrize(
    ("changes", "check", "words"),
    [
        ({"node": MASK}, "commands", "its node is 0100"),
        ({"method": "enrol"}, "commands", "its method is enrol; expected optin_deposit_escrow"),
        ({"not_after": 5}, "commands", "no later than its not_after, 5"),
        ({"party": MASK}, "roles", "party 0100000000000000 is not registered"),
        ({"nonce": 1}, "nonces", "the nonce is 1; expected more than"),
        ({"amount": 0}, "deposits", "0 to party"),
    ],
)
def test_a_command_that_could_not_have_worked_is_named(
    journal: Journal, changes: dict[str, Any], check: str, words: str
) -> None:
    position = journal.position("optin_deposit_escrow")
    forged = recommanded(journal, journal.entries[position], journal.world.operator, **changes)
    fails(journal.audit(journal.with_entry(position, forged)), position, check, words)


def test_an_act_of_the_wrong_party_is_named(journal: Journal) -> None:
    world = journal.world
    position = journal.position("optin_deposit_escrow")
    partner = world.partner
    forged = recommanded(journal, journal.entries[position], partner, party=partner.id)
    fails(journal.audit(journal.with_entry(position, forged)), position, "roles",
          "a party that is partner; expected a party that is operator")  # fmt: skip
    position = journal.position("mark_viewed")
    ann = world.person("ann")
    forged = recommanded(journal, journal.entries[position], ann, party=ann.id, nonce=50)
    fails(journal.audit(journal.with_entry(position, forged)), position, "roles",
          "expected the code's user")  # fmt: skip


def test_a_key_that_the_operator_planted_is_named(journal: Journal) -> None:
    world = journal.world
    position = journal.position("register_party")
    entry = journal.entries[position]
    planted = world.person("planted")

    def change(item: Any) -> Any:
        return evolve(item, content=planted.key) if item.label == "public-key" else item

    forged = with_attachments(entry, change)
    fails(journal.audit(journal.with_entry(position, forged)), position, "public keys",
          "that of party " + planted.id.hex()[:16])  # fmt: skip


def test_a_user_who_refers_itself_is_named(journal: Journal) -> None:
    position = journal.position("enrol", 1)
    entry = journal.entries[position]
    bob = journal.world.person("bob")
    forged = recommanded(journal, entry, bob, referrer=bob.id)
    forged = with_event(forged, "enrolled", referrer=bob.id)
    fails(journal.audit(journal.with_entry(position, forged)), position, "referrals",
          "is the same user; expected another user")  # fmt: skip


def test_an_unknown_method_needs_another_auditor(journal: Journal) -> None:
    for method in ("optin_paint", "identity", "entry"):
        forged = with_body(journal.entries[6], method=method)
        fails(journal.audit(journal.with_entry(6, forged)), 6, "commands", method)


# ----------------------------------------------------- acts that the rules do not allow


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
    body = records.Body(1, position, time, method, signed.body, tuple(map(canonical, events)), MASK)
    entry = records.Entry(
        records.Header("optin/v1/entry", 1, position, time), bytes(32), canonical(body),
        (records.Attachment("command-signature", signed.signature),),
    )  # fmt: skip
    return journal.audit(journal.entries + [entry])


Act = tuple[str, str, tuple[Any, ...], str, str]
FORBIDDEN: list[Act] = [
    ("stranger", "provision", (), "registrations", "provisioned again"),
    ("witness 0", "enrol", (None, MASK), "registrations", "a witness becomes user"),
    ("ann", "enrol", (None, MASK), "registrations", "enrols again"),
    ("operator", "register_party", ("auditor", ("auditor",)), "registrations",
     "registered again"),
    ("operator", "register_party", ("stranger", ("operator",)), "registrations",
     "the roles are operator"),
    ("operator", "register_party", ("stranger", ("auditor", "witness")), "registrations",
     "a witness alone"),
    ("operator", "register_party", ("stranger", ()), "registrations", "the roles are ;"),
    ("operator", "register_party", ("stranger", ("partner", "charity")), "registrations",
     "ascending"),
    ("operator", "define_field", ((0, "shoe_size", "text", ("ExactValue",)),), "registry",
     "defined again"),
    ("operator", "define_field", ((200, "email", "text", ("ExactValue",)),), "registry",
     "defined again"),
    ("operator", "define_rules", ((9999, 0, 0, 0),), "rules", "9999 basis points"),
    ("operator", "define_rules", ((2000, 4000, 2000, 2000),), "rules", "exist already"),
    ("operator", "optin_deposit_escrow", ("partner", b"EUR" + bytes(5), 5, b"payment 1"),
     "deposits", "credited again"),
    ("operator", "optin_deposit_escrow", ("ann", b"EUR" + bytes(5), 5, b"payment 2"),
     "deposits", "to a partner"),
    ("partner", "close_offer", ("closed",), "offers", "is closed"),
    ("another partner", "close_offer", ("offer",), "offers", "another partner's"),
    ("partner", "close_offer", (MASK,), "offers", "no offer 0100"),
    ("operator", "optin_generate_code", ("closed", "dave"), "code states", "offer is closed"),
    ("operator", "optin_generate_code", ("offer", "stranger"), "code states", "not enrolled"),
    ("operator", "optin_generate_code", ("offer", "bob"), "code states", "another live code"),
    ("operator", "optin_generate_code", ("small", "carol"), "code states", "another live code"),
    ("operator", "optin_generate_code", ("small", "dave"), "budgets",
     "has 0 left; expected at least 1000003"),
    ("operator", "optin_settle_engagement", ("code", MASK, ()), "settlements",
     "settled again; expected once"),
    ("operator", "optin_settle_engagement", ("waiting", MASK, ()), "code states",
     "which is generated; expected one that is activated or revoked"),
    ("carol", "optin_revoke_code", ("waiting",), "code states", "which is generated"),
    ("carol", "mark_viewed", (MASK,), "code states", "which is not generated"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "method", "fields", "check", "words"), FORBIDDEN)
def test_an_act_that_the_rules_do_not_allow_is_named(
    journal: Journal, who: str, method: str, fields: tuple[Any, ...], check: str, words: str
) -> None:
    meant = [meaning(journal, field) for field in fields]
    events = []
    if method == "optin_generate_code":
        assigned = records.CodeAssigned(meant[1], MASK, None, meant[1])
        events.append(["code", MASK, "code_assigned", assigned])
    report = acted(journal, journal.world.person(who), method, *meant, events=events)
    fails(report, len(journal.entries), check, words)


def meaning(journal: Journal, field: Any) -> Any:
    """Ids for the words of the table above: things of the journal, or people."""
    if not isinstance(field, str):
        return field
    thing = getattr(journal, field, None)
    return thing if isinstance(thing, bytes) else journal.world.person(field).id


def test_a_dead_code_stays_dead(journal: Journal) -> None:
    entry = journal.entries[journal.position("optin_generate_code", -1)]
    expires_at = event_of(entry, "code_generated").expires_at
    report = acted(journal, journal.carol, "mark_viewed", journal.waiting, time=expires_at)
    fails(report, len(journal.entries), "code states", "of a code that is dead")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"partner": MASK}, "partner, offer, compensation, amount or currency is another"),
        ({"amount": 5}, "amount or currency is another; expected as offered"),
        ({"hop": MASK}, "cites a provenance hop"),
        ({"fields": (Use(0, "ExactValue"),)}, "lacks a required field"),
        ({"fields": (Use(0, "ExactValue"), Use(2, "BooleanOnly"), Use(9, "ExactValue"))},
         "not asked for"),
        ({"fields": (Use(2, "BooleanOnly"), Use(0, "ExactValue"))}, "not ascending"),
    ],
)  # fmt: skip
def test_a_consent_to_something_else_is_named(
    journal: Journal, changes: dict[str, Any], words: str
) -> None:
    position = journal.position("optin_activate_code")
    entry = journal.entries[position]
    consent = evolve(event_of(entry, "consent_recorded").consent, **changes)
    forged = recommanded(journal, entry, journal.world.person("bob"), consent=consent)
    fails(journal.audit(journal.with_entry(position, forged)), position, "consents", words)


def test_a_settlement_that_nobody_may_ask_for_is_named(journal: Journal) -> None:
    position = journal.position("optin_settle_engagement")
    entry = journal.entries[position]
    ann = journal.world.person("ann")
    forged = recommanded(journal, entry, ann, party=ann.id, nonce=1000)
    fails(journal.audit(journal.with_entry(position, forged)), position, "settlements",
          "signed by another party; expected the operator or the partner")  # fmt: skip
    forged = recommanded(journal, entry, journal.world.operator, settlement=MASK)
    fails(journal.audit(journal.with_entry(position, forged)), position, "settlements",
          "the settlement asked for is 0100")  # fmt: skip


def test_a_settlement_before_a_view_is_named(journal: Journal) -> None:
    views = [journal.position("optin_enforce_view", which) for which in (0, 1)]
    entries = [entry for i, entry in enumerate(journal.entries) if i not in views]
    report = journal.audit(journal.renumbered(entries))
    fails(report, journal.position("optin_settle_engagement") - 2, "settlements",
          "settled before a view was granted")  # fmt: skip


@pytest.mark.parametrize(
    ("method", "event", "changes", "check", "words"),
    [
        ("optin_settle_engagement", "payee_credited", {"amount": 1}, "money conserved",
         "50000000 EUR came in and 49800001 are there"),
        ("optin_settle_engagement", "funds_released", {"amount": 5_000_000},
         "accounts above zero", "-3999997 reserved"),
        ("optin_generate_code", "funds_reserved", {"amount": 60_000_000},
         "accounts above zero", "-10000000 available"),
        ("optin_deposit_escrow", "deposited", {"amount": (1 << 64) - 1}, "head", ""),
    ],
)  # fmt: skip
def test_money_is_counted_by_itself_even_if_the_rules_were_wrong(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, method: str, event: str,
    changes: dict[str, Any], check: str, words: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(auditor, "compare", lambda check, found, expected: None)
    position = journal.position(method)
    forged = with_event(journal.entries[position], event, **changes)
    if check == "head":  # a sum at the very limit is still a sum
        assert journal.audit(journal.with_entry(position, forged)).ok
        return
    fails(journal.audit(journal.with_entry(position, forged)), position, check, words)


def test_sums_that_were_carried_along_wrong_are_found_at_the_end(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ledger, "_conserved", lambda self, currency: None)
    monkeypatch.setattr(auditor, "compare", lambda check, found, expected: None)
    position = journal.position("optin_settle_engagement")
    forged = with_event(journal.entries[position], "payee_credited", amount=1)
    fails(journal.audit(journal.with_entry(position, forged)), None, "money conserved",
          "2000006 of 50000000 EUR left the accounts; expected the 1800007")  # fmt: skip
    carried = Ledger.apply

    def forgetful(ledger: Ledger, event: Any) -> Any:
        currency = carried(ledger, event)
        if event.name == "payee_credited":
            ledger.payees[event.entity] -= 1
        return currency

    monkeypatch.setattr(Ledger, "apply", forgetful)
    fails(journal.audit(), None, "money conserved", "payees have")


# ------------------------------------------------------------------------------- any byte


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_flipped_byte_of_a_bundle_is_noticed(journal: Journal, data: st.DataObject) -> None:
    whole = bundle(journal.identity, journal.entries, journal.signed)
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(1, 255))
    broken = whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
    report = verify_bundle(io.BytesIO(broken), journal.identity.node)
    assert not report.ok


@settings(max_examples=150, deadline=None)
@given(noise=st.binary(max_size=400))
def test_noise_gives_a_report_and_no_crash(noise: bytes) -> None:
    assert not verify_bundle(io.BytesIO(noise)).ok
    assert not verify_bundle(io.BytesIO(b"\x01\0\0" + noise)).ok


# ----------------------------------------------------------------------- one settlement


@pytest.fixture(scope="module")
def record(journal: Journal) -> Any:
    return journal.world.do(
        journal.world.operator, "get_settlement", journal.settlement
    ).record  # fmt: skip


def witness_keys(journal: Journal) -> dict[bytes, bytes]:
    return {witness.id: witness.key for witness in journal.world.witnesses}


def test_an_exported_settlement_verifies_offline(journal: Journal, record: Any) -> None:
    key = journal.identity.public_key
    valid, reason = verify_settlement(record, key, witness_keys(journal))
    assert valid, reason
    assert "two" in reason
    assert verify_settlement(unpack(canonical(record)), key, witness_keys(journal)) == (
        True, reason)  # fmt: skip


def test_a_forged_settlement_is_refused_with_the_reason(journal: Journal, record: Any) -> None:
    key, keys = journal.identity.public_key, witness_keys(journal)
    statement, (first, second) = record.statement, record.witnesses
    node = journal.world.node

    def reason(forged: Any, node_key: bytes = key, witnesses: Any = keys) -> str:
        valid, why = verify_settlement(forged, node_key, witnesses)
        assert not valid
        return why

    cheaper = evolve(statement, amounts=evolve(statement.amounts, platform=0))
    resigned = node.crypto.sign(node.identity_seed, commands.SETTLEMENT, canonical(cheaper))
    assert "amounts" in reason(evolve(record, statement=cheaper, signature=resigned))
    double = evolve(statement, amounts=records.Amounts(*[2 * part for part in statement.amounts]))
    resigned = node.crypto.sign(node.identity_seed, commands.SETTLEMENT, canonical(double))
    assert reason(evolve(record, statement=double, signature=resigned)).startswith(
        ("the signature of witness", "the amounts")
    )
    shares = records.Shares(10000, 0, 0, 0)
    assert "shares" in reason(evolve(record, shares=shares))
    assert "another node" in reason(record, journal.world.operator.key)
    assert "1 different witnesses" in reason(evolve(record, witnesses=(first, first)))
    assert "1 different witnesses" in reason(evolve(record, witnesses=(first,)))
    assert "none of the offer's" in reason(record, witnesses={first.witness: keys[first.witness]})
    swapped = (evolve(first, signature=second.signature), second)
    assert "witness" in reason(evolve(record, witnesses=swapped))
    assert "node's signature" in reason(evolve(record, signature=flipped(record.signature)))
    assert "expected" in reason(list(record)[:3])
    other = make_id("optin/v1/rules", shares)
    assert "shares" in reason(evolve(record, statement=evolve(statement, rules=other)))

"""Audits of journals: tree, head, attachments and commands."""

from __future__ import annotations

import io
from hashlib import sha3_256
from typing import Any

import msgpack
import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PublicKey
from pymerkle import InmemoryTree

from runtime.host.audit import Identity, Report, verify_bundle
from runtime.host.audit.auditor import LEADS_TO
from runtime.wire import records
from runtime.wire.schema import evolve, spec_of
from tests.runtime.host.audit.journal import (
    LABELS,
    MASK,
    Journal,
    body_digest,
    bundle,
    fails,
    flipped,
    part,
    recommanded,
    with_body,
)


def test_a_journal_as_the_node_wrote_it_holds(journal: Journal) -> None:
    report = journal.audit(signed=journal.signed)
    assert report.ok, report.failure
    assert report.entries == len(journal.entries)
    assert report.head == journal.signed.head
    assert report.erased == {}


def test_an_early_head_of_the_node_makes_a_journal_too(journal: Journal) -> None:
    assert journal.audit(journal.entries[:9]).ok


def test_code_of_others_agrees_on_root_and_signatures(journal: Journal) -> None:
    data = io.BytesIO(bundle(journal, journal.entries, journal.signed))
    tree = InmemoryTree(algorithm="sha3_256")
    parts = []
    while start := data.read(5):
        parts.append(msgpack.unpackb(data.read(int.from_bytes(start[1:], "big"))))
    (_, node, key), (measured, attested), *entries, (head, signature) = parts
    assert sha3_256(msgpack.packb(["optin/v1/node", key])).digest() == node
    keys: dict[bytes, bytes] = {}
    commands_signed = 0
    for header, leaf, salt, body, _, attachments in entries:
        content = msgpack.unpackb(body)
        leaf_input = salt + msgpack.packb(header) + body_digest(header, content)
        assert sha3_256(b"\0" + leaf_input).digest() == leaf
        tree.append_entry(leaf_input)
        for label, found in attachments:
            if label == "public-key":
                keys[sha3_256(msgpack.packb(["optin/v1/party", found])).digest()] = found
        if not content[4]:
            assert "command-signature" not in dict(attachments)
            continue
        command = msgpack.unpackb(content[4])
        signed = dict(attachments)["command-signature"]
        verifier = MLDSA87PublicKey.from_public_bytes(keys[command[3]])
        verifier.verify(signed, content[4], b"optin/v1/" + content[3].encode())
        commands_signed += 1
        if content[3] == "rotate_key":
            keys[command[3]] = dict(attachments)["public-key"]
    assert tree.get_root() == head[2]
    assert head[1] == len(entries)
    own = MLDSA87PublicKey.from_public_bytes(key)
    own.verify(signature, msgpack.packb(head), b"optin/v1/head")
    own.verify(attested, msgpack.packb(measured), b"optin/v1/measurements")
    report = journal.audit(signed=journal.signed)
    assert report.head is not None
    assert report.head.root == tree.get_root()
    assert report.checks["command signatures"] == commands_signed


def test_the_journal_of_another_node_is_not_taken(journal: Journal) -> None:
    report = journal.audit(pinned_node_id=bytes(32))
    fails(report, None, "pinned node", "expected node 0000000000000000")


def test_a_node_id_that_is_not_the_hash_of_its_key_is_noticed(journal: Journal) -> None:
    identity = Identity(bytes(32), journal.identity.public_key)
    report = verify_bundle(io.BytesIO(bundle(journal, journal.entries, journal.signed, identity)))
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


def test_any_entry_changed_in_the_file_is_named(journal: Journal) -> None:
    def audited(position: int, entry: Any) -> Report:
        out = part(1, ["optin/v1/bundle", journal.identity.node, journal.identity.public_key])
        out += part(4, journal.measured)
        for i, whole in enumerate(journal.entries):
            out += part(2, entry if i == position else whole)
        return verify_bundle(io.BytesIO(out + part(3, journal.signed)))

    for position, entry in enumerate(journal.entries):
        header = entry.header
        fails(audited(position, evolve(entry, salt=flipped(entry.salt))),
              position, "leaves", "do not hash to the entry's leaf")  # fmt: skip
        fails(audited(position, evolve(entry, header=evolve(header, time=header.time + 1))),
              position, "form", "header and body differ")  # fmt: skip
        fails(audited(position, evolve(entry, header=evolve(header, sequence=7777))),
              position, "sequence", f"is 7777; expected {position}")  # fmt: skip
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


def test_a_command_that_works_twice_is_named(journal: Journal) -> None:
    position = journal.position("optin_deposit_escrow")
    entries = journal.entries[: position + 1] + journal.entries[position:]
    report = journal.audit(journal.renumbered(entries))
    fails(report, position + 1, "nonces", "expected more than")


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


def test_an_unknown_method_needs_another_auditor(journal: Journal) -> None:
    for method in ("optin_paint", "identity", "entry"):
        forged = with_body(journal.entries[6], method=method)
        fails(journal.audit(journal.with_entry(6, forged)), 6, "commands", method)


def test_the_auditor_knows_every_request_that_is_journaled() -> None:
    journaled = {name for name, made in records.REQUESTS.items() if spec_of(made).more["journaled"]}
    assert set(LEADS_TO) == journaled

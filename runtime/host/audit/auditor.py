"""Judges one entry after the other, as what was signed and the entries before lead to it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from runtime.host.audit import (
    clock,
    engagement,
    offers,
    parties,
    provenance,
    recovery,
    retention,
    scores,
    settlement,
    takeover,
)
from runtime.host.audit.bundle import ENTRY, LAST_HEAD, MEASURED, Identity, parts
from runtime.host.audit.known import Known
from runtime.host.audit.report import Checks, Fails, Failure, Report, show
from runtime.host.audit.tree import Tree
from runtime.host.audit.turn import Turn, compare
from runtime.wire import commands, records
from runtime.wire.errors import NodeError
from runtime.wire.proofs import entry_leaf, shown_leaf
from runtime.wire.records import Entry, Head, MeasurementsReply, SignedHead
from runtime.wire.schema import Spec, decode, spec_of, unpack_canonical

Progress = Callable[[int, int], None]

# Of each request the function of its name, which says what it has to lead to.
LEADS_TO: dict[str, Callable[[Known, Turn, Any], None]] = {
    method: getattr(area, method)
    for area in (
        parties,
        clock,
        scores,
        offers,
        provenance,
        engagement,
        settlement,
        retention,
        recovery,
        takeover,
    )
    for method in records.REQUESTS
    if hasattr(area, method)
}

# What lies beside an entry: {method: {label: how many}}; and the signature of a command.
ATTACHED = {
    "provision": {"public-key": 1},
    "register_party": {"public-key": 1, "registration-signature": 1},
    "enrol": {"public-key": 1},
    "rotate_key": {"public-key": 1, "rotation-signature": 1},
    "set_clock": {"witness-signature": 2},
    "replace_witness": {"partner-signature": 1},
    "share_recovery": {"witness-signature": 3, "sealed-share": 3, "node-signature": 1},
    "take_over": {"witness-key": 2, "witness-signature": 2},
    "carry_over": {"public-keys": 1},
    "carry_users": {"public-keys": 1},
    "optin_generate_code": {"node-signature": 1},
    "optin_activate_code": {"pairwise-key": 1, "consent-signature": 1, "node-signature": 3},
    "optin_settle_engagement": {"witness-signature": 2, "node-signature": 1},
}


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
        progress: function (bytes read, bytes in all), called after each entry.

    Returns:
        Report; whatever is wrong with the file's content is in it, not raised.

    Raises:
        OSError: the file cannot be read.
    """
    return follow_bundle(source, pinned_node_id, progress)[0]


def follow_bundle(
    source: str | Path | BinaryIO,
    pinned_node_id: bytes | None = None,
    progress: Progress | None = None,
) -> tuple[Report, Known | None]:
    """As `verify_bundle`; also what the auditor knows at the end, None if it came to nothing."""
    if isinstance(source, str | Path):
        with open(source, "rb") as file:
            return follow_bundle(file, pinned_node_id, progress)
    if not source.seekable():
        with tempfile.TemporaryFile() as file:
            shutil.copyfileobj(source, file)
            return follow_bundle(file, pinned_node_id, progress)
    report = Report()
    total = source.seek(0, os.SEEK_END)
    source.seek(0)
    entry: int | None = None
    head: Head | None = None
    auditor: Auditor | None = None
    try:
        content = parts(source)
        _, identity = next(content)
        auditor = Auditor(report, identity, pinned_node_id)
        for kind, part in content:
            if kind == MEASURED:
                auditor.measured(part)
            elif kind == ENTRY:
                entry = report.entries
                if part.salt is None and not report.gone:
                    # What went before its time shall not change what comes after it.
                    auditor.erased_before(retention.read_ahead(source))
                auditor.entry(part)
                report.entries += 1
                entry = None
                if progress:
                    progress(source.tell(), total)
            elif kind == LAST_HEAD:
                head = auditor.last_head(part)
            else:
                head = auditor.head(part)
        report.head = head
    except Fails as fails:
        report.failure = Failure(entry, *fails.args)
    except NodeError as error:
        after = f", after {report.entries} entries" if entry is None else ""
        report.failure = Failure(entry, "form", error.wrong + after, error.expected)
    return report, auditor.known if auditor else None


def _leaf_of(entry: Entry) -> bytes:
    assert entry.salt is not None
    if entry.shown is None:
        return entry_leaf(entry.header, entry.salt, entry.body)
    return shown_leaf(entry.header, entry.salt, entry.shown)


class Auditor:
    """Judges a journal of the node that the bundle says, which must be the pinned one, if any."""

    def __init__(self, report: Report, identity: Identity, pinned: bytes | None) -> None:
        report.identity = identity
        self._report = report
        self._check = check = Checks(report)
        self.known = self._known = Known(identity, check)
        self._tree = Tree()
        self._leaves: list[bytes] = []
        self._is_measured = False
        self._time = 0
        self._schema = 1
        self._seen: set[bytes] = set()  # hashes of commands that may be judged anew
        hashed = commands.node_id(identity.public_key)
        check(
            "node id", hashed == identity.node,
            f"the node's id is {show(identity.node)}", f"the hash of its key, {show(hashed)}",
        )  # fmt: skip
        if pinned is not None:
            check(
                "pinned node", identity.node == pinned,
                f"the journal is of node {show(identity.node)}", f"node {show(pinned)}",
            )  # fmt: skip

    def measured(self, reply: MeasurementsReply) -> None:
        """Check that the node signed what it says it is made of, when the journal was exported."""
        self._measured("measurements", reply)
        self._report.measured = reply.measured.measurements
        self._is_measured = True

    def _measured_since(self, turn: Turn, content: bytes) -> None:
        """Likewise, from an entry on."""
        reply = decode(MeasurementsReply, content)
        self._check(
            "changes of measurements", reply.measured.nonce == turn.leaf,
            "the measurements are of another entry", f"those of leaf {show(turn.leaf)}",
        )  # fmt: skip
        self._measured("changes of measurements", reply)
        self._report.made.append((self._report.entries, reply.measured.measurements))

    def _measured(self, check: str, reply: MeasurementsReply) -> None:
        known = self._known
        self._check(
            check, reply.measured.node == known.node,
            f"the measurements are of node {show(reply.measured.node)}", show(known.node),
        )  # fmt: skip
        self._check.signed(
            check, known.node_key, commands.MEASUREMENTS, reply.measured,
            reply.signature, "the node's",
        )  # fmt: skip

    def erased_before(self, gone: retention.Gone) -> None:
        """Take over what erased entries came to, before the first that is there."""
        self._known.start_from(gone)

    def entry(self, entry: Entry) -> None:
        """Judge the next entry; raises Fails or NodeError."""
        position, header = self._report.entries, entry.header
        self._check(
            "sequence", header.sequence == position,
            f"the sequence number is {header.sequence}", str(position),
        )  # fmt: skip
        if entry.salt is not None:
            self._check(
                "leaves", _leaf_of(entry) == entry.leaf,
                "header, salt and body do not hash to the entry's leaf", show(entry.leaf),
            )  # fmt: skip
        self._check(
            "schema", self._schema <= header.schema <= records.SCHEMA_VERSION,
            f"the schema is version {header.schema}",
            f"version {self._schema} to {records.SCHEMA_VERSION}: take the auditor that belongs to "
            "it",
        )  # fmt: skip
        self._check(
            "times", header.time >= self._time,
            f"the time is {header.time} ns", f"at least {self._time}, that of the entry before",
        )  # fmt: skip
        self._check(
            "times", header.time >= self._known.clock,
            f"the time is {header.time} ns",
            f"at least {self._known.clock}, to which the clock was set",
        )  # fmt: skip
        self._tree.append(entry.leaf)
        self._leaves.append(entry.leaf)
        self._time = header.time
        self._schema = header.schema
        if self._known.began is None:
            self._known.began = header.time
        self._known.times.append(header.time)
        if entry.salt is None:
            self._report.gone += 1
            self._known.missing.add(position)
            self._known.forget_links()
        else:
            self._judge(Turn(entry))

    def head(self, signed: SignedHead) -> Head:
        """Check that the entries are all of the journal that the node signed for."""
        head, known = signed.head, self._known
        self._check.signed(
            "head signature", known.node_key, commands.HEAD, head, signed.signature, "the node's"
        )
        ours = Head(known.node, self._report.entries, self._tree.root(), self._time, head.nonce)
        self._compare(head, ours, "the head", "the entries")
        if not self._is_measured:
            raise Fails(
                "measurements",
                "the node does not say what it is made of",
                "its measurements, before the entries",
            )
        self._end()
        return head

    def last_head(self, signed: SignedHead) -> Head:
        """Check that the entries begin with all for which a node that is dead signed last."""
        head, known = signed.head, self._known
        self._check.signed(
            "head signature", known.node_key, commands.HEAD, head, signed.signature, "the node's"
        )
        tree = Tree()
        for leaf in self._leaves[: head.size]:
            tree.append(leaf)
        time = known.times[head.size - 1] if 0 < head.size <= len(known.times) else 0
        ours = Head(known.node, min(head.size, len(self._leaves)), tree.root(), time, head.nonce)
        self._compare(head, ours, "the last head", "as many entries")
        self._report.beyond = len(self._leaves) - head.size
        known.root = self._tree.root()
        self._end()
        return head

    def _compare(self, head: Head, ours: Head, what: str, of: str) -> None:
        for name in ("node", "size", "root", "time"):
            found, expected = getattr(head, name), getattr(ours, name)
            self._check(
                "head", found == expected,
                f"the {name} of {what} is {show(found)}",
                f"{show(expected)}, that of {of}",
            )  # fmt: skip

    def _end(self) -> None:
        self._known.ledger.sums_in_full()
        retention.all_declared(self._known)

    def _judge(self, turn: Turn) -> None:
        lead = LEADS_TO.get(turn.method)
        if lead is None:
            raise Fails(
                "commands",
                f"the method is {turn.method!r:.60}",
                "a journaled request that this auditor's version knows",
            )
        spec = spec_of(records.REQUESTS[turn.method])
        signed = bool(spec.more["signer"])
        self._count_attachments(turn, signed)
        for content in turn.attached.get("measured", ()):
            self._measured_since(turn, content)
        if signed:
            self._signed(turn, spec, lead)
        else:
            self._check(
                "commands", not turn.signed, f"a command of {turn.method}", "none: nobody signs it"
            )
            lead(self._known, turn, None)
        known = self._known
        if known.forgotten and turn.method != "erase_due":
            turn.expected += [event for event in turn.events if known.is_of_forgotten(event)]
        compare(self._check, turn.events, turn.expected)
        self._known.ledger.book(turn.events)

    def _signed(self, turn: Turn, spec: Spec, lead: Callable[[Known, Turn, Any], None]) -> None:
        """Follow a command that somebody signed."""
        if turn.is_hidden:
            self._check(
                "commands", bool(spec.more["names_user"]),
                f"the command of {turn.method} is not shown", "one that is: it names no user",
            )  # fmt: skip
            self._report.hidden["command signatures"] += 1
            lead(self._known, turn, None)
            turn.expected += [each for each in turn.events if each.name == "command_accepted"]
            return
        self._command(turn)
        message = spec.build(unpack_canonical(turn.command.params), turn.method)
        may = self._signer(turn, spec)
        fresh = self._fresh(turn, spec)
        if may:
            lead(self._known, turn, message)
        if fresh:
            turn.expect("party", turn.signer, records.CommandAccepted(turn.command.nonce))

    def _count_attachments(self, turn: Turn, signed: bool) -> None:
        allowed = {"command-signature": int(signed), "measured": 1}
        allowed.update(ATTACHED.get(turn.method, {}))
        for label, found in turn.attached.items():
            self._check(
                "attachments", len(found) == allowed.get(label),
                f"{len(found)} attachments {label!r:.60} beside {turn.method}",
                f"{allowed.get(label, 0)}, or none when erased",
            )  # fmt: skip

    def _command(self, turn: Turn) -> None:
        """Check that the command is for this entry."""
        command = turn.command
        for name, found, expected in (
            ("node", show(command.node), show(self._known.node)),
            ("method", command.method, turn.method),
        ):
            self._check("commands", found == expected, f"its {name} is {found}", expected)
        self._check(
            "commands", turn.time <= command.not_after,
            f"it worked at {turn.time} ns", f"no later than its not_after, {command.not_after}",
        )  # fmt: skip

    def _signer(self, turn: Turn, spec: Spec) -> bool:
        """Check who signed; whether the role allows the request."""
        role, may = spec.more["signer"], True
        assert turn.signer is not None
        if role == "self" and turn.signer not in self._known.parties:
            key = self._known.attached_key(turn, turn.signer)
        elif role == "self":  # known before: it signs with its key as of now, and none is attached
            self._check(
                "attachments", turn.attachment("public-key") is None,
                "a public key beside the command of a party that is registered", "none",
            )  # fmt: skip
            key = self._known.party(turn.signer).key
        else:
            party = self._known.party(turn.signer)
            key = party.key
            may = role == "any" or role in party.roles
            # Where every attempt is journaled, one by the wrong party is an entry without effect.
            self._check(
                "roles", may or spec.more["judged_anew"],
                f"{turn.method} was signed by a party that is {', '.join(party.roles)}",
                f"a party that is {role}",
            )  # fmt: skip
        self._check.signed(
            "command signatures", key, commands.purpose(turn.method), turn.signed,
            turn.attachment("command-signature"), f"that of party {show(turn.signer)}",
        )  # fmt: skip
        return may

    def _fresh(self, turn: Turn, spec: Spec) -> bool:
        """Check the nonce; False for a command that is rightly here again."""
        assert turn.signer is not None
        hashed = commands.command_hash(turn.signed)
        repeated = hashed in self._seen
        party, nonce = self._known.parties.get(turn.signer), turn.command.nonce
        last = party.nonce if party else 0
        self._check(
            "nonces", repeated or nonce > last,
            f"the nonce is {nonce}", f"more than {last}, the party's last",
        )  # fmt: skip
        if party and not repeated:
            party.nonce = nonce
        if spec.more["judged_anew"]:
            self._seen.add(hashed)
        return not repeated

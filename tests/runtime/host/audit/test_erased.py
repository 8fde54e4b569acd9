"""A journal of which much was erased: what is left holds, and nothing else may be missing."""

from __future__ import annotations

import io
from typing import Any

import pytest

from runtime.cpython.store import SqliteStore
from runtime.host.audit import Report, verify_bundle
from runtime.host.audit.tree import Tree
from runtime.host.crypto import Crypto
from runtime.wire import records
from runtime.wire.commands import HEAD
from runtime.wire.errors import NodeError
from runtime.wire.proofs import entry_leaf
from runtime.wire.schema import canonical, decode, evolve, spec_of, unpack
from tests.portable.world import DAY, World
from tests.runtime.host.audit.journal import VALUES, bundle, fails

YEAR = 365 * DAY


class Old:
    """A node that lived for fourteen years, and erased every year what was due."""

    def __init__(self) -> None:
        self.world: Any = World(SqliteStore(":memory:"), Crypto())
        world = self.world.ready()
        self.auditor = world.register(world.person("auditor"), ("auditor",))
        world.source = world.register(world.person("source"), ("source",))
        self.ann = world.enrol(world.person("ann"), VALUES)
        bob = world.enrol(world.person("bob"), VALUES, referrer=self.ann)
        world.hop(world.partner, bytes(32), type="AdView")
        world.record_event(bob, "ForumPost", 400, world.now)
        record = self._engage(bob)
        world.withdraw_escrow(5_000_000)
        world.withdraw_balance(bob, 1000)
        self._years(3)
        world.view(record)
        self._years(1)
        world.revoke(bob, world.code)
        with pytest.raises(NodeError):
            world.view(record)
        self._years(4)  # seven since the settlement: the last view and the revocation are younger
        world.deposit(9_000_000, b"later")
        world.record_event(bob, "ForumPost", 300, world.now)
        world.publish(serial=2, least_score=1)
        self._engage(self.ann, settle=False)
        with pytest.raises(NodeError):
            world.generate(self.ann)
        self._years(7)  # the engagement holds its money, and all its entries
        world.settle(world.code)
        world.withdraw_balance(self.ann, 500)
        self.identity = world.read("identity")
        self.measured = world.read("measurements", bytes(32))
        self.signed = world.read("journal_head", bytes(32)).signed

    def _engage(self, user: Any, settle: bool = True) -> bytes:
        world = self.world
        if world.offered.least_score:
            world.record_event(user, "ForumPost", 500, world.now)
        world.code = world.generate(user)
        world.viewed(user, world.code)
        record: bytes = world.activate(user, world.code).record
        world.view(record)
        if settle:
            world.settle(world.code)
        return record

    def _years(self, count: int) -> None:
        for _ in range(count):
            self.world.uptime.ns += YEAR
            more = True
            while more:
                try:
                    more = self.world.do(self.world.operator, "erase_due").more
                except NodeError:
                    break

    def entries(self, reader: Any) -> list[Any]:
        found: list[Any] = []
        while len(found) < self.signed.head.size:
            page = self.world.do(reader, "journal_entries", len(found), 255)
            found += page.entries
        return found[: self.signed.head.size]

    def audit(self, entries: list[Any]) -> Report:
        return verify_bundle(io.BytesIO(bundle(self, entries, self.signed)))


@pytest.fixture(scope="module")
def old() -> Old:
    return Old()


@pytest.fixture(scope="module")
def entries(old: Old) -> list[Any]:
    return old.entries(old.world.operator)


def test_what_is_left_holds(old: Old, entries: list[Any]) -> None:
    report = old.audit(entries)
    assert report.failure is None, report.failure
    assert report.gone > 8
    assert report.head == old.signed.head
    assert report.checks["money conserved"] > 4
    assert report.erased["scores"] == 1


def test_what_is_left_holds_for_an_auditor_too(old: Old) -> None:
    report = old.audit(old.entries(old.auditor))
    assert report.failure is None, report.failure
    assert report.gone > 8


def test_a_bundle_may_come_through_a_pipe(old: Old, entries: list[Any]) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    assert verify_bundle(Pipe(bundle(old, entries, old.signed))).ok


def gone(entry: Any) -> Any:
    return evolve(entry, salt=None, body=b"", shown=None, attachments=())


def test_an_entry_that_is_missing_without_an_erasure_is_named(old: Old, entries: list[Any]) -> None:
    position = max(at for at, each in enumerate(entries) if _method(each) == "withdraw_balance")
    changed = entries[:position] + [gone(entries[position])] + entries[position + 1 :]
    fails(old.audit(changed), None, "retention", f"entry {position} is missing")


def _method(entry: Any) -> str:
    return decode(records.Body, entry.body).method if entry.body else ""


def rewritten(old: Old, journal: list[Any], position: int, **changes: Any) -> Report:
    """Audit the journal with another `erased` event, as the node would have signed it."""
    body = decode(records.Body, journal[position].body)
    events = list(body.events)
    at = next(i for i, event in enumerate(events) if unpack(event)[2] == "erased")
    kind, entity, name, fields = unpack(events[at])
    made = evolve(spec_of(records.EVENTS["erased"]).build(fields), **changes)
    events[at] = canonical([kind, entity, name, made])
    entry = evolve(journal[position], body=canonical(evolve(body, events=tuple(events))))
    entry = evolve(entry, leaf=entry_leaf(entry.header, entry.salt, entry.body))
    other = journal[:position] + [entry] + journal[position + 1 :]
    tree = Tree()
    for each in other:
        tree.append(each.leaf)
    head = evolve(old.signed.head, root=tree.root())
    node = old.world.node
    signature = node.crypto.sign(node.identity_seed, HEAD, canonical(head))
    data = bundle(old, other, records.SignedHead(head, signature))
    return verify_bundle(io.BytesIO(data))


def erasures(entries: list[Any]) -> list[tuple[int, Any]]:
    """(position, Erased) of each erasure."""
    found = []
    for position, entry in enumerate(entries):
        if _method(entry) == "erase_due":
            for event in decode(records.Body, entry.body).events:
                _, _, name, fields = unpack(event)
                if name == "erased":
                    found.append((position, spec_of(records.EVENTS[name]).build(fields)))
    return found


def test_an_erasure_before_its_time_is_named(old: Old, entries: list[Any]) -> None:
    position, erased = erasures(entries)[-1]
    report = rewritten(old, entries, position, entries=(*erased.entries, position))
    fails(report, position, "retention", "was erased at an age of 0 ns; expected at least")
    report = rewritten(old, entries, position, entries=(*erased.entries, position + 1))
    fails(report, position, "retention", "was erased at an age of -1")


def test_an_entry_that_was_erased_and_is_here_is_named(old: Old, entries: list[Any]) -> None:
    position, erased = erasures(entries)[-1]
    report = rewritten(old, entries, position, entries=(*erased.entries, 0))
    fails(report, position, "retention", "entry 0 was erased and is here")


def test_an_erasure_that_names_less_than_is_missing_is_named(old: Old, entries: list[Any]) -> None:
    position, erased = next(found for found in erasures(entries) if found[1].entries)
    report = rewritten(old, entries, position, entries=erased.entries[1:])
    fails(report, None, "retention", f"entry {erased.entries[0]} is missing")


def test_sums_that_do_not_add_up_are_noticed(old: Old, entries: list[Any]) -> None:
    position, erased = next(found for found in erasures(entries) if found[1].payees)
    released = next(line for line in erased.sums if line.event == "funds_released")
    other = evolve(released, amount=released.amount + 1)
    more = tuple(other if line == released else line for line in erased.sums)
    for sums in ((), more):
        report = rewritten(old, entries, position, sums=sums)
        assert report.failure is not None
        assert report.failure.check in ("money conserved", "accounts above zero")

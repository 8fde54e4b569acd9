"""What a node was made of, in its journal and against what was published."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from runtime.cpython.store import SqliteStore
from runtime.host.audit import (
    Report,
    findings,
    published,
    read_published,
    verify_bundle,
    write_bundle,
)
from runtime.host.audit.bundle import Bundle, Identity
from runtime.host.crypto import Crypto
from runtime.node.made import Made
from runtime.wire.errors import Malformed, StorageFailed
from runtime.wire.records import Attachment, Measurement
from runtime.wire.schema import evolve, make_id
from tests.portable.world import World

OLD, NEW = (Measurement("firmware", make_id("test/firmware", n)) for n in (1, 2))
GATEWARE = Measurement("gateware", make_id("test/gateware"))


class Updated:
    """A node whose firmware was changed between two starts; the journal it left."""

    def __init__(self) -> None:
        self.world: Any = World(SqliteStore(":memory:"), Crypto())
        self.start(OLD)
        self.world.provision()
        self.start(OLD)
        self.world.deposit(5)
        self.start(NEW)
        self.changed_at = self.world.node.journal.size
        self.world.deposit(6, b"payment 2")
        self.world.deposit(7, b"payment 3")

    def start(self, firmware: Measurement) -> None:
        """A start of the node with this firmware."""
        node = self.world.boot()
        node.made = Made(node, (firmware, GATEWARE))

    def entries(self) -> list[Any]:
        """The journal as the operator exports it."""
        world, entries = self.world, []
        while len(entries) < world.node.journal.size:
            page = world.do(world.operator, "journal_entries", len(entries), 255)
            entries += page.entries
        return entries

    def audit(self, entries: list[Any], tmp_path: Any) -> Report:
        """The verdict on entries, exported now."""
        world = self.world
        identity, signed = world.read("identity"), world.read("journal_head", bytes(32)).signed
        measured = world.read("measurements", bytes(32))
        path = tmp_path / "journal"
        known = Identity(identity.node, identity.public_key)
        write_bundle(path, Bundle(known, measured, entries, signed))
        return verify_bundle(io.BytesIO(path.read_bytes()))


@pytest.fixture(scope="module")
def updated() -> Iterator[Updated]:
    made = Updated()
    yield made
    made.world.node.stop()


def measured_at(entries: list[Any]) -> list[int]:
    """Numbers of the entries that measurements lie beside."""
    return [
        at
        for at, entry in enumerate(entries)
        if any(item.label == "measured" for item in entry.attachments)
    ]


def test_a_journal_has_the_measurements_beside_the_first_entry_of_each_change(
    updated: Updated, tmp_path: Any
) -> None:
    entries = updated.entries()
    assert measured_at(entries) == [0, updated.changed_at]
    report = updated.audit(entries, tmp_path)
    assert report.ok, report
    assert report.made == [(0, (OLD, GATEWARE)), (updated.changed_at, (NEW, GATEWARE))]
    assert report.measured == (NEW, GATEWARE)
    assert report.checks["changes of measurements"] == 6


def test_a_change_that_was_not_stored_is_told_again() -> None:
    world: Any = World(SqliteStore(":memory:"), Crypto())
    node = world.boot()
    node.made = Made(node, (OLD,))

    def fails() -> None:
        raise StorageFailed("the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node.store, "commit", fails)
        with pytest.raises(StorageFailed):
            world.do(world.operator, "provision", enclosures=(world.operator.key,))
    assert node.made.is_news
    world.do(world.operator, "provision", enclosures=(world.operator.key,))
    assert not node.made.is_news
    node.stop()


def test_measurements_of_another_entry_are_refused(updated: Updated, tmp_path: Any) -> None:
    entries = updated.entries()
    first, other = entries[0], entries[updated.changed_at]
    (content,) = [item.content for item in first.attachments if item.label == "measured"]
    beside = tuple(
        Attachment("measured", content) if item.label == "measured" else item
        for item in other.attachments
    )
    entries[updated.changed_at] = evolve(other, attachments=beside)
    failure = updated.audit(entries, tmp_path).failure
    assert failure is not None and failure.entry == updated.changed_at
    assert "of another entry" in failure.wrong


def test_measurements_that_were_taken_away_leave_the_rest_to_be_verified(
    updated: Updated, tmp_path: Any
) -> None:
    entries = [
        evolve(
            entry,
            attachments=tuple(item for item in entry.attachments if item.label != "measured"),
        )
        for entry in updated.entries()
    ]
    report = updated.audit(entries, tmp_path)
    assert report.ok and report.made == []


# -------------------------------------------------------------------------- against a list


def report_of(*made: tuple[Measurement, ...]) -> Report:
    """A report: what it was made of from entries 0, 10, ... on, the last when exported."""
    *before, last = made
    return Report(measured=last, made=[(10 * at, each) for at, each in enumerate(before)])


def rows(*known: tuple[Measurement, str]) -> str:
    """A published list."""
    good = json.loads(published([(each, "x") for each, status in known if status == "good"]))
    bad = json.loads(
        published([(each, "leaks") for each, status in known if status == "bad"], "bad")
    )
    good["measurements"] += bad["measurements"]
    return json.dumps(good)


def said(report: Report, *known: tuple[Measurement, str]) -> list[tuple[int | None, str, str]]:
    """(entry, name, status) of each finding."""
    found = findings(report, read_published(rows(*known)))
    assert all(each.todo in str(each) for each in found)
    return [(each.entry, each.name, each.status) for each in found]


def test_what_is_published_as_good_is_not_worth_a_word() -> None:
    report = report_of((OLD, GATEWARE), (OLD, GATEWARE))
    assert said(report, (OLD, "good"), (GATEWARE, "good")) == []


def test_what_is_not_published_or_known_to_be_bad_is_a_finding_once() -> None:
    report = report_of((OLD, GATEWARE), (OLD, GATEWARE), (OLD, GATEWARE))
    assert said(report, (OLD, "bad")) == [(0, "firmware", "bad"), (0, "gateware", "unknown")]


def test_bad_outweighs_good() -> None:
    assert said(report_of((OLD,)), (OLD, "bad"), (OLD, "good")) == [(None, "firmware", "bad")]
    assert said(report_of((OLD,)), (OLD, "good"), (OLD, "bad")) == [(None, "firmware", "bad")]


def test_a_digest_published_of_something_else_does_not_count() -> None:
    other = Measurement("gateware", OLD.digest)
    assert said(report_of((OLD,)), (other, "good")) == [(None, "firmware", "unknown")]


def test_a_change_is_a_finding_and_what_it_changed_to_is_judged() -> None:
    report = report_of((OLD, GATEWARE), (NEW, GATEWARE), (NEW, GATEWARE))
    good = ((OLD, "good"), (GATEWARE, "good"))
    assert said(report, *good, (NEW, "good")) == [(10, "firmware", "changed")]
    assert said(report, *good) == [(10, "firmware", "changed"), (10, "firmware", "unknown")]
    assert [each.status for each in findings(report, None)] == ["changed"]


def test_a_change_after_the_last_entry_is_found_in_the_export() -> None:
    report = report_of((OLD,), (NEW,))
    assert said(report, (OLD, "good"), (NEW, "bad")) == [
        (None, "firmware", "changed"), (None, "firmware", "bad"),
    ]  # fmt: skip


def test_a_node_that_is_another_kind_of_node_now_is_a_change() -> None:
    found = findings(report_of((OLD, GATEWARE), (OLD,)), None)
    assert [each.status for each in found] == ["changed"]
    assert "firmware, gateware" in found[0].wrong


def listed(**changes: str) -> str:
    """A list with one measurement, changed."""
    row = {"name": "a", "digest": 64 * "0", "status": "good", "what": "", **changes}
    return json.dumps({"format": "optin/v1/published", "measurements": [row]})


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": "optin/v1/published"}', "[" * 100_000,
     '{"format": "optin/v2/published", "measurements": []}',
     listed(digest="00"), listed(digest="x"), listed(status="fine")],
)  # fmt: skip
def test_what_is_no_list_is_refused(text: str) -> None:
    assert read_published(listed())
    with pytest.raises(Malformed, match="no list of measurements"):
        read_published(text)

"""Bundles: what is in the file, and what is no bundle."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.host.audit import Bundle, Identity, read_bundle, verify_bundle, write_bundle
from runtime.wire import records
from runtime.wire.errors import Malformed
from runtime.wire.schema import evolve
from tests.runtime.host.audit.journal import Journal, bundle, fails, part


def content(journal: Journal, entries: Iterable[Any]) -> Bundle:
    identity = Identity(journal.identity.node, journal.identity.public_key)
    return Bundle(identity, journal.measured, entries, journal.signed)


def test_a_bundle_survives_the_file(journal: Journal, tmp_path: Path) -> None:
    path = tmp_path / "journal.bundle"
    count = write_bundle(path, content(journal, iter(journal.entries)))
    assert count == len(journal.entries)
    assert path.read_bytes() == bundle(journal, journal.entries, journal.signed)
    assert path.stat().st_mode & 0o777 == 0o600
    found = read_bundle(path)
    assert found.identity == Identity(journal.identity.node, journal.identity.public_key)
    assert found.entries == journal.entries
    assert found.measured == journal.measured
    assert found.signed == journal.signed
    assert verify_bundle(path, journal.identity.node).ok
    assert list(tmp_path.iterdir()) == [path]


def test_a_bundle_that_could_not_be_finished_is_not_there(journal: Journal, tmp_path: Path) -> None:
    def entries() -> Iterator[Any]:
        yield journal.entries[0]
        raise OSError("the line is gone")

    with pytest.raises(OSError, match="gone"):
        write_bundle(tmp_path / "journal.bundle", content(journal, entries()))
    assert list(tmp_path.iterdir()) == []


def test_values_of_users_never_get_into_a_bundle(journal: Journal, tmp_path: Path) -> None:
    entry = journal.entries[journal.position("enrol")]
    entry = evolve(entry, attachments=(records.Attachment("values", b"Ada"),))
    with pytest.raises(Malformed, match="values of a user's fields"):
        write_bundle(tmp_path / "b", content(journal, [entry]))
    position = journal.position("enrol")
    report = journal.audit(journal.with_entry(position, entry))
    fails(report, position, "attachments", "'values'")


@pytest.mark.parametrize("cut", [0, 3, 1000, -1])
def test_a_file_that_ends_early_is_noticed(journal: Journal, cut: int) -> None:
    data = bundle(journal, journal.entries, journal.signed)[:cut]
    fails(verify_bundle(io.BytesIO(data)), None, "form", "ends early")


def test_bytes_behind_the_head_are_noticed(journal: Journal) -> None:
    data = bundle(journal, journal.entries, journal.signed) + b"\0"
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_flipped_byte_of_a_bundle_is_noticed(journal: Journal, data: st.DataObject) -> None:
    whole = bundle(journal, journal.entries, journal.signed)
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

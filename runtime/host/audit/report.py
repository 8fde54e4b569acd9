"""What comes of an audit: checks that are counted, and the first that fails, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from runtime.host.audit.bundle import Identity
from runtime.host.crypto import Crypto
from runtime.wire.records import Head, Measurement, Takeover
from runtime.wire.schema import canonical


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
        erased: what could not be checked as something is erased, by the check it is for.
        gone: how many of the entries are erased but for header and leaf.
        hidden: what could not be checked as the export does not show it, likewise.
        presence: consents and revocations by how the node knows of the user's yes; "own": the key
            is the user's, and the node cannot know.
        measured: what the node said it is made of when the journal was exported.
        made: what it said before: (number of the entry from which on, measurements).
        beyond: of a journal recovered from a dead node, how many entries came after the last head
            that it signed; None of a journal that the node itself gave.
        takeover: from what dead node this one took over, if it did.
        is_carried: whether all was carried over.
        failure: the first thing that is not right, or None.
    """

    identity: Identity | None = None
    head: Head | None = None
    entries: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    erased: Counter[str] = field(default_factory=Counter)
    gone: int = 0
    hidden: Counter[str] = field(default_factory=Counter)
    presence: Counter[str] = field(default_factory=Counter)
    measured: tuple[Measurement, ...] = ()
    made: list[tuple[int, tuple[Measurement, ...]]] = field(default_factory=list)
    beyond: int | None = None
    takeover: Takeover | None = None
    is_carried: bool = False
    failure: Failure | None = None

    @property
    def ok(self) -> bool:
        """Nothing is wrong with what is there; see `erased` and `hidden` for what is not."""
        return self.failure is None

    def __str__(self) -> str:
        lines = [f"{name:<24}{count:>9}" for name, count in self.checks.items()]
        for why, counts in (("erased", self.erased), ("not shown", self.hidden)):
            lines += [f"{name:<24}{count:>9} not checked: {why}" for name, count in counts.items()]
        lines += [f"presence {kind:<15}{count:>9}" for kind, count in self.presence.items()]
        if self.gone:
            lines.append(f"{self.gone} of {self.entries} entries are erased but for their leaf")
        verdict = f"FAILED at {self.failure}" if self.failure else f"{self.entries} entries hold"
        return "\n".join([*lines, verdict])


class Fails(Exception):
    """A check fails: (name of the check, what was found, what was expected)."""


class Checks:
    """Called to check one thing, which counts in the report or ends the audit."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._crypto = Crypto()

    def __call__(self, name: str, right: bool, wrong: str, expected: str) -> None:
        """Count a check that passes; raises Fails for one that does not."""
        if not right:
            raise Fails(name, wrong, expected)
        self.report.checks[name] += 1

    def each(self, name: str, what: str, *facts: tuple[bool, str, str]) -> None:
        """Check several things, (right, wrong, expected), of one."""
        for right, wrong, expected in facts:
            self(name, right, f"{what}: {wrong}", expected)

    def signed(
        self, name: str, key: bytes | None, purpose: bytes, content: Any,
        signature: bytes | None, whose: str,
    ) -> None:  # fmt: skip
        """Verify a signature over content, unless it or its key is erased."""
        if key is None or signature is None:
            self.report.erased[name] += 1
            return
        message = content if isinstance(content, bytes) else canonical(content)
        self(
            name, self._crypto.verify(key, purpose, message, signature),
            f"the signature is not valid as {whose}",
            f"an ML-DSA-87 signature under {purpose.decode()}",
        )  # fmt: skip


def show(value: Any) -> str:
    """A value: of bytes the first 16 hex digits, a record with its fields' names."""
    if isinstance(value, bytes):
        return value.hex()[:16]
    if not hasattr(value, "_asdict"):
        return str(value)
    fields = value._asdict().items()
    return ", ".join(f"{name} {show(each)}" for name, each in fields) or "the event"


def currency_name(currency: bytes) -> str:
    """The letters of a currency."""
    return currency.rstrip(b"\0").decode("ascii", "replace")

"""What comes of an audit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from runtime.host.audit.bundle import Identity
from runtime.wire.records import Head


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

"""What a node said it was made of, held against what was published.

A published list is JSON, made by `optin board measure` or by hand:

    {"format": "optin/v1/published", "measurements": [
        {"name": "firmware", "digest": "64 hex digits", "status": "good", "what": "0.1.0, ulx3s"}]}

The status is `good` or `bad`. Nobody signs the list: it is worth what the way is worth by which it
came, as is the id of a node.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from runtime.host.audit.report import Report
from runtime.wire.errors import Malformed
from runtime.wire.records import Measurement

FORMAT = "optin/v1/published"
GOOD, BAD = "good", "bad"
UNKNOWN, CHANGED = "unknown", "changed"

TODO = {
    UNKNOWN: "build that version with `make reproducible` and compare, or ask the operator which "
    "version it is; until then trust nothing that the node alone says",
    BAD: "have the operator update the node; what it attested since then is its word alone",
    CHANGED: "ask the operator whether that was an update",
}


class Known(NamedTuple):
    """What is published of a digest: `good` or `bad`, and what it is."""

    status: str
    what: str


Published = dict[tuple[str, bytes], Known]  # by name of what was measured, and digest


class Finding(NamedTuple):
    """Something to know of what a node is made of.

    Attributes:
        entry: number of the journal entry from which on; None when it was exported.
        name: what was measured.
        digest: 32 bytes.
        status: unknown, bad or changed.
        wrong: in words.
    """

    entry: int | None
    name: str
    digest: bytes
    status: str
    wrong: str

    @property
    def todo(self) -> str:
        """What to do about it."""
        return TODO[self.status]

    @property
    def is_against(self) -> bool:
        """Whether the node is not what it should be; else it is only worth knowing."""
        return self.status in (UNKNOWN, BAD)

    def __str__(self) -> str:
        return f"{self.wrong}; {self.todo}"


def published(measured: Iterable[tuple[Measurement, str]], status: str = GOOD) -> str:
    """A published list as text.

    Args:
        measured: measurements, and what each is of.
    """
    rows = [
        {"name": each.name, "digest": each.digest.hex(), "status": status, "what": what}
        for each, what in measured
    ]
    return json.dumps({"format": FORMAT, "measurements": rows}, indent=2) + "\n"


def read_published(text: str) -> Published:
    """Read a published list.

    Raises:
        Malformed: it is none.
    """
    known: Published = {}
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ValueError
        for row in content["measurements"]:
            digest, status = bytes.fromhex(row["digest"]), row["status"]
            if len(digest) != 32 or status not in (GOOD, BAD):
                raise ValueError
            place = (str(row["name"]), digest)
            if known.get(place, Known(status, "")).status == BAD:
                status = BAD  # who calls it bad once has a reason
            known[place] = Known(status, str(row["what"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        raise Malformed(
            "this is no list of measurements",
            f"JSON of format {FORMAT}, each measurement with name, digest, status and what",
        ) from None
    return known


def findings(report: Report, known: Published | None) -> list[Finding]:
    """What is to be said of the measurements in a journal, in its order.

    Args:
        report: of the journal.
        known: what is published; None to look for changes alone.
    """
    found: list[Finding] = []
    last: dict[str, bytes] = {}
    times: list[tuple[int | None, tuple[Measurement, ...]]] = [*report.made]
    for entry, measured in [*times, (None, report.measured)]:
        when = "when it was exported" if entry is None else f"from entry {entry} on"
        now = {each.name: each.digest for each in measured}
        if last and now.keys() != last.keys():
            was, is_now = ", ".join(sorted(last)), ", ".join(sorted(now))
            what = f"the node was made of {was}, and {when} of {is_now}"
            found.append(Finding(entry, is_now, bytes(32), CHANGED, what))
        for name, digest in now.items():
            if last.get(name) == digest:
                continue
            if name in last:
                what = f"{name} {digest.hex()[:16]} {when}, {last[name].hex()[:16]} before"
                found.append(Finding(entry, name, digest, CHANGED, what))
            if known is not None:
                found += _judged(entry, name, digest, when, known)
        last = now
    return found


def _judged(
    entry: int | None, name: str, digest: bytes, when: str, known: Published
) -> list[Finding]:
    fact = known.get((name, digest))
    which = f"{name} {digest.hex()[:16]} {when}"
    if fact is None:
        return [Finding(entry, name, digest, UNKNOWN, f"{which} is in no published list")]
    if fact.status == BAD:
        return [Finding(entry, name, digest, BAD, f"{which} is known to be bad: {fact.what}")]
    return []

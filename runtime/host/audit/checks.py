"""Checks that are counted in the report, or end the audit."""

from __future__ import annotations

from typing import Any

from runtime.host.audit.report import Report
from runtime.host.crypto import Crypto
from runtime.wire.schema import canonical


class Fails(Exception):
    """A check fails: (name of the check, what was found, what was expected)."""


class Checks:
    """Called to check one thing.

    Args:
        report: where it is counted.
    """

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
        """Verify a signature over content, unless it or its key is erased.

        Args:
            name: of the check.
            key: ML-DSA-87 key, or None.
            purpose: context string.
            content: bytes, or a value in its canonical encoding.
            signature: the signature, or None.
            whose: as reports call it.
        """
        if key is None or signature is None:
            self.report.erased[name] += 1
            return
        message = content if isinstance(content, bytes) else canonical(content)
        self(
            name,
            self._crypto.verify(key, purpose, message, signature),
            f"the signature is not valid as {whose}",
            f"an ML-DSA-87 signature under {purpose.decode()}",
        )

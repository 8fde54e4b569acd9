"""The auditor: a journal in a file, and its verification without the node and without any key.

`verify_bundle` computes anew what each command had to lead to, by the rules of the business and
from the commands that the parties signed, and compares it with what the journal says. It knows
the rules by itself: it shares the schema and the hashes with the node, and no line of its actors.
"""

from runtime.host.audit.auditor import Progress, follow_bundle, verify_bundle
from runtime.host.audit.bundle import Bundle, Identity, read_bundle, write_bundle
from runtime.host.audit.measured import (
    Finding,
    Published,
    findings,
    published,
    read_published,
)
from runtime.host.audit.report import Failure, Report
from runtime.host.audit.settlement import verify_settlement

__all__ = [
    "Bundle", "Failure", "Finding", "Identity", "Progress", "Published", "Report", "findings",
    "follow_bundle", "published", "read_bundle", "read_published", "verify_bundle",
    "verify_settlement", "write_bundle",
]  # fmt: skip

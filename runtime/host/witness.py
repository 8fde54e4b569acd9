"""A witness: recomputes a settlement from the journal's own entries before it signs.

Nothing that the node computed is believed. The amounts follow from the shares, the shares from
the rules' id, and rules, payees, amount, consent and completion from entries whose inclusion in
a head signed just now is proved. No field mask is part of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from runtime.host.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.errors import NodeError
from runtime.wire.proofs import is_included, shown_leaf
from runtime.wire.schema import canonical, make_id, spec_of, unpack_canonical

WHOLE = 10000  # basis points

# event: (entity, method of the entry it stands in)
STORY = {
    "code_generated": ("code", "optin_generate_code"),
    "reservation_made": ("reservation", "optin_generate_code"),
    "code_activated": ("code", "optin_activate_code"),
    "code_completed": ("code", "optin_enforce_view"),
}


class EvidenceRefused(NodeError):
    """The evidence does not prove the statement: do not sign."""

    code = "evidence"


class _Shown(NamedTuple):
    """An event that an entry shows."""

    entry: int
    entity: bytes
    event: Any


def split(
    amount: int, shares: records.Shares, has_affiliate: bool, has_publisher: bool
) -> records.Amounts:
    """Amounts by settlement rules; a part whose party is absent goes to the user."""
    platform, user, affiliate = (amount * part // WHOLE for part in shares[:3])
    publisher = amount - platform - user - affiliate
    if not has_affiliate:
        user, affiliate = user + affiliate, 0
    if not has_publisher:
        user, publisher = user + publisher, 0
    return records.Amounts(platform, user, affiliate, publisher)


def check_evidence(
    reply: records.SettlementEvidenceReply,
    *,
    code: bytes,
    witness: bytes,
    nonce: bytes,
    node: bytes,
    public_key: bytes,
) -> records.Statement:
    """Check everything that a witness answers for.

    Args:
        reply: answer of `settlement_evidence`.
        code: the code that was asked about.
        witness: id of who is to sign, or of the witness of the offer in whose place it stands.
        nonce: the one that was sent.
        node: id of the node, known beforehand.
        public_key: its ML-DSA-87 key.

    Returns:
        The statement, worth signing.

    Raises:
        EvidenceRefused: naming the first thing that is not right.
    """
    _check_head(reply.signed, nonce, node, public_key)
    for entry in reply.evidence:
        _check_entry(entry, reply.signed.head)
    statement = reply.statement
    if statement.node != node or statement.code != code:
        raise EvidenceRefused("the statement is about another code or node", "the code asked about")
    story = _story(reply.evidence)
    generated = story["code_generated"].event
    _check_code(statement, story, code, witness)
    if story["code_activated"].event.consent_hash != statement.consent_hash:
        raise EvidenceRefused(
            "the statement pays for another consent", "the consent that activated the code"
        )
    if make_id("optin/v1/rules", reply.shares) != generated.rules or sum(reply.shares) != WHOLE:
        raise EvidenceRefused("the shares are not those of the rules", "the rules of the offer")
    payees = statement.payees
    expected = split(
        generated.amount, reply.shares, payees.affiliate is not None, payees.publisher is not None
    )
    if statement.amounts != expected:
        raise EvidenceRefused(
            f"the amounts are {_listed(statement.amounts)}",
            f"{_listed(expected)} micro-units by the rules",
        )
    return statement


def _check_head(signed: records.SignedHead, nonce: bytes, node: bytes, public_key: bytes) -> None:
    head = signed.head
    if head.node != node or head.nonce != nonce:
        raise EvidenceRefused("the head is not one signed for this request", "a fresh head")
    if commands.node_id(public_key) != node or not Crypto().verify(
        public_key, commands.HEAD, canonical(head), signed.signature
    ):
        raise EvidenceRefused("the signature of the head is not valid", "the node's signature")


def _check_entry(entry: records.EntryParts, head: records.Head) -> None:
    where = f"entry {entry.header.sequence}"
    if entry.header.sequence != entry.inclusion.position:
        raise EvidenceRefused(
            f"{where} is proved at place {entry.inclusion.position}", "a proof of its own place"
        )
    try:
        leaf = shown_leaf(entry.header, entry.salt, entry.shown)
    except NodeError as error:
        raise EvidenceRefused(error.wrong, "events that hash to the entry's leaf") from error
    if leaf != entry.inclusion.leaf:
        raise EvidenceRefused(f"{where} does not hash to its leaf", "the entry as journaled")
    if not is_included(entry.inclusion, head):
        raise EvidenceRefused(f"{where} is not in the tree of the head", "an inclusion proof")


def _story(entries: tuple[records.EntryParts, ...]) -> dict[str, _Shown]:
    story: dict[str, _Shown] = {}
    for entry in entries:
        for part in entry.shown.events:
            if part.salt is None:
                continue
            name, shown = _event(entry, part.content)
            if name in story:
                raise EvidenceRefused(f"the evidence shows {name} twice", "each event once")
            story[name] = shown
    for name in STORY:
        if name not in story:
            raise EvidenceRefused(
                f"the evidence does not show {name}", "all of " + ", ".join(STORY)
            )
    order = [story[name].entry for name in STORY]
    if not order[0] == order[1] < order[2] < order[3]:
        raise EvidenceRefused(
            "the entries are not in the order of an engagement",
            "generated and reserved at once, then activated, then completed",
        )
    return story


def _event(entry: records.EntryParts, content: bytes) -> tuple[str, _Shown]:
    try:
        kind, entity, name, fields = unpack_canonical(content)
        expected = STORY.get(name)
        if expected is None:
            raise EvidenceRefused(
                f"the evidence shows {name!r:.40}, which is no witness's business",
                "only " + ", ".join(STORY),
            )
        event = spec_of(records.EVENTS[name]).build(fields)
    except EvidenceRefused:
        raise
    except (NodeError, TypeError, ValueError) as error:
        raise EvidenceRefused(
            "the evidence shows what is no event", "[kind, id, event, fields]"
        ) from error
    if (kind, entry.shown.method) != expected:
        raise EvidenceRefused(
            f"{name} stands with kind {kind} in an entry of {entry.shown.method}",
            f"kind {expected[0]}, in one of {expected[1]}",
        )
    return name, _Shown(entry.header.sequence, entity, event)


def _check_code(
    statement: records.Statement, story: dict[str, _Shown], code: bytes, witness: bytes
) -> None:
    for name in ("code_generated", "code_activated", "code_completed"):
        if story[name].entity != code:
            raise EvidenceRefused(f"{name} is shown of another code", "the code asked about")
    generated, reserved = story["code_generated"].event, story["reservation_made"]
    if (reserved.entity, reserved.event.code, reserved.event.amount) != (
        generated.reservation,
        code,
        generated.amount,
    ):
        raise EvidenceRefused(
            "the reservation shown is not the code's", "its reservation, of its amount"
        )
    if witness not in generated.witnesses:
        raise EvidenceRefused("you are no witness of this code", "one of the offer's three")
    for name in ("reservation", "rules", "payees"):
        if getattr(statement, name) != getattr(generated, name):
            raise EvidenceRefused(
                f"the statement's {name} differ from those of the code"
                if name != "reservation"
                else "the statement's reservation is not the code's",
                "what was pinned when the code was generated",
            )
    if (generated.payees.publisher is None) != (generated.publisher is None):
        raise EvidenceRefused(
            "the payees and the offer disagree about a publisher", "both with one, or neither"
        )


def _listed(amounts: records.Amounts) -> str:
    return ", ".join(str(amount) for amount in amounts)

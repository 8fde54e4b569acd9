"""What an engagement comes to: its code, the user's consent, views, revocation."""

from __future__ import annotations

from typing import Any

from runtime.host.audit.known import Code, Known, account_of
from runtime.host.audit.provenance import follow
from runtime.host.audit.report import show
from runtime.host.audit.scores import good_enough
from runtime.host.audit.turn import UNSEEN, Turn
from runtime.wire import commands, records
from runtime.wire.records import ZEROS
from runtime.wire.schema import make_id

WAITING = ("generated", "viewed")  # states in which a code may still be activated
PRESENCE_SINCE = 2  # version of the schema
CONSENTS = make_id("optin/v1/chain", "consent")


def optin_generate_code(
    known: Known, turn: Turn, message: records.OptinGenerateCode | None
) -> None:
    """The code exists, its money is held, its payees are pinned.

    Who its user is an auditor is not shown: then its id and payees are what the node says.
    """
    user = message.user if message else UNSEEN
    offered: bytes = message.offer if message else turn.first("code_generated").offer
    offer = known.offer(offered)
    terms = offer.terms
    nonce = turn.first("code_assigned").nonce
    code = make_id("optin/v1/code", known.node, offered, user, nonce)
    if not message:
        code = turn.event("code_generated").entity or code
    reservation = make_id("optin/v1/reservation", code)
    account = account_of(terms)
    others = known.codes_of[user, offered] if message else []
    known.check.each(
        "code states", f"code {show(code)}",
        (offer.open, "the offer is closed", "an open offer"),
        (not message or user in known.users, "its user is not enrolled", "an enrolled user"),
        (code not in known.codes, "it is generated again", "once"),
        (all(_dead(other, turn.time) for other in others),
         "its user has another live code of the offer", "one at a time"),
    )  # fmt: skip
    known.check(
        "budgets", offer.reserved + terms.amount <= terms.budget,
        f"offer {show(offered)} has {terms.budget - offer.reserved} left",
        f"at least {terms.amount}",
    )  # fmt: skip
    available = known.ledger.available(account)
    known.check(
        "accounts above zero", available >= terms.amount,
        f"account {show(account)} has {available} available",
        f"at least the {terms.amount} to reserve",
    )  # fmt: skip
    beneficiary = terms.charity or user
    if message:
        good_enough(known, turn, user, terms)
        affiliate = known.users[user]
        paid = (known.operator, beneficiary, affiliate, terms.publisher)
        payees: Any = records.Payees(
            *(party and make_id("optin/v1/payee", nonce, party) for party in paid)  # type: ignore
        )
    else:
        known.check.report.hidden["scores"] += 1
        payees = turn.first("code_generated").payees
        affiliate = payees.affiliate and UNSEEN
        paid = (known.operator, beneficiary, affiliate, terms.publisher)
        known.check(
            "payees", (payees.publisher is None) == (terms.publisher is None),
            f"code {show(code)} has a publisher or lacks one", "as the offer says",
        )  # fmt: skip
    made = records.CodeGenerated(
        offered, terms.partner, reservation, terms.amount, terms.currency, terms.rules,
        payees, offer.witnesses, terms.publisher, turn.time + terms.code_ttl,
    )  # fmt: skip
    grant = records.CodeGrant(known.node, code, offered, reservation, terms.amount, made.expires_at)
    known.node_signed(turn, commands.CODE, grant)
    offer.reserved += terms.amount
    known.codes[code] = new = Code(user, made, paid)
    others.append(new)
    turn.expect("offer", offered, records.CodeIssued(terms.amount))
    turn.expect("account", account, records.FundsReserved(terms.amount))
    turn.expect("reservation", reservation, records.ReservationMade(account, code, terms.amount))
    turn.expect("code", code, records.CodeAssigned(user, nonce, affiliate, beneficiary))
    turn.expect("code", code, made)


def _dead(code: Code, time: int) -> bool:
    """Whether nothing can become of a code any more, so that its user may have another."""
    expired = code.status in WAITING and time >= code.made.expires_at
    return expired or code.status == "expired"


def _code_of_user(known: Known, turn: Turn, code: bytes, *allowed: str) -> Code:
    """A code in a state that allows the request, which its user signed, and in time."""
    found = known.code(turn, code, *allowed)
    if not turn.is_hidden and found.user != UNSEEN:
        known.check(
            "roles", turn.signer == found.user,
            f"{turn.method} was signed by party {show(turn.signer)}",
            f"the code's user, {show(found.user)}",
        )  # fmt: skip
    if found.status in WAITING:
        known.check(
            "code states", turn.time < found.made.expires_at,
            f"{turn.method} at {turn.time} ns of a code that is dead",
            f"a time before {found.made.expires_at}",
        )  # fmt: skip
    return found


def _code_id(turn: Turn, message: Any, event: str) -> bytes:
    """The code that a command was about, of which the event of that name tells as well."""
    found: bytes | None = message.code if message else turn.event(event).entity
    assert found is not None
    return found


def mark_viewed(known: Known, turn: Turn, message: records.MarkViewed | None) -> None:
    """Its user saw the code in time."""
    code = _code_id(turn, message, "code_viewed")
    _code_of_user(known, turn, code, "generated").status = "viewed"
    turn.expect("code", code, records.CodeViewed())


def optin_activate_code(
    known: Known, turn: Turn, message: records.OptinActivateCode | None
) -> None:
    """The user consented to what was offered, and the chain has the proof."""
    consent: records.Consent = (message or turn.first("consent_recorded")).consent
    code = _code_of_user(known, turn, consent.code, "viewed")
    offer = known.offer(code.made.offer)
    _consented(known, turn, consent, code)
    hashed = make_id("optin/v1/consent", consent)
    previous = known.consent
    if previous is None:
        previous = turn.first("consent_recorded").previous
    assert previous is not None
    proof = records.ConsentProof(known.node, previous, hashed)
    known.node_signed(turn, commands.CONSENT_PROOF, proof)
    known.consent = link = make_id("optin/v1/consent-proof", proof)
    follow(known, turn, consent, link)
    view = make_id("optin/v1/view", consent.code)
    root = _attested_root(known, turn, view, hashed)
    known.views[view] = consent.code
    code.status, code.consent = "activated", hashed
    code.complete_by = offer.terms.complete_by and turn.time + offer.terms.complete_by
    code.visible = sum(1 << use.index for use in consent.fields).to_bytes(32, "little")
    created = records.ViewCreated(
        consent.code, consent.offer, consent.partner, consent.pairwise, consent.fields,
        offer.pad, offer.terms.view_until, code.complete_by, hashed, root,
    )  # fmt: skip
    turn.expect("consent", link, records.ConsentRecorded(previous, hashed, consent))
    turn.expect("chain", CONSENTS, records.ChainExtended(link))
    turn.expect("view", view, created)
    turn.expect("code", consent.code, records.CodeActivated(hashed, link, view, code.complete_by))
    _present(known, turn, consent.code)


def _present(known: Known, turn: Turn, code: bytes) -> None:
    """The entry says how presence was given, once there is a schema that has it.

    "own" of a key that the user keeps: the node cannot know.
    """
    if turn.schema >= PRESENCE_SINCE:
        kind = turn.first("presence_given").kind
        known.check.report.presence[kind] += 1
        turn.expect("code", code, records.PresenceGiven(kind))


def _attested_root(known: Known, turn: Turn, view: bytes, consent: bytes) -> bytes:
    """Root of the commitment to what the view shows, as the node attests it.

    The values are not in a journal's export, so that nobody here can compute it anew. That it is
    this consent's the node has signed; that no two consents have one root, the entries show.
    """
    root: bytes = turn.first("view_created").root
    known.check(
        "roots attested", root not in known.roots,
        f"the root {show(root)} is another consent's", "one of its own for each consent",
    )  # fmt: skip
    known.roots.add(root)
    commitment = records.Commitment(known.node, view, consent, root)
    known.node_signed(turn, commands.COMMITMENT, commitment, 2)
    return root


def _consented(known: Known, turn: Turn, consent: records.Consent, code: Code) -> None:
    """Check a consent against the offer, and whose it is."""
    made, terms = code.made, known.offer(code.made.offer).terms
    indexes = [use.index for use in consent.fields]
    offered = terms.required + terms.optional
    agreed = (consent.partner, consent.offer, consent.compensation, consent.amount,
              consent.currency)  # fmt: skip
    known.check.each(
        "consents", f"consent to code {show(consent.code)}",
        (agreed == (made.partner, made.offer, terms.compensation, made.amount, made.currency),
         "partner, offer, compensation, amount or currency is another", "as offered"),
        (indexes == sorted(set(indexes)), "its fields are not ascending", "each once"),
        (set(terms.required) <= set(consent.fields), "it lacks a required field", "all"),
        (set(consent.fields) <= set(offered), "it has a field that was not asked for",
         "fields and forms of the offer"),
    )  # fmt: skip
    key = turn.attachment("pairwise-key")
    if key is not None:
        known.check(
            "consents", commands.pairwise_id(key) == consent.pairwise,
            f"the pairwise key is that of {show(commands.pairwise_id(key))}",
            f"a key whose hash is {show(consent.pairwise)}",
        )  # fmt: skip
    known.check.signed(
        "consent signatures", key, commands.CONSENT, consent,
        turn.attachment("consent-signature"), "that of the pairwise key",
    )  # fmt: skip


def optin_enforce_view(known: Known, turn: Turn, message: records.OptinEnforceView | None) -> None:
    """A grant shows requested and visible of an open record; refusals show nothing.

    Both are in the access log of the partner's own record. That a refusal is for a reply key
    other than the one signed for is not in the journal: the key is not.
    """
    if message is None:
        return  # by somebody who is no partner
    code = known.codes.get(known.views.get(message.record, ZEROS))
    if code is None or code.made.partner != turn.signer:
        return  # refused without a look
    logged = turn.first("access_logged")
    until = known.offer(code.made.offer).terms.view_until
    late = code.complete_by and turn.time >= code.complete_by and not code.completed
    closed = code.status in ("revoked", "expired") or (until and turn.time >= until) or late
    known.check(
        "views", not (logged.granted and closed),
        f"a view of record {show(message.record)} was granted",
        "a refusal: consent was taken back, the code expired, or view_until or complete_by "
        "has passed",
    )  # fmt: skip
    shown = bytes(a & b for a, b in zip(code.visible, message.requested, strict=True))
    returned = shown if logged.granted else bytes(32)
    access = records.AccessLogged(
        turn.signer, message.requested, returned, logged.address, logged.granted
    )
    turn.expect("access", message.record, access)
    if logged.granted and not code.completed:
        known.code(turn, known.views[message.record], "activated").completed = True
        turn.expect("code", known.views[message.record], records.CodeCompleted())


def optin_expire_reservation(known: Known, turn: Turn, message: None) -> None:
    """What was due died, and its money came back. Anyone may ask: the entry names no one.

    The request is not in the journal either; which code it was for follows from the event.
    """
    identity = turn.event("code_expired").entity
    assert identity is not None
    code = known.code(turn, identity, "generated", "viewed", "activated")
    made = code.made
    due = made.expires_at if code.status in WAITING else code.complete_by
    known.check(
        "expiry", not code.completed and 0 < due <= turn.time,
        f"code {show(identity)} expired at {turn.time} ns",
        "never: it was completed" if code.completed
        else f"no sooner than {due}" if due else "never: it has no time to expire",
    )  # fmt: skip
    if code.status == "activated":
        turn.expect("view", make_id("optin/v1/view", identity), records.ViewStopped())
    code.status = "expired"
    known.offer(made.offer).reserved -= made.amount
    turn.expect("account", account_of(made), records.FundsExpired(made.amount))
    turn.expect("account", account_of(made), records.FundsReclaimed(made.amount))
    turn.expect("reservation", made.reservation, records.ReservationExpired())
    turn.expect("offer", made.offer, records.BudgetReturned(made.amount))
    turn.expect("code", identity, records.CodeExpired())


def optin_revoke_code(known: Known, turn: Turn, message: records.OptinRevokeCode | None) -> None:
    """Views stop at once; before completion the funds return."""
    identity = _code_id(turn, message, "code_revoked")
    if identity not in known.codes and ("code", identity) in known.forgotten:
        return
    code = _code_of_user(known, turn, identity, "activated", "settled")
    code.status = "revoked"
    turn.expect("view", make_id("optin/v1/view", identity), records.ViewStopped())
    turn.expect("code", identity, records.CodeRevoked())
    _present(known, turn, identity)
    if not code.completed:
        made = code.made
        known.offer(made.offer).reserved -= made.amount
        turn.expect("account", account_of(made), records.FundsReturned(made.amount))
        turn.expect("reservation", made.reservation, records.ReservationCancelled())
        turn.expect("offer", made.offer, records.BudgetReturned(made.amount))

"""What codes come to, from the offer to the user's consent or its revocation."""

from __future__ import annotations

from runtime.host.audit.known import Code, Known, View, account_of
from runtime.host.audit.turn import Turn
from runtime.host.audit.words import show
from runtime.wire import commands, records
from runtime.wire.records import ZEROS
from runtime.wire.schema import make_id

WAITING = ("generated", "viewed")  # states in which a code may still be activated
CONSENTS = make_id("optin/v1/chain", "consent")


def optin_generate_code(known: Known, turn: Turn, message: records.OptinGenerateCode) -> None:
    """The code exists, its money is held, its payees are pinned."""
    user, offer = message.user, known.offer(message.offer)
    terms = offer.terms
    nonce = turn.first("code_assigned").nonce
    code = make_id("optin/v1/code", known.node, message.offer, user, nonce)
    reservation = make_id("optin/v1/reservation", code)
    account = account_of(terms)
    others = known.codes_of[user, message.offer]
    known.check.each(
        "code states", f"code {show(code)}",
        (offer.open, "the offer is closed", "an open offer"),
        (user in known.users, "its user is not enrolled", "an enrolled user"),
        (code not in known.codes, "it is generated again", "once"),
        (all(other.status in WAITING and turn.time >= other.made.expires_at for other in others),
         "its user has another live code of the offer", "one at a time"),
    )  # fmt: skip
    known.check(
        "budgets",
        offer.reserved + terms.amount <= terms.budget,
        f"offer {show(message.offer)} has {terms.budget - offer.reserved} left",
        f"at least {terms.amount}",
    )
    available = known.ledger.available(account)
    known.check(
        "accounts above zero",
        available >= terms.amount,
        f"account {show(account)} has {available} available",
        f"at least the {terms.amount} to reserve",
    )
    beneficiary, affiliate = terms.charity or user, known.users[user]

    def payee(party: bytes | None) -> bytes:
        return make_id("optin/v1/payee", nonce, party)

    made = records.CodeGenerated(
        message.offer, terms.partner, reservation, terms.amount, terms.currency, terms.rules,
        records.Payees(
            payee(known.operator),
            payee(beneficiary),
            affiliate and payee(affiliate),
            terms.publisher and payee(terms.publisher),
        ),
        terms.witnesses, terms.publisher, turn.time + terms.code_ttl,
    )  # fmt: skip
    grant = records.CodeGrant(
        known.node, code, message.offer, reservation, terms.amount, made.expires_at
    )
    known.node_signed(turn, commands.CODE, grant)
    offer.reserved += terms.amount
    assigned = records.CodeAssigned(user, nonce, affiliate, beneficiary)
    known.codes[code] = Code(assigned, made)
    others.append(known.codes[code])
    turn.expect("offer", message.offer, records.CodeIssued(terms.amount))
    turn.expect("account", account, records.FundsReserved(terms.amount))
    turn.expect("reservation", reservation, records.ReservationMade(account, code, terms.amount))
    turn.expect("code", code, assigned)
    turn.expect("code", code, made)


def _code_of_user(known: Known, turn: Turn, code: bytes, *allowed: str) -> Code:
    """A code in a state that allows the request, which its user signed."""
    found = known.code(turn, code, *allowed)
    known.check(
        "roles",
        turn.signer == found.assigned.user,
        f"{turn.method} was signed by party {show(turn.signer)}",
        f"the code's user, {show(found.assigned.user)}",
    )
    return found


def _live_code(known: Known, turn: Turn, code: bytes, status: str) -> Code:
    """The same, and in time."""
    found = _code_of_user(known, turn, code, status)
    known.check(
        "code states",
        turn.time < found.made.expires_at,
        f"{turn.method} at {turn.time} ns of a code that is dead",
        f"a time before {found.made.expires_at}",
    )
    return found


def mark_viewed(known: Known, turn: Turn, message: records.MarkViewed) -> None:
    """Its user saw the code in time."""
    _live_code(known, turn, message.code, "generated").status = "viewed"
    turn.expect("code", message.code, records.CodeViewed())


def optin_activate_code(known: Known, turn: Turn, message: records.OptinActivateCode) -> None:
    """The user consented to what was offered, and the chain has the proof."""
    consent = message.consent
    code = _live_code(known, turn, consent.code, "viewed")
    offer = known.offer(code.made.offer)
    _consented(known, turn, consent, code.made, offer.terms)
    hashed = make_id("optin/v1/consent", consent)
    previous = known.consent
    proof = records.ConsentProof(known.node, previous, hashed)
    known.node_signed(turn, commands.CONSENT_PROOF, proof)
    known.consent = link = make_id("optin/v1/consent-proof", proof)
    visible = sum(1 << use.index for use in consent.fields).to_bytes(32, "little")
    until = offer.terms.view_until
    view = make_id("optin/v1/view", consent.code)
    known.views[view] = View(consent.code, consent.partner, visible, until)
    code.status, code.consent, code.record = "activated", hashed, view
    created = records.ViewCreated(
        consent.code, consent.offer, consent.partner, consent.pairwise, consent.fields,
        offer.pad, until,
    )  # fmt: skip
    turn.expect("consent", link, records.ConsentRecorded(previous, hashed, consent))
    turn.expect("chain", CONSENTS, records.ChainExtended(link))
    turn.expect("view", view, created)
    turn.expect("code", consent.code, records.CodeActivated(hashed, link, view))


def _consented(
    known: Known, turn: Turn, consent: records.Consent, made: records.CodeGenerated,
    terms: records.Terms,
) -> None:  # fmt: skip
    """Check a consent against the offer, and whose it is."""
    indexes = [use.index for use in consent.fields]
    offered = terms.required + terms.optional
    agreed = (consent.partner, consent.offer, consent.compensation, consent.amount,
              consent.currency)  # fmt: skip
    known.check.each(
        "consents", f"consent to code {show(consent.code)}",
        (agreed == (made.partner, made.offer, terms.compensation, made.amount, made.currency),
         "partner, offer, compensation, amount or currency is another", "as offered"),
        (consent.hop == ZEROS, "it cites a provenance hop", "none: there are none yet"),
        (indexes == sorted(set(indexes)), "its fields are not ascending", "each once"),
        (set(terms.required) <= set(consent.fields), "it lacks a required field", "all"),
        (set(consent.fields) <= set(offered), "it has a field that was not asked for",
         "fields and forms of the offer"),
    )  # fmt: skip
    key = turn.attachment("pairwise-key")
    if key is not None:
        known.check(
            "consents",
            commands.pairwise_id(key) == consent.pairwise,
            f"the pairwise key is that of {show(commands.pairwise_id(key))}",
            f"a key whose hash is {show(consent.pairwise)}",
        )
    known.check.signed(
        "consent signatures", key, commands.CONSENT, consent,
        turn.attachment("consent-signature"), "that of the pairwise key",
    )  # fmt: skip


def optin_revoke_code(known: Known, turn: Turn, message: records.OptinRevokeCode) -> None:
    """Views stop at once; before completion the funds return."""
    code = _code_of_user(known, turn, message.code, "activated", "settled")
    code.status = "revoked"
    known.views[code.record].open = False
    turn.expect("view", code.record, records.ViewStopped())
    turn.expect("code", message.code, records.CodeRevoked())
    if not code.completed:
        made = code.made
        known.offer(made.offer).reserved -= made.amount
        turn.expect("account", account_of(made), records.FundsReturned(made.amount))
        turn.expect("reservation", made.reservation, records.ReservationCancelled())
        turn.expect("offer", made.offer, records.BudgetReturned(made.amount))

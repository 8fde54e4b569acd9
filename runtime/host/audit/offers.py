"""What escrow and offers come to."""

from __future__ import annotations

from runtime.host.audit.known import Known, Offer, account_of
from runtime.host.audit.report import show
from runtime.host.audit.turn import Turn
from runtime.wire import records
from runtime.wire.schema import make_id


def optin_deposit_escrow(known: Known, turn: Turn, message: records.OptinDepositEscrow) -> None:
    """A payment reference is credited once, to a partner."""
    partner, amount = message.partner, message.amount
    payment = make_id("optin/v1/payment", message.reference)
    known.check(
        "deposits", payment not in known.payments,
        f"payment {show(payment)} is credited again", "once",
    )  # fmt: skip
    known.check(
        "deposits", "partner" in known.party(partner).roles and amount > 0,
        f"{amount} to party {show(partner)}", "an amount above zero to a partner",
    )  # fmt: skip
    known.payments.add(payment)
    account = account_of(message)
    turn.expect("payment", payment, records.PaymentAccepted(account))
    turn.expect("account", account, records.Deposited(partner, message.currency, amount))


def publish_offer(known: Known, turn: Turn, message: records.PublishOffer) -> None:
    """The terms name what exists, and the partner who signs them."""
    terms = message.terms
    offer = make_id("optin/v1/offer", known.node, terms)

    def holds(role: str, party: bytes) -> bool:
        return role in known.party(party).roles

    known.check.each(
        "offers", f"offer {show(offer)}",
        (terms.partner == turn.signer, "it names another partner", "the one who signs"),
        (offer not in known.offers, "it is published again", "once"),
        (terms.rules in known.rules, "its rules are not defined", "defined rules"),
        (0 < terms.amount <= terms.budget, f"it pays {terms.amount} of a budget of "
         f"{terms.budget}", "a budget for at least one"),
        (len(set(terms.witnesses)) == 3, "its witnesses are not three", "three witnesses"),
        (all(holds("witness", witness) for witness in terms.witnesses),
         "one of its witnesses is none", "three witnesses"),
        (terms.publisher is None or holds("publisher", terms.publisher),
         "its publisher is none", "a publisher"),
        ((terms.compensation == "CharitableDonation") == (terms.charity is not None),
         "charity and compensation do not match", "a charity for a CharitableDonation"),
        (terms.charity is None or holds("charity", terms.charity),
         "its charity is none", "a charity"),
        (all(use.index in known.fields and use.transform in known.fields[use.index].transforms
             for use in terms.required + terms.optional),
         "it asks for a field that the registry does not show so", "fields of the registry"),
    )  # fmt: skip
    pad = turn.first("offer_published").pad
    known.offers[offer] = Offer(terms, pad)
    turn.expect("offer", offer, records.OfferPublished(terms, pad))


def close_offer(known: Known, turn: Turn, message: records.CloseOffer) -> None:
    """The partner closes its own open offer."""
    offer = known.offer(message.offer)
    known.check(
        "offers", offer.open and offer.terms.partner == turn.signer,
        f"offer {show(message.offer)} is closed, or another partner's",
        "an open offer of the partner who signs",
    )  # fmt: skip
    offer.open = False
    turn.expect("offer", message.offer, records.OfferClosed())

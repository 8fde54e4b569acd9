"""What escrow and offers come to."""

from __future__ import annotations

from runtime.host.audit.known import Known, Offer, account_of
from runtime.host.audit.report import show
from runtime.host.audit.turn import Turn
from runtime.wire import commands, records
from runtime.wire.schema import make_id

MAX_LIFE = 10 * 365 * 86400 * 10**9  # ns


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


def withdraw_escrow(known: Known, turn: Turn, message: records.WithdrawEscrow) -> None:
    """The partner takes back what nobody was promised."""
    account = make_id("optin/v1/account", turn.signer, message.currency)
    available = known.ledger.available(account)
    known.check(
        "withdrawals", 0 < message.amount <= available,
        f"{message.amount} of the {available} available in account {show(account)}",
        "an amount above zero, and no more than is available",
    )  # fmt: skip
    turn.expect("account", account, records.FundsWithdrawn(message.amount))


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
        (0 < terms.code_ttl <= MAX_LIFE, f"its codes live {terms.code_ttl} ns", "up to ten years"),
        (not terms.view_until or terms.view_until > turn.time, "its view_until has passed",
         "a time to come"),
        (terms.complete_by <= MAX_LIFE, f"its complete_by is {terms.complete_by} ns",
         "up to ten years"),
        (terms.least_score <= 100, f"its least score is {terms.least_score}", "up to 100"),
        (terms.amount <= known.ledger.available(account_of(terms)),
         "its partner's account cannot pay one", f"{terms.amount} available"),
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
    known.offers[offer] = Offer(terms, pad, terms.witnesses, reserved=known.held[offer])
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


def replace_witness(known: Known, turn: Turn, message: records.ReplaceWitness) -> None:
    """Operator and partner put another witness in the place of one."""
    offer, dead, successor = known.offer(message.offer), message.dead, message.successor
    known.check.each(
        "witnesses", f"offer {show(message.offer)}",
        (dead in offer.witnesses, f"{show(dead)} is replaced, none of its witnesses", "one"),
        (successor not in offer.witnesses, f"{show(successor)} is its witness already", "another"),
        ("witness" in known.party(successor).roles, f"{show(successor)} is no witness",
         "a registered witness"),
    )  # fmt: skip
    known.check.signed(
        "partner signatures", known.party(offer.terms.partner).key, commands.REPLACEMENT,
        [known.node, message.offer, dead, successor], turn.attachment("partner-signature"),
        "that of the offer's partner",
    )  # fmt: skip
    offer.witnesses = tuple(successor if each == dead else each for each in offer.witnesses)
    turn.expect("offer", message.offer, records.WitnessReplaced(dead, successor))

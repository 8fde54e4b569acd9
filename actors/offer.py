"""An offer: what a partner wants to see, for what, for how much."""

from actors.account import account_id, check_currency
from runtime.actor import (
    Done,
    Transaction,
    canonical,
    commands,
    errors,
    evolve,
    make_id,
    records,
)
from runtime.actor.entity import Entity

YEAR = 365 * 24 * 3600 * 10**9  # ns
MAX_TTL = 10 * YEAR


def offer_id(node, terms):
    """Id of an offer: hash of its terms on this node."""
    return make_id("optin/v1/offer", node, terms)


class Offer(Entity):
    """Open, then closed. Closing stops new codes only."""

    kind = "offer"
    blank = records.OfferState("none", None, 0, 0, 0, (), ())
    table = {
        "none": {"publish_offer": ("open",)},
        "open": {
            "issue_code": ("open",),
            "return_budget": ("open",),
            "close_offer": ("closed",),
            "replace_witness": ("open",),
        },
        "closed": {"return_budget": ("closed",), "replace_witness": ("closed",)},
    }
    reads = ("get_offer", "get_terms", "list_offers")
    indexes = {"offer.by_id": lambda state: b"" if state.terms else None}

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, records.PublishOffer):
            return offer_id(tx.node.id, message.terms)
        if isinstance(message, records.ListOffers):
            return records.SINGLETON
        return message.offer

    def publish_offer(self, tx: Transaction, message: records.PublishOffer) -> Done:
        """Check the terms against everything they name, and open the offer."""
        terms = message.terms
        if terms.partner != tx.signer:
            raise errors.Unauthorized("the offer names another partner", "the partner who signs")
        check_currency(terms.currency)
        if not 0 < terms.amount <= terms.budget:
            raise errors.Refused(
                f"the amount is {terms.amount} of a budget of {terms.budget} micro-units",
                "an amount above zero and a budget for at least one",
            )
        if not 0 < terms.code_ttl <= MAX_TTL:
            raise errors.Refused("codes would live for no time or too long", "up to ten years, ns")
        if terms.view_until and terms.view_until <= tx.time:
            raise errors.Refused("no view would ever be allowed", "view_until in the future, or 0")
        if terms.least_score > 100:
            raise errors.Refused(f"the least score is {terms.least_score}", "0 to 100")
        if terms.complete_by > MAX_TTL:
            raise errors.Refused("complete_by is too long", "up to ten years, ns, or 0")
        if len(set(terms.witnesses)) != 3:
            raise errors.Refused(f"{len(set(terms.witnesses))} different witnesses", "three")
        for witness in terms.witnesses:
            self._need_role(tx, witness, "witness")
        if terms.publisher is not None:
            self._need_role(tx, terms.publisher, "publisher")
        donation = terms.compensation == "CharitableDonation"
        if donation != (terms.charity is not None):
            raise errors.Refused(
                "charity and compensation do not match",
                "a charity with a CharitableDonation, and only then",
            )
        if donation:
            self._need_role(tx, terms.charity, "charity")
        tx.ask("rules", terms.rules, records.GetShares())
        pad = tx.ask("fields", records.SINGLETON, records.CheckUses(terms.required, terms.optional))
        tx.ask(
            "account", account_id(terms.partner, terms.currency), records.CheckFunds(terms.amount)
        )
        return Done(records.PublishOfferReply(self.id), records.OfferPublished(terms, pad))

    def _need_role(self, tx, party, role):
        if role not in tx.ask("party", party, records.PartyRoles()):
            raise errors.Missing(f"{party.hex()[:16]} is no {role} here", f"a registered {role}")

    def replace_witness(self, tx: Transaction, message: records.ReplaceWitness) -> Done:
        """Put another witness in the place of one, on the word of operator and partner."""
        state = self.state
        if message.dead not in state.witnesses:
            raise errors.Missing("the witness to replace is none of this offer", "one of the three")
        if message.successor in state.witnesses:
            raise errors.Refused("the successor is a witness of this offer", "another witness")
        if message.successor in state.retired:
            # Else the partner's old agreement to the same change could be used again.
            raise errors.Refused(
                "the successor was replaced before", "a witness that this offer never had"
            )
        self._need_role(tx, message.successor, "witness")
        agreed = canonical([tx.node.id, self.id, message.dead, message.successor])
        key = tx.node.key_of(state.terms.partner)
        if not tx.node.crypto.verify(key, commands.REPLACEMENT, agreed, tx.enclosures[0]):
            raise errors.Unauthorized(
                "the partner's signature is not valid",
                "its signature over node, offer, dead and successor",
            )
        tx.attach("partner-signature", tx.enclosures[0])
        return Done(None, records.WitnessReplaced(message.dead, message.successor))

    def close_offer(self, tx: Transaction, message: records.CloseOffer) -> Done:
        """Take no new codes."""
        if self.state.terms.partner != tx.signer:
            raise errors.Unauthorized("the offer is another partner's", "the partner who made it")
        return Done(None, records.OfferClosed())

    def issue_code(self, tx: Transaction, message: records.IssueCode) -> Done:
        """Count a code against the budget; the result is the OfferState before it."""
        state = self.state
        left = state.terms.budget - state.reserved
        if left < state.terms.amount:
            raise errors.NoFunds(
                f"{left} micro-units of the offer's budget are left",
                f"at least {state.terms.amount}",
            )
        return Done(state, records.CodeIssued(state.terms.amount))

    def return_budget(self, tx: Transaction, message: records.ReturnBudget) -> Done:
        """Free the budget of a cancelled code."""
        return Done(None, records.BudgetReturned(self.state.terms.amount))

    def get_terms(self, tx: Transaction, message: records.GetTerms) -> records.OfferState:
        """The whole state, for a code."""
        self._need_offer()
        return self.state

    def get_offer(self, tx: Transaction, message: records.GetOffer) -> records.GetOfferReply:
        """The terms, for anyone."""
        self._need_offer()
        return records.GetOfferReply(self.state.terms, self.state.status == "open")

    def _need_offer(self):
        if self.state.terms is None:
            raise errors.Missing("there is no such offer", "the id publish_offer gave")

    def list_offers(self, tx: Transaction, message: records.ListOffers) -> records.ListOffersReply:
        """Ids of all offers."""
        rows = tx.node.store.scan("offer.by_id", b"", (b"", message.after), message.limit)
        return records.ListOffersReply(tuple([row[1] for row in rows]))

    @staticmethod
    def apply_offer_published(
        state: records.OfferState, event: records.OfferPublished, tx: Transaction
    ) -> records.OfferState:
        return records.OfferState("open", event.terms, event.pad, 0, 0, event.terms.witnesses, ())

    @staticmethod
    def apply_witness_replaced(
        state: records.OfferState, event: records.WitnessReplaced, tx: Transaction
    ) -> records.OfferState:
        witnesses = [event.successor if w == event.dead else w for w in state.witnesses]
        return evolve(state, witnesses=tuple(witnesses), retired=state.retired + (event.dead,))

    @staticmethod
    def apply_offer_closed(
        state: records.OfferState, event: records.OfferClosed, tx: Transaction
    ) -> records.OfferState:
        return evolve(state, status="closed")

    @staticmethod
    def apply_code_issued(
        state: records.OfferState, event: records.CodeIssued, tx: Transaction
    ) -> records.OfferState:
        return evolve(state, reserved=state.reserved + event.amount, codes=state.codes + 1)

    @staticmethod
    def apply_budget_returned(
        state: records.OfferState, event: records.BudgetReturned, tx: Transaction
    ) -> records.OfferState:
        return evolve(state, reserved=state.reserved - event.amount)

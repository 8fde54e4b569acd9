"""An offer: what a partner wants to see, for what, for how much."""

from actors.account import account_id, check_currency
from runtime.actor import Done, Entity, Transaction, errors, evolve, make_id, records

YEAR = 365 * 24 * 3600 * 10**9  # ns
MAX_TTL = 10 * YEAR


def offer_id(node, terms):
    """Id of an offer: hash of its terms on this node."""
    return make_id("optin/v1/offer", node, terms)


class Offer(Entity):
    """Open, then closed. Closing stops new codes only."""

    kind = "offer"
    blank = records.OfferState("none", None, 0, 0, 0)
    table = {
        "none": {"publish_offer": ("open",)},
        "open": {
            "issue_code": ("open",),
            "return_budget": ("open",),
            "close_offer": ("closed",),
        },
        "closed": {"return_budget": ("closed",)},
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
        return records.OfferState("open", event.terms, event.pad, 0, 0)

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

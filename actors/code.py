"""An engagement code: the state machine at the middle of the product."""

from actors.account import account_id
from actors.chain import CONSENTS
from actors.consent import consent_hash, proof_id
from actors.fields import check_ascending
from actors.hop import hop_id
from actors.payee import payee_reference
from actors.reservation import reservation_id
from actors.retention import erase_key
from actors.settlement import statement_of
from actors.view import view_id
from runtime.actor import (
    Done,
    Later,
    Transaction,
    canonical,
    commands,
    errors,
    evolve,
    make_id,
    records,
)
from runtime.actor.entity import Entity

# What a witness is shown of the entries behind a statement: no user, no field mask.
EVIDENCE = ("code_generated", "reservation_made", "code_activated", "code_completed")
KEPT = records.KEPT["engagement"]
WAITING = ("generated", "viewed")  # states in which a code may still be activated


def code_id(node, offer, user, nonce):
    """Id of a code; the nonce makes it unguessable."""
    return make_id("optin/v1/code", node, offer, user, nonce)


def live_key(state):
    """Key of a code in the index of what keeps its user from another code of the offer.

    Until it is activated a code does so until it expires; from then on for good.
    """
    if state.status in ("none", "expired"):
        return None
    until = state.expires_at if state.status in WAITING else (1 << 64) - 1
    return state.user + state.offer + until.to_bytes(8, "big")


def due_at(state):
    """From when on anyone may expire a code, ns since the epoch; 0 for never."""
    if state.status in WAITING:
        return state.expires_at
    if state.status == "activated" and not state.completed:
        return state.complete_by
    return 0


def due_key(state):
    """Key of a code in the index of what is due: ascending by time."""
    due = due_at(state)
    return due.to_bytes(8, "big") if due else None


class Code(Entity):
    """Generated, viewed, activated, settled; or revoked after activation."""

    kind = "code"
    blank = records.CodeState(
        "none",
        records.ZEROS,
        records.ZEROS,
        None,
        records.ZEROS,
        records.ZEROS,
        records.ZEROS,
        records.ZEROS,
        0,
        bytes(8),
        records.ZEROS,
        None,
        None,
        0,
        records.ZEROS,
        records.ZEROS,
        records.ZEROS,
        False,
        records.ZEROS,
        (),
        0,
        0,
    )
    table = {
        "none": {"optin_generate_code": ("generated",)},
        "generated": {"mark_viewed": ("viewed",), "optin_expire_reservation": ("expired",)},
        "viewed": {
            "optin_activate_code": ("activated",),
            "optin_expire_reservation": ("expired",),
        },
        "activated": {
            "complete_code": ("activated",),
            "optin_expire_reservation": ("expired",),
            "settle_code": ("settled",),
            "optin_revoke_code": ("revoked",),
        },
        "settled": {"optin_revoke_code": ("revoked",), "forget": ("none",)},
        "revoked": {"settle_code": ("revoked",), "forget": ("none",)},
        "expired": {"forget": ("none",)},
    }
    reads = ("code_facts", "get_code", "list_codes", "list_due", "settlement_evidence")
    indexes = {
        "code.by_user_offer": lambda state: live_key(state),
        "edge.has_code": lambda state: state.user if state.status != "none" else None,
        "code.due": lambda state: due_key(state),
        # While its money is held there is no time at which it is to be erased.
        "erase.code": lambda state: erase_key(state.ended, "engagement") if state.ended else None,
    }

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, records.OptinGenerateCode):
            return code_id(tx.node.id, message.offer, message.user, tx.entropy("code"))
        if isinstance(message, records.OptinActivateCode):
            return message.consent.code
        if isinstance(message, (records.ListCodes, records.ListDue)):
            return records.SINGLETON
        return message.code

    # ------------------------------------------------------------------------- generate

    def optin_generate_code(self, tx: Transaction, message: records.OptinGenerateCode) -> Done:
        """Generate the code, reserve the money, pin the payees: all or nothing."""
        offer = tx.ask("offer", message.offer, records.IssueCode())
        terms = offer.terms
        referrer = tx.ask("profile", message.user, records.GetProfile())
        self._need_no_other(tx, message.user, message.offer)
        self._need_score(tx, message.user, terms)
        reservation = reservation_id(self.id)
        account = account_id(terms.partner, terms.currency)
        tx.ask(
            "reservation", reservation, records.OptinReserveAgainst(account, self.id, terms.amount)
        )
        nonce = tx.entropy("code")
        beneficiary = terms.charity or message.user
        payees = records.Payees(
            payee_reference(nonce, tx.node.operator),
            payee_reference(nonce, beneficiary),
            referrer and payee_reference(nonce, referrer),
            terms.publisher and payee_reference(nonce, terms.publisher),
        )
        expires_at = tx.time + terms.code_ttl
        grant = records.CodeGrant(
            tx.node.id, self.id, message.offer, reservation, terms.amount, expires_at
        )
        tx.sign(commands.CODE, canonical(grant))
        return Done(
            records.OptinGenerateCodeReply(self.id, reservation, expires_at),
            records.CodeAssigned(message.user, nonce, referrer, beneficiary),
            records.CodeGenerated(
                message.offer,
                terms.partner,
                reservation,
                terms.amount,
                terms.currency,
                terms.rules,
                payees,
                offer.witnesses,
                terms.publisher,
                expires_at,
            ),
        )

    def _need_score(self, tx, user, terms):
        # Whoever did nothing yet has no score to look at.
        if not terms.least_score and (
            terms.accept_flagged or tx.node.state_of("score", user) is None
        ):
            return
        score = tx.ask("score", user, records.OptinComputeScore())
        if score.composite < terms.least_score:
            raise errors.Refused(
                f"the user's score is {score.composite}", f"at least {terms.least_score}"
            )
        if score.flagged and not terms.accept_flagged:
            raise errors.Refused(
                "the user's score jumped within a day", "an offer that accepts flagged scores"
            )

    def _need_no_other(self, tx, user, offer):
        prefix = user + offer
        dead = (prefix + tx.time.to_bytes(8, "big"), b"\xff" * 32)
        for _, other in tx.node.store.scan("code.by_user_offer", prefix, dead, 1):
            raise errors.Refused(
                "the user already has a code of this offer",
                "one code of an offer at a time for each user",
                "use code " + other.hex(),
            )

    # ---------------------------------------------------------------- viewed and activate

    def mark_viewed(self, tx: Transaction, message: records.MarkViewed) -> Done:
        """The user has seen the offer."""
        self._need_user(tx)
        self._need_alive(tx)
        return Done(
            records.MarkViewedReply(self.state.offer, self.state.expires_at), records.CodeViewed()
        )

    def optin_activate_code(self, tx: Transaction, message: records.OptinActivateCode) -> Done:
        """The opt-in: consent, its link in the chain, and the view record it allows."""
        self._need_user(tx)
        self._need_alive(tx)
        state, consent = self.state, message.consent
        offer = tx.ask("offer", state.offer, records.GetTerms())
        self._check_consent(tx, consent, offer.terms)
        shown = tx.ask(
            "profile", state.user, records.FreezeFields(consent.fields, offer.terms.required)
        )
        previous = tx.ask("chain", CONSENTS, records.ChainHead())
        hashed = consent_hash(consent)
        proof = records.ConsentProof(tx.node.id, previous, hashed)
        link = proof_id(proof)
        tx.ask("consent", link, records.RecordConsent(consent))
        record = view_id(self.id)
        seed = tx.entropy("leaves")
        tx.attach("values", canonical([seed, shown]))
        complete_by = offer.terms.complete_by and tx.time + offer.terms.complete_by
        root = tx.ask(
            "view",
            record,
            records.OptinGenerateView(
                consent, offer.pad, consent.partner, offer.terms.view_until, complete_by
            ),
        )
        tx.attach("pairwise-key", tx.enclosures[0])
        tx.attach("consent-signature", tx.enclosures[1])
        # In this order: the consent proof, the OptIn hop that cites it, the commitment.
        tx.sign(commands.CONSENT_PROOF, canonical(proof))
        hop = self._follow(tx, consent.hop, link)
        commitment = records.Commitment(tx.node.id, record, hashed, root)
        tx.sign(commands.COMMITMENT, canonical(commitment))
        return Done(
            records.OptinActivateCodeReply(link, previous, record, hop, root),
            records.CodeActivated(hashed, link, record, complete_by),
            records.PresenceGiven(tx.presence),
        )

    def _follow(self, tx, previous, proof):
        """Add the node's OptIn hop behind the one the user came by, or as a session's first.

        A session of its own is named by the proof: nobody can have known that and been there first.
        """
        session = proof
        if previous != records.ZEROS:
            session = tx.ask("hop", previous, records.GetSession())
        hop = records.Hop(tx.node.id, session, previous, "OptIn", tx.node.id, proof)
        tx.ask("hop", hop_id(hop), records.FollowHop(session, previous, proof))
        return hop_id(hop)

    def _check_consent(self, tx, consent, terms):
        key, signature = tx.enclosures
        if len(key) != records.PUBLIC_KEY.size or commands.pairwise_id(key) != consent.pairwise:
            raise errors.Unauthorized(
                "the enclosed key is not the pairwise one", "the key whose hash is the pairwise id"
            )
        offered = (
            self.state.partner,
            self.state.offer,
            terms.compensation,
            terms.amount,
            terms.currency,
        )
        agreed = (
            consent.partner,
            consent.offer,
            consent.compensation,
            consent.amount,
            consent.currency,
        )
        if agreed != offered:
            raise errors.Refused(
                "the consent is not to this offer",
                "partner, offer, compensation, amount and currency as offered",
                "read the offer again",
            )
        check_ascending(consent.fields)
        for use in consent.fields:
            if use not in terms.required and use not in terms.optional:
                raise errors.Refused(
                    f"field {use.index} as {use.transform} was not asked for",
                    "fields and forms of the offer",
                )
        for use in terms.required:
            if use not in consent.fields:
                raise errors.Refused(
                    f"required field {use.index} is missing from the consent",
                    "every required field",
                )
        if not tx.node.crypto.verify(key, commands.CONSENT, canonical(consent), signature):
            raise errors.Unauthorized(
                "the pairwise signature is not valid",
                "the pairwise key's signature over the consent",
            )

    # ------------------------------------------------------------ completed, settled, revoked

    def complete_code(self, tx: Transaction, message: records.CompleteCode) -> Done:
        """The first view was granted."""
        return Done(None, records.CodeCompleted())

    def settle_code(self, tx: Transaction, message: records.SettleCode) -> Done:
        """The money was distributed; once."""
        self.check_settleable()
        return Done(None, records.CodeSettled(message.settlement))

    def check_settleable(self):
        """Refuse what was not completed, or was settled before."""
        if not self.state.completed:
            raise errors.Refused(
                "no view was granted yet",
                "a completed engagement",
                "settle after the partner's first view",
            )
        if self.state.settlement != records.ZEROS:
            raise errors.Refused(
                "the engagement was settled before", "an unsettled engagement", "see get_settlement"
            )

    def optin_expire_reservation(
        self, tx: Transaction, message: records.OptinExpireReservation
    ) -> Done:
        """Let a code die that was not activated in time, or not completed in time."""
        state = self.state
        due = due_at(state)
        if not due or tx.time < due:
            raise errors.Refused(
                "the code is not due to expire",
                f"a time of {due} ns or later" if due else "a code with a time to expire",
            )
        if state.status == "activated":
            tx.ask("view", state.record, records.StopView())
        tx.ask("reservation", state.reservation, records.ExpireReservation())
        tx.ask("offer", state.offer, records.ReturnBudget())
        return Done(None, records.CodeExpired())

    def optin_revoke_code(self, tx: Transaction, message: records.OptinRevokeCode) -> Done:
        """Stop views at once. Before completion the funds return; after it they still settle."""
        self._need_user(tx)
        state = self.state
        tx.ask("view", state.record, records.StopView())
        if not state.completed:
            tx.ask("reservation", state.reservation, records.CancelReservation())
            tx.ask("offer", state.offer, records.ReturnBudget())
        return Done(None, records.CodeRevoked(), records.PresenceGiven(tx.presence))

    def forget(self, tx: Transaction, message: records.Forget) -> Done:
        """Be erased with all that the engagement consists of."""
        state = self.state
        if not state.ended or tx.time < state.ended + KEPT:
            raise errors.Refused("the engagement is not due to be erased", "seven years at its end")
        tx.ask("reservation", state.reservation, records.Forget())
        if state.record != records.ZEROS:
            tx.ask("view", state.record, records.Forget())
            tx.ask("access", state.record, records.Forget())
            tx.ask("consent", state.proof, records.Forget())
        if state.settlement != records.ZEROS:
            tx.ask("settlement", state.settlement, records.Forget())
        return Done(None, records.Forgotten())

    def _need_user(self, tx):
        if tx.signer != self.state.user:
            raise errors.Unauthorized("the code is another user's", "the user it was made for")

    def _need_alive(self, tx):
        if tx.time >= self.state.expires_at:
            raise errors.NotAllowedNow(
                "the code has expired", "a code before its expires_at", "ask for a new code"
            )

    # ------------------------------------------------------------------------------ reads

    def code_facts(self, tx: Transaction, message: records.CodeFacts) -> records.CodeState:
        """The state of a completed, unsettled engagement, for its settlement."""
        if self.state.status not in ("activated", "revoked"):
            self._need_code()
            raise self._not_allowed(
                "optin_settle_engagement", self.state.status, self.table[self.state.status]
            )
        self.check_settleable()
        return self.state

    def get_code(self, tx: Transaction, message: records.GetCode) -> records.GetCodeReply:
        """The state, for user, partner and operator."""
        state = self.state
        self._need_code()
        if tx.signer not in (state.user, state.partner, tx.node.operator):
            raise errors.Unauthorized("the code is not yours", "its user, partner or the operator")
        return records.GetCodeReply(
            state.status,
            state.offer,
            state.reservation,
            state.amount,
            state.expires_at,
            state.completed,
            state.consent_hash,
            state.record,
            state.settlement,
        )

    def _need_code(self):
        if self.state.status == "none":
            raise errors.Missing("there is no such code", "an id optin_generate_code gave")

    def list_due(self, tx: Transaction, message: records.ListDue) -> records.ListDueReply:
        """Codes that anyone may expire now."""
        rows, after = tx.node.page("code.due", b"", message, tx.time.to_bytes(8, "big"))
        return records.ListDueReply(tuple(rows), after)

    def list_codes(self, tx: Transaction, message: records.ListCodes) -> records.ListCodesReply:
        """Codes of the user who asks; of everyone for the operator."""
        prefix = b"" if tx.signer == tx.node.operator else tx.signer
        rows, after = tx.node.page("edge.has_code", prefix, message)
        return records.ListCodesReply(tuple(rows), after)

    def settlement_evidence(self, tx: Transaction, message: records.SettlementEvidence) -> Later:
        """What a witness of this code needs to compute the statement anew."""
        self._need_code()
        state = self.state
        if tx.signer not in tx.ask("offer", state.offer, records.GetTerms()).witnesses:
            raise errors.Unauthorized("you are no witness of this code", "one of its three")
        self.check_settleable()
        shares = tx.ask("rules", state.rules, records.GetShares())
        signed = tx.node.queries.signed_head(message.nonce)
        entries = [
            tx.node.journal.open_parts(position, EVIDENCE, tx.node.journal.size)
            for position in state.entries
        ]
        statement = statement_of(tx, self.id, state, shares)
        return Later(
            lambda: records.SettlementEvidenceReply(statement, shares, tuple(entries), signed())
        )

    # ----------------------------------------------------------------------------- events

    @staticmethod
    def apply_code_assigned(
        state: records.CodeState, event: records.CodeAssigned, tx: Transaction
    ) -> records.CodeState:
        return evolve(
            state,
            user=event.user,
            nonce=event.nonce,
            affiliate=event.affiliate,
            beneficiary=event.beneficiary,
        )

    @staticmethod
    def apply_code_generated(
        state: records.CodeState, event: records.CodeGenerated, tx: Transaction
    ) -> records.CodeState:
        return evolve(
            state,
            status="generated",
            offer=event.offer,
            partner=event.partner,
            reservation=event.reservation,
            amount=event.amount,
            currency=event.currency,
            rules=event.rules,
            payees=event.payees,
            publisher=event.publisher,
            expires_at=event.expires_at,
            entries=(tx.sequence,),
        )

    @staticmethod
    def apply_code_viewed(
        state: records.CodeState, event: records.CodeViewed, tx: Transaction
    ) -> records.CodeState:
        return evolve(state, status="viewed")

    @staticmethod
    def apply_code_activated(
        state: records.CodeState, event: records.CodeActivated, tx: Transaction
    ) -> records.CodeState:
        return evolve(
            state,
            status="activated",
            consent_hash=event.consent_hash,
            proof=event.proof,
            record=event.record,
            complete_by=event.complete_by,
            entries=state.entries + (tx.sequence,),
        )

    @staticmethod
    def apply_code_expired(
        state: records.CodeState, event: records.CodeExpired, tx: Transaction
    ) -> records.CodeState:
        return evolve(state, status="expired", ended=tx.time)

    @staticmethod
    def apply_code_completed(
        state: records.CodeState, event: records.CodeCompleted, tx: Transaction
    ) -> records.CodeState:
        return evolve(state, completed=True, entries=state.entries + (tx.sequence,))

    @staticmethod
    def apply_code_settled(
        state: records.CodeState, event: records.CodeSettled, tx: Transaction
    ) -> records.CodeState:
        status = "settled" if state.status == "activated" else state.status
        return evolve(state, status=status, settlement=event.settlement, ended=tx.time)

    @staticmethod
    def apply_code_revoked(
        state: records.CodeState, event: records.CodeRevoked, tx: Transaction
    ) -> records.CodeState:
        ended = state.ended if state.completed else tx.time
        return evolve(state, status="revoked", ended=ended)

    @staticmethod
    def apply_presence_given(
        state: records.CodeState, event: records.PresenceGiven, tx: Transaction
    ) -> records.CodeState:
        return state  # for whoever reads the journal

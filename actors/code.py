"""An engagement code: the state machine at the middle of the product."""

from actors.account import account_id
from actors.chain import CONSENTS
from actors.consent import consent_hash, proof_id
from actors.fields import check_ascending
from actors.payee import payee_reference
from actors.reservation import reservation_id
from actors.settlement import statement_of
from actors.view import view_id
from runtime.actor import Done, Entity, canonical, commands, errors, evolve, make_id, records

CodeState = records.STATES["code"]
CodeAssigned = records.EVENTS["code_assigned"]
CodeGenerated = records.EVENTS["code_generated"]
CodeViewed = records.EVENTS["code_viewed"]
CodeActivated = records.EVENTS["code_activated"]
CodeCompleted = records.EVENTS["code_completed"]
CodeSettled = records.EVENTS["code_settled"]
CodeRevoked = records.EVENTS["code_revoked"]
GetTerms = records.INTERNAL["get_terms"]
GetProfile = records.INTERNAL["get_profile"]
GetShares = records.INTERNAL["get_shares"]
IssueCode = records.INTERNAL["issue_code"]
ReturnBudget = records.INTERNAL["return_budget"]
ReserveAgainst = records.INTERNAL["optin_reserve_against"]
CancelReservation = records.INTERNAL["cancel_reservation"]
ChainHead = records.INTERNAL["chain_head"]
RecordConsent = records.INTERNAL["record_consent"]
FreezeFields = records.INTERNAL["freeze_fields"]
GenerateView = records.INTERNAL["optin_generate_view"]
StopView = records.INTERNAL["stop_view"]
GenerateCodeReply = records.REPLIES["optin_generate_code"]
MarkViewedReply = records.REPLIES["mark_viewed"]
ActivateCodeReply = records.REPLIES["optin_activate_code"]
GetCodeReply = records.REPLIES["get_code"]
ListCodesReply = records.REPLIES["list_codes"]
EvidenceReply = records.REPLIES["settlement_evidence"]

# What a witness is shown of the entries behind a statement: no user, no field mask.
EVIDENCE = ("code_generated", "reservation_made", "code_activated", "code_completed")
WAITING = ("generated", "viewed")  # states in which a code may still be activated


def code_id(node, offer, user, nonce):
    """Id of a code; the nonce makes it unguessable."""
    return make_id("optin/v1/code", node, offer, user, nonce)


class Code(Entity):
    """Generated, viewed, activated, settled; or revoked after activation."""

    kind = "code"
    blank = CodeState(
        "none", records.ZEROS, records.ZEROS, None, records.ZEROS, records.ZEROS, records.ZEROS,
        records.ZEROS, 0, bytes(8), records.ZEROS, None, (), None, 0, records.ZEROS, records.ZEROS,
        records.ZEROS, False, records.ZEROS, (),
    )  # fmt: skip
    table = {
        "none": {"optin_generate_code": ("generated",)},
        "generated": {"mark_viewed": ("viewed",)},
        "viewed": {"optin_activate_code": ("activated",)},
        "activated": {
            "complete_code": ("activated",),
            "settle_code": ("settled",),
            "optin_revoke_code": ("revoked",),
        },
        "settled": {"optin_revoke_code": ("revoked",)},
        "revoked": {"settle_code": ("revoked",)},
    }
    reads = ("code_facts", "get_code", "list_codes", "settlement_evidence")
    indexes = {
        "code.by_user": lambda state: state.user if state.status != "none" else None,
        "code.by_user_offer": lambda state: (
            state.user + state.offer if state.status != "none" else None
        ),
    }

    @classmethod
    def address(cls, message, tx):
        if isinstance(message, records.REQUESTS["optin_generate_code"]):
            return code_id(tx.node.id, message.offer, message.user, tx.entropy("code"))
        if isinstance(message, records.REQUESTS["optin_activate_code"]):
            return message.consent.code
        if isinstance(message, records.REQUESTS["list_codes"]):
            return records.SINGLETON
        return message.code

    # ------------------------------------------------------------------------- generate

    def optin_generate_code(self, tx, message):
        """Generate the code, reserve the money, pin the payees: all or nothing."""
        offer = tx.ask("offer", message.offer, IssueCode(message.user))
        terms = offer.terms
        referrer = tx.ask("profile", message.user, GetProfile())
        self._need_no_other(tx, message.user, message.offer)
        reservation = reservation_id(self.id)
        account = account_id(terms.partner, terms.currency)
        tx.ask("reservation", reservation, ReserveAgainst(account, self.id, terms.amount))
        nonce = tx.entropy("code")
        beneficiary = terms.charity or message.user
        payees = records.Payees(
            payee_reference(nonce, tx.node.operator),
            payee_reference(nonce, beneficiary),
            referrer and payee_reference(nonce, referrer),
            terms.publisher and payee_reference(nonce, terms.publisher),
        )
        expires_at = tx.time + terms.code_ttl
        grant = records.CodeGrant(tx.node.id, self.id, message.offer, reservation, terms.amount,
                                  expires_at)  # fmt: skip
        tx.sign(commands.CODE, canonical(grant))
        return Done(
            GenerateCodeReply(self.id, reservation, expires_at),
            CodeAssigned(message.user, nonce, referrer, beneficiary),
            CodeGenerated(message.offer, terms.partner, reservation, terms.amount, terms.currency,
                          terms.rules, payees, terms.witnesses, terms.publisher, expires_at),
        )  # fmt: skip

    def _need_no_other(self, tx, user, offer):
        for _, other in tx.node.store.scan("code.by_user_offer", user + offer, None, 255):
            state = tx.node.state_of("code", other)
            if state.status not in WAITING or tx.time < state.expires_at:
                raise errors.Refused("the user already has a code of this offer",
                                     "one code of an offer at a time for each user",
                                     "use code " + other.hex())  # fmt: skip

    # ---------------------------------------------------------------- viewed and activate

    def mark_viewed(self, tx, message):
        """The user has seen the offer."""
        self._need_user(tx)
        self._need_alive(tx)
        return Done(MarkViewedReply(self.state.offer, self.state.expires_at), CodeViewed())

    def optin_activate_code(self, tx, message):
        """The opt-in: consent, its link in the chain, and the view record it allows."""
        self._need_user(tx)
        self._need_alive(tx)
        state, consent = self.state, message.consent
        offer = tx.ask("offer", state.offer, GetTerms())
        self._check_consent(tx, consent, offer.terms)
        shown = tx.ask("profile", state.user, FreezeFields(consent.fields, offer.terms.required))
        previous = tx.ask("chain", CONSENTS, ChainHead())
        hashed = consent_hash(consent)
        proof = records.ConsentProof(tx.node.id, previous, hashed)
        link = proof_id(proof)
        tx.ask("consent", link, RecordConsent(consent))
        record = view_id(self.id)
        tx.attach("values", canonical(shown))
        tx.ask("view", record, GenerateView(consent, offer.pad, consent.partner,
                                            offer.terms.view_until))  # fmt: skip
        tx.attach("pairwise-key", tx.enclosures[0])
        tx.attach("consent-signature", tx.enclosures[1])
        tx.sign(commands.CONSENT_PROOF, canonical(proof))
        return Done(
            ActivateCodeReply(link, previous, record), CodeActivated(hashed, link, record)
        )

    def _check_consent(self, tx, consent, terms):
        key, signature = tx.enclosures
        if len(key) != records.PUBLIC_KEY.size or commands.pairwise_id(key) != consent.pairwise:
            raise errors.Unauthorized("the enclosed key is not the pairwise one",
                                      "the key whose hash is the pairwise id")  # fmt: skip
        offered = (self.state.partner, self.state.offer, terms.compensation, terms.amount,
                   terms.currency)  # fmt: skip
        agreed = (consent.partner, consent.offer, consent.compensation, consent.amount,
                  consent.currency)  # fmt: skip
        if agreed != offered:
            raise errors.Refused("the consent is not to this offer",
                                 "partner, offer, compensation, amount and currency as offered",
                                 "read the offer again")  # fmt: skip
        if consent.hop != records.ZEROS:
            raise errors.Missing("the consent cites a provenance hop that is not here", "zeros")
        check_ascending(consent.fields)
        for use in consent.fields:
            if use not in terms.required and use not in terms.optional:
                raise errors.Refused(f"field {use.index} as {use.transform} was not asked for",
                                     "fields and forms of the offer")  # fmt: skip
        for use in terms.required:
            if use not in consent.fields:
                raise errors.Refused(f"required field {use.index} is missing from the consent",
                                     "every required field")  # fmt: skip
        if not tx.node.crypto.verify(key, commands.CONSENT, canonical(consent), signature):
            raise errors.Unauthorized("the pairwise signature is not valid",
                                      "the pairwise key's signature over the consent")  # fmt: skip

    # ------------------------------------------------------------ completed, settled, revoked

    def complete_code(self, tx, message):
        """The first view was granted."""
        return Done(None, CodeCompleted())

    def settle_code(self, tx, message):
        """The money was distributed; once."""
        self.check_settleable()
        return Done(None, CodeSettled(message.settlement))

    def check_settleable(self):
        """Refuse what was not completed, or was settled before."""
        if not self.state.completed:
            raise errors.Refused("no view was granted yet", "a completed engagement",
                                 "settle after the partner's first view")  # fmt: skip
        if self.state.settlement != records.ZEROS:
            raise errors.Refused("the engagement was settled before", "an unsettled engagement",
                                 "see get_settlement")  # fmt: skip

    def optin_revoke_code(self, tx, message):
        """Stop views at once. Before completion the funds return; after it they still settle."""
        self._need_user(tx)
        state = self.state
        tx.ask("view", state.record, StopView())
        if not state.completed:
            tx.ask("reservation", state.reservation, CancelReservation())
            tx.ask("offer", state.offer, ReturnBudget())
        return Done(None, CodeRevoked())

    def _need_user(self, tx):
        if tx.signer != self.state.user:
            raise errors.Unauthorized("the code is another user's", "the user it was made for")

    def _need_alive(self, tx):
        if tx.time >= self.state.expires_at:
            raise errors.NotAllowedNow("the code has expired", "a code before its expires_at",
                                       "ask for a new code")  # fmt: skip

    # ------------------------------------------------------------------------------ reads

    def code_facts(self, tx, message):
        """The state of a completed, unsettled engagement, for its settlement."""
        if self.state.status not in ("activated", "revoked"):
            self._need_code()
            raise self._not_allowed("optin_settle_engagement", self.state.status,
                                    self.table[self.state.status])  # fmt: skip
        self.check_settleable()
        return self.state

    def get_code(self, tx, message):
        """The state, for user, partner and operator."""
        state = self.state
        self._need_code()
        if tx.signer not in (state.user, state.partner, tx.node.operator):
            raise errors.Unauthorized("the code is not yours", "its user, partner or the operator")
        return GetCodeReply(state.status, state.offer, state.reservation, state.amount,
                            state.expires_at, state.completed, state.consent_hash, state.record,
                            state.settlement)  # fmt: skip

    def _need_code(self):
        if self.state.status == "none":
            raise errors.Missing("there is no such code", "an id optin_generate_code gave")

    def list_codes(self, tx, message):
        """Codes of the user who asks; of everyone for the operator."""
        prefix = b"" if tx.signer == tx.node.operator else tx.signer
        rows, after = tx.node.page("code.by_user", prefix, message)
        return ListCodesReply(tuple(rows), after)

    def settlement_evidence(self, tx, message):
        """What a witness of this code needs to compute the statement anew."""
        self._need_code()
        state = self.state
        if tx.signer not in state.witnesses:
            raise errors.Unauthorized("you are no witness of this code", "one of its three")
        self.check_settleable()
        shares = tx.ask("rules", state.rules, GetShares())
        signed = tx.node.queries.signed_head(message.nonce)
        entries = [
            tx.node.journal.open_parts(position, EVIDENCE, signed.head.size)
            for position in state.entries
        ]
        return EvidenceReply(
            statement_of(tx, self.id, state, shares), shares, tuple(entries), signed
        )

    # ----------------------------------------------------------------------------- events

    @staticmethod
    def apply_code_assigned(state, event, tx):
        return evolve(state, user=event.user, nonce=event.nonce, affiliate=event.affiliate,
                      beneficiary=event.beneficiary)  # fmt: skip

    @staticmethod
    def apply_code_generated(state, event, tx):
        return evolve(
            state, status="generated", offer=event.offer, partner=event.partner,
            reservation=event.reservation, amount=event.amount, currency=event.currency,
            rules=event.rules, payees=event.payees, witnesses=event.witnesses,
            publisher=event.publisher, expires_at=event.expires_at, entries=(tx.sequence,),
        )  # fmt: skip

    @staticmethod
    def apply_code_viewed(state, event, tx):
        return evolve(state, status="viewed")

    @staticmethod
    def apply_code_activated(state, event, tx):
        return evolve(state, status="activated", consent_hash=event.consent_hash,
                      proof=event.proof, record=event.record,
                      entries=state.entries + (tx.sequence,))  # fmt: skip

    @staticmethod
    def apply_code_completed(state, event, tx):
        return evolve(state, completed=True, entries=state.entries + (tx.sequence,))

    @staticmethod
    def apply_code_settled(state, event, tx):
        status = "settled" if state.status == "activated" else state.status
        return evolve(state, status=status, settlement=event.settlement)

    @staticmethod
    def apply_code_revoked(state, event, tx):
        return evolve(state, status="revoked")

"""A settlement: what was agreed is distributed, once, on the word of two witnesses."""

from actors.chain import SETTLEMENTS
from actors.payee import payee_id
from runtime.actor import Done, Transaction, canonical, commands, errors, make_id, records
from runtime.actor.entity import Entity


def settlement_id(statement):
    """Id of a settlement: hash of exactly what the witnesses signed."""
    return make_id("optin/v1/settlement", statement)


def statement_of(tx, code, facts, shares):
    """The statement of an engagement, from its code's state and the rules' shares."""
    payees = facts.payees
    amounts = tx.node.accelerator.split(
        facts.amount, shares, payees.affiliate is not None, payees.publisher is not None
    )
    return records.Statement(
        tx.node.id,
        code,
        facts.reservation,
        facts.consent_hash,
        facts.rules,
        payees,
        records.Amounts(*amounts),
    )


class Settlement(Entity):
    """Recorded once, for good."""

    kind = "settlement"
    blank = records.SettlementState("none", records.ZEROS, None, (), records.ZEROS, 0, 0)
    table = {
        "none": {"optin_settle_engagement": ("recorded",)},
        "recorded": {"forget": ("none",)},
    }
    reads = ("get_settlement", "optin_verify_settlement")

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, records.OptinVerifySettlement):
            return settlement_id(message.record.statement)
        return message.settlement

    def optin_settle_engagement(
        self, tx: Transaction, message: records.OptinSettleEngagement
    ) -> Done:
        """Check everything, release the reservation and credit the payees: all or nothing."""
        facts = tx.ask("code", message.code, records.CodeFacts())
        if tx.signer not in (facts.partner, tx.node.operator):
            raise errors.Unauthorized(
                "the engagement is another partner's", "the operator or the offer's partner"
            )
        reservation = tx.ask("reservation", facts.reservation, records.GetReservation())
        if reservation.status != "reserved":
            raise errors.NotAllowedNow(f"the reservation is {reservation.status}", "reserved")
        shares = tx.ask("rules", facts.rules, records.GetShares())
        statement = statement_of(tx, message.code, facts, shares)
        if settlement_id(statement) != self.id:
            raise errors.Refused(
                "the settlement signed for is not the one the node computes",
                "the id of the statement of settlement_evidence",
                "fetch the evidence again",
            )
        if sum(statement.amounts) != reservation.amount:
            raise errors.Refused("the amounts do not sum to the reservation")
        allowed = tx.ask("offer", facts.offer, records.GetTerms()).witnesses
        self._check_witnesses(tx, message.witnesses, allowed, statement)
        tx.ask("reservation", facts.reservation, records.OptinReleaseOnCompletion(self.id))
        for party, amount in (
            (tx.node.operator, statement.amounts.platform),
            (facts.beneficiary, statement.amounts.user),
            (facts.affiliate, statement.amounts.affiliate),
            (facts.publisher, statement.amounts.publisher),
        ):
            if amount:
                tx.ask(
                    "payee",
                    payee_id(party, facts.currency),
                    records.CreditPayee(party, facts.currency, amount),
                )
        tx.ask("code", message.code, records.SettleCode(self.id))
        previous = tx.ask("chain", SETTLEMENTS, records.ExtendChain(self.id))
        for signature in tx.enclosures:
            tx.attach("witness-signature", signature)
        tx.sign(commands.SETTLEMENT, canonical(statement))
        return Done(
            records.OptinSettleEngagementReply(self.id, statement.amounts),
            records.SettlementRecorded(previous, statement, message.witnesses, facts.partner),
        )

    def _check_witnesses(self, tx, witnesses, allowed, statement):
        if len(set(witnesses)) != 2:
            raise errors.Refused(f"{len(set(witnesses))} different witnesses", "two")
        content = canonical(statement)
        for i in range(2):
            witness = witnesses[i]
            if witness not in allowed:
                raise errors.Unauthorized(
                    f"{witness.hex()[:16]} is no witness of this offer", "two of the offer's three"
                )
            if not self._signed_by(tx, witness, content, tx.enclosures[i]):
                raise errors.Unauthorized(
                    f"the signature of witness {witness.hex()[:16]} is not valid",
                    "its signature over the statement",
                )

    def _signed_by(self, tx, party, content, signature):
        key = tx.node.key_of(party)
        return key is not None and tx.node.crypto.verify(key, commands.WITNESS, content, signature)

    def get_settlement(
        self, tx: Transaction, message: records.GetSettlement
    ) -> records.GetSettlementReply:
        """The record, for operator, partner and witnesses."""
        state = self.state
        if state.status == "none":
            raise errors.Missing("there is no such settlement", "the id of a settled code")
        if tx.signer not in (tx.node.operator, state.partner) + state.witnesses:
            raise errors.Unauthorized(
                "the settlement is not yours", "its partner, witnesses or the operator"
            )
        shares = tx.ask("rules", state.statement.rules, records.GetShares())
        signatures = tx.node.journal.attached(state.position, "witness-signature")
        witnesses = [records.WitnessSignature(state.witnesses[i], signatures[i]) for i in range(2)]
        own = tx.node.journal.attached(state.position, "node-signature")[0]
        return records.GetSettlementReply(
            records.SettlementRecord(state.statement, shares, tuple(witnesses), state.time, own)
        )

    def optin_verify_settlement(
        self, tx: Transaction, message: records.OptinVerifySettlement
    ) -> records.OptinVerifySettlementReply:
        """Yes or no, with the reason."""
        return records.OptinVerifySettlementReply(*self._verdict(tx, message.record))

    def _verdict(self, tx, record):
        state = self.state
        if state.status == "none":
            return False, "this node made no settlement of this statement"
        if record.time != state.time:
            return False, "the time is not the recorded one"
        if record.shares != tx.ask("rules", state.statement.rules, records.GetShares()):
            return False, "the shares are not those of the rules"
        content = canonical(record.statement)
        if len(record.witnesses) < 2 or (
            tuple([signed.witness for signed in record.witnesses]) != state.witnesses
        ):
            return False, "the witnesses are not the recorded ones"
        # They were verified when they came; a witness may have another key by now.
        recorded = tx.node.journal.attached(state.position, "witness-signature")
        if [signed.signature for signed in record.witnesses] != recorded:
            return False, "the signature of a witness is not the recorded one"
        if not tx.node.crypto.verify(
            tx.node.public_key, commands.SETTLEMENT, content, record.signature
        ):
            return False, "the node's signature is not valid"
        return True, "recorded by this node, signed by two witnesses, amounts by the rules"

    @staticmethod
    def apply_settlement_recorded(
        state: records.SettlementState, event: records.SettlementRecorded, tx: Transaction
    ) -> records.SettlementState:
        return records.SettlementState(
            "recorded",
            event.previous,
            event.statement,
            event.witnesses,
            event.partner,
            tx.time,
            tx.sequence,
        )

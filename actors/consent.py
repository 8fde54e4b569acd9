"""A link of the consent chain: what a user signed, for good. Nothing edits it."""

from actors.chain import CONSENTS
from runtime.actor import Done, Transaction, make_id, records
from runtime.actor.entity import Entity


def consent_hash(consent):
    """Hash of the signed consent."""
    return make_id("optin/v1/consent", consent)


def proof_id(proof):
    """Id of a ConsentProof."""
    return make_id("optin/v1/consent-proof", proof)


class ConsentLink(Entity):
    """Recorded once."""

    kind = "consent"
    blank = records.ConsentState("none", records.ZEROS, records.ZEROS, None)
    table = {"none": {"record_consent": ("recorded",)}, "recorded": {"forget": ("none",)}}

    def record_consent(self, tx: Transaction, message: records.RecordConsent) -> Done:
        """Become the last link of the chain."""
        previous = tx.ask("chain", CONSENTS, records.ExtendChain(self.id))
        hashed = consent_hash(message.consent)
        return Done(None, records.ConsentRecorded(previous, hashed, message.consent))

    @staticmethod
    def apply_consent_recorded(
        state: records.ConsentState, event: records.ConsentRecorded, tx: Transaction
    ) -> records.ConsentState:
        return records.ConsentState("recorded", event.previous, event.consent_hash, event.consent)

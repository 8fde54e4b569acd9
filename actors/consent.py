"""A link of the consent chain: what a user signed, for good. Nothing edits it."""

from actors.chain import CONSENTS
from runtime.actor import Done, Entity, make_id, records

ConsentState = records.STATES["consent"]
ConsentRecorded = records.EVENTS["consent_recorded"]
ExtendChain = records.INTERNAL["extend_chain"]


def consent_hash(consent):
    """Hash of the signed consent."""
    return make_id("optin/v1/consent", consent)


def proof_id(proof):
    """Id of a ConsentProof."""
    return make_id("optin/v1/consent-proof", proof)


class ConsentLink(Entity):
    """Recorded once."""

    kind = "consent"
    blank = ConsentState("none", records.ZEROS, records.ZEROS, None)
    table = {"none": {"record_consent": ("recorded",)}, "recorded": {}}

    def record_consent(self, tx, message):
        """Become the last link of the chain."""
        previous = tx.ask("chain", CONSENTS, ExtendChain(self.id))
        hashed = consent_hash(message.consent)
        return Done(None, ConsentRecorded(previous, hashed, message.consent))

    @staticmethod
    def apply_consent_recorded(state, event, tx):
        return ConsentState("recorded", event.previous, event.consent_hash, event.consent)

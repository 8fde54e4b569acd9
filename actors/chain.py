"""The head of a chain: consents and settlements each follow the one before."""

from runtime.actor import Done, Entity, make_id, records

ChainState = records.STATES["chain"]
ChainExtended = records.EVENTS["chain_extended"]

CONSENTS = make_id("optin/v1/chain", "consent")
SETTLEMENTS = make_id("optin/v1/chain", "settlement")


class Chain(Entity):
    """Knows the last link."""

    kind = "chain"
    blank = ChainState("growing", records.ZEROS, 0)
    table = {"growing": {"extend_chain": ("growing",)}}
    reads = ("chain_head",)

    def chain_head(self, tx, message):
        """Id of the last link; zeros before the first."""
        return self.state.head

    def extend_chain(self, tx, message):
        """Make a link the last; the result is the one before."""
        return Done(self.state.head, ChainExtended(message.link))

    @staticmethod
    def apply_chain_extended(state, event, tx):
        return ChainState("growing", event.link, state.length + 1)

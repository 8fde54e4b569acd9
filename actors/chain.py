"""The head of a chain: consents and settlements each follow the one before."""

from runtime.actor import Done, Transaction, make_id, records
from runtime.actor.entity import Entity

CONSENTS = make_id("optin/v1/chain", "consent")
SETTLEMENTS = make_id("optin/v1/chain", "settlement")


class Chain(Entity):
    """Knows the last link."""

    kind = "chain"
    blank = records.ChainState("growing", records.ZEROS, 0)
    table = {"growing": {"extend_chain": ("growing",), "forget_link": ("growing",)}}
    reads = ("chain_head",)

    def chain_head(self, tx: Transaction, message: records.ChainHead) -> bytes:
        """Id of the last link; zeros before the first."""
        return self.state.head

    def extend_chain(self, tx: Transaction, message: records.ExtendChain) -> Done:
        """Make a link the last; the result is the one before."""
        return Done(self.state.head, records.ChainExtended(message.link))

    def forget_link(self, tx: Transaction, message: records.ForgetLink) -> Done:
        """Be erased if nothing follows the link."""
        if self.state.head != message.link:
            return Done()
        return Done(None, records.Forgotten())

    @staticmethod
    def apply_chain_extended(
        state: records.ChainState, event: records.ChainExtended, tx: Transaction
    ) -> records.ChainState:
        return records.ChainState("growing", event.link, state.length + 1)

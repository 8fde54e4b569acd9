"""A hop of a provenance chain: how a person came to an offer, one signed step after the other."""

from actors.retention import erase_key
from runtime.actor import (
    Done,
    Transaction,
    canonical,
    commands,
    errors,
    make_id,
    records,
)
from runtime.actor.entity import Entity


def hop_id(hop):
    """Id of a hop: its hash."""
    return make_id("optin/v1/hop", hop)


def session_chain(session):
    """Id of the chain of a session."""
    return make_id("optin/v1/chain", "session", session)


class ProvenanceHop(Entity):
    """Recorded once, behind the session's last."""

    kind = "hop"
    blank = records.HopState("none", None, 0)
    table = {
        "none": {"record_hop": ("recorded",), "follow_hop": ("recorded",)},
        "recorded": {"forget": ("none",)},
    }
    reads = ("get_hop", "get_session")
    indexes = {
        "edge.followed_by": lambda state: state.hop.previous if state.hop else None,
        "erase.hop": lambda state: erase_key(state.time, "engagement") if state.hop else None,
    }

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, records.GetHop):
            return message.hop
        return hop_id(
            records.Hop(
                tx.node.id,
                message.session,
                message.previous,
                message.type,
                tx.signer,
                message.data,
            )
        )

    def record_hop(self, tx: Transaction, message: records.RecordHop) -> Done:
        """Add a hop that a party signed."""
        if message.type == "OptIn":
            raise errors.Refused("an OptIn hop is the node's own", "any other type of hop")
        hop = records.Hop(
            tx.node.id, message.session, message.previous, message.type, tx.signer, message.data
        )
        self._extend(tx, hop)
        return Done(records.RecordHopReply(self.id), records.HopRecorded(*hop))

    def follow_hop(self, tx: Transaction, message: records.FollowHop) -> Done:
        """Add the node's OptIn hop and have it signed."""
        hop = records.Hop(
            tx.node.id, message.session, message.previous, "OptIn", tx.node.id, message.proof
        )
        self._extend(tx, hop)
        tx.sign(commands.HOP, canonical(hop))
        return Done(None, records.HopRecorded(*hop))

    def _extend(self, tx, hop):
        last = tx.ask("chain", session_chain(hop.session), records.ExtendChain(self.id))
        if last != hop.previous:
            raise errors.Refused(
                "the hop does not follow the session's last",
                f"previous to be {last.hex()}",
                "ask for the session's last hop and sign again",
            )

    def forget(self, tx: Transaction, message: records.Forget) -> Done:
        """Be erased, and the session with its last hop."""
        tx.ask("chain", session_chain(self.state.hop.session), records.ForgetLink(self.id))
        return Done(None, records.Forgotten())

    def get_hop(self, tx: Transaction, message: records.GetHop) -> records.GetHopReply:
        """The hop, for anyone who knows its id."""
        self._need_hop()
        return records.GetHopReply(self.state.hop)

    def get_session(self, tx: Transaction, message: records.GetSession) -> bytes:
        """The session, for the node's own hop."""
        self._need_hop()
        return self.state.hop.session

    def _need_hop(self):
        if self.state.hop is None:
            raise errors.Missing("there is no such hop", "an id that record_hop gave")

    @staticmethod
    def apply_hop_recorded(
        state: records.HopState, event: records.HopRecorded, tx: Transaction
    ) -> records.HopState:
        return records.HopState("recorded", records.Hop(*event), tx.time)

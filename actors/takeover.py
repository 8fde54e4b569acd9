"""The takeover: this node goes on for one that is dead, and says so to everybody."""

from actors.account import account_id
from actors.payee import payee_id
from runtime.actor import Done, Transaction, canonical, commands, errors, records
from runtime.actor.entity import Entity


class Takeover(Entity):
    """Bound to what two witnesses signed: each part that is carried over must hash to what was said
    before it, so that none is left out, changed or carried twice.

    Parties are carried with the keys they have, so are balances and used payment references. What
    was signed for the dead node stays there, as evidence: no offer, code, consent or view of it is
    valid here.
    """

    kind = "takeover"
    blank = records.TakeoverState("none", None, records.ZEROS)
    table = {
        "none": {"take_over": ("carrying", "complete")},
        "carrying": {
            "carry_over": ("carrying", "complete"),
            "carry_users": ("carrying", "complete"),
        },
        "complete": {},
    }
    reads = ("get_takeover",)

    def take_over(self, tx: Transaction, message: records.TakeOver) -> Done:
        """Be the successor, as the very next thing after the provisioning."""
        if tx.sequence != 1:
            raise errors.Refused(
                "a node that has begun a journal of its own takes over from no other",
                "a node that was provisioned just now, and no more",
                "start a new node, and have it take over at once",
            )
        takeover, witnesses = message.takeover, message.witnesses
        if takeover.successor != tx.node.id or takeover.predecessor == tx.node.id:
            raise errors.Refused(
                f"the takeover is by node {takeover.successor.hex()[:16]}",
                f"one by this node, {tx.node.id.hex()[:16]}, from another",
                "have the witnesses agree for this node",
            )
        if len(set(witnesses)) != 2:
            raise errors.Unauthorized(f"{len(set(witnesses))} different witnesses", "two")
        content = canonical(takeover)
        for i in range(2):
            key, signature = tx.enclosures[2 * i], tx.enclosures[2 * i + 1]
            if len(key) != records.PUBLIC_KEY.size or not tx.node.crypto.verify(
                key, commands.TAKEOVER, content, signature
            ):
                raise errors.Unauthorized(
                    f"the signature of witness {witnesses[i].hex()[:16]} is not valid",
                    "its signature over the takeover, and its key",
                )
            tx.attach("witness-key", key)
            tx.attach("witness-signature", signature)
        return Done(None, records.TakenOver(takeover, witnesses))

    def carry_over(self, tx: Transaction, message: records.CarryOver) -> Done:
        """Carry a part over that names no user."""
        self._carry_parties(tx, message)
        for line in message.accounts:
            place = account_id(line.party, line.currency)
            tx.ask("account", place, records.CarryMoney(*line))
        for payment in message.payments:
            tx.ask("payment", payment, records.AcceptPayment(records.ZEROS))
        return Done(None, records.PartCarried(message.next))

    def carry_users(self, tx: Transaction, message: records.CarryUsers) -> Done:
        """Carry a part over that names users."""
        self._carry_parties(tx, message)
        for line in message.payees:
            tx.ask("payee", payee_id(line.party, line.currency), records.CarryMoney(*line))
        return Done(None, records.PartCarried(message.next))

    def _carry_parties(self, tx, message):
        if commands.carried_id(message) != self.state.next:
            raise errors.Refused(
                "this is not the part that is to be carried over now",
                f"the one whose hash begins with {self.state.next.hex()[:16]}",
                "carry over what the witnesses agreed to, in its order",
            )
        keys, size = tx.enclosures[0], records.PUBLIC_KEY.size
        if len(keys) != size * len(message.parties):
            raise errors.Malformed(f"{len(keys)} bytes of keys", f"{size} for each party")
        tx.attach("public-keys", keys)
        for i in range(len(message.parties)):
            line = message.parties[i]
            if commands.party_id(bytes(keys[size * i : size * (i + 1)])) != line.key:
                raise errors.Unauthorized(
                    f"key {i} is not that of party {line.party.hex()[:16]}",
                    "the key whose hash the part has",
                )
            tx.ask("party", line.party, records.CarryParty(line.roles, i, line.key))

    def get_takeover(
        self, tx: Transaction, message: records.GetTakeover
    ) -> records.GetTakeoverReply:
        """Public: whoever deals with this node may know where its books come from."""
        return records.GetTakeoverReply(self.state.takeover, self.state.next)

    @staticmethod
    def apply_taken_over(
        state: records.TakeoverState, event: records.TakenOver, tx: Transaction
    ) -> records.TakeoverState:
        return _with_next(event.takeover, event.takeover.carried)

    @staticmethod
    def apply_part_carried(
        state: records.TakeoverState, event: records.PartCarried, tx: Transaction
    ) -> records.TakeoverState:
        return _with_next(state.takeover, event.next)


def _with_next(takeover, following):
    status = "complete" if following == records.ZEROS else "carrying"
    return records.TakeoverState(status, takeover, following)

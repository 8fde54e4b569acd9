"""A party: somebody with a key, roles, and a nonce that only grows."""

from runtime.actor import (
    Denied,
    Done,
    Transaction,
    canonical,
    commands,
    errors,
    evolve,
    records,
)
from runtime.actor.entity import Entity

# Users enrol and the operator provisions: both by their own signature alone.
REGISTRABLE = ("auditor", "charity", "partner", "publisher", "source", "witness")


class Party(Entity):
    """Knows a party's key and uses up the nonces of its commands."""

    kind = "party"
    blank = records.PartyState("unknown", b"", (), 0)
    table = {
        "unknown": {
            "register_party": ("registered",),
            "register_self": ("registered",),
            "carry_party": ("registered",),
        },
        "registered": {
            "accept_command": ("registered",),
            "carry_party": ("registered",),
            "register_self": ("registered",),
            "rotate_key": ("registered",),
        },
    }
    reads = ("get_party", "next_nonce", "party_roles")

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, (records.NextNonce, records.RotateKey)):
            return tx.signer
        return message.party

    def register_party(self, tx: Transaction, message: records.RegisterParty) -> Done:
        """Register a party that both it and the operator have signed for."""
        key, own = tx.enclosures
        if len(key) != records.PUBLIC_KEY.size or commands.party_id(key) != message.party:
            raise errors.Unauthorized(
                "the enclosed key is not the party's", "the key whose hash is the party's id"
            )
        check_roles(message.roles)
        agreed = canonical([tx.node.id, message.party, message.roles])
        if not tx.node.crypto.verify(key, commands.REGISTRATION, agreed, own):
            raise errors.Unauthorized(
                "the party's own signature is not valid",
                "its signature over node, party and roles",
                "have the party sign its registration",
            )
        tx.attach("public-key", key)
        tx.attach("registration-signature", own)
        return Done(None, records.PartyRegistered(message.roles))

    def register_self(self, tx: Transaction, message: records.RegisterSelf) -> Done:
        """Register whoever signed the command of this transaction with an enclosed key."""
        state = self.state
        if "witness" in state.roles:
            raise errors.Refused(
                "a witness holds no other role", "an id that is no witness", "use another key"
            )
        self._check_nonce(tx.command.nonce)
        accepted = records.CommandAccepted(tx.command.nonce)
        if state.status == "registered":
            roles = tuple(sorted(set(state.roles + message.roles)))
            return Done(None, records.RolesAdded(roles), accepted)
        tx.attach("public-key", tx.enclosures[0])
        return Done(None, records.PartyRegistered(message.roles), accepted)

    def carry_party(self, tx: Transaction, message: records.CarryParty) -> Done:
        """Be who one was on a node that is dead; whoever is here already has roles more."""
        state = self.state
        if state.status == "unknown":
            return Done(None, records.PartyCarried(message.roles, message.index, message.key))
        roles = tuple(sorted(set(state.roles + message.roles)))
        if roles == state.roles or "witness" in roles:
            return Done(None)
        return Done(None, records.RolesAdded(roles))

    def rotate_key(self, tx: Transaction, message: records.RotateKey) -> Done:
        """Take another key, which agrees; the old one has signed the command."""
        key, own = tx.enclosures
        if len(key) != records.PUBLIC_KEY.size or commands.party_id(key) != message.successor:
            raise errors.Unauthorized(
                "the enclosed key is not the successor", "the key whose id was signed for"
            )
        agreed = canonical([tx.node.id, self.id, message.successor])
        if not tx.node.crypto.verify(key, commands.ROTATION, agreed, own):
            raise errors.Unauthorized(
                "the new key's own signature is not valid",
                "its signature over node, party and successor",
            )
        tx.attach("public-key", key)
        tx.attach("rotation-signature", own)
        return Done(None, records.KeyRotated(message.successor))

    def accept_command(self, tx: Transaction, message: records.AcceptCommand) -> Done | Denied:
        """Check that the party may, and use up the nonce."""
        self._check_nonce(message.nonce)
        accepted = records.CommandAccepted(message.nonce)
        if not message.role or message.role in self.state.roles:
            return Done(None, accepted)
        held = ", ".join(self.state.roles)
        error = errors.Unauthorized(
            f"{tx.command.method} by a party that is {held}", f"one that is {message.role}"
        )
        if message.logged:
            return Denied(error, accepted)
        raise error

    def _check_nonce(self, nonce):
        if nonce <= self.state.nonce:
            raise errors.Stale(
                f"the nonce is {nonce}",
                f"at least {self.state.nonce + 1}",
                "ask next_nonce and sign again",
            )

    def next_nonce(self, tx: Transaction, message: records.NextNonce) -> records.NextNonceReply:
        """The next nonce, for the party itself."""
        return records.NextNonceReply(self.state.nonce + 1)

    def get_party(self, tx: Transaction, message: records.GetParty) -> records.GetPartyReply:
        """The roles that are anybody's business."""
        roles = [role for role in self.state.roles if role != "user"]
        return records.GetPartyReply(tuple(roles))

    def party_roles(self, tx: Transaction, message: records.PartyRoles) -> tuple[str, ...]:
        """Roles of the party."""
        return self.state.roles

    @staticmethod
    def apply_party_registered(
        state: records.PartyState, event: records.PartyRegistered, tx: Transaction
    ) -> records.PartyState:
        return records.PartyState("registered", tx.attached("public-key"), event.roles, state.nonce)

    @staticmethod
    def apply_party_carried(
        state: records.PartyState, event: records.PartyCarried, tx: Transaction
    ) -> records.PartyState:
        start = event.index * records.PUBLIC_KEY.size
        key = bytes(tx.attached("public-keys")[start : start + records.PUBLIC_KEY.size])
        return records.PartyState("registered", key, event.roles, state.nonce)

    @staticmethod
    def apply_roles_added(
        state: records.PartyState, event: records.RolesAdded, tx: Transaction
    ) -> records.PartyState:
        return evolve(state, roles=event.roles)

    @staticmethod
    def apply_key_rotated(
        state: records.PartyState, event: records.KeyRotated, tx: Transaction
    ) -> records.PartyState:
        return evolve(state, public_key=tx.attached("public-key"))

    @staticmethod
    def apply_command_accepted(
        state: records.PartyState, event: records.CommandAccepted, tx: Transaction
    ) -> records.PartyState:
        return evolve(state, nonce=event.nonce)


def check_roles(roles):
    """Refuse roles that nobody can be registered for, or not together."""
    if not roles or list(roles) != sorted(set(roles)):
        raise errors.Refused("the roles are not ascending", "one or more roles, each once")
    for role in roles:
        if role not in REGISTRABLE:
            raise errors.Refused(f"nobody is registered as {role}", ", ".join(REGISTRABLE))
    if "witness" in roles and len(roles) > 1:
        raise errors.Refused("a witness holds no other role", "witness alone")

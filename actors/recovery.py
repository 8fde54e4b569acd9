"""The recovery key: split among three witnesses, two of whom open a dead node's journal."""

from runtime.actor import (
    Done,
    Later,
    Transaction,
    canonical,
    commands,
    decode,
    errors,
    records,
    shares,
)
from runtime.actor.entity import Entity


class Recovery(Entity):
    """Splits a key that nobody ever has whole, and hands each witness its share.

    Key and slope are drawn by the node, which keeps neither: the store takes what it needs of the
    key, and each share is sealed to its holder. A later split is of another key.
    """

    kind = "recovery"
    blank = records.RecoveryState("none", 0, (), ())
    table = {
        "none": {"share_recovery": ("shared",)},
        "shared": {"share_recovery": ("shared",)},
    }
    reads = ("get_share",)

    def share_recovery(self, tx: Transaction, message: records.ShareRecovery) -> Done:
        """Split a new key among witnesses who agree."""
        self._check_holders(tx, message)
        secret = tx.entropy("recovery")
        parts = shares.split(secret, tx.entropy("recovery-slope"))
        node, commitments = tx.node, []
        for i in range(shares.HOLDERS):
            sealed = node.seal(message.keys[i], commands.RECOVERY_SHARE, parts[i], 0)
            tx.attach("witness-signature", tx.enclosures[i])
            tx.attach("sealed-share", canonical(sealed))
            commitments.append(commands.share_commitment(node.id, tx.sequence, i + 1, parts[i]))
        made = records.RecoverySplit(node.id, tx.sequence, message.witnesses, tuple(commitments))
        tx.sign(commands.RECOVERY_SPLIT, canonical(made))
        tx.afterwards.append(lambda: node.store.recoverable(secret))
        return Done(
            records.ShareRecoveryReply(made),
            records.RecoveryShared(made.witnesses, made.commitments),
        )

    def _check_holders(self, tx, message):
        if not len(set(message.witnesses)) == len(message.keys) == shares.HOLDERS:
            raise errors.Refused("the holders are not three", "three witnesses, and a key of each")
        for i in range(shares.HOLDERS):
            witness = message.witnesses[i]
            if "witness" not in tx.ask("party", witness, records.PartyRoles()):
                raise errors.Unauthorized(
                    f"{witness.hex()[:16]} is no witness", "three registered witnesses"
                )
            agreed = canonical([tx.node.id, witness, message.keys[i]])
            if not tx.node.crypto.verify(
                tx.node.key_of(witness), commands.RECOVERY_KEY, agreed, tx.enclosures[i]
            ):
                raise errors.Unauthorized(
                    f"the signature of witness {witness.hex()[:16]} is not valid",
                    "its signature over node, witness and key",
                    "have the witness give its recovery key anew",
                )

    def get_share(self, tx: Transaction, message: records.GetShare) -> Later:
        """A holder's own share, sealed to it."""
        state = self.state
        if tx.signer not in state.witnesses:
            raise errors.Missing(
                "you hold no share of the recovery key", "a witness of the last split"
            )
        holder, node = state.witnesses.index(tx.signer), tx.node
        made = records.RecoverySplit(node.id, state.position, state.witnesses, state.commitments)
        operator_key = node.key_of(node.operator)

        def reply():
            beside = node.journal.attached
            sealed = beside(made.position, "sealed-share")[holder]
            signature = beside(made.position, "node-signature")[0]
            share = decode(records.Sealed, sealed)
            return records.GetShareReply(made, signature, holder + 1, share, operator_key)

        return Later(reply)

    @staticmethod
    def apply_recovery_shared(
        state: records.RecoveryState, event: records.RecoveryShared, tx: Transaction
    ) -> records.RecoveryState:
        return records.RecoveryState("shared", tx.sequence, event.witnesses, event.commitments)

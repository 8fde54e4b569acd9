"""The charter: what a node was provisioned with."""

from runtime.actor import Done, Entity, Transaction, records


class Charter(Entity):
    """Binds the operator's key, once."""

    kind = "charter"
    blank = records.CharterState("unprovisioned", records.ZEROS)
    table = {
        "unprovisioned": {"provision": ("provisioned",)},
        "provisioned": {},
    }

    def provision(self, tx: Transaction, message: records.Provision) -> Done:
        """Bind whoever signed as operator."""
        tx.ask("party", tx.signer, records.RegisterSelf(("operator",)))
        return Done(records.ProvisionReply(tx.signer), records.Provisioned(tx.signer))

    @staticmethod
    def apply_provisioned(
        state: records.CharterState, event: records.Provisioned, tx: Transaction
    ) -> records.CharterState:
        return records.CharterState("provisioned", event.operator)

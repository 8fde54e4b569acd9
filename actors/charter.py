"""The charter: what a node was provisioned with."""

from runtime.actor import Done, Entity, records

RegisterSelf = records.INTERNAL["register_self"]
Provisioned = records.EVENTS["provisioned"]
ProvisionReply = records.REPLIES["provision"]


class Charter(Entity):
    """Binds the operator's key, once."""

    kind = "charter"
    blank = records.STATES["charter"]("unprovisioned", records.ZEROS)
    table = {
        "unprovisioned": {"provision": ("provisioned",)},
        "provisioned": {},
    }

    def provision(self, tx, message):
        """Bind whoever signed as operator."""
        tx.ask("party", tx.signer, RegisterSelf(("operator",)))
        return Done(ProvisionReply(tx.signer), Provisioned(tx.signer))

    @staticmethod
    def apply_provisioned(state, event, tx):
        return records.STATES["charter"]("provisioned", event.operator)

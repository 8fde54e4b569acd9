"""The charter: what a node was provisioned with."""

from runtime.actor import Done, Transaction, canonical, commands, errors, evolve, records
from runtime.actor.entity import Entity


class Charter(Entity):
    """Binds the operator's key, once."""

    kind = "charter"
    blank = records.CharterState("unprovisioned", records.ZEROS, 0)
    table = {
        "unprovisioned": {"provision": ("provisioned",)},
        "provisioned": {"set_clock": ("provisioned",)},
    }

    reads = ("list_edges",)

    def provision(self, tx: Transaction, message: records.Provision) -> Done:
        """Bind whoever signed as operator."""
        tx.ask("party", tx.signer, records.RegisterSelf(("operator",)))
        return Done(records.ProvisionReply(tx.signer), records.Provisioned(tx.signer))

    def set_clock(self, tx: Transaction, message: records.SetClock) -> Done:
        """Move the clock forward; far only with two witnesses."""
        clock = tx.node.clock
        if message.time <= tx.time:
            raise errors.Refused("the clock would not move forward", f"later than {tx.time} ns")
        step = message.time - tx.time
        witnessed = step > clock.free_step() or not clock.is_set
        if witnessed:
            self._check_witnesses(tx, message)
        tx.afterwards.append(lambda: clock.set(message.time, witnessed))
        return Done(None, records.ClockSet(message.time))

    def _check_witnesses(self, tx, message):
        if len(set(message.witnesses)) != 2:
            raise errors.Unauthorized(
                "the step is too large for the operator alone",
                f"two witnesses, or a step of at most {tx.node.clock.free_step() // 10**9} s",
            )
        content = canonical([tx.node.id, message.time])
        for i in range(2):
            witness = message.witnesses[i]
            roles = tx.ask("party", witness, records.PartyRoles())
            key = tx.node.key_of(witness)
            if "witness" not in roles or not tx.node.crypto.verify(
                key, commands.CLOCK, content, tx.enclosures[i]
            ):
                raise errors.Unauthorized(
                    f"the signature of witness {witness.hex()[:16]} is not valid",
                    "its signature over node and time",
                )
            tx.attach("witness-signature", tx.enclosures[i])

    def list_edges(self, tx: Transaction, message: records.ListEdges) -> records.ListEdgesReply:
        """What follows from an id in the graph."""
        rows, after = tx.node.page("edge." + message.edge, message.source, message)
        return records.ListEdgesReply(tuple(rows), after)

    @staticmethod
    def apply_clock_set(
        state: records.CharterState, event: records.ClockSet, tx: Transaction
    ) -> records.CharterState:
        return evolve(state, clock=event.time)

    @staticmethod
    def apply_provisioned(
        state: records.CharterState, event: records.Provisioned, tx: Transaction
    ) -> records.CharterState:
        return records.CharterState("provisioned", event.operator, state.clock)

"""Settlement rules: who gets which share. They never change; new rules have a new id."""

from runtime.actor import Done, Transaction, errors, make_id, records
from runtime.actor.entity import Entity

WHOLE = 10000  # basis points


def rules_id(shares):
    """Id of rules: hash of their shares."""
    return make_id("optin/v1/rules", shares)


class Rules(Entity):
    """Four shares in basis points."""

    kind = "rules"
    blank = records.RulesState("undefined", records.Shares(0, 0, 0, 0))
    table = {"undefined": {"define_rules": ("defined",)}, "defined": {}}
    reads = ("get_rules", "get_shares")

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, records.DefineRules):
            return rules_id(message.shares)
        return message.rules

    def define_rules(self, tx: Transaction, message: records.DefineRules) -> Done:
        """Define rules whose shares sum to the whole."""
        total = sum(message.shares)
        if total != WHOLE:
            raise errors.Refused(f"the shares sum to {total} basis points", str(WHOLE))
        return Done(records.DefineRulesReply(self.id), records.RulesDefined(message.shares))

    def get_rules(self, tx: Transaction, message: records.GetRules) -> records.GetRulesReply:
        """The shares, for anyone."""
        return records.GetRulesReply(self.get_shares(tx, records.GetShares()))

    def get_shares(self, tx: Transaction, message: records.GetShares) -> records.Shares:
        """The shares."""
        if self.state.status != "defined":
            raise errors.Missing("there are no such settlement rules", "the id define_rules gave")
        return self.state.shares

    @staticmethod
    def apply_rules_defined(
        state: records.RulesState, event: records.RulesDefined, tx: Transaction
    ) -> records.RulesState:
        return records.RulesState("defined", event.shares)

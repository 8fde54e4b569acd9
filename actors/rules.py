"""Settlement rules: who gets which share. They never change; new rules have a new id."""

from runtime.actor import Done, Entity, errors, make_id, records

RulesState = records.STATES["rules"]
RulesDefined = records.EVENTS["rules_defined"]
DefineRulesReply = records.REPLIES["define_rules"]

WHOLE = 10000  # basis points


def rules_id(shares):
    """Id of rules: hash of their shares."""
    return make_id("optin/v1/rules", shares)


class Rules(Entity):
    """Four shares in basis points."""

    kind = "rules"
    blank = RulesState("undefined", records.Shares(0, 0, 0, 0))
    table = {"undefined": {"define_rules": ("defined",)}, "defined": {}}
    reads = ("get_shares",)

    @classmethod
    def address(cls, message, tx):
        return rules_id(message.shares)

    def define_rules(self, tx, message):
        """Define rules whose shares sum to the whole."""
        total = sum(message.shares)
        if total != WHOLE:
            raise errors.Refused(f"the shares sum to {total} basis points", str(WHOLE))
        return Done(DefineRulesReply(self.id), RulesDefined(message.shares))

    def get_shares(self, tx, message):
        """The shares."""
        if self.state.status != "defined":
            raise errors.Missing("there are no such settlement rules", "the id define_rules gave")
        return self.state.shares

    @staticmethod
    def apply_rules_defined(state, event, tx):
        return RulesState("defined", event.shares)

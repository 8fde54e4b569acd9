"""Weights of the composite score: the one thing that a model may change, by name and version."""

from actors.rules import WHOLE
from runtime.actor import Done, Transaction, errors, records
from runtime.actor.entity import Entity

DEFAULT = records.Weights("default", 4000, 3500, 2500)


class Weights(Entity):
    """The weights in force."""

    kind = "weights"
    blank = records.WeightsState("open", DEFAULT)
    table = {"open": {"define_weights": ("open",)}}
    reads = ("get_weights",)

    def define_weights(self, tx: Transaction, message: records.DefineWeights) -> Done:
        """Change the weights; scores are as of now, so they change with them."""
        weights = message.weights
        total = weights.authentication + weights.engagement + weights.sharing
        if total != WHOLE:
            raise errors.Refused(f"the weights sum to {total} basis points", str(WHOLE))
        if not weights.model or weights.model == self.state.weights.model:
            raise errors.Refused("the weights do not name a new version of the model", "a new name")
        return Done(None, records.WeightsDefined(weights))

    def get_weights(self, tx: Transaction, message: records.GetWeights) -> records.Weights:
        """The weights, for scores."""
        return self.state.weights

    @staticmethod
    def apply_weights_defined(
        state: records.WeightsState, event: records.WeightsDefined, tx: Transaction
    ) -> records.WeightsState:
        return records.WeightsState("open", event.weights)

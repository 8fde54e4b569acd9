"""The access log of a view record: every look, granted or refused."""

from runtime.actor import Done, Transaction, evolve, records
from runtime.actor.entity import Entity


class Access(Entity):
    """Counts; the journal keeps the rest."""

    kind = "access"
    blank = records.AccessState("open", 0, 0)
    reads = ("get_completion",)
    table = {"open": {"optin_log_access": ("open",), "forget": ("open",)}}

    def optin_log_access(self, tx: Transaction, message: records.OptinLogAccess) -> Done:
        """Log one look; the result is whether it is the first that was granted."""
        first = message.granted and self.state.granted == 0
        return Done(
            first,
            records.AccessLogged(
                message.partner,
                message.requested,
                message.returned,
                message.address,
                message.granted,
            ),
        )

    def get_completion(self, tx: Transaction, message: records.GetCompletion) -> bool:
        """Whether a view was granted before."""
        return self.state.granted > 0

    @staticmethod
    def apply_access_logged(
        state: records.AccessState, event: records.AccessLogged, tx: Transaction
    ) -> records.AccessState:
        if event.granted:
            return evolve(state, granted=state.granted + 1)
        return evolve(state, refused=state.refused + 1)

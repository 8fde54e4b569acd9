"""The id of an event that counted towards a score: it counts once."""

from actors.retention import erase_key
from runtime.actor import Done, Transaction, errors, make_id, records
from runtime.actor.entity import Entity


def activity_id(source, event):
    """Id of an event of a source."""
    return make_id("optin/v1/activity", source, event)


class ActivityEvent(Entity):
    """Takes its id once."""

    kind = "activity"
    blank = records.ActivityState("new", records.ZEROS, 0)
    table = {
        "new": {"accept_event": ("counted",)},
        "counted": {"accept_event": (), "forget": ("new",)},
    }

    indexes = {
        "erase.activity": lambda state: (
            erase_key(state.time, "activity") if state.status == "counted" else None
        )
    }

    def accept_event(self, tx: Transaction, message: records.AcceptEvent) -> Done:
        """Use up the id."""
        if self.state.status != "new":
            raise errors.Refused("this event was counted before", "an event id not used yet")
        return Done(None, records.EventAccepted(message.source))

    @staticmethod
    def apply_event_accepted(
        state: records.ActivityState, event: records.EventAccepted, tx: Transaction
    ) -> records.ActivityState:
        return records.ActivityState("counted", event.source, tx.time)

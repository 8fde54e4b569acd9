"""Retention: what was kept as long as it must be is erased, and nothing else.

Activity is kept for 365 days, codes, escrow, views and settlements for seven years: an engagement
from when its money was distributed or went back, and then all of it at once, its view record too.
Balances, offers, parties and payment references stay; their entries' sums are carried over.
"""

from runtime.actor import Done, Transaction, errors, records
from runtime.actor.entity import Entity

ROOM = 56  # events of one transaction that things forgotten may take

# Index of what is due by time: (kind, message, events that it may lead to).
FORGOTTEN = {
    "erase.code": ("code", records.Forget, 6),
    "erase.hop": ("hop", records.Forget, 2),
    "erase.activity": ("activity", records.Forget, 1),
    "erase.score": ("score", records.ForgetActivities, 1),
}


def erase_key(since, scope):
    """Key in an index of what is to be erased, ascending by time.

    Args:
        since: time from which on it is kept, ns.
        scope: how long, see KEPT of the schema.
    """
    return (since + records.KEPT[scope]).to_bytes(8, "big")


class Retention(Entity):
    """Counts what it had erased."""

    kind = "retention"
    blank = records.RetentionState("keeping", 0, 0)
    table = {"keeping": {"erase_due": ("keeping",)}}
    reads = ("get_retention",)

    def erase_due(self, tx: Transaction, message: records.EraseDue) -> Done:
        """Erase a batch of what is due: things first, then the entries that nothing holds."""
        states, left = self._forget(tx)
        due = tx.node.retention.due(tx.time, tx.blanked())
        entries = len(due.entries) + len(due.values)
        if not states and not entries:
            raise errors.NotAllowedNow(
                "nothing is due to be erased", "a later time; get_retention tells from when on"
            )
        more = left or due.full
        tx.afterwards.append(lambda: tx.node.retention.erase(due))
        if not more:
            tx.afterwards.append(tx.node.checkpoints.want_states)
        return Done(
            records.EraseDueReply(states, entries, more),
            records.Erased(
                states, tuple(due.entries), tuple(due.values), due.carried, due.carried_payees
            ),
        )

    def _forget(self, tx):
        """Forget what is due, as far as there is room; (how many things, whether some are left)."""
        room, now, states = ROOM, tx.time.to_bytes(8, "big"), 0
        for index in sorted(FORGOTTEN):
            kind, message, events = FORGOTTEN[index]
            for key, entity in tx.node.store.scan(index, b"", None, room // events + 1):
                if key > now:
                    break
                if room < events:
                    return states, True
                tx.ask(kind, entity, message())
                room -= events
                states += 1
        return states, False

    def get_retention(
        self, tx: Transaction, message: records.GetRetention
    ) -> records.GetRetentionReply:
        """What was erased, and when something is due next."""
        due = tx.node.retention.next(sorted(FORGOTTEN))
        return records.GetRetentionReply(self.state.entries, self.state.states, due)

    @staticmethod
    def apply_erased(
        state: records.RetentionState, event: records.Erased, tx: Transaction
    ) -> records.RetentionState:
        entries = state.entries + len(event.entries) + len(event.values)
        return records.RetentionState("keeping", state.states + event.states, entries)

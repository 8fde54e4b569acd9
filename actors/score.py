"""A user's activity score: three dimensions of what registered sources saw within a year."""

from actors.activity import activity_id
from actors.retention import erase_key
from runtime.actor import Done, Transaction, errors, evolve, records
from runtime.actor.entity import Entity

DAY = 86400 * 10**9  # ns
YEAR = 365 * DAY
MAX_POINTS = 1000  # of one event; and of a dimension, where it saturates at 100
JUMP = 30  # points of composite within a day that people do not make

DIMENSIONS = {
    "ApiVerification": "authentication",
    "FormCompletion": "engagement",
    "QuestionAsked": "engagement",
    "DocumentDownload": "engagement",
    "SurveyCompleted": "engagement",
    "ReferralMade": "sharing",
    "ForumPost": "sharing",
}


def oldest_key(state):
    """Key of a score in the index of what is to be erased: by its oldest activity."""
    kept = state.authentication + state.engagement + state.sharing
    return erase_key(min([seen.time for seen in kept]), "activity") if kept else None


class Score(Entity):
    """Keeps what can still count, and computes the score as of now."""

    kind = "score"
    blank = records.ScoreState("open", (), (), ())
    table = {"open": {"optin_record_event": ("open",), "forget_activities": ("open",)}}
    reads = ("optin_get_score", "optin_compute_score")
    indexes = {"erase.score": lambda state: oldest_key(state)}

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        return message.user

    def optin_record_event(self, tx: Transaction, message: records.OptinRecordEvent) -> Done:
        """Count an event of a registered source, once."""
        if "user" not in tx.ask("party", self.id, records.PartyRoles()):
            raise errors.Missing("the user is not enrolled", "an enrolled user")
        if not 1 <= message.points <= MAX_POINTS:
            raise errors.Refused(f"{message.points} points", f"1 to {MAX_POINTS}")
        if message.time > tx.time:
            raise errors.Refused("the event is in the future", "a time that has come")
        if tx.time - message.time >= YEAR:
            raise errors.Refused("the event is a year old", "one of the last 365 days")
        tx.ask("activity", activity_id(tx.signer, message.event), records.AcceptEvent(tx.signer))
        return Done(None, records.ActivityRecorded(message.type, message.points, message.time))

    def forget_activities(self, tx: Transaction, message: records.ForgetActivities) -> Done:
        """Erase what counts no more."""
        return Done(None, records.ActivitiesForgotten(tx.time - YEAR))

    def optin_get_score(
        self, tx: Transaction, message: records.OptinGetScore
    ) -> records.OptinGetScoreReply:
        """The score, for its user and the operator."""
        if tx.signer not in (self.id, tx.node.operator):
            raise errors.Unauthorized("the score is another user's", "that user or the operator")
        return records.OptinGetScoreReply(self._score(tx))

    def optin_compute_score(
        self, tx: Transaction, message: records.OptinComputeScore
    ) -> records.Score:
        """The score, for a new code."""
        return self._score(tx)

    def _score(self, tx):
        weights = tx.ask("weights", records.SINGLETON, records.GetWeights())
        now = self._dimensions(tx.time, tx.time + 1)
        composite = _composite(weights, now)
        before = _composite(weights, self._dimensions(tx.time, tx.time - DAY))
        return records.Score(
            now[0], now[1], now[2], composite, composite - before >= JUMP, weights.model
        )

    def _dimensions(self, now, until):
        """Dimensions of events younger than a year that happened before `until`."""
        state = self.state
        return [
            min(100, sum([a.points for a in seen if now - a.time < YEAR and a.time < until]) // 10)
            for seen in (state.authentication, state.engagement, state.sharing)
        ]

    @staticmethod
    def apply_activity_recorded(
        state: records.ScoreState, event: records.ActivityRecorded, tx: Transaction
    ) -> records.ScoreState:
        dimension = DIMENSIONS[event.type]
        seen = list(getattr(state, dimension)) + [records.Activity(event.time, event.points)]
        return evolve(state, **{dimension: newest(seen)})

    @staticmethod
    def apply_activities_forgotten(
        state: records.ScoreState, event: records.ActivitiesForgotten, tx: Transaction
    ) -> records.ScoreState:
        left = [
            tuple([activity for activity in seen if activity.time > event.until])
            for seen in (state.authentication, state.engagement, state.sharing)
        ]
        return records.ScoreState("open", *left)


def newest(seen):
    """As many of the newest events as can ever count.

    A dimension saturates at 1,000 points, and older events leave the year before newer ones do:
    what lies behind 1,000 newer points never counts again. Those of the last day are kept apart
    from that, for a jump is measured against the day before; of one dimension never more than
    1,024 events are kept.
    """
    seen = sorted(seen)
    latest = seen[-1].time
    kept, points = [], 0
    for activity in reversed(seen):
        if points >= MAX_POINTS:
            break
        kept.append(activity)
        if latest - activity.time > DAY:
            points += activity.points
    return tuple(sorted(kept)[-1024:])


def _composite(weights, dimensions):
    return (
        weights.authentication * dimensions[0]
        + weights.engagement * dimensions[1]
        + weights.sharing * dimensions[2]
    ) // 10000

"""A reservation: money of an account held for one engagement code."""

from runtime.actor import Done, Transaction, evolve, make_id, records
from runtime.actor.entity import Entity


def reservation_id(code):
    """Id of the reservation of a code."""
    return make_id("optin/v1/reservation", code)


class Reservation(Entity):
    """Reserved, then released or cancelled; each moves the account's money with it."""

    kind = "reservation"
    blank = records.ReservationState("none", records.ZEROS, records.ZEROS, 0, records.ZEROS)
    table = {
        "none": {"optin_reserve_against": ("reserved",)},
        "reserved": {
            "optin_release_on_completion": ("released",),
            "cancel_reservation": ("cancelled",),
            "expire_reservation": ("expired",),
        },
        "released": {"forget": ("none",)},
        "cancelled": {"forget": ("none",)},
        "expired": {"forget": ("none",)},
    }
    reads = ("get_reservation",)
    indexes = {"edge.holds": lambda state: state.code if state.status != "none" else None}

    def optin_reserve_against(self, tx: Transaction, message: records.OptinReserveAgainst) -> Done:
        """Hold the amount of an account, or refuse: both or neither."""
        tx.ask("account", message.account, records.ReserveFunds(message.amount))
        return Done(None, records.ReservationMade(message.account, message.code, message.amount))

    def optin_release_on_completion(
        self, tx: Transaction, message: records.OptinReleaseOnCompletion
    ) -> Done:
        """Release the amount for a settlement."""
        tx.ask("account", self.state.account, records.ReleaseFunds(self.state.amount))
        return Done(None, records.ReservationReleased(message.settlement))

    def cancel_reservation(self, tx: Transaction, message: records.CancelReservation) -> Done:
        """Give the amount back to the account."""
        tx.ask("account", self.state.account, records.ReturnFunds(self.state.amount))
        return Done(None, records.ReservationCancelled())

    def expire_reservation(self, tx: Transaction, message: records.ExpireReservation) -> Done:
        """Nobody used the amount in time: it goes back to the account."""
        tx.ask("account", self.state.account, records.ExpireFunds(self.state.amount))
        return Done(None, records.ReservationExpired())

    def get_reservation(
        self, tx: Transaction, message: records.GetReservation
    ) -> records.ReservationState:
        """The state, for a settlement."""
        return self.state

    @staticmethod
    def apply_reservation_made(
        state: records.ReservationState, event: records.ReservationMade, tx: Transaction
    ) -> records.ReservationState:
        return records.ReservationState(
            "reserved", event.account, event.code, event.amount, records.ZEROS
        )

    @staticmethod
    def apply_reservation_released(
        state: records.ReservationState, event: records.ReservationReleased, tx: Transaction
    ) -> records.ReservationState:
        return evolve(state, status="released", settlement=event.settlement)

    @staticmethod
    def apply_reservation_cancelled(
        state: records.ReservationState, event: records.ReservationCancelled, tx: Transaction
    ) -> records.ReservationState:
        return evolve(state, status="cancelled")

    @staticmethod
    def apply_reservation_expired(
        state: records.ReservationState, event: records.ReservationExpired, tx: Transaction
    ) -> records.ReservationState:
        return evolve(state, status="expired")

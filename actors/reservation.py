"""A reservation: money of an account held for one engagement code."""

from runtime.actor import Done, Entity, evolve, make_id, records

ReservationState = records.STATES["reservation"]
ReservationMade = records.EVENTS["reservation_made"]
ReservationReleased = records.EVENTS["reservation_released"]
ReservationCancelled = records.EVENTS["reservation_cancelled"]
ReserveFunds = records.INTERNAL["reserve_funds"]
ReleaseFunds = records.INTERNAL["release_funds"]
ReturnFunds = records.INTERNAL["return_funds"]


def reservation_id(code):
    """Id of the reservation of a code."""
    return make_id("optin/v1/reservation", code)


class Reservation(Entity):
    """Reserved, then released or cancelled; each moves the account's money with it."""

    kind = "reservation"
    blank = ReservationState("none", records.ZEROS, records.ZEROS, 0, records.ZEROS)
    table = {
        "none": {"optin_reserve_against": ("reserved",)},
        "reserved": {
            "optin_release_on_completion": ("released",),
            "cancel_reservation": ("cancelled",),
        },
        "released": {},
        "cancelled": {},
    }
    reads = ("get_reservation",)

    def optin_reserve_against(self, tx, message):
        """Hold the amount of an account, or refuse: both or neither."""
        tx.ask("account", message.account, ReserveFunds(message.amount))
        return Done(None, ReservationMade(message.account, message.code, message.amount))

    def optin_release_on_completion(self, tx, message):
        """Release the amount for a settlement."""
        tx.ask("account", self.state.account, ReleaseFunds(self.state.amount))
        return Done(None, ReservationReleased(message.settlement))

    def cancel_reservation(self, tx, message):
        """Give the amount back to the account."""
        tx.ask("account", self.state.account, ReturnFunds(self.state.amount))
        return Done(None, ReservationCancelled())

    def get_reservation(self, tx, message):
        """The state, for a settlement."""
        return self.state

    @staticmethod
    def apply_reservation_made(state, event, tx):
        return ReservationState("reserved", event.account, event.code, event.amount, records.ZEROS)

    @staticmethod
    def apply_reservation_released(state, event, tx):
        return evolve(state, status="released", settlement=event.settlement)

    @staticmethod
    def apply_reservation_cancelled(state, event, tx):
        return evolve(state, status="cancelled")

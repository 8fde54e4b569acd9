"""A payment reference: money that came in is credited once."""

from runtime.actor import Done, Transaction, errors, make_id, records
from runtime.actor.entity import Entity


def payment_id(reference):
    """Id of a payment: hash of its reference."""
    return make_id("optin/v1/payment", reference)


class Payment(Entity):
    """Takes its reference once."""

    kind = "payment"
    blank = records.PaymentState("new", records.ZEROS)
    table = {"new": {"accept_payment": ("credited",)}, "credited": {"accept_payment": ()}}

    def accept_payment(self, tx: Transaction, message: records.AcceptPayment) -> Done:
        """Use up the reference."""
        if self.state.status != "new":
            raise errors.Refused(
                "this payment reference was credited before",
                "a reference that was not used yet",
                "look the deposit up before making another",
            )
        return Done(None, records.PaymentAccepted(message.account))

    @staticmethod
    def apply_payment_accepted(
        state: records.PaymentState, event: records.PaymentAccepted, tx: Transaction
    ) -> records.PaymentState:
        return records.PaymentState("credited", event.account)

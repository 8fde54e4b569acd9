"""A payment reference: money that came in is credited once."""

from runtime.actor import Done, Entity, errors, make_id, records

PaymentState = records.STATES["payment"]
PaymentAccepted = records.EVENTS["payment_accepted"]


def payment_id(reference):
    """Id of a payment: hash of its reference."""
    return make_id("optin/v1/payment", reference)


class Payment(Entity):
    """Takes its reference once."""

    kind = "payment"
    blank = PaymentState("new", records.ZEROS)
    table = {"new": {"accept_payment": ("credited",)}, "credited": {"accept_payment": ()}}

    def accept_payment(self, tx, message):
        """Use up the reference."""
        if self.state.status != "new":
            raise errors.Refused("this payment reference was credited before",
                                 "a reference that was not used yet",
                                 "look the deposit up before making another")  # fmt: skip
        return Done(None, PaymentAccepted(message.account))

    @staticmethod
    def apply_payment_accepted(state, event, tx):
        return PaymentState("credited", event.account)

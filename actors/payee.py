"""A payee: what a party earned in one currency."""

from actors.account import MAX_AMOUNT
from runtime.actor import Done, Transaction, errors, evolve, make_id, records
from runtime.actor.entity import Entity


def payee_id(party, currency):
    """Id of a party's balance in a currency."""
    return make_id("optin/v1/payee-account", party, currency)


def payee_reference(nonce, party):
    """How a payee is named in a statement: only who knows the code's nonce can tell whom."""
    return make_id("optin/v1/payee", nonce, party)


class Payee(Entity):
    """Earns."""

    kind = "payee"
    blank = records.PayeeState("none", records.ZEROS, bytes(8), 0, 0, 0)
    table = {
        "none": {"credit_payee": ("open",), "carry_money": ("open",)},
        "open": {
            "credit_payee": ("open",),
            "carry_money": ("open",),
            "withdraw_balance": ("open",),
        },
    }
    reads = ("get_balance", "list_balances")
    indexes = {
        "payee.by_currency": lambda state: state.currency if state.status == "open" else None
    }

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, records.ListBalances):
            return records.SINGLETON
        if isinstance(message, records.WithdrawBalance):
            return payee_id(tx.signer, message.currency)
        return payee_id(message.party, message.currency)

    def credit_payee(self, tx: Transaction, message: records.CreditPayee) -> Done:
        """Add to the balance."""
        self._need_room(message.amount)
        return Done(None, records.PayeeCredited(message.party, message.currency, message.amount))

    def carry_money(self, tx: Transaction, message: records.CarryMoney) -> Done:
        """Have the balance that one had on a node that is dead."""
        self._need_room(message.amount)
        return Done(None, records.BalanceCarried(message.party, message.currency, message.amount))

    def _need_room(self, amount):
        if self.state.earned + amount > MAX_AMOUNT:
            raise errors.Refused("the payee's balance cannot hold that much", "an amount that fits")

    def withdraw_balance(self, tx: Transaction, message: records.WithdrawBalance) -> Done:
        """Pay out what was earned, on the payee's own signature."""
        if message.amount == 0:
            raise errors.Refused("the withdrawal is of nothing", "an amount above zero")
        if message.amount > self.state.balance:
            raise errors.NoFunds(
                f"the balance is {self.state.balance} micro-units", f"at least {message.amount}"
            )
        return Done(
            records.WithdrawBalanceReply(self.state.balance - message.amount),
            records.PayeePaid(message.currency, message.amount),
        )

    def get_balance(self, tx: Transaction, message: records.GetBalance) -> records.GetBalanceReply:
        """Balance, for the payee and the operator."""
        if tx.signer not in (message.party, tx.node.operator):
            raise errors.Unauthorized("the balance is another party's", "the payee or the operator")
        return records.GetBalanceReply(self.state.balance, self.state.earned)

    def list_balances(
        self, tx: Transaction, message: records.ListBalances
    ) -> records.ListBalancesReply:
        """Balances of all payees of a currency."""
        rows, after = tx.node.page("payee.by_currency", message.currency, message)
        lines = []
        for row in rows:
            state = tx.node.state_of("payee", row)
            lines.append(
                records.PayeeLine(state.party, state.balance, state.earned, state.withdrawn)
            )
        return records.ListBalancesReply(tuple(lines), after)

    @staticmethod
    def apply_payee_credited(
        state: records.PayeeState, event: records.PayeeCredited, tx: Transaction
    ) -> records.PayeeState:
        blank = (
            state
            if state.status == "open"
            else records.PayeeState("open", event.party, event.currency, 0, 0, 0)
        )
        return evolve(
            blank, balance=blank.balance + event.amount, earned=blank.earned + event.amount
        )

    apply_balance_carried = apply_payee_credited

    @staticmethod
    def apply_payee_paid(
        state: records.PayeeState, event: records.PayeePaid, tx: Transaction
    ) -> records.PayeeState:
        return evolve(
            state, balance=state.balance - event.amount, withdrawn=state.withdrawn + event.amount
        )

"""An escrow account: one partner's money in one currency."""

from actors.payment import payment_id
from runtime.actor import Done, Transaction, errors, evolve, make_id, records
from runtime.actor.entity import Entity

MAX_AMOUNT = (1 << 64) - 1


def account_id(partner, currency):
    """Id of a partner's account in a currency."""
    return make_id("optin/v1/account", partner, currency)


def available(state):
    """What an account can still promise: deposited less all that is spoken for."""
    return state.deposited - state.reserved - state.released - state.expired - state.withdrawn


class Account(Entity):
    """Moves money between available, reserved and released; never below zero, never past u64."""

    kind = "account"
    blank = records.AccountState("none", records.ZEROS, bytes(8), 0, 0, 0, 0, 0, 0, 0)
    table = {
        "none": {"optin_deposit_escrow": ("open",), "carry_money": ("open",)},
        "open": {
            "optin_deposit_escrow": ("open",),
            "carry_money": ("open",),
            "reserve_funds": ("open",),
            "release_funds": ("open",),
            "return_funds": ("open",),
            "expire_funds": ("open",),
            "withdraw_escrow": ("open",),
        },
    }
    reads = ("get_account", "list_accounts", "check_funds")
    indexes = {
        "account.by_currency": lambda state: state.currency if state.status == "open" else None
    }

    @classmethod
    def address(cls, message, tx: Transaction) -> bytes:
        if isinstance(message, records.ListAccounts):
            return records.SINGLETON
        if isinstance(message, records.WithdrawEscrow):
            return account_id(tx.signer, message.currency)
        return account_id(message.partner, message.currency)

    def optin_deposit_escrow(self, tx: Transaction, message: records.OptinDepositEscrow) -> Done:
        """Credit a payment."""
        roles = tx.ask("party", message.partner, records.PartyRoles())
        if "partner" not in roles:
            raise errors.Missing("the party to credit is no partner", "a registered partner")
        check_currency(message.currency)
        if message.amount == 0:
            raise errors.Refused("the deposit is of nothing", "an amount above zero")
        self._need_room(message.amount)
        tx.ask("payment", payment_id(message.reference), records.AcceptPayment(self.id))
        return Done(
            records.OptinDepositEscrowReply(self.id, available(self.state) + message.amount),
            records.Deposited(message.partner, message.currency, message.amount),
        )

    def carry_money(self, tx: Transaction, message: records.CarryMoney) -> Done:
        """Have what the account could promise on a node that is dead."""
        self._need_room(message.amount)
        return Done(None, records.FundsCarried(message.party, message.currency, message.amount))

    def _need_room(self, amount):
        if self.state.deposited + amount > MAX_AMOUNT:
            raise errors.Refused(
                "the account cannot hold that much",
                f"at most {MAX_AMOUNT - self.state.deposited} more",
            )

    def check_funds(self, tx: Transaction, message: records.CheckFunds) -> None:
        """Refuse an amount that is not available."""
        self._need(message.amount)

    def _need(self, amount):
        left = available(self.state)
        if self.state.status == "none" or left < amount:
            raise errors.NoFunds(
                f"{left} micro-units are available", f"at least {amount}", "deposit first"
            )

    def reserve_funds(self, tx: Transaction, message: records.ReserveFunds) -> Done:
        """Hold an amount."""
        self._need(message.amount)
        return Done(None, records.FundsReserved(message.amount))

    def release_funds(self, tx: Transaction, message: records.ReleaseFunds) -> Done:
        """Let a held amount go to payees."""
        return Done(None, records.FundsReleased(message.amount))

    def return_funds(self, tx: Transaction, message: records.ReturnFunds) -> Done:
        """Give a held amount back."""
        return Done(None, records.FundsReturned(message.amount))

    def expire_funds(self, tx: Transaction, message: records.ExpireFunds) -> Done:
        """Let a held amount expire, and take it back at once: both are kept as lifetime counts."""
        if self.state.expired_ever + message.amount > MAX_AMOUNT:
            raise errors.Refused("the account cannot count that much expired", "a count that fits")
        return Done(
            None, records.FundsExpired(message.amount), records.FundsReclaimed(message.amount)
        )

    def withdraw_escrow(self, tx: Transaction, message: records.WithdrawEscrow) -> Done:
        """Pay available money back to the partner."""
        if message.amount == 0:
            raise errors.Refused("the withdrawal is of nothing", "an amount above zero")
        self._need(message.amount)
        left = available(self.state) - message.amount
        return Done(records.WithdrawEscrowReply(left), records.FundsWithdrawn(message.amount))

    def get_account(self, tx: Transaction, message: records.GetAccount) -> records.GetAccountReply:
        """Balances, for the partner and the operator."""
        if tx.signer not in (message.partner, tx.node.operator):
            raise errors.Unauthorized(
                "the account is another partner's", "its partner or the operator"
            )
        if self.state.status == "none":
            raise errors.Missing("there is no such account", "an account with a deposit")
        return records.GetAccountReply(_line(self.state), available(self.state))

    def list_accounts(
        self, tx: Transaction, message: records.ListAccounts
    ) -> records.ListAccountsReply:
        """Balances of all accounts of a currency."""
        rows, after = tx.node.page("account.by_currency", message.currency, message)
        states = [tx.node.state_of("account", row) for row in rows]
        return records.ListAccountsReply(tuple([_line(state) for state in states]), after)

    @staticmethod
    def apply_deposited(
        state: records.AccountState, event: records.Deposited, tx: Transaction
    ) -> records.AccountState:
        return evolve(
            state,
            status="open",
            partner=event.partner,
            currency=event.currency,
            deposited=state.deposited + event.amount,
        )

    apply_funds_carried = apply_deposited

    @staticmethod
    def apply_funds_expired(
        state: records.AccountState, event: records.FundsExpired, tx: Transaction
    ) -> records.AccountState:
        return evolve(
            state,
            reserved=state.reserved - event.amount,
            expired=state.expired + event.amount,
            expired_ever=state.expired_ever + event.amount,
        )

    @staticmethod
    def apply_funds_reclaimed(
        state: records.AccountState, event: records.FundsReclaimed, tx: Transaction
    ) -> records.AccountState:
        return evolve(
            state,
            expired=state.expired - event.amount,
            reclaimed_ever=state.reclaimed_ever + event.amount,
        )

    @staticmethod
    def apply_funds_withdrawn(
        state: records.AccountState, event: records.FundsWithdrawn, tx: Transaction
    ) -> records.AccountState:
        return evolve(state, withdrawn=state.withdrawn + event.amount)

    @staticmethod
    def apply_funds_reserved(
        state: records.AccountState, event: records.FundsReserved, tx: Transaction
    ) -> records.AccountState:
        return evolve(state, reserved=state.reserved + event.amount)

    @staticmethod
    def apply_funds_released(
        state: records.AccountState, event: records.FundsReleased, tx: Transaction
    ) -> records.AccountState:
        return evolve(
            state, reserved=state.reserved - event.amount, released=state.released + event.amount
        )

    @staticmethod
    def apply_funds_returned(
        state: records.AccountState, event: records.FundsReturned, tx: Transaction
    ) -> records.AccountState:
        return evolve(state, reserved=state.reserved - event.amount)


def _line(state):
    return records.AccountLine(
        state.partner,
        state.deposited,
        state.reserved,
        state.released,
        state.expired,
        state.withdrawn,
        state.expired_ever,
        state.reclaimed_ever,
    )


def check_currency(currency):
    """Refuse what is not three capital letters and five zeros."""
    letters = currency[:3]
    if currency[3:] != bytes(5) or not all([65 <= letter <= 90 for letter in letters]):
        raise errors.Refused(
            "the currency is no ISO 4217 code", "three capital letters, zero-padded"
        )

"""What a settlement must be: in the journal, and exported by itself."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.host.audit.known import Known, account_of
from runtime.host.audit.parties import WHOLE
from runtime.host.audit.report import show
from runtime.host.audit.turn import Turn
from runtime.host.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.errors import Malformed
from runtime.wire.records import ZEROS
from runtime.wire.schema import canonical, make_id, spec_of

SETTLEMENTS = make_id("optin/v1/chain", "settlement")


def split(amount: int, shares: records.Shares, payees: records.Payees) -> records.Amounts:
    """The amounts that rules give: the publisher takes the rest, the user what nobody else can."""
    platform, user, affiliate = (amount * share // WHOLE for share in shares[:3])
    publisher = amount - platform - user - affiliate
    if payees.affiliate is None:
        user, affiliate = user + affiliate, 0
    if payees.publisher is None:
        user, publisher = user + publisher, 0
    return records.Amounts(platform, user, affiliate, publisher)


def optin_settle_engagement(
    known: Known, turn: Turn, message: records.OptinSettleEngagement
) -> None:
    """Two witnesses signed exactly what the rules give; everybody is paid, once."""
    code = known.code(turn, message.code, "activated", "revoked")
    made = code.made
    known.check.each(
        "settlements", f"code {show(message.code)}",
        (turn.signer in (known.operator, made.partner), "signed by another party",
         "the operator or the partner"),
        (code.completed, "settled before a view was granted", "a completed engagement"),
        (code.settlement == ZEROS, "settled again", "once"),
    )  # fmt: skip
    amounts = split(made.amount, known.rules[made.rules], made.payees)
    statement = records.Statement(
        known.node, message.code, made.reservation, code.consent, made.rules, made.payees, amounts
    )
    recorded = turn.first("settlement_recorded").statement
    for name, found, due in zip(statement._fields, recorded, statement, strict=True):
        known.check(
            name if name in ("payees", "amounts") else "settlements", found == due,
            f"the {name} of the statement: {show(found)}", show(due),
        )  # fmt: skip
    settlement = make_id("optin/v1/settlement", statement)
    known.check(
        "settlements", message.settlement == settlement,
        f"the settlement asked for is {show(message.settlement)}",
        f"{show(settlement)}, the hash of the statement",
    )  # fmt: skip
    witnesses, allowed = message.witnesses, known.offer(made.offer).witnesses
    known.check(
        "witnesses", len(set(witnesses)) == 2 and set(witnesses) <= set(allowed),
        "the witnesses are " + ", ".join(show(witness) for witness in witnesses),
        "two different of " + ", ".join(show(witness) for witness in allowed),
    )  # fmt: skip
    for index, witness in enumerate(witnesses):
        known.check.signed(
            "witness signatures", known.party(witness).key, commands.WITNESS, statement,
            turn.attachment("witness-signature", index), f"that of witness {show(witness)}",
        )  # fmt: skip
    known.node_signed(turn, commands.SETTLEMENT, statement)
    previous, known.settlement = known.settlement, settlement
    if previous is None:
        previous = turn.first("settlement_recorded").previous
    code.settlement = settlement
    if code.status == "activated":
        code.status = "settled"
    turn.expect("account", account_of(made), records.FundsReleased(made.amount))
    turn.expect("reservation", made.reservation, records.ReservationReleased(settlement))
    for party, amount in zip(code.paid, amounts, strict=True):
        if amount and party is not None:
            payee = make_id("optin/v1/payee-account", party, made.currency)
            turn.expect("payee", payee, records.PayeeCredited(party, made.currency, amount))
    turn.expect("code", message.code, records.CodeSettled(settlement))
    turn.expect("chain", SETTLEMENTS, records.ChainExtended(settlement))
    link = records.SettlementRecorded(previous, statement, witnesses, made.partner)
    turn.expect("settlement", settlement, link)


def withdraw_balance(known: Known, turn: Turn, message: records.WithdrawBalance | None) -> None:
    """A payee takes out what it earned; where payees are not shown, no more than all of them."""
    asked = message or turn.first("payee_paid")
    payee = make_id("optin/v1/payee-account", turn.signer, asked.currency)
    if turn.is_shown_in_part:
        payee = bytes(asked.currency)
    balance = known.ledger.payees[payee]
    known.check(
        "withdrawals", 0 < asked.amount <= balance,
        f"{asked.amount} of the {balance} of payee {show(payee)}",
        "an amount above zero, and no more than the balance",
    )  # fmt: skip
    turn.expect("payee", payee, records.PayeePaid(asked.currency, asked.amount))


def verify_settlement(
    record: records.SettlementRecord, node_public_key: bytes, witness_keys: Mapping[bytes, bytes]
) -> tuple[bool, str]:
    """Verify an exported settlement by itself, offline.

    It shows that the node and two witnesses signed this statement, and that its amounts follow
    the shares. The time is nobody's signature's; only the journal proves it.

    Args:
        record: as `get_settlement` gives it.
        node_public_key: ML-DSA-87 key (2,592 bytes) of the node, known from elsewhere.
        witness_keys: ML-DSA-87 keys of the offer's witnesses by party id, known from elsewhere.

    Returns:
        (yes or no, the reason).
    """
    try:
        record = spec_of(records.SettlementRecord).build(record)
    except Malformed as error:
        return False, str(error)
    statement, shares = record.statement, record.shares
    if commands.node_id(node_public_key) != statement.node:
        return False, "the statement names another node than the one whose key this is"
    if sum(shares) != WHOLE or make_id("optin/v1/rules", shares) != statement.rules:
        return False, "the shares are not those of the rules that the statement names"
    if statement.amounts != split(sum(statement.amounts), shares, statement.payees):
        return False, "the amounts are not what the shares give of their sum"
    witnesses = [signed.witness for signed in record.witnesses]
    if len(witnesses) < 2 or len(set(witnesses)) != len(witnesses):
        return False, f"{len(set(witnesses))} different witnesses signed; two must"
    crypto, content = Crypto(), canonical(statement)
    for signed in record.witnesses:
        key = witness_keys.get(signed.witness)
        if key is None:
            return False, f"{show(signed.witness)} is none of the offer's witnesses"
        if not crypto.verify(key, commands.WITNESS, content, signed.signature):
            return False, f"the signature of witness {show(signed.witness)} is not valid"
    if not crypto.verify(node_public_key, commands.SETTLEMENT, content, record.signature):
        return False, "the node's signature is not valid"
    return True, "signed by the node and two of its offer's witnesses, amounts by the rules"

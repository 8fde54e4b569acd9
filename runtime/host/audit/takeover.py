"""What a node takes over from one that is dead."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.host.audit.known import Known, Party
from runtime.host.audit.report import show
from runtime.host.audit.turn import Turn
from runtime.wire import commands, records
from runtime.wire.records import ZEROS
from runtime.wire.schema import make_id

KEY = records.PUBLIC_KEY.size


def take_over(known: Known, turn: Turn, message: records.TakeOver) -> None:
    """Right behind the provisioning, two witnesses say from whom this node takes over, and what."""
    takeover, witnesses = message.takeover, message.witnesses
    known.check.each(
        "takeover", "of " + show(takeover.predecessor),
        (turn.position == 1, f"it is entry {turn.position}", "entry 1, behind the provisioning"),
        (takeover.successor == known.node != takeover.predecessor,
         f"it is by node {show(takeover.successor)}", show(known.node)),
        (len(set(witnesses)) == 2, f"{len(set(witnesses))} different witnesses", "two"),
    )  # fmt: skip
    for index, witness in enumerate(witnesses):
        key = turn.attachment("witness-key", index)
        known.check.signed(
            "witness signatures", key, commands.TAKEOVER, takeover,
            turn.attachment("witness-signature", index), f"that of witness {show(witness)}",
        )  # fmt: skip
        known.vouched[witness] = key
    known.check.report.takeover = known.takeover = takeover
    known.next_part = takeover.carried
    known.check.report.is_carried = takeover.carried == ZEROS
    turn.expect("takeover", records.SINGLETON, records.TakenOver(takeover, witnesses))


def carry_over(known: Known, turn: Turn, message: records.CarryOver) -> None:
    """The part that was announced: parties, accounts, payment references."""
    _part(known, turn, message)
    _parties(known, turn, message.parties)
    for line in message.accounts:
        account = make_id("optin/v1/account", line.party, line.currency)
        turn.expect("account", account, records.FundsCarried(*line))
    for payment in message.payments:
        known.check(
            "deposits", payment not in known.payments,
            f"payment {show(payment)} is carried over again", "once",
        )  # fmt: skip
        known.payments.add(payment)
        turn.expect("payment", payment, records.PaymentAccepted(ZEROS))
    _follow(known, turn, message.next)


def carry_users(known: Known, turn: Turn, message: records.CarryUsers | None) -> None:
    """The part that was announced: users, and payees' balances."""
    if message is None:
        turn.expected += [event for event in turn.events
                          if event.name in ("party_carried", "roles_added", "balance_carried")
                          ]  # fmt: skip
        _follow(known, turn, turn.first("part_carried").next)
        return
    _part(known, turn, message)
    _parties(known, turn, message.parties)
    for line in message.payees:
        payee = make_id("optin/v1/payee-account", line.party, line.currency)
        turn.expect("payee", payee, records.BalanceCarried(*line))
    _follow(known, turn, message.next)


def _part(known: Known, turn: Turn, message: records.CarryOver | records.CarryUsers) -> None:
    found = commands.carried_id(message)
    known.check(
        "takeover", known.takeover is not None and found == known.next_part != ZEROS,
        f"part {show(found)} is carried over", f"part {show(known.next_part)}, as was agreed to",
    )  # fmt: skip


def _follow(known: Known, turn: Turn, following: bytes) -> None:
    known.next_part = following
    known.check.report.is_carried = following == ZEROS
    turn.expect("takeover", records.SINGLETON, records.PartCarried(following))


def _parties(known: Known, turn: Turn, lines: Iterable[records.CarriedParty]) -> None:
    keys = turn.attachment("public-keys")
    for index, line in enumerate(lines):
        here = known.parties.get(line.party)
        if here is not None:
            roles = tuple(sorted({*here.roles, *line.roles}))
            if roles != here.roles and "witness" not in roles:
                here.roles = roles
                turn.expect("party", line.party, records.RolesAdded(roles))
            continue
        key = None
        if keys is None:
            known.check.report.erased["public keys"] += 1
        else:
            key = keys[KEY * index : KEY * (index + 1)]
            known.check(
                "public keys", commands.party_id(key) == line.key,
                f"key {index} is that of {show(commands.party_id(key))}", show(line.key),
            )  # fmt: skip
        known.parties[line.party] = Party(key, line.roles)
        turn.expect("party", line.party, records.PartyCarried(line.roles, index, line.key))

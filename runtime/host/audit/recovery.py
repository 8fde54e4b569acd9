"""What a recovery key that is split comes to."""

from __future__ import annotations

from runtime.host.audit.known import Known
from runtime.host.audit.report import show
from runtime.host.audit.turn import Turn
from runtime.wire import commands, records

HOLDERS = 3


def share_recovery(known: Known, turn: Turn, message: records.ShareRecovery) -> None:
    """Three witnesses agree to hold the shares that the node says it made."""
    witnesses, keys = message.witnesses, message.keys
    known.check(
        "recovery key",
        len(set(witnesses)) == len(keys) == HOLDERS
        and all("witness" in known.party(witness).roles for witness in witnesses),
        "the holders are " + ", ".join(map(show, witnesses)), "three different witnesses",
    )  # fmt: skip
    for index, (witness, key) in enumerate(zip(witnesses, keys, strict=True)):
        known.check.signed(
            "witness signatures", known.party(witness).key, commands.RECOVERY_KEY,
            [known.node, witness, key], turn.attachment("witness-signature", index),
            f"that of witness {show(witness)}",
        )  # fmt: skip
    made = turn.first("recovery_shared")
    known.check(
        "recovery key", len(set(made.commitments)) == HOLDERS,
        f"{len(set(made.commitments))} different shares", str(HOLDERS),
    )  # fmt: skip
    split = records.RecoverySplit(known.node, turn.position, witnesses, made.commitments)
    known.node_signed(turn, commands.RECOVERY_SPLIT, split)
    known.holders = witnesses
    turn.expect("recovery", records.SINGLETON, records.RecoveryShared(witnesses, made.commitments))

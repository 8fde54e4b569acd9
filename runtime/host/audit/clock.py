"""The node's clock: the operator may step it forward, far only with two witnesses.

How far is not far depends on how long the machine was up and how much was stepped since. Nobody
can know that from a journal, but it was up no longer than since a year before the first entry:
whoever switches a node on provisions it sooner. A step beyond what even that allows needs the
witnesses. Signatures that are there must be right, whatever the step.
"""

from __future__ import annotations

from runtime.host.audit.known import Known
from runtime.host.audit.report import show
from runtime.host.audit.turn import Turn
from runtime.wire import commands, records

SECOND = 10**9  # ns
FREE = 60 * SECOND  # that the operator may step alone
SHARE = 1000  # and this part of the uptime
YEAR = 365 * 86400 * SECOND


def set_clock(known: Known, turn: Turn, message: records.SetClock) -> None:
    """Time moves forward, and two witnesses agree if it moves far."""
    step = message.time - turn.time
    known.check(
        "clock", step > 0, f"the clock was set from {turn.time} to {message.time} ns",
        "a time to come",
    )  # fmt: skip
    since = max(0, (known.began or turn.time) - YEAR)
    alone = FREE + (turn.time - since) // SHARE
    if step > alone or "witness-signature" in turn.attached:
        _witnessed(known, turn, message, f"a step of {step // SECOND} s")
    known.clock = message.time
    turn.expect("charter", records.SINGLETON, records.ClockSet(message.time))


def _witnessed(known: Known, turn: Turn, message: records.SetClock, what: str) -> None:
    witnesses = message.witnesses
    known.check(
        "clock",
        len(set(witnesses)) == 2
        and all("witness" in known.party(witness).roles for witness in witnesses),
        what + " by " + (", ".join(map(show, witnesses)) or "the operator alone"),
        "two witnesses",
    )  # fmt: skip
    for index, witness in enumerate(witnesses):
        known.check.signed(
            "witness signatures", known.party(witness).key, commands.CLOCK,
            [known.node, message.time], turn.attachment("witness-signature", index),
            f"that of witness {show(witness)}",
        )  # fmt: skip

"""Entities on Pykka: states, events, drafts, supervision, activation and passivation.

What `actors/` needs of the rest of the product, it imports from here, and Entity from its own
module: that is on Pykka, which a node loads with its first entity.
"""

from runtime.actor.directory import Directory
from runtime.actor.outcome import Denied, Done, Later
from runtime.actor.supervision import DeadLetters, Escalated, Supervisor
from runtime.actor.transaction import Transaction
from runtime.wire import commands, errors, proofs, records, shares
from runtime.wire.schema import canonical, decode, evolve, make_id, unpack

__all__ = [
    "DeadLetters",
    "Denied",
    "Directory",
    "Done",
    "Escalated",
    "Later",
    "Supervisor",
    "Transaction",
    "canonical",
    "commands",
    "decode",
    "errors",
    "evolve",
    "make_id",
    "proofs",
    "records",
    "shares",
    "unpack",
]

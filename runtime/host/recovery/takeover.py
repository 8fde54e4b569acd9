"""A new node takes over from a dead one: what witnesses agree to, and how it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from runtime.host import steps
from runtime.host.audit.auditor import follow_bundle
from runtime.host.audit.bundle import read_bundle
from runtime.host.audit.known import Known
from runtime.host.audit.report import Report
from runtime.host.client import Client, Done
from runtime.host.crypto import Crypto
from runtime.host.recovery.carried import Part, first_id, parts
from runtime.host.recovery.opening import hold_against
from runtime.host.recovery.shares import Holder
from runtime.wire import commands, records
from runtime.wire.errors import Refused
from runtime.wire.records import ZEROS, SignedHead
from runtime.wire.schema import canonical


class TakeoverRefused(Refused):
    """Journal, agreements and node do not belong together; says which is wrong."""


class Agreement(NamedTuple):
    """A witness's word that a node takes over."""

    takeover: bytes  # canonical Takeover
    witness: bytes
    public_key: bytes
    signature: bytes  # over the takeover


class Estate(NamedTuple):
    """A recovered journal that holds, and what goes over from it."""

    known: Known
    entries: int
    root: bytes
    parts: list[Part]

    def takeover_by(self, successor: bytes) -> records.Takeover:
        """What witnesses sign for a node (id, 32 bytes) to take over."""
        return records.Takeover(
            self.known.node, self.entries, self.root, successor, first_id(self.parts)
        )


def read_estate(path: str, heads: Iterable[SignedHead] = ()) -> Estate:
    """Verify a recovered journal from its first entry to its last.

    Args:
        path: what `optin recover open` wrote.
        heads: that the reader was shown of the node while it lived.

    Raises:
        TakeoverRefused: it does not hold, or is none that was recovered.
        NotOpened: it is not what one of the heads is over.
    """
    journal = list(read_bundle(path).entries)
    report, known = follow_bundle(path)
    if report.failure or known is None:
        raise TakeoverRefused(
            f"{path} does not hold: {report.failure}", "a journal as optin recover open wrote it"
        )
    if report.beyond is None or known.root is None:
        raise TakeoverRefused(
            f"{path} is the journal of a node that lived when it was exported",
            "one that was recovered: optin recover open",
        )
    if any(entry.shown is not None for entry in journal):
        raise TakeoverRefused(
            f"{path} does not show whom it is about", "a journal that is whole, not an auditor's"
        )
    hold_against(journal, heads)
    return Estate(known, report.entries, known.root, parts(known))


def heads_of(path: str, known: Callable[[bytes], SignedHead | None]) -> list[SignedHead]:
    """The last head that somebody was shown of the node whose journal it is; none, or one.

    Args:
        path: of the journal.
        known: function of the id of a node to that head.
    """
    head = known(read_bundle(path).identity.node)
    return [head] if head else []


def agree(estate: Estate, successor: bytes, witness: Holder) -> Agreement:
    """Agree, as a witness of the dead node, that another takes over.

    Raises:
        TakeoverRefused: the witness is none of those who may.
    """
    _check_witness(estate.known, witness.id, witness.public_key)
    content = canonical(estate.takeover_by(successor))
    return Agreement(
        content, witness.id, witness.public_key, witness.sign(commands.TAKEOVER, content)
    )


def _check_witness(known: Known, witness: bytes, key: bytes | None) -> None:
    """Refuse who was no witness of the dead node, or, once its key was split, holds no share."""
    party = known.parties.get(witness)
    if party is None or "witness" not in party.roles or party.key != key:
        raise TakeoverRefused(
            f"{witness.hex()[:16]} was no witness of the dead node, or had another key",
            "one of its witnesses, with the key it had last",
        )
    if known.holders and witness not in known.holders:
        raise TakeoverRefused(
            f"witness {witness.hex()[:16]} holds no share of the recovery key",
            "two of " + ", ".join(each.hex()[:16] for each in known.holders),
        )


async def take_over(
    client: Client, operator: Holder, estate: Estate, agreements: Sequence[Agreement]
) -> list[Done]:
    """Provision a new node as the successor, or go on where that was interrupted.

    Returns:
        What came of each command.

    Raises:
        TakeoverRefused: an agreement is not to this.
    """
    takeover = estate.takeover_by(client.identity.node)
    if len({each.witness for each in agreements}) != 2 or len(agreements) != 2:
        raise TakeoverRefused(f"{len(agreements)} agreements", "two, of different witnesses")
    for each in agreements:
        _check_witness(estate.known, each.witness, each.public_key)
        if each.takeover != canonical(takeover) or not Crypto().verify(
            each.public_key, commands.TAKEOVER, each.takeover, each.signature
        ):
            raise TakeoverRefused(
                f"the agreement of witness {each.witness.hex()[:16]} is not to this takeover",
                f"its signature for node {takeover.successor.hex()[:16]} and this very journal",
                "have the witness agree anew: optin recover agree",
            )
    done = []
    if client.identity.operator is None:
        done.append(await steps.provision(client, operator))
    state = await client.read(records.GetTakeover())
    if state.takeover is None:
        request = records.TakeOver(takeover, tuple(each.witness for each in agreements))
        enclosures = [part for each in agreements for part in (each.public_key, each.signature)]
        done.append(await client.command(operator, request, enclosures))
    elif state.takeover != takeover:
        raise TakeoverRefused(
            "this node took over something else", f"from {takeover.predecessor.hex()[:16]}"
        )
    following = (await client.read(records.GetTakeover())).next
    for part in estate.parts:
        if part.id == following:
            done.append(await client.command(operator, part.request, [part.keys]))
            following = part.request.next
    if following != ZEROS:
        raise TakeoverRefused(
            f"the node waits for part {following.hex()[:16]}", "a part of this journal"
        )
    return done


def check_takeover(report: Report, successor: Known, estate: Estate) -> None:
    """Hold the journal of a successor against that of the dead node.

    Raises:
        TakeoverRefused: it is not what went over, or not all.
    """
    takeover = successor.takeover
    if takeover is None:
        raise TakeoverRefused("the node took over from no other", "one that did")
    for name, found, due in zip(
        takeover._fields, takeover, estate.takeover_by(successor.node), strict=True
    ):
        if found != due:
            shown = [each.hex()[:16] if isinstance(each, bytes) else str(each)
                     for each in (found, due)]  # fmt: skip
            raise TakeoverRefused(f"the {name} of the takeover is {shown[0]}", shown[1])
    for witness, key in successor.vouched.items():
        _check_witness(estate.known, witness, key)
    if not report.is_carried:
        raise TakeoverRefused("not all was carried over", f"{len(estate.parts)} parts")

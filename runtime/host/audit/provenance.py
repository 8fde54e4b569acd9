"""Provenance: the hops of each session, one behind the other."""

from __future__ import annotations

from runtime.host.audit.known import Known
from runtime.host.audit.report import Fails, show
from runtime.host.audit.turn import Turn
from runtime.wire import commands, records
from runtime.wire.records import ZEROS
from runtime.wire.schema import make_id


def record_hop(known: Known, turn: Turn, message: records.RecordHop | None) -> None:
    """Any party adds any hop but the node's own."""
    if turn.signer is None or message is None:
        found = turn.event("hop_recorded")
        _check_type(known, found.fields.type, None)
        _extend(known, turn, found.fields, found.entity)
        return
    _check_type(known, message.type, turn.signer)
    _extend(known, turn, records.Hop(
        known.node, message.session, message.previous, message.type, turn.signer, message.data
    ))  # fmt: skip


def _check_type(known: Known, hop: str, signer: bytes | None) -> None:
    known.check(
        "provenance", hop != "OptIn",
        f"party {show(signer or b'')} recorded an OptIn hop", "the node alone",
    )  # fmt: skip


def follow(known: Known, turn: Turn, consent: records.Consent, proof: bytes) -> None:
    """The node's OptIn hop cites the consent's proof, behind the hop that the user came by."""
    session: bytes | None = proof
    if consent.hop != ZEROS:
        session = known.hops.get(consent.hop)
        if session is None and known.missing:
            session = turn.first("hop_recorded").session
        if session is None:
            raise Fails(
                "provenance",
                f"the consent to code {show(consent.code)} cites hop {show(consent.hop)}",
                "a hop that was recorded, or zeros",
            )
    assert session is not None
    hop = records.Hop(known.node, session, consent.hop, "OptIn", known.node, proof)
    known.node_signed(turn, commands.HOP, hop, 1)
    _extend(known, turn, hop)


def _extend(known: Known, turn: Turn, hop: records.Hop, identity: bytes | None = None) -> None:
    """Make a hop its session's last; whoever knows all of it can compute its id."""
    last = known.last_hops.get(hop.session, hop.previous if known.missing else ZEROS)
    known.check(
        "provenance", hop.previous == last,
        f"a hop of session {show(hop.session)} follows {show(hop.previous)}",
        f"{show(last)}, the session's last",
    )  # fmt: skip
    identity = identity or make_id("optin/v1/hop", hop)
    known.hops[identity] = hop.session
    known.last_hops[hop.session] = identity
    turn.expect("hop", identity, records.HopRecorded(*hop))
    chain = make_id("optin/v1/chain", "session", hop.session)
    turn.expect("chain", chain, records.ChainExtended(identity))

"""What views come to."""

from __future__ import annotations

from runtime.host.audit.known import Known
from runtime.host.audit.turn import Turn
from runtime.host.audit.words import show
from runtime.wire import records


def optin_enforce_view(known: Known, turn: Turn, message: records.OptinEnforceView) -> None:
    """A grant shows requested and visible of an open record; refusals show nothing.

    Both are in the access log of the partner's own record. That a refusal is for a reply key
    other than the one signed for is not in the journal: the key is not.
    """
    view = known.views.get(message.record)
    if view is None or view.partner != turn.signer:
        return  # refused without a look
    logged = turn.first("access_logged")
    known.check(
        "views",
        not logged.granted or (view.open and not (view.until and turn.time >= view.until)),
        f"a view of record {show(message.record)} was granted",
        "a refusal: consent was taken back, or view_until has passed",
    )
    shown = bytes(a & b for a, b in zip(view.visible, message.requested, strict=True))
    returned = shown if logged.granted else bytes(32)
    access = records.AccessLogged(
        turn.signer, message.requested, returned, logged.address, logged.granted
    )
    turn.expect("access", message.record, access)
    if logged.granted and not view.granted:
        view.granted = True
        known.code(turn, view.code, "activated").completed = True
        turn.expect("code", view.code, records.CodeCompleted())

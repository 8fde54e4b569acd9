"""What a press would do, in plain words; and that it could be done now."""

from runtime.wire import records
from runtime.wire.errors import Missing, NotAllowedNow, Refused, Unauthorized

FORMS = {
    "ExactValue": "",
    "MetroAreaOnly": " (only the metro area)",
    "AgeRange": " (only an age range)",
    "BooleanOnly": " (only whether there is one)",
}
REVOCABLE = ("activated", "settled")  # states of a code whose consent can be taken back
DAY = 86400 * 10**9
MICRO = 1_000_000
DIGITS = 8  # of an id, for people to compare


def short(identity: bytes) -> str:
    """An id as people see it."""
    return identity.hex()[:DIGITS]


def money(amount: int, currency: bytes) -> str:
    """An amount of micro-units."""
    text = f"{amount // MICRO}.{amount % MICRO:06d}"
    while text.endswith("0") and text[-3] != ".":
        text = text[:-1]
    return text + " " + currency.rstrip(b"\x00").decode()


def activation(node, user: bytes, request: records.OptinActivateCode) -> list[str]:
    """Lines of a question about an opt-in.

    Raises:
        NodeError: it would be refused.
    """
    consent = request.consent
    code = _code(node, user, consent.code, "optin_activate_code", ("viewed",))
    if node.clock.now() >= code.expires_at:
        raise NotAllowedNow(
            "the code has expired", "a code before its expires_at", "ask for another"
        )
    terms = node.state_of("offer", code.offer).terms
    offered = (code.offer, terms.partner, terms.compensation, terms.amount, terms.currency)
    if offered != (
        consent.offer, consent.partner, consent.compensation, consent.amount, consent.currency,
    ):  # fmt: skip
        raise Refused("the consent is not to this offer", "all as offered", "read the offer again")
    names = {field.index: field.name for field in _fields(node)}
    shown = []
    for use in consent.fields:
        if use not in terms.required and use not in terms.optional:
            raise Refused(f"field {use.index} was not asked for", "fields and forms of the offer")
        shown.append(names[use.index] + FORMS[use.transform])
    return [
        "Let partner " + short(terms.partner) + " see of user " + short(user) + ":",
        "  " + ", ".join(shown),
        "for: " + terms.purpose,
        f"kept for {terms.retention // DAY} days, under the law of {terms.jurisdiction}; "
        f"{terms.compensation}, {money(terms.amount, terms.currency)} shared by the offer's rules",
    ]


def revocation(node, user: bytes, request: records.OptinRevokeCode) -> list[str]:
    """Lines of a question about taking consent back; raises as `activation`."""
    code = _code(node, user, request.code, "optin_revoke_code", REVOCABLE)
    return [
        "Take back what user " + short(user) + " let partner " + short(code.partner) + " see",
        "by code " + short(request.code) + ": no more views from now on",
    ]


def withdrawal(node, user: bytes, request: records.WithdrawBalance) -> list[str]:
    """Lines of a question about taking money out."""
    return [
        "Pay " + money(request.amount, request.currency) + " of what user " + short(user)
        + " has earned"
    ]  # fmt: skip


def export(node, user: bytes, request: records.ExportKey) -> list[str]:
    """Lines of a question about a key that is to leave."""
    return [
        "Give the key of user " + short(user) + " away, sealed under its passphrase:",
        "whoever has it can then consent without this node and without a press",
    ]


def everything(codes: int) -> list[str]:
    """Lines of the question about all consents of the keys that the node keeps."""
    return [f"Take back every consent given with a key kept here: {codes}"]


def _code(node, user, identity, method, allowed):
    code = node.state_of("code", identity)
    if code is None:
        raise Missing("there is no such code", "an id optin_generate_code gave")
    if code.user != user:
        raise Unauthorized("the code is another user's", "the user it was made for")
    if code.status not in allowed:
        raise NotAllowedNow(
            method + " on a code that is " + code.status, "one that is " + " or ".join(allowed)
        )
    return code


def _fields(node):
    state = node.state_of("fields", records.SINGLETON)
    return state.fields if state else ()

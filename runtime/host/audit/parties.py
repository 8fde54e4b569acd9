"""What parties, the registry of fields, rules and profiles come to."""

from __future__ import annotations

from runtime.host.audit.known import Known, Party
from runtime.host.audit.report import show
from runtime.host.audit.turn import Turn
from runtime.wire import commands, records
from runtime.wire.schema import make_id

WHOLE = 10000  # basis points
DEGRADED = {"postal_code": ("MetroAreaOnly",), "birth_date": ("AgeRange",)}  # forms by kind
REGISTRABLE = ("auditor", "charity", "partner", "publisher", "source", "witness")


def provision(known: Known, turn: Turn, message: records.Provision) -> None:
    """The operator is bound, once."""
    known.check("registrations", known.operator is None, "the node is provisioned again", "once")
    assert turn.signer is not None
    known.operator = turn.signer
    _register_self(known, turn, "operator")
    turn.expect("charter", records.SINGLETON, records.Provisioned(turn.signer))


def _register_self(known: Known, turn: Turn, role: str) -> None:
    assert turn.signer is not None
    before = known.parties.get(turn.signer, Party(None, ()))
    roles = tuple(sorted({role, *before.roles}))
    known.check(
        "registrations", "witness" not in roles,
        f"a witness becomes {role}", "a witness that holds no other role",
    )  # fmt: skip
    is_new = turn.signer not in known.parties
    key = turn.attachment("public-key") if is_new else before.key
    known.parties[turn.signer] = Party(key, roles, turn.command.nonce)
    event = records.PartyRegistered(roles) if is_new else records.RolesAdded(roles)
    turn.expect("party", turn.signer, event)


def register_party(known: Known, turn: Turn, message: records.RegisterParty) -> None:
    """Operator and party have both signed."""
    roles = message.roles
    known.check(
        "registrations", message.party not in known.parties,
        f"party {show(message.party)} is registered again", "once",
    )  # fmt: skip
    known.check(
        "registrations",
        bool(roles)
        and list(roles) == sorted(set(roles))
        and set(roles) <= set(REGISTRABLE)
        and ("witness" not in roles or len(roles) == 1),
        f"the roles are {', '.join(roles)}",
        "some of " + ", ".join(REGISTRABLE) + ", ascending, a witness alone",
    )
    key = known.attached_key(turn, message.party)
    known.check.signed(
        "registration signatures", key, commands.REGISTRATION, [known.node, message.party, roles],
        turn.attachment("registration-signature"), "the party's own",
    )  # fmt: skip
    known.parties[message.party] = Party(key, roles)
    turn.expect("party", message.party, records.PartyRegistered(roles))


def rotate_key(known: Known, turn: Turn, message: records.RotateKey) -> None:
    """The old key signed the command and the new one agreed; from now on the new one signs."""
    if turn.is_hidden or turn.signer is None:
        turn.expect("party", None, records.KeyRotated(records.ZEROS))
        return
    key = known.attached_key(turn, message.successor)
    known.check.signed(
        "rotation signatures", key, commands.ROTATION,
        [known.node, turn.signer, message.successor],
        turn.attachment("rotation-signature"), "that of the new key",
    )  # fmt: skip
    known.party(turn.signer).key = key
    turn.expect("party", turn.signer, records.KeyRotated(message.successor))


def define_field(known: Known, turn: Turn, message: records.DefineField) -> None:
    """Neither index nor name is used again."""
    new = message.field
    known.check(
        "registry",
        new.index not in known.fields
        and all(new.name != other.name for other in known.fields.values()),
        f"field {new.index}, {new.name!r:.60}, is defined again", "an index and a name not in use",
    )  # fmt: skip
    forms = ("ExactValue", "BooleanOnly", *DEGRADED.get(new.kind, ()))
    known.check(
        "registry", set(new.transforms) <= set(forms),
        f"field {new.index}, a {new.kind}, is shown as {', '.join(new.transforms)}",
        "some of " + ", ".join(forms),
    )  # fmt: skip
    known.fields[new.index] = new
    turn.expect("fields", records.SINGLETON, records.FieldDefined(new))


def define_rules(known: Known, turn: Turn, message: records.DefineRules) -> None:
    """Four shares of the whole; they never change."""
    rules = make_id("optin/v1/rules", message.shares)
    known.check(
        "rules", sum(message.shares) == WHOLE and rules not in known.rules,
        f"rules {show(rules)} share {sum(message.shares)} basis points, or exist already",
        f"{WHOLE}, once",
    )  # fmt: skip
    known.rules[rules] = message.shares
    turn.expect("rules", rules, records.RulesDefined(message.shares))


def enrol(known: Known, turn: Turn, message: records.Enrol | None) -> None:
    """A user enrols once, referred by one who is here already."""
    if message is None:
        turn.expected += [event for event in turn.events
                          if event.name in ("party_registered", "roles_added")
                          and "user" in event.fields.roles]  # fmt: skip
        turn.expect("profile", None, turn.first("enrolled"))
        return
    assert turn.signer is not None
    user, referrer = turn.signer, message.referrer
    known.check("registrations", user not in known.users, f"user {show(user)} enrols again", "once")
    known.check(
        "referrals", referrer is None or referrer in known.users,
        f"the referrer of user {show(user)} is "
        + ("the same user" if referrer == user else "not enrolled"),
        "another user, enrolled before",
    )  # fmt: skip
    known.users[user] = referrer
    _register_self(known, turn, "user")
    turn.expect("profile", user, records.Enrolled(referrer, message.commitment))


def update_fields(known: Known, turn: Turn, message: records.UpdateFields | None) -> None:
    """A user has new values."""
    commitment = (message or turn.first("fields_updated")).commitment
    turn.expect("profile", turn.signer, records.FieldsUpdated(commitment))

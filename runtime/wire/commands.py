"""Signed commands: how a party says what it wants so that nobody else can."""

from runtime.wire import records
from runtime.wire.schema import canonical, make_id, spec_of

PAIRING_MS = 120_000  # for a press at a new node: a lamp takes half a minute to say the code
FINGERPRINT = 10  # bytes of an id that people compare
TAG = "optin/v1/command"
ENROLMENT = b"optin/v1/enrolment"  # purpose of what is sealed to the node

# ML-DSA context strings (FIPS 204, section 5.2) of what is not a command
CLOCK = b"optin/v1/clock"
CODE = b"optin/v1/code"
COMMITMENT = b"optin/v1/commitment"
CONSENT = b"optin/v1/consent"
CONSENT_PROOF = b"optin/v1/consent-proof"
FIRMWARE = b"optin/v1/firmware"
HEAD = b"optin/v1/head"
CHECKPOINT = b"optin/v1/checkpoint"
MEASUREMENTS = b"optin/v1/measurements"
EXPORT = b"optin/v1/export"  # of the seal on a key that its user takes home
HELD = b"optin/v1/held"  # purpose of what is sealed to the node about a key that it keeps
HOP = b"optin/v1/hop"
PAIRWISE = b"optin/v1/pairwise"  # from which, with a partner's id, HKDF makes a pairwise seed
QUESTION = b"optin/v1/question"
RECOVERY_KEY = b"optin/v1/recovery-key"
RECOVERY_RELEASE = b"optin/v1/recovery-release"
RECOVERY_SESSION = b"optin/v1/recovery-session"
RECOVERY_SHARE = b"optin/v1/recovery-share"  # purpose of a sealed share
RECOVERY_SPLIT = b"optin/v1/recovery-split"
REGISTRATION = b"optin/v1/registration"
REPLACEMENT = b"optin/v1/replacement"
ROTATION = b"optin/v1/rotation"
SETTLEMENT = b"optin/v1/settlement"
TAKEOVER = b"optin/v1/takeover"
VIEW = b"optin/v1/view"  # purpose of a sealed view
WITNESS = b"optin/v1/witness"


def purpose(method: str) -> bytes:
    """Context string under which a command of `method` is signed."""
    return b"optin/v1/" + method.encode()


def command_hash(body: bytes) -> bytes:
    """By what a command is known: the hash of its signed bytes."""
    return make_id("optin/v1/command-hash", body)


def party_id(public_key: bytes) -> bytes:
    """Id of a party: hash of its first ML-DSA-87 key."""
    return make_id("optin/v1/party", public_key)


def pairwise_id(public_key: bytes) -> bytes:
    """Id by which one partner knows one user: hash of the pairwise key."""
    return make_id("optin/v1/pairwise", public_key)


def fingerprint(identity: bytes) -> str:
    """The first bytes of an id in groups of four hex digits, for people to compare."""
    digits = identity[:FINGERPRINT].hex()
    return "-".join([digits[at : at + 4] for at in range(0, len(digits), 4)])


def press_code(boot: bytes, command: bytes) -> str:
    """Six digits by which people see that two screens speak of one question.

    Args:
        boot: nonce of the node's boot.
        command: hash of the command that would be signed.
    """
    digest = make_id("optin/v1/press-code", boot, command)
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def pairing_code(channel: bytes) -> str:
    """Twelve digits by which people see that two ends are those of one channel.

    As many, so that nobody between two channels finds a signature that makes their codes equal.

    Args:
        channel: its id, 32 bytes.
    """
    digest = make_id("optin/v1/pairing-code", channel)
    return f"{int.from_bytes(digest[:16], 'big') % 10**12:012d}"


def export_id(passphrase_key: bytes) -> bytes:
    """By what the node knows a passphrase key (32 bytes) again, without keeping it."""
    return make_id("optin/v1/export", passphrase_key)


def access_id(access: bytes) -> bytes:
    """By what the node knows again who may use a key that it keeps."""
    return make_id("optin/v1/access", access)


def node_id(public_key: bytes) -> bytes:
    """Id of a node: hash of its identity key."""
    return make_id("optin/v1/node", public_key)


def share_commitment(node: bytes, position: int, holder: int, share: bytes) -> bytes:
    """By what a share of a recovery key is known: the hash of it and of where it belongs.

    Args:
        node: id of the node.
        position: of the entry that says who holds the shares.
        holder: 1 to 3.
        share: 32 bytes.
    """
    return make_id("optin/v1/recovery-share", node, position, holder, share)


def carried_id(part: tuple) -> bytes:
    """By what a part that is carried over is known: the hash of a request's fields."""
    return make_id("optin/v1/carried", *part)


def reply_key_id(kem_key: bytes) -> bytes:
    """Id of the one-time ML-KEM key to which a view is sealed."""
    return make_id("optin/v1/reply-key", kem_key)


def sign_command(
    sign, node: bytes, party: bytes, nonce: int, not_after: int, request: tuple, enclosures=()
) -> records.Signed:
    """Sign a request.

    Args:
        sign: function (purpose, message) to a signature.
        node: id of the node it is for.
        party: id of who signs.
        nonce: larger than the party's last.
        not_after: ns since the epoch.
        request: named tuple of a signed request.
        enclosures: bytes beside the signed body.
    """
    method = spec_of(type(request)).wire_name
    body = canonical(
        records.Command(TAG, node, method, party, nonce, not_after, canonical(list(request)))
    )
    return records.Signed(body, sign(purpose(method), body), tuple(enclosures))

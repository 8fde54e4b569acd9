"""Shares of a recovery key on their way: from the node to a witness, from there to the operator.

witness --(signed)--> Holding, a file: the key to which its share is to be sealed
node --(sealed to the witness)--> Held, in the witness's key folder
operator --(signed)--> Session, a file: a key for this one recovery
witness --(sealed to the session, signed)--> Release, a file
two of these --> the recovery key, which is written nowhere
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from runtime.host.client import Client, Done, Signer
from runtime.host.crypto import Crypto
from runtime.wire import commands, records
from runtime.wire.errors import NodeError, Refused
from runtime.wire.schema import canonical, decode, make_id
from runtime.wire.sealing import seal
from runtime.wire.shares import join

_crypto = Crypto()


class ShareRefused(Refused):
    """A share, or what came with it, is not what it says; whose it is, is named."""


class Opener(Protocol):
    """Whoever can open what was sealed to an ML-KEM-1024 key."""

    @property
    def kem_key(self) -> bytes:
        """The key, 1,568 bytes."""

    def unseal(self, purpose: bytes, sealed: records.Sealed) -> bytes:
        """Open it."""


class Holder(Signer, Protocol):
    """Somebody with a key pair."""

    @property
    def public_key(self) -> bytes:
        """ML-DSA-87 public key."""


class Holding(NamedTuple):
    """A witness's word that it will hold a share."""

    node: bytes
    witness: bytes
    kem_key: bytes
    signature: bytes  # over canonical [node, witness, kem_key]


def agree_to_hold(node: bytes, witness: Signer, opener: Opener) -> Holding:
    """Give the key to which a share is to be sealed."""
    content = canonical([node, witness.id, opener.kem_key])
    signature = witness.sign(commands.RECOVERY_KEY, content)
    return Holding(node, witness.id, opener.kem_key, signature)


async def split(client: Client, operator: Signer, holdings: Sequence[Holding]) -> Done:
    """Have the node split a new recovery key among three witnesses."""
    request = records.ShareRecovery(
        tuple(each.witness for each in holdings), tuple(each.kem_key for each in holdings)
    )
    return await client.command(operator, request, [each.signature for each in holdings])


class Held(NamedTuple):
    """A share as its holder keeps it: still sealed to it."""

    node_key: bytes  # ML-DSA-87 key of the node
    split: bytes  # canonical RecoverySplit
    signature: bytes  # the node's
    share: bytes  # canonical Sealed
    operator: bytes  # id
    operator_key: bytes  # when the share was fetched

    @property
    def made(self) -> records.RecoverySplit:
        """Of what split it is."""
        made: records.RecoverySplit = decode(records.RecoverySplit, self.split)
        return made


def held_share(
    reply: records.GetShareReply, identity: records.IdentityReply, opener: Opener
) -> Held:
    """What a witness keeps, checked: the share opens, and is the one that the node signed for.

    Raises:
        ShareRefused: it is not.
        Malformed: it was sealed to another key.
    """
    split = canonical(reply.split)
    share = opener.unseal(commands.RECOVERY_SHARE, reply.share)
    _check_split(reply.split, reply.signature, identity.node, identity.public_key)
    _check_share(reply.split, reply.holder, share, "the node's share")
    assert identity.operator is not None
    return Held(
        identity.public_key, split, reply.signature, canonical(reply.share),
        identity.operator, reply.operator_key,
    )  # fmt: skip


class Session(NamedTuple):
    """The operator's request for shares: a key to which they are sealed, for one recovery."""

    node: bytes
    operator: bytes
    public_key: bytes
    kem_key: bytes
    signature: bytes  # over canonical [node, operator, kem_key]


def begin(node: bytes, operator: Holder, opener: Opener) -> Session:
    """Ask for the shares of a node's recovery key."""
    content = canonical([node, operator.id, opener.kem_key])
    signature = operator.sign(commands.RECOVERY_SESSION, content)
    return Session(node, operator.id, operator.public_key, opener.kem_key, signature)


class Release(NamedTuple):
    """A holder's share, sealed to the operator's session."""

    node: bytes
    node_key: bytes
    split: bytes  # canonical RecoverySplit
    split_signature: bytes  # the node's
    witness: bytes
    public_key: bytes
    session: bytes  # id of its key
    share: bytes  # canonical Sealed
    head: bytes  # canonical SignedHead, the last that the witness has seen; empty if none
    signature: bytes

    @property
    def name(self) -> str:
        """Whose it is, for people."""
        return f"the share of witness {self.witness.hex()[:16]}"

    def signed(self) -> bytes:
        """What the witness signs."""
        digests = [make_id("optin/v1/recovery-release", each) for each in self[:-1]]
        return canonical(digests)


def release(
    held: Held, session: Session, witness: Holder, opener: Opener, head: records.SignedHead | None
) -> Release:
    """Give a share to the operator.

    Args:
        held: the share.
        session: the operator's; checked here.
        witness: who gives it.
        opener: to whose key the share is sealed.
        head: the last that the witness has seen of the node, for the operator to recover no less.

    Raises:
        ShareRefused: the session is not that of the node's operator.
    """
    made = held.made
    if session.node != made.node:
        raise ShareRefused(
            f"the session is for node {session.node.hex()[:16]}",
            f"one for {made.node.hex()[:16]}, of whose recovery key you hold a share",
        )
    content = canonical([session.node, session.operator, session.kem_key])
    known = session.operator == held.operator and session.public_key == held.operator_key
    if not known or not _crypto.verify(
        session.public_key, commands.RECOVERY_SESSION, content, session.signature
    ):
        raise ShareRefused(
            "the session is not signed by the operator that was the node's when you got the share",
            f"the signature of {held.operator.hex()[:16]}",
            "ask the operator on another way; nobody else may have your share",
        )
    share = opener.unseal(commands.RECOVERY_SHARE, decode(records.Sealed, held.share))
    sealed = seal(_crypto, session.kem_key, commands.RECOVERY_SHARE, share)
    made_of = Release(
        made.node, held.node_key, held.split, held.signature, witness.id, witness.public_key,
        commands.reply_key_id(session.kem_key), canonical(sealed),
        canonical(head) if head else b"", b"",
    )  # fmt: skip
    return made_of._replace(signature=witness.sign(commands.RECOVERY_RELEASE, made_of.signed()))


class Recovered(NamedTuple):
    """What two releases come to."""

    node: bytes
    node_key: bytes
    secret: bytes
    heads: tuple[records.SignedHead, ...]  # that the witnesses have seen


def combine(releases: Sequence[Release], opener: Opener) -> Recovered:
    """The recovery key of two shares, each checked before.

    Args:
        releases: two, of different witnesses.
        opener: of the operator's session.

    Raises:
        ShareRefused: naming the share that is wrong, and why.
    """
    if len({each.witness for each in releases}) != 2 or len(releases) != 2:
        raise ShareRefused(f"{len(releases)} shares", "two, of different witnesses")
    first, second = (_opened(each, opener) for each in releases)
    if releases[0].split != releases[1].split:
        raise ShareRefused(
            "the two shares are of different splits: of entry "
            f"{decode(records.RecoverySplit, releases[0].split).position} and of entry "
            f"{decode(records.RecoverySplit, releases[1].split).position}",
            "two of the last one",
            "have the witness of the earlier one fetch its share, or ask the third",
        )
    heads = tuple(_checked_head(each) for each in releases if each.head)
    return Recovered(releases[0].node, releases[0].node_key, join(*first, *second), heads)


def _opened(release: Release, opener: Opener) -> tuple[int, bytes]:
    """(holder's number, share)."""
    if not _crypto.verify(
        release.public_key, commands.RECOVERY_RELEASE, release.signed(), release.signature
    ):
        raise ShareRefused(
            f"{release.name} was changed: its signature does not fit",
            "the file as optin witness release-share wrote it",
            "have it sent again",
        )
    if release.session != commands.reply_key_id(opener.kem_key):
        raise ShareRefused(
            f"{release.name} is for another session", "one that was given for this session",
            "have the witness release it for the session file of this recovery",
        )  # fmt: skip
    try:
        made: records.RecoverySplit = decode(records.RecoverySplit, release.split)
        share = opener.unseal(commands.RECOVERY_SHARE, decode(records.Sealed, release.share))
    except NodeError as error:
        raise ShareRefused(f"{release.name} does not open: {error.wrong}", error.expected) from None
    _check_split(made, release.split_signature, release.node, release.node_key)
    if release.witness not in made.witnesses:
        raise ShareRefused(
            f"{release.name} is of nobody who holds one",
            "a share of " + ", ".join(each.hex()[:16] for each in made.witnesses),
        )
    holder = made.witnesses.index(release.witness) + 1
    _check_share(made, holder, share, release.name)
    return holder, share


def _check_split(
    made: records.RecoverySplit, signature: bytes, node: bytes, node_key: bytes
) -> None:
    ours = made.node == node == commands.node_id(node_key)
    if not ours or not _crypto.verify(
        node_key, commands.RECOVERY_SPLIT, canonical(made), signature
    ):
        raise ShareRefused(
            f"the split of entry {made.position} is not signed by node {node.hex()[:16]}",
            "the node's signature over who holds which share",
        )


def _check_share(made: records.RecoverySplit, holder: int, share: bytes, name: str) -> None:
    found = commands.share_commitment(made.node, made.position, holder, share)
    if found != made.commitments[holder - 1]:
        raise ShareRefused(
            f"{name} is not the one that the node made: it was forged or mixed up",
            f"a share whose hash begins with {made.commitments[holder - 1].hex()[:16]}",
            "ask the third witness",
        )


def _checked_head(release: Release) -> records.SignedHead:
    signed: records.SignedHead = decode(records.SignedHead, release.head)
    if signed.head.node != release.node or not _crypto.verify(
        release.node_key, commands.HEAD, canonical(signed.head), signed.signature
    ):
        raise ShareRefused(
            f"the head that came with {release.name} is not signed by the node",
            "a head that the witness was shown by the node",
        )
    return signed

"""Users' keys that the node makes and keeps.

A key is its 32-byte seed. It lies in the store under a key that HKDF makes of the node's seed. Who
may use it, and the passphrase under which it may leave, are bound to it as associated data, and
known here by their hashes alone. A seed in use is a bytearray that is overwritten afterwards.
"""

from collections import namedtuple

from runtime.wire import commands, records
from runtime.wire.compare import same
from runtime.wire.errors import Missing, Refused, StorageFailed, Unauthorized
from runtime.wire.hkdf import hkdf
from runtime.wire.schema import canonical, make_id, unpack_own

PLACE = "held"  # kind in the store
PURPOSE = b"optin/v1/custody"
NONCE = bytes(12)  # each key seals once
TRIES = 8  # of a passphrase, one after the other
PAGE = 16

# As kept: the sealed seed, ids of access and passphrase key (or nil), tries of that which are left.
Kept = namedtuple("Kept", ("box", "access", "export", "tries"))


class HeldKeys:
    """The keys; nothing but public keys, signatures and sealed seeds comes out.

    Args:
        node: Node.
        secret: the node's seed.
    """

    def __init__(self, node, secret: bytes) -> None:
        self._node = node
        self._crypto = node.crypto
        self._key = hkdf(secret, b"", PURPOSE)

    def enrol(self, enrolment: records.HeldEnrolment):
        """(the signed enrolment of a user with a new key, function that puts the key away).

        The seed follows from the node's entropy and what is enclosed: the same again is the same
        user, and the same command.
        """
        fields = enrolment.fields
        commitment = make_id("optin/v1/fields", fields.blind, fields.values)
        access, export = commands.access_id(enrolment.access), enrolment.export
        seed = bytearray(self._node.entropy("held/" + commitment.hex(), 0))
        try:
            key = self._crypto.public_key(seed)
            user = commands.party_id(key)
            lock, context = self._lock(user, access, export)
            box = self._crypto.aead_seal(lock, NONCE, seed, context)
            signed = commands.sign_command(
                lambda purpose, body: self._crypto.sign(seed, purpose, body),
                self._node.id,
                user,
                1,
                enrolment.not_after,
                records.Enrol(enrolment.referrer, commitment),
                (key, canonical(fields)),
            )
        finally:
            wipe(seed)
        return signed, lambda: self._put(user, Kept(box, access, export, TRIES))

    def users(self):
        """Yield the ids of all users whose keys are kept, ascending."""
        rows = self._node.store.states(PLACE, b"", PAGE)
        while rows:
            for user, _ in rows:
                yield user
            rows = self._node.store.states(PLACE, rows[-1][0], PAGE)

    def check(self, user: bytes, access: bytes) -> None:
        """Refuse whoever may not use a key, and a key that is its user's no more."""
        if not same(commands.access_id(access), self._kept(user).access):
            raise Unauthorized("this key is not yours to use", "the access of its enrolment")
        if commands.party_id(self._node.key_of(user)) != user:
            raise Refused("the user has another key now", "the key that the node keeps")

    def sign(self, user: bytes, method: str, body: bytes, enclosures=()) -> records.Signed:
        """A command signed with a kept key."""
        seed = self._open(user)
        try:
            signature = self._crypto.sign(seed, commands.purpose(method), body)
        finally:
            wipe(seed)
        return records.Signed(body, signature, tuple(enclosures))

    def pairwise_key(self, user: bytes, partner: bytes) -> bytes:
        """Public key (2,592 bytes) by which a partner knows a user."""
        pairwise = self._pairwise(user, partner)
        try:
            return self._crypto.public_key(pairwise)
        finally:
            wipe(pairwise)

    def consent(self, user: bytes, consent: records.Consent) -> tuple:
        """Enclosures of an activation: the pairwise key, and its signature over the consent."""
        pairwise = self._pairwise(user, consent.partner)
        try:
            own = self._crypto.sign(pairwise, commands.CONSENT, canonical(consent))
            return self._crypto.public_key(pairwise), own
        finally:
            wipe(pairwise)

    def may_leave(self, user: bytes) -> bool:
        """Whether a key was enrolled with a passphrase under which it may leave."""
        return self._kept(user).export is not None

    def export(self, user: bytes, passphrase_key: bytes, salt: bytes) -> bytes:
        """The seed, sealed for whoever knows the passphrase.

        Raises:
            Unauthorized: it is not the passphrase; one try less is left.
            Refused: none is left.
        """
        kept = self._kept(user)
        if not kept.tries:
            raise Refused(f"the passphrase was wrong {TRIES} times", "none: this key stays here")
        # The try is used up first, durably: to pull the plug does not give it back.
        self._set_tries(user, kept, kept.tries - 1)
        if not same(commands.export_id(passphrase_key), kept.export):
            raise Unauthorized(
                f"the passphrase is wrong; {kept.tries - 1} tries are left", "that of the enrolment"
            )
        self._set_tries(user, kept, TRIES)
        seed = self._open(user)
        try:
            key = hkdf(passphrase_key, salt, commands.EXPORT)
            return self._crypto.aead_seal(key, NONCE, seed, commands.EXPORT)
        finally:
            wipe(seed)

    def _lock(self, user, access, export):
        """(key, associated data) of the seal on a seed."""
        context = canonical([PURPOSE, user, access, export])
        return hkdf(self._key, context, PURPOSE), context

    def _open(self, user) -> bytearray:
        """A user's seed; whoever asked for it overwrites it."""
        kept = self._kept(user)
        lock, context = self._lock(user, kept.access, kept.export)
        seed = self._crypto.aead_open(lock, NONCE, kept.box, context)
        if seed is None:
            raise Refused("a key that is kept here does not open", "the store as the node left it")
        return bytearray(seed)

    def _pairwise(self, user, partner) -> bytearray:
        """Seed of a pairwise key, as the user's own key folder would derive it."""
        seed = self._open(user)
        try:
            return bytearray(hkdf(seed, b"", commands.PAIRWISE + partner))
        finally:
            wipe(seed)

    def _kept(self, user):
        data = self._node.store.get(PLACE, user)
        if data is None:
            raise Missing("this node keeps no key of that user", "a user of enrol_held")
        return Kept(*unpack_own(data))

    def _put(self, user, kept):
        self._node.store.put(PLACE, user, canonical(list(kept)))

    def _set_tries(self, user, kept, tries):
        """Between batches, so that nothing else waits to be made durable."""
        try:
            self._put(user, Kept(kept.box, kept.access, kept.export, tries))
            self._node.store.commit()
        except StorageFailed:
            self._node.reload()
            raise


def wipe(seed: bytearray) -> None:
    """Overwrite a secret."""
    for i in range(len(seed)):
        seed[i] = 0

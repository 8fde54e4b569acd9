"""A party's key, and the keys by which single partners know it."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

from runtime.host.crypto import Crypto
from runtime.host.keyfolder.errors import KeyFolderError
from runtime.wire import records
from runtime.wire.commands import PAIRWISE, pairwise_id, party_id
from runtime.wire.hkdf import hkdf
from runtime.wire.sealing import unseal

_crypto = Crypto()


class Key:
    """An ML-DSA-87 key of a party, or the key by which one partner knows it.

    Attributes:
        name: in the folder.
        id: bytes(32): party id, or pairwise id. A party's is the hash of its first key.
        public_key: bytes(2592).
    """

    __slots__ = ("name", "id", "public_key", "_seed", "_partner")

    def __init__(
        self, name: str, seed: bytes, partner: bytes | None = None, identity: bytes | None = None
    ) -> None:
        self.name = name
        self.public_key = _crypto.public_key(seed)
        self.id: bytes = identity or (pairwise_id if partner else party_id)(self.public_key)
        self._seed = seed
        self._partner = partner

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """Hedged signature (4,627 bytes; FIPS 204, section 5.2).

        Args:
            purpose: context string, at most 255 bytes.
            message: any bytes.
        """
        if len(purpose) > 255:
            raise ValueError(f"the purpose has {len(purpose)} bytes; expected at most 255")
        return _crypto.sign(self._seed, purpose, message)

    def pairwise(self, partner: bytes) -> Key:
        """The key by which `partner` (party id, 32 bytes) knows this party.

        Derived from the seed: it is the same every time and kept nowhere, and two partners
        cannot tell that they know one person. After a rotation it is another: consents from then
        on are those of somebody whom the partner has not met.
        """
        if self._partner is not None:
            raise ValueError("this is a pairwise key; derive it from the party's own")
        if len(partner) != 32:
            raise ValueError(f"the partner's id has {len(partner)} bytes; expected 32")
        return Key(self.name, hkdf(self._seed, b"", PAIRWISE + partner), partner)

    @property
    def kem_key(self) -> bytes:
        """ML-KEM-1024 encapsulation key (1,568 bytes) of the same seed."""
        return _crypto.kem_public_key(self._kem_seed())

    def unseal(self, purpose: bytes, sealed: records.Sealed) -> bytes:
        """Open what was sealed to `kem_key`.

        Raises:
            Malformed: it was sealed to another key, for another purpose, or was changed.
        """
        return unseal(_crypto, self._kem_seed(), purpose, sealed)

    def _kem_seed(self) -> bytes:
        return hkdf(self._seed, b"", b"optin/v1/kem", 64)

    def __repr__(self) -> str:
        kind = f"pairwise for {self._partner.hex()[:8]}" if self._partner else "party"
        return f"<Key {self.name}, {kind} {self.id.hex()[:8]}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled or copied: its seed stays in the key folder")


class Known(NamedTuple):
    """The public half of a key that a node keeps."""

    id: bytes
    public_key: bytes


class HeldKey(Key):
    """A key that a node keeps: here is only what lets its user use it there.

    Attributes:
        node: id of the node.
        access: 32 secret bytes, known to the user and, as a hash, to the node.
    """

    __slots__ = ("node", "access", "_known")

    def __init__(self, name: str, public_key: bytes, node: bytes, access: bytes) -> None:
        self.name = name
        self.public_key = public_key
        self.id = party_id(public_key)
        self.node = node
        self.access = access
        self._known: dict[bytes, Known] = {}

    @classmethod
    def at(cls, identity: bytes, node: bytes, access: bytes) -> HeldKey:
        """A key whose user (id, 32 bytes) is known, and not yet the key itself."""
        key = cls("", b"", node, access)
        key.id = identity
        return key

    def sign(self, purpose: bytes, message: bytes) -> NoReturn:
        """Refuse: only the node can."""
        raise KeyFolderError(
            f"{self.name}: node {self.node.hex()[:16]} keeps this key; expected a key of this "
            "folder; use it through that node, or export it: optin keys export"
        )

    def meet(self, partner: bytes, public_key: bytes) -> None:
        """Learn the public key (2,592 bytes) by which a partner (id) knows this user."""
        self._known[partner] = Known(pairwise_id(public_key), public_key)

    def pairwise(self, partner: bytes) -> Known:  # type: ignore[override]
        """What a partner, who was met, knows this user by."""
        return self._known[partner]

    def __repr__(self) -> str:
        return f"<HeldKey {self.name}, at node {self.node.hex()[:8]}, {self.id.hex()[:8]}>"

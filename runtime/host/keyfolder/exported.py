"""A key that left the node which kept it, in a file, sealed under its passphrase."""

from __future__ import annotations

import secrets
from typing import Any

from runtime.host.crypto import Crypto
from runtime.host.keyfolder.errors import KeyFolderError, WrongPassphrase
from runtime.host.keyfolder.seal import passphrase_key
from runtime.wire.commands import party_id
from runtime.wire.hkdf import hkdf
from runtime.wire.schema import make_id

FORMAT = "optin/v1/exported-key"
NONCE = 12  # bytes


def export_salt(access: bytes) -> bytes:
    """Salt of the passphrase: its own for each key, and there wherever the access is."""
    salt: bytes = make_id("optin/v1/export-salt", access)
    return salt


def seal_exported(seed: bytes, stretched: bytes, salt: bytes) -> dict[str, Any]:
    """What a file has of a key.

    Args:
        seed: 32 bytes.
        stretched: the passphrase key, 32 bytes.
        salt: of the passphrase, 32 bytes.
    """
    identity = party_id(Crypto().public_key(seed))
    nonce = secrets.token_bytes(NONCE)
    box = Crypto().aead_seal(_key(stretched), nonce, seed, identity)
    return {"format": FORMAT, "id": identity.hex(), "salt": salt.hex(), "seal": (nonce + box).hex()}


def open_exported(file: Any, passphrase: str) -> bytes:
    """The seed (32 bytes) in such a file.

    Raises:
        WrongPassphrase: it does not open.
        KeyFolderError: it is none.
    """
    try:
        if file["format"] != FORMAT:
            raise ValueError
        identity, salt = bytes.fromhex(file["id"]), bytes.fromhex(file["salt"])
        box = bytes.fromhex(file["seal"])
    except (KeyError, TypeError, ValueError):
        raise KeyFolderError(
            "the file is no exported key; expected one that `optin keys export` wrote"
        ) from None
    key = _key(passphrase_key(passphrase, salt))
    seed = Crypto().aead_open(key, box[:NONCE], box[NONCE:], identity) if len(box) > NONCE else None
    if seed is None:
        raise WrongPassphrase(
            "the file does not open; expected the passphrase of the enrolment, and the file as it "
            "was written; try again"
        )
    return seed


def _key(stretched: bytes) -> bytes:
    return hkdf(stretched, b"", b"optin/v1/exported-key")

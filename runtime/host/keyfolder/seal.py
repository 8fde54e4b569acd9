"""The passphrase, and the seals under it: scrypt, HKDF, ChaCha20-Poly1305."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from runtime.host.crypto import Crypto
from runtime.host.keyfolder.errors import KeyFolderError, WrongPassphrase
from runtime.host.keyfolder.files import parsing, read
from runtime.wire.hkdf import hkdf
from runtime.wire.schema import canonical

FORMAT = "optin/v1/key-folder"
FACTS = ("format", "purpose", "created")  # in clear, besides name and id
COST = 1 << 17  # scrypt N: with r = 8, 128 MiB and a third of a second
MAX_MEMORY = 1 << 30  # bytes that a folder may ask scrypt to take
NONCE = 12  # bytes
CLEAR = "clear"  # generation of seeds that are not sealed

_crypto = Crypto()


def new_lock(passphrase: str | None, cost: int) -> tuple[dict[str, Any], bytes | None]:
    """(contents of a new folder.json, folder key) for a passphrase."""
    if passphrase is None:
        return {
            "format": FORMAT,
            "generation": CLEAR,
            "insecure": True,
            "warning": "the seeds are in clear: for demonstrations only",
        }, None
    if not passphrase:
        raise KeyFolderError(
            "the passphrase is empty; expected one or more characters; choose a long one"
        )
    salt = secrets.token_bytes(32)
    kdf = {"name": "scrypt", "n": cost, "r": 8, "p": 1, "salt": salt.hex()}
    folder_key, check = _derive(passphrase, kdf)
    return {
        "format": FORMAT,
        "generation": salt.hex()[:16],
        "insecure": False,
        "kdf": kdf,
        "check": check.hex(),
    }, folder_key


def unlock(path: Path, passphrase: str | None) -> tuple[str, bytes | None]:
    """(generation of the seals, folder key) of a folder."""
    file = path / "folder.json"
    facts = read(file)
    if facts.get("format") != FORMAT:
        raise KeyFolderError(
            f"{file}: the format is {facts.get('format')!r:.60}; expected {FORMAT}; use the "
            "program that made it"
        )
    if facts.get("insecure"):
        if passphrase is not None:
            raise WrongPassphrase(
                f"{path}: a passphrase was given but its seeds are in clear; expected none; leave "
                "it out, or give the folder one: optin keys passphrase"
            )
        return CLEAR, None
    if passphrase is None:
        raise WrongPassphrase(f"{path}: no passphrase was given; expected the folder's; give it")
    with parsing(file):
        folder_key, check = _derive(passphrase, facts["kdf"])
        expected, generation = bytes.fromhex(facts["check"]), str(facts["generation"])
    if not hmac.compare_digest(check, expected):
        raise WrongPassphrase(f"{path}: the passphrase is wrong; expected the folder's; try again")
    return generation, folder_key


def _derive(passphrase: str, kdf: dict[str, Any]) -> tuple[bytes, bytes]:
    """(folder key, value to recognise the passphrase by)."""
    n, r, p = kdf["n"], kdf["r"], kdf["p"]
    if kdf["name"] != "scrypt" or 128 * n * r > MAX_MEMORY or p > 16:
        raise ValueError("not scrypt, or with more than 1 GiB")
    # The same text typed on another keyboard may come in other code points.
    text = unicodedata.normalize("NFC", passphrase).encode()
    root = Scrypt(salt=bytes.fromhex(kdf["salt"]), length=32, n=n, r=r, p=p).derive(text)
    return hkdf(root, b"", b"optin/v1/folder-key"), hkdf(root, b"", b"optin/v1/folder-check")


def passphrase_key(passphrase: str, salt: bytes) -> bytes:
    """32 bytes of a passphrase by scrypt, under which a key may leave the node that keeps it."""
    text = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(text)


def _bound(generation: str, file: dict[str, Any]) -> bytes:
    """Associated data of a seal: everything a key file says in clear."""
    facts = [file[fact] for fact in ("name", "id", *FACTS)]
    facts += [file["current"]] if "current" in file else []  # of a key that follows another
    facts += ["held", file["held"], file["public_key"]] if "held" in file else []  # by a node
    bound: bytes = canonical(["optin/v1/seed", generation, *facts])
    return bound


def seal(folder_key: bytes | None, generation: str, file: dict[str, Any], seed: bytes) -> str:
    """A seed (32 bytes) as a key file holds it: hex, sealed unless the folder is in clear."""
    if folder_key is None:
        return seed.hex()
    nonce = secrets.token_bytes(NONCE)
    return (nonce + _crypto.aead_seal(folder_key, nonce, seed, _bound(generation, file))).hex()


def open_seal(
    folder_key: bytes | None, generation: str, file: dict[str, Any], seal: str
) -> bytes | None:
    """The seed in a seal; None if the seal or the facts bound to it were changed."""
    try:
        box = bytes.fromhex(seal)
    except (TypeError, ValueError):
        return None
    if folder_key is None:
        return box
    if len(box) < NONCE:
        return None
    bound = _bound(generation, file)
    return _crypto.aead_open(folder_key, box[:NONCE], box[NONCE:], bound)

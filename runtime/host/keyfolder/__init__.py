"""The key folder: a party's ML-DSA-87 keys, the parties and nodes it knows, on one disk.

    folder.json   how the passphrase becomes the folder key; a value to recognise it by
    <name>.key    one key: facts in clear, the 32-byte seed sealed under the folder key
                  a key that a node keeps is what lets its user use it there, sealed likewise
    <name>.next.key   the key that is to follow it, until a node has accepted that
    names.json    ids of parties whose keys are elsewhere, by name
    nodes.json    nodes met before, and what each is made of: a changed one is refused
    heads.json    the last verified head of each node
    <name>.deeds  commands that a user's key has signed, by their place in the journal

The folder key comes from the passphrase by scrypt (RFC 7914) and HKDF with SHA3-256 (RFC 5869).
A seed is sealed with ChaCha20-Poly1305 (RFC 8439) under a random nonce, its file's facts bound to
it as associated data. Names, nodes, heads and deeds are protected by the folder's
permissions alone, as those of ssh are.
"""

from runtime.host.keyfolder.deeds import Deed
from runtime.host.keyfolder.errors import (
    KeyFolderError,
    MeasurementChanged,
    NodeChanged,
    TooOpen,
    UnknownName,
    WrongPassphrase,
)
from runtime.host.keyfolder.exported import export_salt, open_exported, seal_exported
from runtime.host.keyfolder.folder import KeyFolder
from runtime.host.keyfolder.key import HeldKey, Key
from runtime.host.keyfolder.keys import PREFIX_DIGITS
from runtime.host.keyfolder.nodes import PinnedNode
from runtime.host.keyfolder.seal import passphrase_key
from runtime.host.keyfolder.shares import OPENER
from runtime.wire.commands import fingerprint

__all__ = [
    "OPENER",
    "PREFIX_DIGITS",
    "Deed",
    "HeldKey",
    "Key",
    "KeyFolder",
    "KeyFolderError",
    "MeasurementChanged",
    "NodeChanged",
    "PinnedNode",
    "TooOpen",
    "UnknownName",
    "WrongPassphrase",
    "export_salt",
    "fingerprint",
    "open_exported",
    "passphrase_key",
    "seal_exported",
]

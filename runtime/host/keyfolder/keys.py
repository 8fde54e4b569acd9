"""The keys of a folder: made, found, followed by others."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

from runtime.host.keyfolder.errors import KeyFolderError, WrongPassphrase, unknown
from runtime.host.keyfolder.files import Files, damaged, locked, now, parsing, read, write
from runtime.host.keyfolder.key import HeldKey, Key
from runtime.host.keyfolder.seal import FACTS, FORMAT, open_seal, seal
from runtime.wire.commands import party_id

PREFIX_DIGITS = 8  # of an id that stand for the whole
NEXT = ".next"  # behind the name of a key that is to follow
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
HEX = re.compile(r"[0-9a-fA-F]+")


class Keys(Files):
    """Keys under one passphrase.

    Attributes:
        insecure: seeds are in clear; for demonstrations only.
    """

    def __init__(self, path: Path, generation: str, folder_key: bytes | None) -> None:
        super().__init__(path)
        self.insecure = folder_key is None
        self._generation = generation
        self._folder_key = folder_key

    def names(self) -> list[str]:
        """Names of the keys, sorted."""
        return sorted(
            entry.name.removesuffix(".key")
            for entry in self.path.glob("*.key")
            if NAME.fullmatch(entry.name.removesuffix(".key"))
        )

    def create_key(self, name: str, purpose: str = "") -> Key:
        """Make a key from 32 bytes of the operating system's randomness.

        Args:
            name: at most 64 letters, digits, dots, dashes and underscores; no dot in front.
            purpose: what it is for, kept in clear beside it.

        Raises:
            KeyFolderError: the name is not allowed or taken.
        """
        key = Key(name, secrets.token_bytes(32))
        self._add(name, key.id, key._seed, {"purpose": purpose})
        return key

    def create_held(self, name: str, public_key: bytes, node: bytes, access: bytes) -> HeldKey:
        """Take note of a key that a node keeps.

        Args:
            name: as of `create_key`.
            public_key: 2,592 bytes.
            node: id of the node.
            access: 32 secret bytes that let its user use it there.

        Raises:
            KeyFolderError: the name is not allowed or taken.
        """
        key = HeldKey(name, public_key, node, access)
        facts = {"purpose": "", "held": node.hex(), "public_key": public_key.hex()}
        self._add(name, key.id, access, facts)
        return key

    def import_key(self, name: str, seed: bytes) -> Key:
        """Put a key from elsewhere into the folder, in the place of a held one if it is that.

        Raises:
            KeyFolderError: the name is not allowed, or another key's.
        """
        key = Key(name, seed)
        self._add(name, key.id, seed, {"purpose": ""})
        return key

    def _takes_the_place(self, name: str, identity: bytes, facts: dict[str, str]) -> bool:
        """Whether a key is the very one of that name that a node keeps."""
        if "held" in facts or name not in self.names():
            return False
        known = self._file(name)
        return "held" in known and known["id"] == identity.hex()

    def _add(self, name: str, identity: bytes, secret: bytes, facts: dict[str, str]) -> None:
        """Write a file with its secret sealed in it."""
        check_name(name)
        file: dict[str, Any] = {
            "format": FORMAT,
            "name": name,
            "id": identity.hex(),
            "created": now(),
            **facts,
        }
        with locked(self.path):
            if read(self.path / "folder.json").get("generation") != self._generation:
                raise WrongPassphrase(
                    f"{self.path}: the passphrase was changed since the folder was opened; "
                    "expected the same one; open the folder again"
                )
            # Filesystems that fold case would write `Acme.key` over `acme.key`.
            taken = [other for other in self.names() if other.lower() == name.lower()]
            if self._takes_the_place(name, identity, facts):
                taken = []
            if taken or name in read(self.path / "names.json", missing={}):
                raise KeyFolderError(
                    f"{name}: the name is taken{f' by key {taken[0]}' if taken else ''}; expected "
                    "a new one; choose another, or forget the remembered party of that name"
                )
            file["seals"] = {
                self._generation: seal(self._folder_key, self._generation, file, secret)
            }
            write(self._path_of(name), file)

    def key(self, name: str) -> Key:
        """The key of that name.

        Raises:
            UnknownName: there is none.
            TooOpen: others may read its file.
            KeyFolderError: the file was changed or damaged.
        """
        if name not in self.names():
            raise unknown(self.path, name, self.names(), "a key of this folder")
        file = self._file(name)
        with parsing(self._path_of(name)):
            identity = bytes.fromhex(file["id"])
            if "held" in file:
                held = HeldKey(
                    name,
                    bytes.fromhex(file["public_key"]),
                    bytes.fromhex(file["held"]),
                    self._seed_of(name, file),
                )
                if file["name"] != name or held.id != identity:
                    raise damaged(self._path_of(name))
                return held
        key = Key(name, self._seed_of(name, file), identity=identity)
        current = file.get("current", file["id"])
        if file["name"] != name or party_id(key.public_key).hex() != current:
            raise damaged(self._path_of(name))
        return key

    def successor(self, name: str) -> tuple[Key, bool]:
        """The key that is to follow a party's own, and whether it was made by now.

        It lies beside the old one, under its own id, until `succeed`.

        Raises:
            UnknownName: there is no key to follow.
            KeyFolderError: its name is taken by a key of another purpose.
        """
        self.key(name)
        after = name + NEXT
        if after not in self.names():
            return self.create_key(after, f"successor of {name}"), True
        return self._next(name), False

    def _next(self, name: str) -> Key:
        """The key that is to follow, which must have been made for it."""
        key, purpose = self.key(name + NEXT), f"successor of {name}"
        if self._file(key.name)["purpose"] != purpose:
            raise KeyFolderError(
                f"{key.name}: a key of another purpose; expected the {purpose}, or none; rename it"
            )
        return key

    def succeed(self, name: str) -> Key:
        """Put the successor in the place of a party's key, for good; the party's id stays.

        Raises:
            UnknownName: there is no successor.
        """
        key = self._next(name)
        with locked(self.path):
            file = self._file(name)
            file["current"] = key.id.hex()
            file["seals"] = {
                self._generation: seal(self._folder_key, self._generation, file, key._seed)
            }
            write(self._path_of(name), file)
            # A crash before this leaves a successor that is the party's key already.
            self._path_of(key.name).unlink()
        return self.key(name)

    def find(self, party: bytes) -> str | None:
        """Name of the key whose party id (32 bytes) this is; None if it is not here."""
        for name in self.names():
            if self._file(name)["id"] == party.hex():
                return name
        return None

    def _path_of(self, name: str) -> Path:
        return self.path / f"{name}.key"

    def _file(self, name: str) -> dict[str, Any]:
        file = read(self._path_of(name))
        texts = all(isinstance(file.get(fact), str) for fact in ("name", "id", *FACTS))
        if not texts or file["format"] != FORMAT or not isinstance(file.get("seals"), dict):
            raise damaged(self._path_of(name))
        return file

    def _seed_of(self, name: str, file: dict[str, Any]) -> bytes:
        if self._generation not in file["seals"]:
            raise WrongPassphrase(
                f"{self._path_of(name)}: sealed under another passphrase; expected the folder's; "
                "open the folder again, or put back the file that belongs to it"
            )
        seed = open_seal(self._folder_key, self._generation, file, file["seals"][self._generation])
        if seed is None or len(seed) != 32:
            raise damaged(self._path_of(name))
        return seed


def check_name(name: str) -> None:
    """Refuse what is no name, or could be taken for an id."""
    if not NAME.fullmatch(name):
        raise KeyFolderError(
            f"{name!r:.80}: not a name; expected 1 to 64 letters, digits, dots, dashes and "
            "underscores, the first not a dot"
        )
    if HEX.fullmatch(name) and len(name) >= PREFIX_DIGITS:
        raise KeyFolderError(
            f"{name}: looks like an id; expected a name with another letter in it, or shorter "
            f"than {PREFIX_DIGITS}"
        )

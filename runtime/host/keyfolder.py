"""The key folder: a party's ML-DSA-87 keys, the parties and nodes it knows, on one disk.

    folder.json   how the passphrase becomes the folder key; a value to recognise it by
    <name>.key    one key: facts in clear, the 32-byte seed sealed under the folder key
    <name>.next.key   the key that is to follow it, until a node has accepted that
    names.json    ids of parties whose keys are elsewhere, by name
    nodes.json    nodes met before: a changed one is refused
    heads.json    the last verified head of each node

The folder key comes from the passphrase by scrypt (RFC 7914) and HKDF with SHA3-256 (RFC 5869).
A seed is sealed with ChaCha20-Poly1305 (RFC 8439) under a random nonce, its file's facts bound to
it as associated data. Names, nodes and heads are protected by the folder's permissions alone, as
those of ssh are.
"""

from __future__ import annotations

import contextlib
import difflib
import fcntl
import hmac
import json
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Self

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from runtime.host.crypto import Crypto
from runtime.wire.commands import node_id, pairwise_id, party_id
from runtime.wire.hkdf import hkdf
from runtime.wire.records import Head
from runtime.wire.schema import canonical

FORMAT = "optin/v1/key-folder"
COST = 1 << 17  # scrypt N: with r = 8, 128 MiB and a third of a second
MAX_MEMORY = 1 << 30  # bytes that a folder may ask scrypt to take
MAX_FILE = 1 << 24  # bytes
NONCE = 12  # bytes
PREFIX_DIGITS = 8  # of an id that stand for the whole
HALF = ".write-"  # in front of the names of files that are not yet whole
NEXT = ".next"  # behind the name of a key that is to follow
CLEAR = "clear"  # generation of seeds that are not sealed
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
HEX = re.compile(r"[0-9a-fA-F]+")

_crypto = Crypto()


class KeyFolderError(Exception):
    """Something about the folder; says what was wrong, what was expected, what to do."""


class WrongPassphrase(KeyFolderError):
    """The passphrase is not the folder's, or there should be one, or none."""


class TooOpen(KeyFolderError):
    """Others may read what only its owner should."""


class UnknownName(KeyFolderError):
    """Nobody here has that name or id, or more than one does."""


class NodeChanged(KeyFolderError):
    """A node is not the one that was met before, or took back what it had signed."""


class PinnedNode(NamedTuple):
    """A node as it was met first."""

    label: str
    node: bytes
    public_key: bytes
    since: str

    @property
    def fingerprint(self) -> str:
        """What people compare."""
        return fingerprint(self.node)


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
        return Key(self.name, hkdf(self._seed, b"", b"optin/v1/pairwise" + partner), partner)

    def __repr__(self) -> str:
        kind = f"pairwise for {self._partner.hex()[:8]}" if self._partner else "party"
        return f"<Key {self.name}, {kind} {self.id.hex()[:8]}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled or copied: its seed stays in the key folder")


class KeyFolder:
    """A folder of keys; make one with `create` or `open`.

    Attributes:
        path: of the folder.
        insecure: seeds are in clear; for demonstrations only.
    """

    def __init__(self, path: Path, generation: str, folder_key: bytes | None) -> None:
        """Take what `create` and `open` found out."""
        self.path = path
        self.insecure = folder_key is None
        self._generation = generation
        self._folder_key = folder_key

    def __repr__(self) -> str:
        return f"<KeyFolder {self.path}{', insecure' if self.insecure else ''}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key folder is not pickled or copied; open it where it is needed")

    # ------------------------------------------------------------------- create and open

    @classmethod
    def create(cls, path: str | Path, passphrase: str | None, *, cost: int = COST) -> Self:
        """Make a folder.

        Args:
            path: where; must not exist or be empty.
            passphrase: text; None leaves the seeds in clear, for demonstrations only.
            cost: scrypt's N, a power of two; 1,024 * N bytes of memory.

        Raises:
            KeyFolderError: there is something at `path`, or the passphrase is empty.
        """
        path = Path(path)
        facts, folder_key = _new_lock(passphrase, cost)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KeyFolderError(
                f"{path}: cannot make the folder: {error.strerror}; expected a path that can be "
                "written; choose another"
            ) from error
        with _locked(path):
            if any(not entry.name.startswith(HALF) for entry in path.iterdir()):
                raise KeyFolderError(
                    f"{path}: there is something here already; expected no folder or an empty "
                    "one; open it, or choose another path"
                )
            _write(path / "folder.json", facts)
        return cls(path, facts["generation"], folder_key)

    @classmethod
    def open(cls, path: str | Path, passphrase: str | None = None) -> Self:
        """Open a folder.

        Args:
            path: of the folder.
            passphrase: None for a folder without one.

        Raises:
            WrongPassphrase: it is not the folder's; no key was touched.
            TooOpen: others may read the folder or a file in it.
            KeyFolderError: there is no key folder, or it is damaged.
        """
        path = Path(path)
        with _locked(path):
            generation, folder_key = _unlock(path, passphrase)
            folder = cls(path, generation, folder_key)
            folder._tidy()
        return folder

    def change_passphrase(self, old: str | None, new: str, *, cost: int | None = None) -> None:
        """Seal every key under another passphrase: all of them, or none.

        The keys themselves stay the same, so a copy of the folder from before still opens with
        the old passphrase.

        Args:
            old: passphrase until now; None for an insecure folder, which becomes a secure one.
            new: passphrase from now on.
            cost: scrypt's N; the default keeps that of the folder, or COST for an insecure one.

        Raises:
            WrongPassphrase: `old` is not the folder's.
            KeyFolderError: a key does not open; nothing has changed.
        """
        with _locked(self.path):
            generation, folder_key = _unlock(self.path, old)
            kdf = _read(self.path / "folder.json").get("kdf") or {}
            self._generation, self._folder_key = generation, folder_key
            facts, new_key = _new_lock(new, cost or kdf.get("n", COST))
            files = [(name, self._file(name)) for name in self.names()]
            boxes = [
                _seal(new_key, facts["generation"], file, self._seed_of(name, file))
                for name, file in files
            ]
            # First both seals in every file, then the switch, then the old ones go. A crash
            # before the switch leaves the old passphrase, a crash after it the new one.
            for (name, file), box in zip(files, boxes, strict=True):
                file["seals"][facts["generation"]] = box
                _write(self._path_of(name), file)
            _write(self.path / "folder.json", facts)
            self._generation, self._folder_key = facts["generation"], new_key
            self.insecure = False
            self._tidy()

    def _tidy(self) -> None:
        """Finish what a crash may have interrupted: drop other seals and half-written files."""
        for entry in self.path.glob(HALF + "*"):
            entry.unlink()
        for name in self.names():
            try:
                file = self._file(name)
            except TooOpen:
                raise
            except KeyFolderError:
                continue  # one damaged key does not lock the others away
            if self._generation in file["seals"] and len(file["seals"]) > 1:
                file["seals"] = {self._generation: file["seals"][self._generation]}
                _write(self._path_of(name), file)

    # ------------------------------------------------------------------------------- keys

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
        _check_name(name)
        key = Key(name, secrets.token_bytes(32))
        file: dict[str, Any] = {
            "format": FORMAT,
            "name": name,
            "id": key.id.hex(),
            "purpose": purpose,
            "created": _now(),
        }
        with _locked(self.path):
            if _read(self.path / "folder.json").get("generation") != self._generation:
                raise WrongPassphrase(
                    f"{self.path}: the passphrase was changed since the folder was opened; "
                    "expected the same one; open the folder again"
                )
            # Filesystems that fold case would write `Acme.key` over `acme.key`.
            taken = [other for other in self.names() if other.lower() == name.lower()]
            if taken or name in _read(self.path / "names.json", missing={}):
                raise KeyFolderError(
                    f"{name}: the name is taken{f' by key {taken[0]}' if taken else ''}; expected "
                    "a new one; choose another, or forget the remembered party of that name"
                )
            file["seals"] = {
                self._generation: _seal(self._folder_key, self._generation, file, key._seed)
            }
            _write(self._path_of(name), file)
        return key

    def key(self, name: str) -> Key:
        """The key of that name.

        Raises:
            UnknownName: there is none.
            TooOpen: others may read its file.
            KeyFolderError: the file was changed or damaged.
        """
        if name not in self.names():
            raise self._unknown(name, self.names(), "a key of this folder")
        file = self._file(name)
        with _parsing(self._path_of(name)):
            identity = bytes.fromhex(file["id"])
        key = Key(name, self._seed_of(name, file), identity=identity)
        current = file.get("current", file["id"])
        if file["name"] != name or party_id(key.public_key).hex() != current:
            raise _damaged(self._path_of(name))
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
        with _locked(self.path):
            file = self._file(name)
            file["current"] = key.id.hex()
            file["seals"] = {
                self._generation: _seal(self._folder_key, self._generation, file, key._seed)
            }
            _write(self._path_of(name), file)
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
        file = _read(self._path_of(name))
        texts = all(isinstance(file.get(fact), str) for fact in ("name", "id", *FACTS))
        if not texts or file["format"] != FORMAT or not isinstance(file.get("seals"), dict):
            raise _damaged(self._path_of(name))
        return file

    def _seed_of(self, name: str, file: dict[str, Any]) -> bytes:
        if self._generation not in file["seals"]:
            raise WrongPassphrase(
                f"{self._path_of(name)}: sealed under another passphrase; expected the folder's; "
                "open the folder again, or put back the file that belongs to it"
            )
        seed = _open(self._folder_key, self._generation, file, file["seals"][self._generation])
        if seed is None or len(seed) != 32:
            raise _damaged(self._path_of(name))
        return seed

    # ----------------------------------------------------------------------- address book

    def remember(self, name: str, party: bytes) -> None:
        """Give a name to a party whose key is not here.

        Raises:
            KeyFolderError: the name is not allowed, or is somebody else's already.
        """
        _check_name(name)
        if len(party) != 32:
            raise KeyFolderError(f"{name}: an id of {len(party)} bytes; expected 32; copy it whole")
        with self._editing("names.json") as names:
            if name in self.names():
                known: str = self._file(name)["id"]
            else:
                known = names.get(name, party.hex())
            if known != party.hex():
                raise KeyFolderError(
                    f"{name}: the name is that of {known[:16]}, not of {party.hex()[:16]}; "
                    "expected a new name; choose another, or forget this one first"
                )
            if name not in self.names():
                names[name] = party.hex()

    def forget(self, name: str) -> None:
        """Drop a remembered name.

        Raises:
            UnknownName: there is none.
        """
        with self._editing("names.json") as names:
            if names.pop(name, None) is None:
                raise self._unknown(name, names, "a remembered name")

    def lookup(self, name_or_hex: str) -> bytes:
        """Party id (32 bytes) for what a person typed.

        Args:
            name_or_hex: name of a key, a remembered name, an id of 64 hex digits, or the first
                8 or more digits of an id known here.

        Raises:
            UnknownName: nobody is meant, or more than one; names come close are listed.
        """
        known = self._known()
        if name_or_hex in known:
            return known[name_or_hex]
        if HEX.fullmatch(name_or_hex):
            digits = name_or_hex.lower()
            if len(digits) == 64:
                return bytes.fromhex(digits)
            if len(digits) >= PREFIX_DIGITS:
                matching = {i: n for n, i in known.items() if i.hex().startswith(digits)}
                if len(matching) == 1:
                    return next(iter(matching))
                if matching:
                    raise UnknownName(
                        f"{name_or_hex}: the start of {len(matching)} ids, those of "
                        f"{', '.join(sorted(matching.values()))}; expected one; give more digits"
                    )
        raise self._unknown(
            name_or_hex,
            known,
            f"a name known here, an id of 64 hex digits, or {PREFIX_DIGITS} or more of its first",
        )

    def name_of(self, party: bytes) -> str | None:
        """Name of a party id: of a key here, else a remembered one; None for a stranger."""
        return next((name for name, known in self._known().items() if known == party), None)

    def _known(self) -> dict[str, bytes]:
        """Ids by name, keys first."""
        known = {}
        for name in self.names():
            with _parsing(self._path_of(name)):
                known[name] = bytes.fromhex(self._file(name)["id"])
        path = self.path / "names.json"
        with _parsing(path):
            for name, party in sorted(_read(path, missing={}).items()):
                known.setdefault(name, bytes.fromhex(party))
        return known

    def _unknown(self, name: str, known: Iterable[str], expected: str) -> UnknownName:
        known = sorted(known)
        folded = {other.lower(): other for other in known}
        close = [folded[match] for match in difflib.get_close_matches(name.lower(), folded, 3, 0.6)]
        if close:
            hint = "did you mean " + " or ".join(close) + "?"
        elif known:
            hint = "known here: " + ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
        else:
            hint = "there is none yet: make one, or remember one"
        return UnknownName(f"{name}: not known in {self.path}; expected {expected}; {hint}")

    # -------------------------------------------------------------------------- the nodes

    def pin_node(self, label: str, node: bytes, public_key: bytes) -> PinnedNode:
        """Remember a node at first contact; after that, insist that it is the same.

        Args:
            label: the address that people use for it.
            node: its id, 32 bytes.
            public_key: its ML-DSA-87 key, 2,592 bytes.

        Raises:
            NodeChanged: another node was met under this label before.
            KeyFolderError: the id is not the hash of the key.
        """
        if node_id(public_key) != node:
            raise KeyFolderError(
                f"{label}: the id {node.hex()[:16]} is not the hash of the key that came with it; "
                "expected an honest identity; do not use this node"
            )
        with self._editing("nodes.json") as nodes:
            known = nodes.setdefault(
                label, {"node": node.hex(), "public_key": public_key.hex(), "since": _now()}
            )
            if known["node"] != node.hex():
                raise NodeChanged(
                    f"{label}: THE NODE HAS CHANGED. Its fingerprint is {fingerprint(node)}; "
                    f"expected {fingerprint(bytes.fromhex(known['node']))}, met first "
                    f"{known['since']}. Somebody may be in between, or the node was replaced. "
                    "Ask its operator for the fingerprint on another way; only if it matches, "
                    "unpin the node and connect again"
                )
        return _pinned(label, known)

    def unpin_node(self, label: str) -> None:
        """Forget the node met under a label, so that another may take its place.

        Raises:
            UnknownName: none was.
        """
        with self._editing("nodes.json") as nodes:
            if nodes.pop(label, None) is None:
                raise self._unknown(label, nodes, "the label of a pinned node")

    def pinned(self) -> dict[str, PinnedNode]:
        """Nodes met before, by label."""
        path = self.path / "nodes.json"
        with _parsing(path):
            nodes = _read(path, missing={})
            return {label: _pinned(label, known) for label, known in sorted(nodes.items())}

    def head(self, node: bytes) -> Head | None:
        """The last verified head of a node (id, 32 bytes); None before the first."""
        path = self.path / "heads.json"
        known = _read(path, missing={}).get(node.hex())
        if known is None:
            return None
        with _parsing(path):
            root, nonce = bytes.fromhex(known["root"]), bytes.fromhex(known["nonce"])
            return Head(node, int(known["size"]), root, int(known["time"]), nonce)

    def save_head(self, node: bytes, head: Head) -> None:
        """Keep a head whose signature and consistency with the last one were verified.

        A head with fewer entries than the last one leaves the last one in place.

        Raises:
            NodeChanged: a tree of as many entries as the last one has another root.
            ValueError: it is another node's head.
        """
        if head.node != node:
            raise ValueError(f"the head is of {head.node.hex()[:16]}; expected {node.hex()[:16]}")
        with self._editing("heads.json") as heads:
            known = heads.get(node.hex())
            if known and head.size == known["size"] and head.root.hex() != known["root"]:
                raise NodeChanged(
                    f"node {fingerprint(node)} signed two different trees of {head.size} entries; "
                    "expected one; it has rewritten its journal: keep both heads and tell its "
                    "auditor"
                )
            if known is None or head.size >= known["size"]:
                heads[node.hex()] = {
                    "size": head.size,
                    "root": head.root.hex(),
                    "time": head.time,
                    "nonce": head.nonce.hex(),
                }

    @contextlib.contextmanager
    def _editing(self, name: str) -> Iterator[dict[str, Any]]:
        """Contents of a file to be changed in place; written back unless there is an error."""
        with _locked(self.path), _parsing(self.path / name):
            contents = _read(self.path / name, missing={})
            before = json.dumps(contents)
            yield contents
            if json.dumps(contents) != before:
                _write(self.path / name, contents)


def fingerprint(identity: bytes) -> str:
    """The first 80 bits of an id in groups of four hex digits, for people to compare."""
    digits = identity.hex()[:20]
    return "-".join(digits[i : i + 4] for i in range(0, len(digits), 4))


# ------------------------------------------------------------------- passphrase and seals

FACTS = ("format", "purpose", "created")  # in clear, besides name and id


def _new_lock(passphrase: str | None, cost: int) -> tuple[dict[str, Any], bytes | None]:
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


def _unlock(path: Path, passphrase: str | None) -> tuple[str, bytes | None]:
    """(generation of the seals, folder key) of a folder."""
    file = path / "folder.json"
    facts = _read(file)
    if facts.get("format") != FORMAT:
        raise KeyFolderError(
            f"{file}: the format is {facts.get('format')!r:.60}; expected {FORMAT}; use the "
            "program that made it"
        )
    if facts.get("insecure"):
        if passphrase is not None:
            raise WrongPassphrase(
                f"{path}: a passphrase was given but its seeds are in clear; expected none; leave "
                "it out, or give the folder one with change_passphrase"
            )
        return CLEAR, None
    if passphrase is None:
        raise WrongPassphrase(f"{path}: no passphrase was given; expected the folder's; give it")
    with _parsing(file):
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


def _bound(generation: str, file: dict[str, Any]) -> bytes:
    """Associated data of a seal: everything a key file says in clear."""
    facts = [file[fact] for fact in ("name", "id", *FACTS)]
    facts += [file["current"]] if "current" in file else []  # of a key that follows another
    bound: bytes = canonical(["optin/v1/seed", generation, *facts])
    return bound


def _seal(folder_key: bytes | None, generation: str, file: dict[str, Any], seed: bytes) -> str:
    if folder_key is None:
        return seed.hex()
    nonce = secrets.token_bytes(NONCE)
    return (nonce + _crypto.aead_seal(folder_key, nonce, seed, _bound(generation, file))).hex()


def _open(
    folder_key: bytes | None, generation: str, file: dict[str, Any], seal: str
) -> bytes | None:
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


# ---------------------------------------------------------------------------------- files


def _check_name(name: str) -> None:
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _pinned(label: str, known: dict[str, str]) -> PinnedNode:
    node, key = bytes.fromhex(known["node"]), bytes.fromhex(known["public_key"])
    return PinnedNode(label, node, key, known["since"])


def _private(path: Path, fd: int) -> os.stat_result:
    """Refuse what others may read or what is another user's."""
    found = os.fstat(fd)
    mode = stat.S_IMODE(found.st_mode)
    wanted = "700" if stat.S_ISDIR(found.st_mode) else "600"
    if mode & 0o077:
        raise TooOpen(
            f"{path}: others may read or change it (mode {mode:o}); expected mode {wanted}; run: "
            f"chmod {wanted} '{path}'"
        )
    if found.st_uid != os.geteuid():
        raise TooOpen(
            f"{path}: belongs to user {found.st_uid}; expected you, {os.geteuid()}; run this as "
            "its owner"
        )
    return found


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the folder against other processes, after checking who may read it."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFolderError(
            f"{path}: {error.strerror}; expected a key folder; create it, or give its path"
        ) from error
    try:
        _private(path, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _read(path: Path, missing: dict[str, Any] | None = None) -> dict[str, Any]:
    """Contents of a file of the folder; `missing` if there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        if missing is not None:
            return missing
        raise KeyFolderError(
            f"{path}: no such file; expected a file of a key folder; create the folder, or give "
            "its path"
        ) from None
    except OSError as error:
        raise KeyFolderError(
            f"{path}: {error.strerror}; expected a plain file; look at what it is"
        ) from error
    with os.fdopen(fd, "rb") as file:
        found = _private(path, fd)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE:
            raise KeyFolderError(
                f"{path}: not a plain file, or of {found.st_size} bytes; expected a file of at "
                f"most {MAX_FILE}; restore it from a backup"
            )
        data = file.read()
    try:
        contents = json.loads(data)
    except (ValueError, RecursionError):
        contents = None
    if not isinstance(contents, dict):
        raise _damaged(path)
    return contents


def _damaged(path: Path) -> KeyFolderError:
    return KeyFolderError(
        f"{path}: changed or damaged; expected the file as it was written; restore it from a backup"
    )


@contextlib.contextmanager
def _parsing(path: Path) -> Iterator[None]:
    """Turn what a file of another shape makes fail into an error that names the file."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        # The cause is dropped on purpose: it may quote what was read.
        raise _damaged(path) from None


def _write(path: Path, contents: dict[str, Any]) -> None:
    """Replace a file at one instant, and durably."""
    temporary = path.parent / (HALF + secrets.token_hex(8))
    data = json.dumps(contents, indent=2, sort_keys=True).encode() + b"\n"
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
        os.rename(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise KeyFolderError(
            f"{path}: cannot be written: {error.strerror}; expected room and permission; nothing "
            "of it has changed"
        ) from error

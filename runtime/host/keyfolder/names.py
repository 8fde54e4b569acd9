"""The address book: names of parties, whether their keys are here or elsewhere."""

from __future__ import annotations

from runtime.host.keyfolder.errors import KeyFolderError, UnknownName, unknown
from runtime.host.keyfolder.files import parsing, read
from runtime.host.keyfolder.keys import HEX, PREFIX_DIGITS, Keys, check_name


class Names(Keys):
    """Parties by name, id, or the first digits of an id."""

    def remember(self, name: str, party: bytes) -> None:
        """Give a name to a party whose key is not here.

        Raises:
            KeyFolderError: the name is not allowed, or is somebody else's already.
        """
        check_name(name)
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
                raise unknown(self.path, name, names, "a remembered name")

    def lookup(self, name_or_hex: str) -> bytes:
        """Party id (32 bytes) for what a person typed.

        Args:
            name_or_hex: name of a key, a remembered name, an id of 64 hex digits, or the first
                8 or more digits of an id known here.

        Raises:
            UnknownName: nobody is meant, or more than one; names come close are listed.
        """
        known = self.known()
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
        raise unknown(
            self.path,
            name_or_hex,
            known,
            f"a name known here, an id of 64 hex digits, or {PREFIX_DIGITS} or more of its first",
        )

    def name_of(self, party: bytes) -> str | None:
        """Name of a party id: of a key here, else a remembered one; None for a stranger."""
        return next((name for name, known in self.known().items() if known == party), None)

    def known(self) -> dict[str, bytes]:
        """Ids (32 bytes) of everybody and everything that has a name here, keys first."""
        known = {}
        for name in self.names():
            with parsing(self._path_of(name)):
                known[name] = bytes.fromhex(self._file(name)["id"])
        path = self.path / "names.json"
        with parsing(path):
            for name, party in sorted(read(path, missing={}).items()):
                known.setdefault(name, bytes.fromhex(party))
        return known
